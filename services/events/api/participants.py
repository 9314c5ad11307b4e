"""Who can be registered at a meeting: known from intake, by id only."""

from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath

from services.events.views import participants as view
from shared.access import Whose
from shared.contracts.events import KnownParticipant
from shared.http import Context, allows
from shared.identity import Role


@get("/v1/participants/{id:uuid}", guards=[allows(Role.COORDINATOR, whose=Whose.TEAM)])
async def one(id: FromPath[UUID], context: NamedDependency[Context]) -> KnownParticipant:  # noqa: A002
    """A known participant."""
    return await context.query(view.one, id)


ROUTES = (one,)
