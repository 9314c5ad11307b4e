"""What a service is made of, as the log sees it. Deciders, views and policies are plain modules that fit these protocols."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec
from eventsourcing.persistence import Tracking as Tracking  # noqa: PLC0414  (whoever follows something names it)
from sqlalchemy import Connection, Delete, Insert, Table, Update

from shared.eventlog.recorded import Recorded as Recorded  # noqa: PLC0414  (whoever knows these types knows it too)
from shared.rules import Refused

E = TypeVar("E")

Change = tuple[Insert | Update | Delete, Mapping[str, Any]]
"""One statement (a module constant: the same object each time, so that a group runs as `executemany`) and its parameters."""


class Unknown(msgspec.Struct, frozen=True):
    """An event of a type this program does not know. Its stream refuses commands; views pass over it."""

    type: str
    data: msgspec.Raw


class Decider(Protocol):
    """A module `domain/<noun>.py`: a union `Event` of tagged structs, an `initial` state, and two pure functions."""

    @property
    def Event(self) -> Any: ...  # noqa: N802
    @property
    def initial(self) -> Any: ...
    def decide(self, command: Any, state: Any) -> Sequence[Any]: ...
    def evolve(self, state: Any, event: Any) -> Any: ...


class View(Protocol):
    """A module `views/<noun>.py`: its tables, the events that it follows, how they change them, and (beside, not here) its queries.

    `project` returns statements and never reads. Raise `VERSION` when the tables or the projection change: the view is then rebuilt.
    """

    @property
    def VERSION(self) -> int: ...  # noqa: N802
    @property
    def TABLES(self) -> tuple[Table, ...]: ...  # noqa: N802
    @property
    def FOLLOWS(self) -> tuple[type, ...]: ...  # noqa: N802
    def project(self, recorded: Recorded[Any]) -> Iterable[Change]: ...


class Step(msgspec.Struct, frozen=True):
    """One command for one stream."""

    decider: Any
    """A `Decider` module (typed loosely: msgspec cannot check a protocol)."""
    stream: UUID
    command: Any


class Followed(msgspec.Struct, Generic[E], frozen=True):
    """An event of another service of the same organisation, as read from the stream."""

    event: E
    id: UUID
    service: str
    subject: UUID
    at: datetime
    log: UUID
    sequence: int
    trace: str


class Policy(Protocol):
    """A module `policies/when_<x>_then_<y>.py`: an event in, this node's own commands out; pure.

    `FOLLOWS` names domain events of this service (the own log, given as `Recorded`) or contracts' events of other services
    (the stream, given as `Followed`).
    """

    @property
    def __name__(self) -> str: ...
    @property
    def FOLLOWS(self) -> tuple[type, ...]: ...  # noqa: N802
    def then(self, event: Any) -> Sequence[Step]: ...


class Due(msgspec.Struct, frozen=True):
    """A deadline: a row of the `due` table, set and cleared by projections (`shared.eventlog.due`)."""

    name: str
    stream: UUID
    at: datetime


class Seen(msgspec.Struct, frozen=True):
    """A person of whom something was shown."""

    subject: UUID
    """Their id, or that of the record by which alone they are known (a referral that came in)."""
    record: UUID | None = None
    """Which record about them; None: their file."""


class Accessed(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody saw something of persons, or may see more or less than before: an entry of the access log (NEN 7513)."""

    action: str
    what: str
    """Kind of record: a route's method and template, never an address that was called; of a change, what changed."""
    by: str
    """As events name who: `user:<subject>` or `system`."""
    roles: str = ""
    """With commas between."""
    team: str | None = None
    client: str
    """The program that was used."""
    organisation: str
    """On whose behalf, by slug."""
    ground: str
    persons: Sequence[Seen] = ()


class Unit(msgspec.Struct, frozen=True, kw_only=True):
    """What is written whole or not at all: the commands of one trigger, its tracking, and rows of the node's own tables."""

    steps: Sequence[Step] = ()
    by: str
    trace: str = ""
    id: UUID | None = None
    """Command id: asked twice, done once. None for what tracking already protects."""
    tracking: Tracking | None = None
    after: int | None = None
    """The tracked position that this follows directly; on any other it is refused (`out-of-turn`), so that none is passed over."""
    changes: Sequence[Change] = ()
    accesses: Sequence[Accessed] = ()
    """Entries of the access log."""
    refused: Callable[[Refused], Sequence[Change]] | None = None
    """What to write instead (with the tracking) when a rule refuses; None: the caller gets the refusal."""


class Outcome(msgspec.Struct, frozen=True):
    """What came of a unit."""

    events: tuple[Recorded[Any], ...]
    """What was recorded; empty when it was already so, was refused into `changes`, or had been done before."""
    position: int
    """The log's position after it (for a repeated command: of its first time)."""


class Reaction(Protocol):
    """What else an event brings about in the transaction that records it (letters take their numbers here)."""

    @property
    def TABLES(self) -> tuple[Table, ...]: ...  # noqa: N802
    def open(self, connection: Connection) -> None:
        """Read what `react` counts on: at the start, and after a group that failed."""
        ...

    def react(self, recorded: Recorded[Any], state: Any) -> Iterable[Change]:
        """Rows that follow from an event; `state` is its stream's right after it. Never reads."""
        ...
