"""A klik: two people who both said yes to staying in touch. A one-sided yes is never shown, to nobody.

Its stream is the pair's, whoever speaks first. Events that may be told (`Formed`, `Ended`) carry an id of their own, because a
stream's id follows from the two people.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid5

from msgspec import Struct

from shared.personal import Subject
from shared.rules import Invalid, NotFound, Refused

PAIRS = UUID("8f0c2f86-5a3c-5f0e-9d0b-6f1f6d1c7a11")
"""Namespace of the pairs' streams."""


def pair(one: UUID, other: UUID) -> UUID:
    """The stream of two people, in whatever order they are named."""
    return uuid5(PAIRS, "".join(str(person) for person in sorted((one, other))))


class SayYes(Struct, frozen=True, kw_only=True):
    """`who` would like to stay in touch, and shares this contact if the other would too."""

    klik: UUID
    """The klik's own id, should this yes make it one."""
    who: UUID
    other: UUID
    contact: str
    known: frozenset[UUID]
    """Who of the two the network knows."""
    minors: frozenset[UUID]
    """Who of the two is a minor."""
    sees_other: bool = True
    """Whether who records it would hear of the other: somebody of another team, as one who is not there, is not told of."""
    at: datetime


class End(Struct, frozen=True):
    """`who` does not want to stay in touch, or is gone."""

    who: UUID
    at: datetime


class Block(Struct, frozen=True):
    """`who` wants no klik with the other until they say yes themselves."""

    who: UUID
    other: UUID
    at: datetime


class YesSaid(Struct, frozen=True, tag="network.yes-said.v1"):
    """One of the two said yes, or chose another contact to share."""

    who: UUID
    other: UUID
    contact: Annotated[str | None, Subject("who")]
    at: datetime


class Formed(Struct, frozen=True, kw_only=True, tag="network.klik-formed.v1"):
    """Both said yes; each gets the contact that the other chose."""

    klik: UUID
    one: UUID
    one_contact: Annotated[str | None, Subject("one")]
    two: UUID
    two_contact: Annotated[str | None, Subject("two")]
    at: datetime


class ContactChanged(Struct, frozen=True, tag="network.klik-contact-changed.v1"):
    """In a klik one of the two shares another contact."""

    who: UUID
    contact: Annotated[str | None, Subject("who")]
    at: datetime


class Ended(Struct, frozen=True, tag="network.klik-ended.v1"):
    """No yes stands any more. `klik` is None when there was only one side."""

    klik: UUID | None
    who: UUID
    at: datetime


class Blocked(Struct, frozen=True, tag="network.klik-blocked.v1"):
    """No yes stands, and the other's counts for nothing. `klik` is None when there was none."""

    klik: UUID | None
    who: UUID
    at: datetime


class Nothing(Struct, frozen=True):
    """No yes stands."""


class OneSided(Struct, frozen=True):
    """One has said yes; nobody may know."""

    who: UUID
    contact: str | None


class Mutual(Struct, frozen=True):
    """A klik, with the contact that each shares."""

    klik: UUID
    contacts: dict[UUID, str | None]


class Shut(Struct, frozen=True):
    """One or both have blocked."""

    by: frozenset[UUID]


Command = SayYes | End | Block
Event = YesSaid | Formed | ContactChanged | Ended | Blocked
State = Nothing | OneSided | Mutual | Shut
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Refused: `klik-with-oneself`, `klik-minor-and-adult`, `participant-unknown`; never anything that tells what the other said.

    Nor whether somebody of another team is there, or a minor.
    """
    match command:
        case SayYes():
            return _yes(command, state) if _may(command) else []
        case End(who, at):
            return [Ended(_klik(state), who, at)] if isinstance(state, OneSided | Mutual) else []
        case _:
            _check_two(command.who, command.other)
            return _blocked(command, state)


def evolve(state: State, event: Event) -> State:
    """A yes makes nothing of a klik by itself: `Formed` does."""
    match event:
        case YesSaid(who, _, contact):
            left = state.by - {who} if isinstance(state, Shut) else None
            return Shut(left) if left else OneSided(who, contact)
        case Formed():
            return Mutual(event.klik, {event.one: event.one_contact, event.two: event.two_contact})
        case ContactChanged(who, contact):
            return Mutual(state.klik, state.contacts | {who: contact}) if isinstance(state, Mutual) else state
        case Ended():
            return Nothing()
        case _:
            return Shut(frozenset({event.who}) | (state.by if isinstance(state, Shut) else frozenset[UUID]()))


def _may(command: SayYes) -> bool:
    """Whether they may have a klik. A yes to somebody of another team is taken like any other, and comes to nothing where they may not."""
    _check_two(command.who, command.other)
    refusal = _refusal(command)
    if refusal and command.sees_other:
        raise refusal
    return refusal is None


def _refusal(command: SayYes) -> Refused | None:
    if not {command.who, command.other} <= command.known:
        return NotFound("participant-unknown")
    return Refused("klik-minor-and-adult") if len(command.minors) == 1 else None


def _check_two(who: UUID, other: UUID) -> None:
    if who == other:
        raise Invalid([("other", "klik-with-oneself", {})])


def _yes(yes: SayYes, state: State) -> list[Event]:
    said = YesSaid(yes.who, yes.other, yes.contact, yes.at)
    match state:
        case Nothing():
            return [said]
        case OneSided(who, contact) if who == yes.who:
            return [] if contact == yes.contact else [said]
        case OneSided(who, contact):
            return [_formed(yes, contact)]
        case Mutual(_, contacts):
            return [] if contacts[yes.who] == yes.contact else [ContactChanged(yes.who, yes.contact, yes.at)]
        case _:
            return [said] if yes.who in state.by else []


def _blocked(block: Block, state: State) -> list[Event]:
    if isinstance(state, Shut) and block.who in state.by:
        return []
    return [Blocked(_klik(state), block.who, block.at)]


def _formed(yes: SayYes, contact: str | None) -> Formed:
    return Formed(klik=yes.klik, one=yes.other, one_contact=contact, two=yes.who, two_contact=yes.contact, at=yes.at)


def _klik(state: State) -> UUID | None:
    return state.klik if isinstance(state, Mutual) else None
