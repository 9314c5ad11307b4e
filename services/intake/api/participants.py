"""Participants: search, register, see, end."""

from datetime import datetime
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import ages, consent, grounds, participant
from services.intake.domain.file_ground import TEXT, FileConsent, FileGround
from services.intake.domain.profile import Profile, Representative
from services.intake.domain.working_days import AMSTERDAM
from services.intake.views import participants as view
from shared.access import Whose
from shared.contracts.access import AccessAction
from shared.contracts.intake import (
    CorrectParticipant,
    EndParticipant,
    EvidenceForm,
    GiveFileConsent,
    LegalTask,
    MoveParticipant,
    ParticipantAnswer,
    ParticipantPage,
    RegisterParticipant,
    SearchParticipants,
    ToldOfParticipant,
)
from shared.contracts.text import tidy
from shared.http import Context, allows
from shared.identity import Role
from shared.rules import Refused
from shared.showing import ACTION

COORDINATORS = [allows(Role.COORDINATOR, whose=Whose.TEAM)]


@post("/v1/participants", guards=COORDINATORS)
async def register(data: JSONBody[RegisterParticipant], context: NamedDependency[Context]) -> ParticipantAnswer:
    """Take somebody in, in the caller's team. The answer names possible duplicates."""
    told = tidy(data)
    profile = _profile(told, context)
    ground = _ground(told, profile, context)
    await context.run(participant, told.id, participant.Register(profile, context.scope.team, ground))
    return await context.query(view.compared, told.id)


def named(task: LegalTask | None) -> grounds.LegalTask | None:
    """The legal task in the domain's words."""
    exception = grounds.Exception9(task.exception) if task and task.exception else None
    return grounds.LegalTask(grounds.Law(task.law), exception) if task else None


def _ground(told: RegisterParticipant | CorrectParticipant, profile: Profile, context: Context) -> FileGround:
    """What was named, or consent as it is asked when nothing is said. Raises `ground-not-consent` and what the rules for each raise."""
    task = named(told.legal_task)
    grounds.check(task, government=context.government)
    if task is None:
        return _agreed(told.file_consent or GiveFileConsent(), profile, context)
    if told.file_consent is not None:
        raise Refused("ground-not-consent")
    return task


def _agreed(said: GiveFileConsent, profile: Profile, context: Context) -> FileConsent:
    today = context.now.astimezone(AMSTERDAM).date()
    agreed = FileConsent(
        form=said.form or EvidenceForm.ORAL,
        text_version=said.text_version or TEXT,
        asked_on=said.asked_on or today,
        asked_by=said.asked_by or context.scope.user,
        agreed_by=said.agreed_by,
        explicit=said.explicit,
    )
    consent.check_evidence(agreed, today, ages.may_agree(profile, today.year))
    return agreed


def _profile(told: ToldOfParticipant, context: Context) -> Profile:
    """Raises `representative-missing`."""
    said = msgspec.structs.asdict(told)
    contact, by = said.pop("contact"), said.pop("representative")
    for apart in ("id", "legal_task", "file_consent"):
        said.pop(apart, None)
    reach = {"contact_way": contact.way, "contact": contact.value, "contact_not": contact.not_this_way}
    represented = Representative(by.name, by.way, by.contact, by.capacity) if by else None
    profile = Profile(**said, **reach, representative=represented)
    ages.check_represented(profile, context.now.astimezone(AMSTERDAM).year)
    return profile


@get("/v1/participants", guards=COORDINATORS)
async def page(context: NamedDependency[Context], after: After = None, first: First = 20) -> ParticipantPage:
    """The team's participants, newest first."""
    found = await context.query(view.page, place(after, tuple[datetime, UUID]), first + 1)
    return ParticipantPage(*cut(found, first, lambda item: (item.registered_at, item.id)))


@post("/v1/participant-searches", guards=COORDINATORS, status_code=200, opt={ACTION: AccessAction.SEARCH})
async def search(data: JSONBody[SearchParticipants], context: NamedDependency[Context]) -> ParticipantPage:
    """Look before registering."""
    wanted = tidy(data)
    return ParticipantPage(tuple(await context.query(view.search, wanted.name, wanted.contact)))


@get("/v1/participants/{id:uuid}", guards=[allows(Role.COORDINATOR, Role.PARTICIPANT, whose=Whose.TEAM)])
async def one(id: FromPath[UUID], context: NamedDependency[Context]) -> ParticipantAnswer:  # noqa: A002
    """One participant, with possible duplicates."""
    return await context.query(view.compared, id)


@post("/v1/participants/{id:uuid}/correct", guards=COORDINATORS, status_code=200)
async def correct(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[CorrectParticipant],
    context: NamedDependency[Context],
) -> ParticipantAnswer:
    """Put right what is wrong, or no longer so. Every partner that was told of it by a referral hears it too."""
    await context.query(view.one, id)
    told = tidy(data)
    profile = _profile(told, context)
    named_now = told.legal_task is not None or told.file_consent is not None
    ground = _ground(told, profile, context) if named_now else None
    await context.run(participant, id, participant.Correct(profile, ground))
    return await context.query(view.compared, id)


@post("/v1/participants/{id:uuid}/move", guards=COORDINATORS, status_code=204)
async def move(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[MoveParticipant],
    context: NamedDependency[Context],
) -> None:
    """Hand the file to another team: from then on that one sees it, and this one does not."""
    await context.query(view.one, id)
    await context.run(participant, id, participant.Move(tidy(data).team))


@post("/v1/participants/{id:uuid}/end", guards=COORDINATORS, status_code=200)
async def end(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[EndParticipant],
    context: NamedDependency[Context],
) -> ParticipantAnswer:
    """The person needs nothing more here."""
    await context.query(view.one, id)
    await context.run(participant, id, participant.End(tidy(data).reason))
    return await context.query(view.compared, id)


ROUTES = (register, page, search, one, correct, move, end)
