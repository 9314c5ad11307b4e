"""Everything that the views hold of one participant, whole: for the file that the person may see (GDPR article 15)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Connection

from services.intake.domain.retention import goes_at
from services.intake.views import (
    break_glass,
    consents,
    directory,
    erasures,
    interviews,
    participant_links,
    participants,
    referrals,
    retention,
)
from shared.contracts.file import Kept
from shared.contracts.intake import ConsentAnswer, ErasureItem, InterviewAnswer, ParticipantAnswer, ReferralItem
from shared.contracts.intake.break_glass import BreakGlassAnswer
from shared.contracts.intake.links import LinkAnswer
from shared.identity import OrgScope
from shared.rules import NotFound

ALL = 2**31 - 1
"""Rows: a file is never cut."""


class Found(Struct, frozen=True):
    """What the views hold, at one moment."""

    participant: ParticipantAnswer
    consents: tuple[ConsentAnswer, ...]
    interviews: tuple[InterviewAnswer, ...]
    referrals: tuple[ReferralItem, ...]
    openings: tuple[BreakGlassAnswer, ...]
    links: tuple[LinkAnswer, ...]
    kept: Kept
    programmes: Mapping[UUID, str]
    """Names of the programmes that referrals are for."""
    erasures: Mapping[UUID, ErasureItem]
    """What partners were asked to forget, by referral."""


def whole(connection: Connection, scope: OrgScope, id: UUID, at: datetime) -> Found:  # noqa: A002
    """Everything of one participant whom the caller sees, or `participant-unknown`. Other people are not in it."""
    person = participants.one(connection, scope, id)
    sent = referrals.about(connection, id)
    names = ((one.programme, _name(connection, scope, one)) for one in sent)
    return Found(
        participant=person,
        consents=tuple(consents.of_participant(connection, scope, id, None, ALL)),
        interviews=tuple(interviews.of_participant(connection, scope, id, None, ALL)),
        referrals=tuple(sent),
        openings=tuple(break_glass.page(connection, scope, break_glass.Wanted(participant=id), None, ALL)),
        links=tuple(participant_links.of_participant(connection, scope, id, None, ALL)),
        kept=_kept(connection, person.ended_at, at),
        programmes={programme: name for programme, name in names if name is not None},
        erasures={one.referral: one for one in erasures.asked_about(connection, scope, [one.id for one in sent])},
    )


def _kept(connection: Connection, ended_at: datetime | None, at: datetime) -> Kept:
    setting = retention.held(connection)
    return Kept(months_after_end=setting.months, goes_at=None if ended_at is None else goes_at(setting, ended_at, at))


def _name(connection: Connection, scope: OrgScope, referral: ReferralItem) -> str | None:
    try:
        return directory.one(connection, scope, referral.partner, referral.programme).name
    except NotFound:
        return None
