"""What makes a service: the composition that `services/<name>/main.py` gives to the node."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import msgspec
from litestar.types import ControllerRouterHandler
from sqlalchemy import Connection

from shared.contracts.letters import LetterBody
from shared.eventlog.types import Decider, Due, Policy, Recorded, Step, View
from shared.identity import OrgScope
from shared.rules import Refused


class Letter(msgspec.Struct, frozen=True):
    """A letter to one organisation; the receiving service follows from the body's kind."""

    to: str
    """The partner's slug (or the own one: the organisation's other service)."""
    subject: UUID
    body: LetterBody
    expires: datetime | None = None


class Arrived(msgspec.Struct, frozen=True):
    """A letter that a partner's node handed over: authentic, opened, in order."""

    sender: str
    """The partner's slug."""
    subject: UUID
    body: LetterBody
    at: datetime
    trace: str


class Agreement(msgspec.Struct, frozen=True):
    """Where an organisation's daily comparison with a partner stands (`Digest`)."""

    partner: str
    began: datetime
    """Since when the two share something."""
    heard: datetime | None
    """When the partner's last digest was compared whole."""
    agreed: datetime | None
    """When it last was, and nothing differed."""
    differing: int
    """What was found to differ since then: on this side, or by the partner."""


class Letters(Protocol):
    """A module `letters.py`. All of it is pure but what is given a connection, which reads views."""

    def letters(self, recorded: Recorded[Any], state: Any, partners: Sequence[str]) -> Sequence[Letter]:
        """Letters that follow from an event; `state` is its stream's right after it. At most one per recipient."""
        ...

    def sendable(self, letter: Letter, state: Any) -> bool:
        """Whether a letter not yet handed over may still go, by its stream's state now; otherwise an empty `void` goes."""
        ...

    def handed(self, letter: Letter) -> Sequence[Step]:
        """Commands recorded before a letter is first handed to the wire: from then on it counts as possibly received."""
        ...

    def delivered(self, letter: Letter) -> Sequence[Step]:
        """Commands that follow when the partner's node has answered that it recorded the letter."""
        ...

    def arrived(self, letter: Arrived) -> Sequence[Step]:
        """Own commands that follow from a partner's letter."""
        ...

    def introduced(self, connection: Connection) -> Sequence[UUID]:
        """Streams whose latest letter a new partner gets (the directory)."""
        ...

    def shared(self, connection: Connection, node: str) -> Sequence[UUID]:
        """Streams of which a partner's node is told how they stand, after it was restored from a backup."""
        ...

    def told(self, stream: UUID, state: Any) -> Letter | None:
        """The letter that tells it, by the stream's state when it is handed over."""
        ...

    def listed(
        self, connection: Connection, partner: str, after: UUID | None, first: int
    ) -> Sequence[tuple[UUID, UUID]]:
        """What a digest for a partner names, from after an id: ids that both know, in order, and the streams they stand for."""
        ...

    def telling(self, partner: str) -> Sequence[Step]:
        """Commands that begin a digest for a partner now."""
        ...

    def agreements(self, connection: Connection) -> Sequence[Agreement]:
        """Where the comparison with each partner stands."""
        ...


class NoLetters:
    """For a service that writes to nobody and hears from nobody."""

    def letters(self, _recorded: Recorded[Any], _state: Any, _partners: Sequence[str]) -> Sequence[Letter]:
        return ()

    def sendable(self, _letter: Letter, _state: Any) -> bool:
        return False

    def handed(self, _letter: Letter) -> Sequence[Step]:
        return ()

    def delivered(self, _letter: Letter) -> Sequence[Step]:
        return ()

    def arrived(self, letter: Arrived) -> Sequence[Step]:
        raise Refused("letter-unwanted", sender=letter.sender)

    def introduced(self, _connection: Connection) -> Sequence[UUID]:
        return ()

    def shared(self, _connection: Connection, _node: str) -> Sequence[UUID]:
        return ()

    def told(self, _stream: UUID, _state: Any) -> Letter | None:
        return None

    def listed(
        self, _connection: Connection, _partner: str, _after: UUID | None, _first: int
    ) -> Sequence[tuple[UUID, UUID]]:
        return ()

    def telling(self, _partner: str) -> Sequence[Step]:
        return ()

    def agreements(self, _connection: Connection) -> Sequence[Agreement]:
        return ()


class Public(msgspec.Struct, frozen=True):
    """An event for others: a contract's struct, published under its own `SUBJECT` and type."""

    event: Any
    subject: UUID


def _nothing(_connection: Connection, _now: datetime) -> Sequence[Step]:
    return ()


def _nobody(_person: UUID, _purposes: Collection[str]) -> Sequence[Step]:
    return ()


def _unmeasured(_connection: Connection) -> Mapping[str, float]:
    return {}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One of intake, events, network. Everything a node of it shares; a process holds one `Service` and many nodes."""

    name: str
    deciders: tuple[Decider, ...]
    views: tuple[View, ...]
    policies: tuple[Policy, ...] = ()
    publish: Callable[[Recorded[Any]], Public | None]
    letters: Letters
    due: Mapping[str, Callable[[Due, datetime], Sequence[Step]]] = {}
    """Deadline's name -> the commands it issues (given the deadline and the time now)."""
    rounds: Mapping[str, Callable[[Connection, Due, datetime], Sequence[Step]]] = {}
    """The same for deadlines whose commands follow from what the views show then."""
    erase: Callable[[UUID, Collection[str]], Sequence[Step]] = _nobody
    """The commands that forget a participant again, by the purposes that the ledger of destroyed keys names."""
    before_backup: Callable[[Connection, datetime], Sequence[Step]] = _nothing
    """The commands that record, before a backup is made, what could not be known from it when a key is destroyed after it."""
    opened: Callable[[Connection, OrgScope], Collection[UUID]] | None = None
    """People of other teams whose files the caller opened by breaking the glass; None where no file can be opened so."""
    gauges: Callable[[Connection], Mapping[str, float]] = _unmeasured
    """What a node of it has measured, by names of `shared.metrics.GAUGES`."""
    routes: Sequence[ControllerRouterHandler]
    words: Path
    """Folder with en.toml and nl.toml: code -> sentence."""
