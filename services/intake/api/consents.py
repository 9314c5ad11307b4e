"""Consents: give, see, withdraw."""

from datetime import datetime
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import ages, consent
from services.intake.domain.working_days import AMSTERDAM
from services.intake.views import consents as view
from services.intake.views import participants
from shared.access import Whose
from shared.contracts.intake import ConsentAnswer, ConsentPage, GiveConsent
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role
from shared.rules import Invalid

KEEPERS = [allows(Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT, whose=Whose.TEAM)]


@post("/v1/participants/{id:uuid}/consents", guards=[allows(Role.COORDINATOR, whose=Whose.TEAM)])
async def give(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[GiveConsent],
    context: NamedDependency[Context],
) -> ConsentAnswer:
    """Record what the participant agreed to, from now."""
    person = await context.query(participants.one, id)
    agreed = tidy(data)
    if agreed.until.tzinfo is None:
        raise Invalid([("until", "time-zone-missing", {})])
    terms = consent.Terms(
        participant=id,
        recipient=agreed.recipient,
        purpose=agreed.purpose,
        data=agreed.data,
        direction=consent.Direction(agreed.direction),
        since=context.now,
        until=agreed.until,
        evidence=_evidence(agreed),
        explicit=agreed.explicit,
    )
    may_agree = ages.may_agree(person, context.now.astimezone(AMSTERDAM).year)
    await context.run(consent, agreed.id, consent.Give(terms, frozenset(context.organisations), may_agree))
    return await context.query(view.one, agreed.id)


def _evidence(agreed: GiveConsent) -> consent.Evidence:
    shown = agreed.evidence
    return consent.Evidence(shown.form, shown.text_version, shown.asked_on, shown.asked_by, shown.agreed_by)


@get("/v1/participants/{id:uuid}/consents", guards=KEEPERS)
async def page(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    after: After = None,
    first: First = 20,
) -> ConsentPage:
    """A participant's consents, newest first."""
    person = await context.query(participants.one, id)
    found = await context.query(view.of_participant, id, place(after, tuple[datetime, UUID]), first + 1)
    return ConsentPage(*cut(found, first, lambda item: (item.since, item.id)), person.file_consent)


@post("/v1/consents/{id:uuid}/withdraw", guards=KEEPERS, status_code=200)
async def withdraw(id: FromPath[UUID], context: NamedDependency[Context]) -> ConsentAnswer:  # noqa: A002
    """The participant takes it back; referrals sent on it are taken back too."""
    given = await context.query(view.one, id)
    await context.query(participants.one, given.participant)
    await context.run(consent, id, consent.Withdraw(context.now))
    return await context.query(view.one, id)


ROUTES = (give, page, withdraw)
