"""A participant's file: what the network keeps of one person (GDPR articles 15 and 20)."""

from operator import attrgetter
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.network.views import file as told
from services.network.views import participants as view
from shared import reads
from shared.access import Whose
from shared.contracts.access import AccessAction
from shared.contracts.file import NetworkFile
from shared.history import known, noted
from shared.http import Context, allows
from shared.identity import Role
from shared.showing import ACTION

READERS = [allows(Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT, whose=Whose.TEAM)]


@get("/v1/participants/{id:uuid}/file", guards=READERS, opt={ACTION: AccessAction.EXPORT})
async def file(id: FromPath[UUID], context: NamedDependency[Context]) -> NetworkFile:  # noqa: A002
    """Everything that the network keeps of a participant, but for what is another's to tell."""
    person = await context.query(view.one, id)
    stream = known(await context.read(id))
    pairs = [known(await context.read(pair)) for pair in told.joined(stream)]
    kliks = [one for pair in pairs for one in told.kliks(pair, id)]
    return NetworkFile(
        since=person.since,
        interests=person.interests,
        kliks=tuple(sorted(kliks, key=attrgetter("since"))),
        history=noted(told.told(stream)),
        reads=tuple(await context.query(reads.of_person, id)),
    )


ROUTES = (file,)
