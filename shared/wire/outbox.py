"""Letters take their numbers in the transaction that records their event. Only where they follow from is kept, never what they say."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)

from shared.eventlog.columns import Id, Instant
from shared.eventlog.types import Change, Recorded
from shared.service import Letter, Letters
from shared.wire.handover import MOST

LETTER, VOID = "letter", "void"
LATEST = 0
"""In place of a version: whatever letter is the stream's latest when it is handed over (introductions)."""
STANDING = -1
"""In place of a version: how the stream stands when it is handed over, after the receiver was restored from a backup."""

_metadata = MetaData()
letters_out = Table(
    "letters_out",
    _metadata,
    Column("receiver", String, primary_key=True),
    Column("log", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("stream", Id, nullable=False),
    Column("version", Integer, nullable=False),
    Column("sent_as", String),
)
"""By link and number, the event each letter follows from. `sent_as` says as what it was first handed to the wire; null: it was not yet."""

links_out = Table(
    "links_out",
    _metadata,
    Column("receiver", String, primary_key=True),
    Column("log", Id, primary_key=True),
    Column("acknowledged", Integer, nullable=False),
    Column("stuck", String),
    Column("since", Instant),
)
"""How far the receiving node has recorded each link. `stuck` is the code of what keeps it from going on, `since` when that began."""

introduced = Table("introduced", _metadata, Column("partner", String, primary_key=True))
"""Partners that were given the letters every new partner gets."""

_last = select(func.coalesce(func.max(letters_out.c.number), 0) + 1).where(
    letters_out.c.receiver == bindparam("link_receiver"), letters_out.c.log == bindparam("link_log", type_=Id)
)
_NUMBER = insert(letters_out).values(number=_last.scalar_subquery())
_known = (
    select(links_out.c.receiver)
    .where(links_out.c.receiver == bindparam("link_receiver"), links_out.c.log == bindparam("link_log", type_=Id))
    .exists()
)
_OPEN = insert(links_out).from_select(
    ["receiver", "log", "acknowledged"],
    select(bindparam("link_receiver", type_=String), bindparam("link_log", type_=Id), literal(0)).where(~_known),
)
_one_letter = (
    letters_out.c.receiver == bindparam("link_receiver"),
    letters_out.c.log == bindparam("link_log"),
    letters_out.c.number == bindparam("link_number"),
    letters_out.c.sent_as.is_(None),
)
_HANDED = update(letters_out).where(*_one_letter).values(sent_as=bindparam("as_what"))
_one_link = (links_out.c.receiver == bindparam("link_receiver"), links_out.c.log == bindparam("link_log"))
_ACKNOWLEDGE = update(links_out).where(*_one_link).values(acknowledged=bindparam("up_to"), stuck=None, since=None)
_STICK = (
    update(links_out)
    .where(*_one_link, func.coalesce(links_out.c.stuck, "") != bindparam("code"))
    .values(stuck=bindparam("code"), since=bindparam("now"))
)
_DONE = select(links_out.c.acknowledged).where(*_one_link)
_WAITING = (
    select(letters_out.c.number, letters_out.c.stream, letters_out.c.version, letters_out.c.sent_as)
    .where(
        letters_out.c.receiver == bindparam("link_receiver"),
        letters_out.c.log == bindparam("link_log"),
        letters_out.c.number > bindparam("done"),
    )
    .order_by(letters_out.c.number)
    .limit(MOST)
)
_MEET = insert(introduced)
_PART = delete(introduced).where(introduced.c.partner == bindparam("parted"))


class Link(msgspec.Struct, frozen=True):
    """A way for letters: from one identity of this node's log to one node."""

    receiver: str
    log: UUID


class Row(msgspec.Struct, frozen=True):
    """A letter that waits."""

    number: int
    stream: UUID
    version: int
    sent_as: str | None


class LinkState(msgspec.Struct, frozen=True):
    """Where a link stands."""

    link: Link
    acknowledged: int
    waiting: int
    """Letters that the receiver has not recorded."""
    stuck: str | None
    since: datetime | None


class Outbox:
    """A reaction of the log: gives every letter that follows from an event the next number of its link."""

    TABLES = (letters_out, links_out, introduced)

    def __init__(self, letters: Letters, partners: Callable[[], Sequence[str]]) -> None:
        """`partners` gives the organisations with which letters are exchanged now."""
        self._letters = letters
        self._partners = partners
        self._grown: deque[tuple[int, Link]] = deque()

    def open(self, connection: Connection) -> None:
        """Nothing to count on: numbers are given by the statement that inserts them."""

    def react(self, recorded: Recorded[Any], state: Any) -> Iterator[Change]:
        """A numbered row for each letter that follows from the event.

        Raises:
            ValueError: two letters for one node; the second could not be told from the first when it is made again.
        """
        receivers = [receiver(letter) for letter in self._letters.letters(recorded, state, self._partners())]
        if len(set(receivers)) < len(receivers):
            msg = f"two letters of one event for one node: {receivers}"
            raise ValueError(msg)
        for one in receivers:
            link = Link(one, recorded.log)
            yield from numbered(link, recorded.stream, recorded.version)
            self._grown.append((recorded.position, link))

    def grown(self, position: int) -> set[Link]:
        """Links that got letters up to a position of the log, each once. Some may have been in a group that failed to commit."""
        waiting = [self._grown.popleft() for _ in range(len(self._grown))]
        self._grown.extend(one for one in waiting if one[0] > position)
        return {link for at, link in waiting if at <= position}


def receiver(letter: Letter) -> str:
    """The node that takes a letter."""
    return f"{letter.to}.{letter.body.RECEIVER}"


def numbered(link: Link, stream: UUID, version: int) -> Iterable[Change]:
    """The next letter of a link."""
    row = {"receiver": link.receiver, "log": link.log, "stream": stream, "version": version}
    return (_OPEN, _key(link)), (_NUMBER, _key(link) | row)


def handed(link: Link, number: int, as_what: str) -> Change:
    """A letter counts as possibly received from now on. What it was first handed over as stays."""
    return _HANDED, _key(link) | {"link_number": number, "as_what": as_what}


def acknowledged(link: Link, up_to: int) -> Change:
    """The receiver has recorded everything up to a number; the link moves."""
    return _ACKNOWLEDGE, _key(link) | {"up_to": up_to}


def stuck(link: Link, code: str, now: datetime) -> Change:
    """The link cannot go on, since now unless it was so before."""
    return _STICK, _key(link) | {"code": code, "now": now}


def held_up(connection: Connection, link: Link) -> bool:
    """Whether letters of an earlier identity of this log still wait for the same receiver: what was said first is heard first."""
    earlier = [one for one in links(connection) if one.link.receiver == link.receiver and one.link.log != link.log]
    return any(one.waiting for one in earlier)


def met(partner: str) -> Change:
    """A partner has been given what every new partner gets."""
    return _MEET, {"partner": partner}


def parted(partner: str) -> Change:
    """A partner no longer exchanges letters; should it come back, it is new."""
    return _PART, {"parted": partner}


def acquainted(connection: Connection) -> set[str]:
    """Partners that have been introduced."""
    return set(connection.scalars(select(introduced.c.partner)))


def waiting(connection: Connection, link: Link) -> tuple[int, list[Row]]:
    """What a link's receiver has recorded, and the next letters for it."""
    done: int = connection.scalar(_DONE, _key(link)) or 0
    return done, [Row(*row) for row in connection.execute(_WAITING, _key(link) | {"done": done})]


def links(connection: Connection) -> list[LinkState]:
    """Every link, by receiver."""
    last = (
        select(func.max(letters_out.c.number))
        .where(letters_out.c.receiver == links_out.c.receiver, letters_out.c.log == links_out.c.log)
        .scalar_subquery()
    )
    rows = connection.execute(select(links_out, last.label("last")).order_by(links_out.c.receiver))
    return [
        LinkState(
            Link(row.receiver, row.log), row.acknowledged, (row.last or 0) - row.acknowledged, row.stuck, row.since
        )
        for row in rows
    ]


def _key(link: Link) -> dict[str, Any]:
    return {"link_receiver": link.receiver, "link_log": link.log}
