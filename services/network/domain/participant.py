"""A participant as the network knows one: an id from intake, interests, and in which kliks they may be.

Somebody who ends leaves every klik: the stream itself says which, so that nothing is left behind.
"""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from msgspec import Struct, structs

from shared.personal import Personal, Subject
from shared.rules import Invalid, NotFound

FARTHEST = 500
"""Kilometres from home."""


class Interests(Struct, frozen=True, kw_only=True):
    """What somebody likes to do, with whom, when, and how many kilometres from home."""

    likes: str
    company: str = ""
    times: str = ""
    distance_km: int | None = None


class Know(Struct, frozen=True):
    """Intake has registered this participant, in a team (None: the whole organisation)."""

    at: datetime
    team: str | None = None
    minor: bool = False


class Move(Struct, frozen=True):
    """The file is another team's."""

    team: str | None
    at: datetime


class TellAge(Struct, frozen=True):
    """Intake says whether the participant is a minor."""

    minor: bool
    at: datetime


class End(Struct, frozen=True):
    """Intake's file of this participant has ended."""

    at: datetime


class SetInterests(Struct, frozen=True):
    """What the participant likes to do, as a whole."""

    interests: Interests
    at: datetime


class ClearInterests(Struct, frozen=True):
    """The participant does not want this kept any more."""

    at: datetime


class Join(Struct, frozen=True):
    """Somebody said yes in this klik: from now on it must be left when the participant ends, or is a minor after all."""

    klik: UUID
    at: datetime


class Known(Struct, frozen=True, tag="network.participant-known.v1"):
    """The network knows the participant, as one of a team."""

    at: datetime
    team: str | None = None
    minor: bool = False


class Moved(Struct, frozen=True, tag="network.participant-moved.v1"):
    """One of another team."""

    team: str | None
    at: datetime


class AgeTold(Struct, frozen=True, tag="network.participant-age-told.v1"):
    """A minor, or one no more."""

    minor: bool
    at: datetime


class InterestsSet(Struct, frozen=True, tag="network.interests-set.v1"):
    """What the participant likes to do."""

    interests: Personal[Interests]
    at: datetime


class InterestsCleared(Struct, frozen=True, tag="network.interests-cleared.v1"):
    """Interests are no longer kept."""

    at: datetime


class KlikJoined(Struct, frozen=True, tag="network.klik-joined.v1"):
    """The klik is one to leave at the end."""

    klik: UUID
    at: datetime


class KlikLeft(Struct, frozen=True, tag="network.klik-left.v1"):
    """The participant has ended, or is a minor who was taken for an adult, and so this klik ends."""

    klik: UUID
    at: datetime


class Ended(Struct, frozen=True, tag="network.participant-ended.v1"):
    """The network does not know the participant any more: interests, and the contact shared in kliks, are gone."""

    FORGETS: ClassVar = (Subject(),)
    at: datetime


class Nothing(Struct, frozen=True):
    """Never heard of."""


class Present(Struct, frozen=True):
    """A known participant."""

    interests: Interests | None = None
    kliks: tuple[UUID, ...] = ()
    minor: bool = False


class Gone(Struct, frozen=True):
    """An ended participant; ids do not come back."""


Command = Know | Move | TellAge | End | SetInterests | ClearInterests | Join
Event = Known | Moved | AgeTold | InterestsSet | InterestsCleared | KlikJoined | KlikLeft | Ended
State = Nothing | Present | Gone
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Refused: `participant-unknown`, `invalid`. What intake tells is followed; what is already so gives nothing."""
    match command, state:
        case Know(at, team, minor), Nothing():
            return [Known(at, team, minor)]
        case Move(team, at), Present():
            return [Moved(team, at)]
        case TellAge(minor), Present():
            return [] if minor == state.minor else _told(command, state)
        case Know() | Move() | TellAge(), _:
            return []
        case End(at), _:
            return _ended(state, at)
        case Join(klik, at), _:
            return _joined(klik, state, at)
        case SetInterests(interests, at), Present():
            return [] if interests == state.interests else [_set(interests, at)]
        case ClearInterests(at), Present():
            return [InterestsCleared(at)] if state.interests else []
        case _:
            raise NotFound("participant-unknown")


def evolve(state: State, event: Event) -> State:
    """Interests and kliks gather while the participant is known."""
    match event, state:
        case Known(minor=minor), _:
            return Present(minor=minor)
        case AgeTold(minor), Present():
            return structs.replace(state, minor=minor)
        case InterestsSet(interests), Present():
            return structs.replace(state, interests=interests)
        case InterestsCleared(), Present():
            return structs.replace(state, interests=None)
        case KlikJoined(klik), Present():
            return structs.replace(state, kliks=(*state.kliks, klik))
        case KlikLeft() | Moved(), _:
            return state
        case _:
            return Gone()


def _told(said: TellAge, state: Present) -> list[Event]:
    """What was said while a minor was taken for an adult does not stand; with another minor they can say yes again."""
    left: list[Event] = [KlikLeft(klik, said.at) for klik in state.kliks] if said.minor else []
    return [AgeTold(said.minor, said.at), *left]


def _ended(state: State, at: datetime) -> list[Event]:
    if isinstance(state, Gone):
        return []
    left: list[Event] = [KlikLeft(klik, at) for klik in state.kliks] if isinstance(state, Present) else []
    return [*left, Ended(at)]


def _joined(klik: UUID, state: State, at: datetime) -> list[Event]:
    """A yes that crossed the end is undone: an ended participant joins nothing."""
    match state:
        case Present(kliks=kliks):
            return [] if klik in kliks else [KlikJoined(klik, at)]
        case _:
            return [KlikLeft(klik, at)]


def _set(interests: Interests, at: datetime) -> InterestsSet:
    if interests.distance_km is not None and not 0 <= interests.distance_km <= FARTHEST:
        raise Invalid([("distanceKm", "distance-out-of-range", {"most": FARTHEST})])
    return InterestsSet(interests, at)
