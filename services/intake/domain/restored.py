"""Every day, and after either side was restored from a backup, both compare which of each other's steps they know.

What one of them lost is named on both. It was said all the same: both go on knowing that it was. A step is named by the status it led
to, or by the wish it was. The receiver's log decides where the referral stands. Corrections of what was told of the person are counted:
who has one has all before it.
"""

import re
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from services.intake.domain.referral_progress import Standing
from services.intake.domain.referral_status import UNANSWERED, Status

REQUESTED, RECEIVED = "requested", "received"
"""The whole referral, where a side has lost it; neither tells it as a step."""
CANCEL_ASKED = "cancel-asked"
CONSENT_WITHDRAWN = "consent-withdrawn"
ENTERED_IN_ERROR = "entered-in-error"
_SENDERS = frozenset({REQUESTED, CANCEL_ASKED, CONSENT_WITHDRAWN, ENTERED_IN_ERROR})

_ONCE = frozenset({Status.ON_HOLD, CONSENT_WITHDRAWN})
"""Counted once: another hold may have told the sender nothing new, who then did not record it; a withdrawal may be heard twice."""
_SURE = frozenset({ENTERED_IN_ERROR, CONSENT_WITHDRAWN})
"""Only the sender can say it, and hearing it twice changes nothing: it counts though its letter may still be on its way."""
_CORRECTION = re.compile(r"corrected-([1-9][0-9]{0,8})")
"""The last correction that was lost, by its number: only where lost steps are named."""

Steps: TypeAlias = tuple[str, ...]


class Compare(Struct, frozen=True):
    """The partner's log has it so: what it did itself, and what it heard from here."""

    partner: str
    reference: UUID
    """The sender's id."""
    programme: UUID
    standing: Standing
    said: Steps
    heard: Steps
    settled: bool = False
    """A digest: all that the partner says that it said has come before it. Else some may still be on its way; but an error, a withdrawal
    and corrections count all the same."""
    corrected: int = 0
    """The last correction that the partner handed over (the sender), or took in (the receiver); 0: none."""
    report_back: bool = True
    """Whether the person agreed that the sender is told how they fare."""


class HearLost(Struct, frozen=True):
    """The partner has compared: steps that are lost here, and there."""

    partner: str
    standing: Standing
    here: Steps
    there: Steps


Hearing: TypeAlias = Compare | HearLost


class Found(Struct, frozen=True):
    """Steps that are lost here, and there."""

    here: Steps
    there: Steps
    tell: bool
    """The partner does not know yet."""


class Side(Protocol):
    """What this side knows of a referral."""

    @property
    def standing(self) -> Standing: ...
    @property
    def said(self) -> Steps: ...
    @property
    def heard(self) -> Steps: ...
    @property
    def corrected(self) -> int:
        """The last correction that it handed over (the sender), or took in (the receiver); 0: none."""
        ...


def compared(command: Hearing, side: Side) -> Found | None:
    """What follows, by what this side knows; None when nothing was lost."""
    match command:
        case HearLost():
            found, heard_all = Found(command.here, command.there, tell=False), True
        case _:
            said, heard, theirs, known = map(_once, (side.said, side.heard, command.said, command.heard))
            unheard = missing(theirs, heard)
            late = unheard if command.settled else tuple(step for step in unheard if step in _SURE)
            here = (*missing(known, said), *late, *correction(command.corrected, after=side.corrected))
            found = Found(here, missing(heard, theirs), tell=True)
            heard_all = not missing(said, known)
    now, there = side.standing.status, command.standing.status
    differ = now != there and not {now, there} <= UNANSWERED
    return found if found.here or found.there or (differ and heard_all) else None


def missing(known: Steps, held: Steps) -> Steps:
    """Give what one side knows of the other's steps that the other does not hold, in order."""
    left, found = list(held), list[str]()
    for step in known:
        if step in left:
            left.remove(step)
        else:
            found.append(step)
    return tuple(found)


def of_sender(steps: Steps) -> Steps:
    """Those that only the sender does."""
    return tuple(step for step in steps if step in _SENDERS)


def of_receiver(steps: Steps) -> Steps:
    """Those that only the receiver does."""
    return tuple(step for step in uncounted(steps) if step not in _SENDERS)


def uncounted(steps: Steps) -> Steps:
    """All but corrections, which are counted."""
    return tuple(step for step in steps if not _CORRECTION.fullmatch(step))


def correction(number: int, *, after: int = 0) -> Steps:
    """Names the last correction, where it comes after another one."""
    return (f"corrected-{number}",) if number > after else ()


def last_correction(steps: Steps) -> int:
    """The greatest number among them; 0: they name no correction."""
    return max((int(found[1]) for found in map(_CORRECTION.fullmatch, steps) if found), default=0)


def _once(steps: Steps) -> Steps:
    """Without the referral itself and corrections, and with one of what counts once."""
    counted = [step for step in uncounted(steps) if step not in (REQUESTED, RECEIVED)]
    return tuple(step for number, step in enumerate(counted) if step not in _ONCE or step not in counted[:number])
