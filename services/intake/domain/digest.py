"""Two organisations compare every day how everything stands that they share. One begins, the other answers; each compares what it hears.

Letters come in order, so a digest is read when exactly that has been heard which was said before it. What two organisations share may need
several letters: parts, in the order of the referrals' ids, each following when the one before it has arrived.
"""

from functools import cache
from typing import TypeAlias
from uuid import UUID, uuid5

from msgspec import Struct, structs

_WITH = UUID("f0a1c1a4-6a53-5d0c-8d0f-2b6b0f3f6f55")
"""Namespace of the ids under which it is kept what is compared with whom."""
DAY, ANSWERED, UNHEARD = 24, 26, 7 * 24
"""Hours until the next one: for who began, for who answered (so that the same one begins again), and to a partner that has never sent one
(an earlier version of Kring parks what it does not know)."""


@cache
def kept_with(partner: str) -> UUID:
    """Id of the record of what is compared with a partner."""
    return uuid5(_WITH, partner)


class Tell(Struct, frozen=True):
    """Begin now."""


class Continue(Struct, frozen=True):
    """The partner has the part after `after`, which reached `until`."""

    after: UUID | None
    until: UUID


class Hear(Struct, frozen=True):
    """The partner's part after `after` has come; `until` None: it is the last."""

    partner: str
    after: UUID | None
    until: UUID | None
    answer: bool


class Answer(Struct, frozen=True):
    """Tell the partner too, if it has begun and told everything; what was found to differ is told before."""


class Told(Struct, frozen=True, tag="intake.digest-told.v1"):
    """The partner is told how everything stands; its first part goes."""

    answer: bool
    hours: int
    """Until the next one, unless the partner begins before."""


class Continued(Struct, frozen=True, tag="intake.digest-continued.v1"):
    """The part after this id goes."""

    after: UUID


class Heard(Struct, frozen=True, tag="intake.digest-heard.v1"):
    """A part of what the partner told was compared."""

    partner: str
    after: UUID | None
    until: UUID | None
    answer: bool


class Digest(Struct, frozen=True):
    """How far both are."""

    answering: bool = False
    told_after: UUID | None = None
    """Where the last part that went began; None: at the beginning."""
    heard: bool = False
    """The partner has sent one at least once."""
    heard_until: UUID | None = None
    owing: bool = False
    """The partner waits for an answer."""


Command: TypeAlias = Tell | Continue | Hear | Answer
Event: TypeAlias = Told | Continued | Heard
State: TypeAlias = Digest
initial: State = Digest()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command; nothing is refused."""
    match command:
        case Tell():
            return [Told(answer=False, hours=DAY if state.heard else UNHEARD)]
        case Continue(after, until):
            return [Continued(until)] if after == state.told_after else []
        case Hear(after=after) if after is not None and after != state.heard_until:
            return []  # the part before it has not come: another digest has begun
        case Hear(partner, after, until, answer):
            return [Heard(partner, after, until, answer)]
        case Answer():
            return [Told(answer=True, hours=ANSWERED)] if state.owing else []


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    match event:
        case Told(answer):
            return structs.replace(state, answering=answer, told_after=None, owing=False)
        case Continued(after):
            return structs.replace(state, told_after=after)
        case Heard(_, _, until, answer):
            return structs.replace(state, heard=True, heard_until=until, owing=until is None and not answer)
