"""Referrals: what both sides read, and what the sender does."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Struct
from sqlalchemy import Connection

from services.intake.api.paging import After, First, cut, place
from services.intake.api.participants import named
from services.intake.domain import incoming_referral, outgoing_events, outgoing_referral
from services.intake.domain.referral_progress import DecidedBy, Letter, Reason
from services.intake.domain.sending import Facts, Ground, Programme
from services.intake.views import consents, directory, participants, referral_record
from services.intake.views import referrals as view
from shared.access import Whose
from shared.contracts.intake import (
    Direction,
    ParticipantAnswer,
    ReasonGiven,
    Refer,
    ReferralAnswer,
    ReferralPage,
    ReferralsPosition,
    ReferralStatus,
)
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import OrgScope, Role
from shared.rules import Invalid, NotFound, Refused

COORDINATORS = [allows(Role.COORDINATOR, whose=Whose.TEAM)]


@post("/v1/referrals", guards=COORDINATORS)
async def refer(data: JSONBody[Refer], context: NamedDependency[Context]) -> ReferralAnswer:
    """Ask a partner to take care of a participant's need (`send: false` keeps a draft)."""
    asked = tidy(data)
    known = await context.query(_known, asked.participant, asked.to, asked.programme, asked.consent)
    ground = (asked.consent, _letter(asked, known.person), named(asked.legal_task))
    wish = outgoing_events.Wish(asked.to, asked.programme, asked.participant, known.person.team, *ground)
    if asked.send:
        facts = _facts(context, known, wish)
        await context.run(outgoing_referral, asked.id, outgoing_referral.Request(facts, wish))
    else:
        await context.run(outgoing_referral, asked.id, outgoing_referral.Draft(wish))
    return await told(context, asked.id)


@get("/v1/referrals", guards=COORDINATORS)
async def page(
    context: NamedDependency[Context],
    direction: Annotated[Direction | None, QueryParameter()] = None,
    status: Annotated[ReferralStatus | None, QueryParameter()] = None,
    overdue: Annotated[bool | None, QueryParameter()] = None,
    participant: Annotated[UUID | None, QueryParameter()] = None,
    after: After = None,
    first: First = 20,
) -> ReferralPage:
    """Referrals sent and received, newest first."""
    wanted = view.Wanted(direction, status, overdue, participant)
    found = await context.query(view.page, wanted, place(after, tuple[datetime, UUID]), first + 1)
    return ReferralPage(*cut(found, first, lambda item: (item.created_at, item.id)))


@get("/v1/referrals/position", guards=[allows(Role.COORDINATOR)], sync_to_thread=False)
def position(context: NamedDependency[Context]) -> ReferralsPosition:
    """How far the log has come: who follows referrals looks again when it is another. It shows nobody, so that looking leaves no trace."""
    return ReferralsPosition(context.position)


@get("/v1/referrals/{id:uuid}", guards=COORDINATORS)
async def one(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    as_of: Annotated[datetime | None, QueryParameter(name="asOf")] = None,
) -> ReferralAnswer:
    """One referral with its timeline, now or as it was recorded at an instant."""
    if as_of is not None and as_of.tzinfo is None:
        raise Invalid([("asOf", "time-zone-missing", {})])
    return await told(context, id, as_of)


@post("/v1/referrals/{id:uuid}/request", guards=COORDINATORS, status_code=200)
async def request(id: FromPath[UUID], context: NamedDependency[Context]) -> ReferralAnswer:  # noqa: A002
    """Send a draft."""
    await sent(context, id)
    drafted = (await context.read(id))[0].event
    if not isinstance(drafted, outgoing_events.Drafted):
        raise Refused("referral-lost", organisation=drafted.partner)
    wish = drafted.wish
    if wish.letter is None:
        raise NotFound("participant-unknown")
    known = await context.query(_known, wish.participant, wish.to, wish.programme, wish.consent)
    await context.run(outgoing_referral, id, outgoing_referral.Request(_facts(context, known, wish)))
    return await told(context, id)


@post("/v1/referrals/{id:uuid}/cancel", guards=COORDINATORS, status_code=200)
async def cancel(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[ReasonGiven],
    context: NamedDependency[Context],
) -> ReferralAnswer:
    """Sender: at once while nobody else can have it, else ask. Receiver: at once."""
    reason, decided_by = Reason(data.reason), DecidedBy(data.decided_by)
    if await context.query(view.side, id) is Direction.OUT:
        await context.run(outgoing_referral, id, outgoing_referral.Cancel(reason, decided_by))
    else:
        await context.run(incoming_referral, id, incoming_referral.Cancel(reason, decided_by))
    return await told(context, id)


@post("/v1/referrals/{id:uuid}/enter-in-error", guards=COORDINATORS, status_code=200)
async def enter_in_error(id: FromPath[UUID], context: NamedDependency[Context]) -> ReferralAnswer:  # noqa: A002
    """It should never have been there; the receiver is told."""
    await sent(context, id)
    await context.run(outgoing_referral, id, outgoing_referral.EnterInError())
    return await told(context, id)


async def told(context: Context, id_: UUID, as_of: datetime | None = None) -> ReferralAnswer:
    """The whole referral, from its events. Raises `NotFound("referral-unknown")` when it is not the caller's to see."""
    await context.query(view.side, id_)
    return referral_record.answer(await context.read(id_, until=as_of))


async def sent(context: Context, id_: UUID) -> None:
    """Refuse what only the sender may do: `referral-other-side`."""
    if await context.query(view.side, id_) is not Direction.OUT:
        raise Refused("referral-other-side", side="sender")


def _letter(asked: Refer, person: ParticipantAnswer) -> Letter:
    return Letter(
        name_to_use=person.name_to_use,
        contact_way=person.contact.way,
        contact=person.contact.value,
        contact_not=person.contact.not_this_way,
        need=asked.need,
        hopes=asked.hopes,
        language=person.language,
        area=person.area,
        accessibility=asked.accessibility,
        wait_told=asked.wait_told,
        note=asked.note,
    )


class _Known(Struct, frozen=True):
    """What the views tell of a wish."""

    person: ParticipantAnswer
    programme: Programme | None
    ground: Ground | None


def _known(
    connection: Connection, scope: OrgScope, participant: UUID, to: str, programme: UUID, consent: UUID | None
) -> _Known:
    person = participants.one(connection, scope, participant)
    wished = directory.wished(connection, scope, to, programme, person.area)
    return _Known(person, wished, consents.ground(connection, scope, consent))


def _facts(context: Context, known: _Known, wish: outgoing_events.Wish) -> Facts:
    person = known.person
    return Facts(
        own=context.scope.organisation,
        organisations=frozenset(context.organisations),
        partners=frozenset(context.partners),
        programme=known.programme,
        participant_ended=person.ended_at is not None,
        birth_year=person.birth_year,
        age_band=person.age_band,
        government=context.government,
        task=wish.task,
        ground=known.ground,
        at=context.now,
    )


ROUTES = (refer, page, position, one, request, cancel, enter_in_error)
