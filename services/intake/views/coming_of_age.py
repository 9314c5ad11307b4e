"""When a participant is surely 18, as a deadline: the first day of the year after the one in which they turn 18.

And a deadline at once that tells others of a minor: an earlier version registered people without saying of what age they are.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from services.intake.domain import participant
from services.intake.domain.ages import adult_from, minor
from services.intake.domain.profile import Profile
from services.intake.domain.working_days import AMSTERDAM
from shared.eventlog.due import clear_due, set_due
from shared.eventlog.types import Change, Recorded

VERSION = 1
TABLES = ()
FOLLOWS = (
    participant.Registered,
    participant.Corrected,
    participant.MinorTold,
    participant.CameOfAge,
    participant.Erased,
)
COMES = "participant-comes-of-age"
TELLS = "participant-is-a-minor"


def project(recorded: Recorded[Any]) -> Iterator[Change]:
    match recorded.event:
        case participant.Registered(profile):
            yield _comes(recorded, profile)
            if profile and minor(profile, _year(recorded)):
                yield set_due(TELLS, recorded.stream, recorded.at)
        case participant.Corrected(profile):
            yield clear_due(TELLS, recorded.stream)
            yield _comes(recorded, profile)
        case participant.MinorTold():
            yield clear_due(TELLS, recorded.stream)
        case participant.CameOfAge():
            yield clear_due(COMES, recorded.stream)
        case participant.Erased():
            yield clear_due(TELLS, recorded.stream)
            yield clear_due(COMES, recorded.stream)
        case _:
            return


def _comes(recorded: Recorded[Any], profile: Profile | None) -> Change:
    if profile and profile.birth_year is not None and minor(profile, _year(recorded)):
        return set_due(COMES, recorded.stream, datetime(adult_from(profile.birth_year), 1, 1, tzinfo=AMSTERDAM))
    return clear_due(COMES, recorded.stream)


def _year(recorded: Recorded[Any]) -> int:
    return recorded.at.astimezone(AMSTERDAM).year
