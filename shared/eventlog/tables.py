"""The log's own tables. They migrate by number (`SCHEMA`); views do not, they are rebuilt."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table

from shared.eventlog import accesses
from shared.eventlog.columns import Id, Instant
from shared.eventlog.due import due
from shared.eventlog.parked import parked

SCHEMA = 1

metadata = MetaData()

about = Table(
    "about",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", String, nullable=False),
)
"""Whose database this is: `node`, `schema`, `epoch` (raised by each owner)."""

identities = Table(
    "log_identities",
    metadata,
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Id, nullable=False),
)
"""The log's identities: each holds from position `since` on; a restore adds one."""

events = Table(
    "events",
    metadata,
    Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("stream", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", String, nullable=False),
    Column("state", LargeBinary, nullable=False),
    Index("events_stream", "stream", "version", unique=True),
)
"""Every event, in the order of recording. `type` is its name (the msgspec tag), never a Python path."""

tracking = Table(
    "tracking",
    metadata,
    Column("upstream", String, primary_key=True),
    Column("position", BigInteger, nullable=False),
)
"""How far each upstream has been followed: a high-water mark, written with its effects."""

commands = Table(
    "commands",
    metadata,
    Column("id", Id, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("at", Instant, nullable=False, index=True),
)
"""Commands done in the last 30 days, by id, with the position they led to."""

views = Table(
    "views",
    metadata,
    Column("name", String, primary_key=True),
    Column("version", Integer, nullable=False),
)
"""Which version of each view stands in the database."""

forgetting = Table(
    "forgetting",
    metadata,
    Column("subject", Id, primary_key=True),
    Column("purpose", String, primary_key=True),
)
"""Keys that a recorded event has ended and that are not destroyed yet."""

OWN = (about, identities, events, tracking, commands, views, due, parked, forgetting, *accesses.TABLES)
