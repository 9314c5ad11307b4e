"""Programmes of the organisation, and the directory of everybody's."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import programme
from services.intake.domain.programme import Openness
from services.intake.views import directory as view
from shared.contracts.intake import (
    ChangeProgramme,
    OfferProgramme,
    ProgrammeAnswer,
    ProgrammeKind,
    ProgrammePage,
    ProgrammeStatus,
    StopProgramme,
)
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role

KEEPERS = [allows(Role.COORDINATOR, Role.ADMINISTRATOR)]
READERS = [allows(Role.COORDINATOR, Role.ADMINISTRATOR, Role.POLICY_OFFICER, Role.HOST, Role.FINDER)]


@post("/v1/programmes", guards=KEEPERS)
async def offer(data: JSONBody[OfferProgramme], context: NamedDependency[Context]) -> ProgrammeAnswer:
    """A new programme, open from now; partners are told."""
    told = msgspec.structs.asdict(tidy(data))
    id_ = told.pop("id")
    await context.run(programme, id_, programme.Offer(programme.Details(**told), context.now))
    return await _own(context, id_)


@put("/v1/programmes/{id:uuid}", guards=KEEPERS)
async def change(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[ChangeProgramme],
    context: NamedDependency[Context],
) -> ProgrammeAnswer:
    """Describe it anew, whole."""
    await context.run(programme, id, programme.Change(programme.Details(**msgspec.structs.asdict(tidy(data)))))
    return await _own(context, id)


@post("/v1/programmes/{id:uuid}/stop", guards=KEEPERS, status_code=200)
async def stop(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[StopProgramme],
    context: NamedDependency[Context],
) -> ProgrammeAnswer:
    """No new people."""
    why = tidy(data)
    return await _set(context, id, Openness.STOP, why.reason, why.until)


@post("/v1/programmes/{id:uuid}/waiting-list", guards=KEEPERS, status_code=200)
async def waiting_list(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[StopProgramme],
    context: NamedDependency[Context],
) -> ProgrammeAnswer:
    """New people wait for a place."""
    why = tidy(data)
    return await _set(context, id, Openness.WAITING_LIST, why.reason, why.until)


@post("/v1/programmes/{id:uuid}/reopen", guards=KEEPERS, status_code=200)
async def reopen(id: FromPath[UUID], context: NamedDependency[Context]) -> ProgrammeAnswer:  # noqa: A002
    """New people can come again."""
    return await _set(context, id, Openness.OPEN, "", None)


async def _set(context: Context, id_: UUID, openness: Openness, reason: str, until: date | None) -> ProgrammeAnswer:
    await context.run(programme, id_, programme.SetOpenness(openness, reason, until, context.now))
    return await _own(context, id_)


async def _own(context: Context, id_: UUID) -> ProgrammeAnswer:
    return await context.query(view.one, context.scope.organisation, id_)


@get("/v1/programmes", guards=READERS)
async def own(context: NamedDependency[Context], after: After = None, first: First = 20) -> ProgrammePage:
    """The own programmes, by name."""
    return await _page(context, view.Wanted(organisation=context.scope.organisation), after, first)


@get("/v1/directory", guards=READERS)
async def directory(
    context: NamedDependency[Context],
    kind: Annotated[ProgrammeKind | None, QueryParameter()] = None,
    area: Annotated[str | None, QueryParameter()] = None,
    status: Annotated[ProgrammeStatus | None, QueryParameter()] = None,
    organisation: Annotated[str | None, QueryParameter()] = None,
    after: After = None,
    first: First = 20,
) -> ProgrammePage:
    """Own and partners' programmes, by name. An area also finds what serves all of its district or municipality."""
    return await _page(context, view.Wanted(kind, () if area is None else (area,), status, organisation), after, first)


async def _page(context: Context, wanted: view.Wanted, after: str | None, first: int) -> ProgrammePage:
    found = await context.query(view.page, wanted, place(after, tuple[str, str, UUID]), first + 1)
    return ProgrammePage(*cut(found, first, lambda item: (item.name, item.organisation, item.id)))


@get("/v1/directory/{organisation:str}/{id:uuid}", guards=READERS)
async def one(
    organisation: FromPath[str],
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
) -> ProgrammeAnswer:
    """One programme of one organisation."""
    return await context.query(view.one, organisation, id)


ROUTES = (offer, change, stop, waiting_list, reopen, own, directory, one)
