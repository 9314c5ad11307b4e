"""A participant's receipt of a consent: as data, or as a document to read and print."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.intake.api.consents import KEEPERS
from services.intake.api.receipt_document import WORDS, page, text
from services.intake.domain import consent
from services.intake.domain.agreed_data import SPECIAL, left_out, special_in
from services.intake.domain.referral_progress import Letter
from services.intake.views import consents as view
from services.intake.views import erasures, participants
from shared.contracts.intake import (
    ConsentAnswer,
    ConsentReceipt,
    EventState,
    LawfulBasis,
    Party,
    PiiInformation,
)
from shared.http import Context
from shared.noting import Noted
from shared.sentences import preferred

_APART = {"contact_way": "", "contact_not": ""}
"""Fields of a letter that are told together with another."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""What the page may load: nothing."""


class Shown(Noted):
    """A receipt in the form and language that was asked for; recorded as what it shows."""

    def render(self, content: Any, media_type: str, enc_hook: Any = None) -> bytes:  # noqa: ANN401  (Litestar's own)
        """A document, where that is wanted."""
        language = self.headers.get("content-language", "en")
        match media_type:
            case MediaType.HTML:
                return page(content, language).encode()
            case MediaType.TEXT:
                return text(content, language).encode()
            case _:
                return super().render(content, media_type, enc_hook)


@get("/v1/consents/{id:uuid}/receipt", guards=KEEPERS)
async def receipt(
    id: FromPath[UUID],  # noqa: A002
    request: Request[Any, Any, Any],
    context: NamedDependency[Context],
) -> Response[ConsentReceipt]:
    """What was agreed. `Accept: text/html` or `text/plain` asks for a document, `Accept-Language` for Dutch or English."""
    given = await context.query(view.one, id)
    person = await context.query(participants.one, given.participant)
    language = preferred(request.headers.get("accept-language"))
    wanted = request.accept.best_match([MediaType.JSON.value, MediaType.HTML.value, MediaType.TEXT.value])
    told = {"content-language": language, "vary": "accept, accept-language, authorization"}
    made = msgspec.structs.replace(
        _receipt(given, context.names, context.scope.organisation, context.now, language),
        recipient_answers=tuple(await context.query(erasures.asked_about, await _told(context, id))),
        file_consent=person.file_consent,
    )
    return Shown(made, media_type=wanted or MediaType.JSON, headers=told | {"content-security-policy": POLICY})


async def _told(context: Context, consent_id: UUID) -> Sequence[UUID]:
    """The referrals whose ground went with it."""
    found: list[UUID] = []
    for one in await context.read(consent_id):
        match one.event:
            case consent.Withdrawn(referrals=referrals):
                found += referrals
            case consent.ReliedOnTooLate(referral=referral):
                found.append(referral)
            case _:
                continue
    return found


def _receipt(given: ConsentAnswer, names: Mapping[str, str], own: str, now: datetime, language: str) -> ConsentReceipt:
    explicit = given.explicit and bool(special_in(given.data))
    return ConsentReceipt(
        record_id=given.id,
        pii_principal_id=given.participant,
        pii_controller=Party(own, names.get(own, own)),
        recipient=Party(given.recipient, names.get(given.recipient, given.recipient)),
        purpose=given.purpose,
        lawful_basis=LawfulBasis.EXPLICIT_CONSENT if explicit else LawfulBasis.CONSENT,
        pii_information=tuple(_information(given, language)),
        direction=given.direction,
        event_time=given.since,
        event_state=_state(given, now),
        valid_until=given.until,
        withdrawn_at=given.withdrawn_at,
        recipient_answers=(),
        file_consent=None,
        evidence=given.evidence,
        withdrawal_method=WORDS.say("receipt-back", language, {"organisation": names.get(own, own)}),
        supervisory_authority="Autoriteit Persoonsgegevens",
    )


def _information(given: ConsentAnswer, language: str) -> list[PiiInformation]:
    """What goes, field by field."""
    stays = left_out(given.data, explicit=given.explicit)
    goes = [name for name in Letter.__struct_fields__ if name not in stays and name not in _APART]
    kinds = [(name.replace("_", "-"), SPECIAL.get(name)) for name in goes]
    return [PiiInformation(kind, WORDS.say(f"data-{kind}", language, {}), category) for kind, category in kinds]


def _state(given: ConsentAnswer, now: datetime) -> EventState:
    if given.withdrawn_at is not None:
        return EventState.WITHDRAWN
    return EventState.EXPIRED if given.until <= now else EventState.GIVEN


ROUTES = (receipt,)
