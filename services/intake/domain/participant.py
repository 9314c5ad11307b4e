"""Participants: people who asked for contact, help or company. Only a name to use and a way of contact are needed."""

from collections.abc import Sequence
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct, structs

from services.intake.domain.correction import About, about
from services.intake.domain.file_ground import FileConsent, FileGround, check_covers
from services.intake.domain.grounds import LegalTask
from services.intake.domain.participant_events import (
    CameOfAge,
    Corrected,
    Ended,
    Erased,
    Event,
    GroundNamed,
    LetterOutdated,
    MinorTold,
    Moved,
    ReferralExpired,
    ReferralForgotten,
    ReferralNoted,
    Registered,
)
from services.intake.domain.profile import Profile
from shared.rules import NotFound, Refused

__all__ = [
    "CameOfAge",
    "Corrected",
    "Ended",
    "Erased",
    "Event",
    "GroundNamed",
    "LetterOutdated",
    "MinorTold",
    "Moved",
    "ReferralExpired",
    "ReferralForgotten",
    "ReferralNoted",
    "Registered",
    "decide",
    "evolve",
    "initial",
]


class Register(Struct, frozen=True):
    """Take somebody in, in a team (None: the whole organisation)."""

    profile: Profile
    team: str | None
    ground: FileGround


class Correct(Struct, frozen=True):
    """What the person told is so, all of it (GDPR article 16)."""

    profile: Profile
    ground: FileGround | None = None
    """None: the one that is recorded."""


class Move(Struct, frozen=True):
    """The file is another team's from now on (None: the whole organisation's)."""

    team: str | None


class ComeOfAge(Struct, frozen=True):
    """The year has come from which the person is surely 18."""


class TellMinor(Struct, frozen=True):
    """Others are to know that the person is a minor."""


class End(Struct, frozen=True):
    """The person needs nothing more here."""

    reason: str


class NoteReferral(Struct, frozen=True):
    """A referral tells a partner about this person; what it says of them (None: they were forgotten since)."""

    referral: UUID
    to: str
    said: About | None


class Erase(Struct, frozen=True):
    """Forget this person, here and wherever we told of them (GDPR article 17)."""


class Expire(Struct, frozen=True):
    """The file was closed for as long as files are kept: nothing of the person stays here. Partners have periods of their own."""


class Nobody(Struct, frozen=True):
    """Not known."""


class Known(Struct, frozen=True):
    """A participant."""

    profile: Profile | None
    """None: erased by somebody who knew more than this log does, which was restored from a backup."""
    team: str | None
    ended: bool = False
    referrals: tuple[ReferralNoted, ...] = ()
    corrected: bool = False
    """At least once: a referral that becomes known may tell what was so before."""
    ground: FileGround | None = None
    """None: an earlier version did not ask, or nothing is left of it."""
    of_age: bool | None = None
    """Whether others were told that the person is surely 18; None: they heard of the age at the registration only."""


class Gone(Struct, frozen=True):
    """Forgotten; ids do not come back."""

    referrals: tuple[ReferralNoted, ...] = ()
    """Whose partners were not asked to forget, as only the time was up: they are, when the person asks."""


Command: TypeAlias = Register | Correct | Move | TellMinor | ComeOfAge | End | NoteReferral | Erase | Expire
State: TypeAlias = Nobody | Known | Gone
initial: State = Nobody()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command.

    Refusals: `participant-erased`, `participant-exists`, `participant-unknown`, and those of `check_covers`.
    """
    match command, state:
        case Register(profile, team, ground), Nobody():
            return [Registered(profile, team, *_parts(check_covers(ground, profile)))]
        case _, Known():
            return _of_known(command, state)
        case NoteReferral(referral, to), Gone():
            return [ReferralForgotten(referral, to)]
        case Erase(), Gone(referrals):
            return [ReferralForgotten(one.referral, one.to) for one in referrals]
        case Expire() | TellMinor() | ComeOfAge(), Gone():
            return []
        case Register() | Correct() | Move(), Gone():
            raise Refused("participant-erased")
        case _:
            raise NotFound("participant-unknown")


def _of_known(command: Command, state: Known) -> list[Event]:
    match command:
        case Register(profile):
            if profile == state.profile:
                return []
            raise Refused("participant-exists")
        case Correct() | Move():
            return _changed(command, state)
        case TellMinor():
            return [MinorTold()] if state.of_age is None and not state.ended else []
        case ComeOfAge():
            return [] if state.of_age else [CameOfAge()]
        case End(reason):
            return [] if state.ended else [Ended(reason)]
        case NoteReferral():
            return _noted(command, state)
        case Erase():
            return _gone(state, [ReferralForgotten(one.referral, one.to) for one in state.referrals])
        case Expire():
            return _gone(state, [ReferralExpired(one.referral, one.to) for one in state.referrals])


def _changed(command: Correct | Move, state: Known) -> list[Event]:
    match command:
        case Correct(profile, named):
            ground = check_covers(named or state.ground, profile)
            on: list[Event] = [] if ground == state.ground else [GroundNamed(*_parts(ground))]
            told = tuple(one.referral for one in state.referrals)
            return on if profile == state.profile else [*on, Corrected(profile, told)]
        case Move(team):
            return [] if team == state.team else [Moved(team)]


def _parts(ground: FileGround) -> tuple[LegalTask | None, FileConsent | None]:
    return (ground, None) if isinstance(ground, LegalTask) else (None, ground)


def _noted(command: NoteReferral, state: Known) -> list[Event]:
    """One that was written before a correction and became known after it is put right too."""
    noted = ReferralNoted(command.referral, command.to)
    if noted in state.referrals:
        return []
    right = about(state.profile) if state.corrected and state.profile else None
    crossed = right is not None and command.said is not None and right != command.said
    return [noted, *([LetterOutdated(right, command.referral)] if crossed else [])]


def _gone(state: Known, referrals: Sequence[Event]) -> list[Event]:
    """Who has not ended in this log ended in the one that it was restored over, or ends by being forgotten."""
    left: list[Event] = [] if state.ended else [Ended(None)]
    return [*left, *referrals, Erased()]


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event, state:
        case Registered(profile, team, task, consent), Nobody():
            return Known(profile, team, ground=task or consent)
        case GroundNamed(task, consent), Known():
            return structs.replace(state, ground=task or consent)
        case Corrected(profile), Known():
            return structs.replace(state, profile=profile, corrected=True, of_age=False)
        case MinorTold() | CameOfAge(), Known():
            return structs.replace(state, of_age=isinstance(event, CameOfAge))
        case Moved(team), Known():
            return structs.replace(state, team=team)
        case Ended(), Known():
            return structs.replace(state, ended=True)
        case ReferralNoted(), Known():
            return structs.replace(state, referrals=(*state.referrals, event))
        case ReferralForgotten(referral), Known() | Gone():
            left = tuple(one for one in state.referrals if one.referral != referral)
            return structs.replace(state, referrals=left)
        case Erased(), Known(referrals=referrals):
            return Gone(referrals)
        case _:
            return state
