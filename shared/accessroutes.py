"""Reading the access log: the same routes at every service. Reading it is recorded like any other reading."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, TypeAlias
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from sqlalchemy import Connection

from shared import accesslog
from shared.accesslog import Wanted
from shared.contracts.access import LAST, AccessAction, AccessEntry, AccessPage, SearchAccesses
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import OrgScope, Role
from shared.problems import Fault
from shared.rules import Invalid, NotFound
from shared.showing import ACTION

First: TypeAlias = Annotated[int, QueryParameter(ge=1, le=100)]
After: TypeAlias = Annotated[int | None, QueryParameter(required=False, ge=1, le=LAST)]
Moment: TypeAlias = Annotated[datetime | None, QueryParameter(required=False)]


@get("/v1/access-log", guards=[allows(Role.PRIVACY_OFFICER)])
async def page(
    context: NamedDependency[Context],
    participant: Annotated[UUID | None, QueryParameter(required=False)] = None,
    action: Annotated[AccessAction | None, QueryParameter(required=False)] = None,
    since: Moment = None,
    until: Moment = None,
    after: After = None,
    first: First = 20,
) -> AccessPage:
    """Who saw what of whom, and changes of who may."""
    return await _found(context, Wanted(participant=participant, action=action, since=since, until=until), after, first)


@post(
    "/v1/access-log-searches", guards=[allows(Role.PRIVACY_OFFICER)], status_code=200, opt={ACTION: AccessAction.SEARCH}
)
async def search(data: JSONBody[SearchAccesses], context: NamedDependency[Context]) -> AccessPage:
    """What one user did, or the system."""
    asked = msgspec.structs.asdict(tidy(data))
    after, first = asked.pop("after"), asked.pop("first")
    return await _found(context, Wanted(**asked), after, first)


@get("/v1/participants/{id:uuid}/access-log", guards=[allows(Role.PRIVACY_OFFICER, Role.PARTICIPANT)])
async def of_person(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    after: After = None,
    first: First = 20,
) -> AccessPage:
    """Who saw what of one person; a participant sees their own."""
    if context.scope.person not in (None, id):
        raise NotFound("participant-unknown")
    return _cut(await context.query(_of_person, id, after, first + 1), first)


async def _found(context: Context, wanted: Wanted, after: int | None, first: int) -> AccessPage:
    """Refused: `time-zone-missing`."""
    moments = {"since": wanted.since, "until": wanted.until}
    faults: list[Fault] = [
        (name, "time-zone-missing", {}) for name, one in moments.items() if one and one.tzinfo is None
    ]
    if faults:
        raise Invalid(faults)
    return _cut(await context.query(_page, wanted, after, first + 1), first)


def _page(connection: Connection, _: OrgScope, wanted: Wanted, after: int | None, first: int) -> Sequence[AccessEntry]:
    return accesslog.page(connection, wanted, after, first)


def _of_person(
    connection: Connection, _: OrgScope, person: UUID, after: int | None, first: int
) -> Sequence[AccessEntry]:
    return accesslog.of_person(connection, person, after, first)


def _cut(found: Sequence[AccessEntry], first: int) -> AccessPage:
    """From one entry more than was asked: the page, and where the next one begins."""
    items = tuple(found[:first])
    return AccessPage(items, str(items[-1].number) if len(found) > first else None)


ROUTES = (page, search, of_person)
