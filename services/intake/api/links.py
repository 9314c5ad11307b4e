"""Participants' links: made and taken back by a coordinator; whoever comes by one has a code sent, or is read one."""

import hmac
from datetime import datetime
from functools import partial
from pathlib import Path
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from services.intake.api.paging import After, First, cut, place
from services.intake.domain import participant_link as link
from services.intake.views import participant_links as view
from services.intake.views import participants
from shared.access import Whose
from shared.contracts.intake import ContactWay, ParticipantAnswer
from shared.contracts.intake.links import CodeAnswer, LinkAnswer, LinkPage, ParticipantEntered
from shared.contracts.links import Enter, MakeLink, digits
from shared.http import OPEN, Context, allows
from shared.identity import Holder, Role
from shared.linkkeys import PARTICIPANT_STAYS
from shared.mail import Post
from shared.rules import NotFound, Refused, Unauthenticated
from shared.sentences import LANGUAGES, Sentences

COORDINATORS = [allows(Role.COORDINATOR, whose=Whose.TEAM)]
_MAIL = Sentences(Path(__file__).parent.parent / "words")


@post("/v1/participants/{id:uuid}/links", guards=COORDINATORS)
async def make(
    id: FromPath[UUID],  # noqa: A002
    data: JSONBody[MakeLink],
    context: NamedDependency[Context],
) -> LinkAnswer:
    """A link for the participant. It may be written down or sent: without a code it opens nothing."""
    await context.query(participants.one, id)
    await context.run(link, data.id, link.Make(id))
    return await context.query(view.one, data.id)


@get("/v1/participants/{id:uuid}/links", guards=COORDINATORS)
async def page(
    id: FromPath[UUID],  # noqa: A002
    context: NamedDependency[Context],
    after: After = None,
    first: First = 20,
) -> LinkPage:
    """A participant's links, and how it went with their codes."""
    await context.query(participants.one, id)
    last = place(after, tuple[UUID])
    found = await context.query(view.of_participant, id, last and last[0], first + 1)
    return LinkPage(*cut(found, first, lambda item: (item.id,)))


@post("/v1/links/{id:uuid}/withdraw", guards=COORDINATORS, status_code=200)
async def withdraw(id: FromPath[UUID], context: NamedDependency[Context]) -> LinkAnswer:  # noqa: A002
    """Nobody comes by it any more; who came in stays for half an hour at most."""
    await context.query(view.one, id)
    await context.run(link, id, link.Withdraw())
    return await context.query(view.one, id)


@post("/v1/participants/{id:uuid}/links/{way:uuid}/code", guards=COORDINATORS, status_code=200)
async def read_aloud(
    id: FromPath[UUID],  # noqa: A002
    way: FromPath[UUID],
    context: NamedDependency[Context],
) -> CodeAnswer:
    """A code for who cannot be mailed. Read it to the participant in person, or on the telephone number that is in the file."""
    person = await context.query(participants.one, id)
    if (await context.query(view.one, way)).participant != id:
        raise NotFound("link-unknown")
    if _mailed(context, person):
        raise Refused("code-by-mail")
    made = await _made(context, way)
    return CodeAnswer(_code(context, way, made), made + link.VALID)


@post("/v1/links/{id:uuid}/code", guards=[OPEN], status_code=202)
async def send(id: FromPath[UUID], context: NamedDependency[Context]) -> None:  # noqa: A002
    """Have a code mailed to whose link this is. The answer is the same, and as fast, when there is no such link or nobody to mail."""
    context.later(partial(_sent, context, id))


@post("/v1/links/{id:uuid}/enter", guards=[OPEN], status_code=200)
async def enter(id: FromPath[UUID], data: JSONBody[Enter], context: NamedDependency[Context]) -> ParticipantEntered:  # noqa: A002
    """Come in as the participant, for half an hour. Raises `Unauthenticated("link-closed")`, whatever the reason."""
    said = digits(data.code, link.DIGITS)
    found = await context.query(view.behind, id)
    if found is None:
        raise Unauthenticated("link-closed")
    person, made = found
    fits = hmac.compare_digest(said, _code(context, id, made))
    outcome = await context.run(link, id, link.Enter(made, fits, context.now), anew=True)
    if not isinstance(outcome.events[-1].event, link.Entered):
        raise Unauthenticated("link-closed")
    until = context.now + PARTICIPANT_STAYS
    token = context.link_key.token(Holder(link=id, person=person), now=context.now, until=until)
    return ParticipantEntered(token, until, person)


async def _sent(context: Context, id_: UUID) -> None:
    """The code is recorded first: whatever happens to the mail, it is sent once at most."""
    found = await context.query(view.behind, id_)
    person = await context.query(participants.reached, found[0]) if found else None
    if person is None or context.post is None or not _mailed(context, person):
        return
    made = await _made(context, id_)
    try:
        await _mail(context.post, person, _code(context, id_, made))
    except Refused as refused:
        await context.run(link, id_, link.NoteNotSent(made, refused.code), anew=True)
        raise


async def _mail(post: Post, person: ParticipantAnswer, code: str) -> None:
    """Nothing but the code, and how long it is valid: others may see a mail come in."""
    language = person.language if person.language in LANGUAGES else "nl"
    told = {"code": code, "minutes": int(link.VALID.total_seconds() // 60)}
    subject, text = (_MAIL.say(name, language, told) for name in ("mail-code-subject", "mail-code-text"))
    await post.send(person.contact.value, subject, text)


async def _made(context: Context, id_: UUID) -> datetime:
    outcome = await context.run(link, id_, link.AskCode(context.now), anew=True)
    made: datetime = outcome.events[-1].event.at
    return made


def _mailed(context: Context, person: ParticipantAnswer) -> bool:
    return context.post is not None and person.contact.way is ContactWay.EMAIL


def _code(context: Context, id_: UUID, made: datetime | None) -> str:
    """The code that was made at some moment; where none was, one that nobody is told."""
    return context.link_key.code(link.DIGITS, "participant", id_, made and made.isoformat())


ROUTES = (make, page, withdraw, read_aloud, send, enter)
