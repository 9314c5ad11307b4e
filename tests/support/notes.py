"""A service with one noun, to try letters with: a note that is written for a partner, and the copy that the partner keeps of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from msgspec import Struct
from sqlalchemy import Connection

from shared.contracts.letters import ReferralAccepted, ReferralDeclined, ReferralRequested
from shared.eventlog.types import Recorded, Step
from shared.rules import Refused
from shared.service import Agreement, Arrived, Letter

EVERYBODY = "everybody"
COPIES = UUID(int=77)
"""The stream that holds all copies, in the order in which they came."""


class Write(Struct, frozen=True):
    """Write a note for a partner, or for everybody."""

    to: str
    text: str
    expires: datetime | None = None


class Hand(Struct, frozen=True):
    """It may be on its way from now on."""


class Deliver(Struct, frozen=True):
    """It has arrived."""


class Withdraw(Struct, frozen=True):
    """Take it back."""


class Copy(Struct, frozen=True):
    """Keep what a partner wrote."""

    sender: str
    text: str


class Written(Struct, frozen=True, tag="test.note-written.v1"):
    """It says so."""

    to: str
    text: str
    expires: datetime | None = None


class HandedOver(Struct, frozen=True, tag="test.note-handed.v1"):
    """It may have been received."""


class Delivered(Struct, frozen=True, tag="test.note-delivered.v1"):
    """The partner has it."""


class Withdrawn(Struct, frozen=True, tag="test.note-withdrawn.v1"):
    """It is taken back."""


class Copied(Struct, frozen=True, tag="test.note-copied.v1"):
    """A partner's note."""

    sender: str
    text: str


Event = Written | HandedOver | Delivered | Withdrawn | Copied


class Note(Struct, frozen=True):
    """What happened to it."""

    seen: tuple[type, ...] = ()
    first: Any = None


initial = Note()


def decide(command: Any, state: Note) -> list[Any]:
    """Refuse what says "refuse", break on what says "break"."""
    match command:
        case Write(to, text, expires):
            return [Written(to, text, expires)]
        case Hand():
            return _handed(state)
        case Deliver():
            return _delivered(state)
        case Withdraw():
            return [Withdrawn()]
        case Copy(sender, text):
            return _copied(sender, text)
        case _:
            raise TypeError(command)


def _handed(state: Note) -> list[Any]:
    if state.first.text == "refuse-handing":
        raise Refused("not-now")
    return [] if {HandedOver, Withdrawn} & set(state.seen) else [HandedOver()]


def _delivered(state: Note) -> list[Any]:
    if state.first.text == "refuse-receipt":
        raise Refused("no-receipt")
    if state.first.text == "break-receipt":
        raise ZeroDivisionError
    return [] if Delivered in state.seen else [Delivered()]


def _copied(sender: str, text: str) -> list[Any]:
    if text == "refuse":
        raise Refused("no-thanks")
    if text == "break":
        raise ZeroDivisionError
    return [Copied(sender, text)]


def evolve(state: Note, event: Any) -> Note:
    """Remember."""
    return Note((*state.seen, type(event)), state.first or event)


class NoteLetters:
    """The service's `letters.py`."""

    def __init__(self, decider: Any) -> None:
        self._decider = decider
        self.shown: list[UUID] = []
        self.silent = False
        """A later program, which writes no such letters any more."""

    def letters(self, recorded: Recorded[Any], state: Any, partners: Sequence[str]) -> Sequence[Letter]:
        """A note goes to whom it is for."""
        match recorded.event:
            case Written(to, text, expires) if not self.silent:
                receivers = partners if to == EVERYBODY else (to,)
                return [Letter(one, recorded.stream, ReferralAccepted(owner=text), expires) for one in receivers]
            case _:
                return []

    def sendable(self, letter: Letter, state: Note) -> bool:
        """Unless it was taken back."""
        return Withdrawn not in state.seen

    def handed(self, letter: Letter) -> Sequence[Step]:
        """Remember it."""
        return [Step(self._decider, letter.subject, Hand())]

    def delivered(self, letter: Letter) -> Sequence[Step]:
        """Remember it."""
        return [Step(self._decider, letter.subject, Deliver())]

    def arrived(self, letter: Arrived) -> Sequence[Step]:
        """Keep a copy; a declined one each in a stream of its own."""
        match letter.body:
            case ReferralAccepted(owner=text):
                return [Step(self._decider, COPIES, Copy(letter.sender, text))]
            case ReferralRequested(need=text):
                return [Step(self._decider, COPIES, Copy(letter.sender, text))]
            case ReferralDeclined(reason=text):
                return [Step(self._decider, uuid5(COPIES, text), Copy(letter.sender, text))]
            case _:
                return []

    def introduced(self, connection: Connection) -> Sequence[UUID]:
        """What was chosen."""
        return self.shown

    def shared(self, connection: Connection, node: str) -> Sequence[UUID]:
        """Nothing: a note does not change."""
        return ()

    def listed(
        self, connection: Connection, partner: str, after: UUID | None, first: int
    ) -> Sequence[tuple[UUID, UUID]]:
        """Nothing: what notes come to is not compared."""
        return ()

    def telling(self, partner: str) -> Sequence[Step]:
        """Nothing."""
        return ()

    def agreements(self, connection: Connection) -> Sequence[Agreement]:
        """None."""
        return ()

    def told(self, stream: UUID, state: Any) -> Letter | None:
        """Nothing."""
