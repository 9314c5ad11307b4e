"""What makes service `intake`: participants, consent, programmes, interviews and referrals of one organisation."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from services.intake import letters
from services.intake.api import break_glass as break_glass_api
from services.intake.api import consents as consents_api
from services.intake.api import counts as counts_api
from services.intake.api import erasures as erasures_api
from services.intake.api import file as file_api
from services.intake.api import interviews as interviews_api
from services.intake.api import links as links_api
from services.intake.api import participants as participants_api
from services.intake.api import programmes as programmes_api
from services.intake.api import receipts as receipts_api
from services.intake.api import receiving as receiving_api
from services.intake.api import referrals as referrals_api
from services.intake.api import retention as retention_api
from services.intake.domain import (
    break_glass,
    consent,
    digest,
    erasure,
    incoming_referral,
    interview,
    month,
    outgoing_referral,
    participant,
    participant_link,
    partner_programme,
    programme,
    retention,
)
from services.intake.policies import (
    when_consent_withdrawn_then_cancel_is_asked,
    when_consent_withdrawn_then_partner_is_asked_to_forget,
    when_participant_corrected_then_letters_are,
    when_referral_drafted_then_participant_knows_it,
    when_referral_forgotten_then_partner_is_asked,
    when_referral_requested_then_consent_is_relied_on,
)
from services.intake.publish import publish
from services.intake.views import (
    answer_clock,
    coming_of_age,
    consents,
    counts,
    digests,
    directory,
    erasure_clock,
    erasures,
    interviews,
    participant_links,
    participants,
    referrals,
)
from services.intake.views import break_glass as glass
from services.intake.views import retention as retained
from shared import accessroutes
from shared.eventlog.types import Due, Step
from shared.personal import ASKED, EXPIRED
from shared.service import Service

TOGETHER = 50
"""Files that the daily work erases with one commit, at most."""


def remind(due: Due, _: datetime) -> Sequence[Step]:
    """The receiver is reminded that an answer is expected."""
    return [Step(incoming_referral, due.stream, incoming_referral.Remind())]


def overdue_here(due: Due, _: datetime) -> Sequence[Step]:
    """The receiver's answer did not come in time."""
    return [Step(incoming_referral, due.stream, incoming_referral.NoteOverdue())]


def overdue_there(due: Due, _: datetime) -> Sequence[Step]:
    """The partner's answer did not come in time."""
    return [Step(outgoing_referral, due.stream, outgoing_referral.NoteOverdue())]


def come_of_age(due: Due, _: datetime) -> Sequence[Step]:
    """A participant is surely 18."""
    return [Step(participant, due.stream, participant.ComeOfAge())]


def tell_minor(due: Due, _: datetime) -> Sequence[Step]:
    """Others are to know that a participant is a minor."""
    return [Step(participant, due.stream, participant.TellMinor())]


def begin_digest(due: Due, _: datetime) -> Sequence[Step]:
    """A day has passed since the last one."""
    return [Step(digest, due.stream, digest.Tell())]


def close_glass(due: Due, _: datetime) -> Sequence[Step]:
    """The hour has passed in which somebody of another team sees a file."""
    return [Step(break_glass, due.stream, break_glass.Close())]


def overdue_erasure(due: Due, _: datetime) -> Sequence[Step]:
    """A partner did not answer in time that it has forgotten somebody."""
    return [Step(erasure, due.stream, erasure.NoteOverdue())]


def overdue_erasure_here(due: Due, _: datetime) -> Sequence[Step]:
    """This organisation did not answer in time whether it has forgotten somebody."""
    return [Step(incoming_referral, due.stream, incoming_referral.NoteErasureOverdue())]


def close_month(connection: Connection, due: Due, now: datetime) -> Sequence[Step]:
    """A month is over: its numbers are recorded for good."""
    return [counts.to_close(connection, month.month_of(due.at - timedelta(microseconds=1)), now)]


def sweep(connection: Connection, due: Due, now: datetime) -> Sequence[Step]:
    """Every day those go whose files were closed long enough ago, some at a time so that nobody else waits; numbers first."""
    found = retained.batch(connection, now, TOGETHER)
    return [
        *counts.to_count(connection, found.people, now),
        *(Step(participant, one, participant.Expire()) for one in found.people),
        *(Step(incoming_referral, one, incoming_referral.Forget()) for one in found.referrals),
        Step(
            retention,
            due.stream,
            retention.Sweep(len(found.people), len(found.referrals), found.kept, found.until, now),
        ),
    ]


def erase(person: UUID, purposes: Collection[str]) -> Sequence[Step]:
    """A participant is forgotten again: by the partners too, unless it was only that the time was up."""
    expired = EXPIRED in purposes and ASKED not in purposes
    return [Step(participant, person, participant.Expire() if expired else participant.Erase())]


SERVICE = Service(
    name="intake",
    deciders=(
        participant,
        consent,
        erasure,
        interview,
        programme,
        partner_programme,
        outgoing_referral,
        incoming_referral,
        digest,
        month,
        retention,
        participant_link,
        break_glass,
    ),
    views=(
        participants,
        consents,
        erasures,
        interviews,
        directory,
        referrals,
        answer_clock,
        erasure_clock,
        coming_of_age,
        digests,
        counts,
        retained,
        participant_links,
        glass,
    ),
    policies=(
        when_referral_drafted_then_participant_knows_it,
        when_referral_forgotten_then_partner_is_asked,
        when_referral_requested_then_consent_is_relied_on,
        when_consent_withdrawn_then_cancel_is_asked,
        when_consent_withdrawn_then_partner_is_asked_to_forget,
        when_participant_corrected_then_letters_are,
    ),
    publish=publish,
    letters=letters,
    due={
        answer_clock.REMINDER: remind,
        answer_clock.OVERDUE: overdue_here,
        answer_clock.SENT_OVERDUE: overdue_there,
        erasure_clock.OVERDUE: overdue_erasure,
        erasure_clock.OVERDUE_HERE: overdue_erasure_here,
        coming_of_age.COMES: come_of_age,
        coming_of_age.TELLS: tell_minor,
        digests.BEGIN: begin_digest,
        glass.CLOSE: close_glass,
    },
    rounds={counts.CLOSE: close_month, retained.DAILY: sweep},
    erase=erase,
    before_backup=counts.to_count_all,
    gauges=retained.gauges,
    opened=glass.open_to,
    routes=(
        *participants_api.ROUTES,
        *file_api.ROUTES,
        *consents_api.ROUTES,
        *receipts_api.ROUTES,
        *erasures_api.ROUTES,
        *interviews_api.ROUTES,
        *programmes_api.ROUTES,
        *referrals_api.ROUTES,
        *receiving_api.ROUTES,
        *counts_api.ROUTES,
        *retention_api.ROUTES,
        *links_api.ROUTES,
        *break_glass_api.ROUTES,
        *accessroutes.ROUTES,
    ),
    words=Path(__file__).parent / "words",
)

if __name__ == "__main__":
    from shared.host import serve

    serve(SERVICE)
