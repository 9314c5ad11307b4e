"""A participant's file: what the service for meetings keeps of one person (GDPR articles 15 and 20)."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.events.views import participants as view
from shared import reads
from shared.access import Whose
from shared.contracts.access import AccessAction
from shared.contracts.file import EventsFile
from shared.history import noted
from shared.http import Context, allows
from shared.identity import Role
from shared.showing import ACTION

READERS = [allows(Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT, whose=Whose.TEAM)]


@get("/v1/participants/{id:uuid}/file", guards=READERS, opt={ACTION: AccessAction.EXPORT})
async def file(id: FromPath[UUID], context: NamedDependency[Context]) -> EventsFile:  # noqa: A002
    """Everything that is kept of a participant here."""
    known = await context.query(view.one, id)
    return EventsFile(
        since=known.since,
        history=noted(await context.read(id)),
        reads=tuple(await context.query(reads.of_person, id)),
    )


ROUTES = (file,)
