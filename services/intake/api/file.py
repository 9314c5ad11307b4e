"""A participant's file, whole: what intake keeps of one person (GDPR articles 15 and 20)."""

from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.intake.views import file as view
from services.intake.views import referral_record
from shared import reads
from shared.access import Whose
from shared.contracts.access import AccessAction
from shared.contracts.file import FiledReferral, IntakeFile
from shared.contracts.intake import ReferralItem
from shared.history import known, noted
from shared.http import Context, allows
from shared.identity import Role
from shared.rules import Forbidden
from shared.showing import ACTION

READERS = [allows(Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT, whose=Whose.TEAM)]


@get("/v1/participants/{id:uuid}/file", guards=READERS, opt={ACTION: AccessAction.EXPORT})
async def file(id: FromPath[UUID], context: NamedDependency[Context]) -> IntakeFile:  # noqa: A002
    """Everything that intake keeps of a participant. Refused as `unknown-event-type` rather than given in part.

    Who broke the glass may read, and does not take the file along: `file-of-other-team`.
    """
    found = await context.query(view.whole, id, context.now)
    if context.scope.team not in (None, found.participant.team):
        raise Forbidden("file-of-other-team")
    return IntakeFile(
        participant=found.participant,
        consents=found.consents,
        interviews=found.interviews,
        referrals=tuple([await _filed(context, found, one) for one in found.referrals]),
        openings=found.openings,
        links=found.links,
        kept=found.kept,
        history=noted(await context.read(id)),
        reads=tuple(await context.query(reads.of_person, id)),
    )


async def _filed(context: Context, found: view.Found, referral: ReferralItem) -> FiledReferral:
    stream = known(await context.read(referral.id))
    told, written = referral_record.answer(stream), referral_record.written(stream)
    return FiledReferral(
        **msgspec.structs.asdict(told),
        programme_name=found.programmes.get(referral.programme),
        written=None if written == told.letter else written,
        erasure=found.erasures.get(referral.id),
    )


ROUTES = (file,)
