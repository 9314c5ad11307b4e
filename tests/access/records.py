"""Records of two teams of Humanitas at real nodes of the three services, and who asks for them."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from msgspec import Struct
from msgspec.structs import replace

from services.events.domain import participant as known_at_events
from services.events.main import SERVICE as EVENTS
from services.intake import letters
from services.intake.domain import break_glass, participant, participant_link, retention
from services.network.domain import participant as known_at_network
from services.network.main import SERVICE as NETWORK
from shared.contracts.letters import ErasureAsked
from shared.eventlog.types import Step
from shared.identity import Evening, Holder, Issuer, Role
from shared.linkkeys import PARTICIPANT_STAYS
from tests.services.intake.examples import BUDDY
from tests.services.intake.served_intake import ASKED, CONSENT, PARTICIPANT, REFER, TALK, arrives, humanitas
from tests.support.registers import PARTIES, links
from tests.support.served import NOON, Served, served

OWN, OTHER = "noord", "zuid"
MONDAY = date(2026, 2, 2)
_number = count(1)

PLACE = {"name": "De Kandelaar", "address": "Kerkstraat 1", "area": "GM0307"}
SERIES = {
    "title": "Koffie",
    "kind": "evening",
    "rule": "FREQ=WEEKLY",
    "firstDate": "2026-02-02",
    "start": "10:00:00",
    "minutes": 90,
}
PROGRAMME = {"name": "Samen eten", "kind": "activity", "description": "Aan tafel", "areas": ["GM0307"]}


class Records(Struct, frozen=True):
    """What belongs to one team (and a place, a series and a programme, which belong to none)."""

    person: UUID
    friend: UUID
    consent: UUID
    interview: UUID
    draft: UUID
    sent: UUID
    subject: UUID
    place: UUID
    series: UUID
    programme: UUID
    link: UUID
    """A participant's."""
    evening_link: UUID
    glass: UUID
    """A file that somebody of a third team opened."""

    @property
    def received(self) -> UUID:
        """The referral that came in and was accepted, as it is kept here."""
        return letters.kept_as("welzin", self.subject)


class Site(Struct, frozen=True):
    """Humanitas' nodes by service."""

    nodes: Mapping[str, Served]

    async def made(self, team: str) -> Records:
        """New records of a team."""
        made = Records(
            *(UUID(int=(0x1970 << 112) + 0x7 * 2**76 + 2**63 + next(_number)) for _ in Records.__struct_fields__)
        )
        who = headers(Role.COORDINATOR, team)
        for person in (made.person, made.friend):
            await self._done(who, "intake", "/v1/participants", person_body(person))
            await self.nodes["network"].take([Step(known_at_network, person, known_at_network.Know(NOON, team))])
            await self.nodes["events"].take([Step(known_at_events, person, known_at_events.Know(NOON, team))])
        await self._files(who, made)
        await self._meetings(who, made)
        return made

    async def _files(self, who: Mapping[str, str], made: Records) -> None:
        of, intake = f"/v1/participants/{made.person}", self.nodes["intake"]
        await self._done(who, "intake", f"{of}/consents", CONSENT | {"id": str(made.consent)})
        await self._done(who, "intake", f"{of}/interviews", TALK | {"id": str(made.interview)})
        await self._done(who, "intake", f"{of}/links", {"id": str(made.link)})
        for referral, send in ((made.draft, False), (made.sent, True)):
            await self._done(who, "intake", "/v1/referrals", refer(made, referral) | {"send": send})
        await self._accepted(who, made)
        broken = break_glass.BreakGlass(made.friend, "piet", "west", "Brand", NOON)
        await intake.take(
            [
                Step(participant, made.friend, participant.End("")),
                Step(retention, retention.KEPT_AS, retention.Set(1, NOON)),
                Step(break_glass, made.glass, broken),
                Step(participant_link, made.link, participant_link.AskCode(NOON)),
            ]
        )

    async def _accepted(self, who: Mapping[str, str], made: Records) -> None:
        """The sender asks to forget it since."""
        intake = self.nodes["intake"]
        await arrives(intake, made.subject, replace(ASKED, contact=f"{made.subject}@example.org"))
        answer = await self.ask(who, "intake", "POST", f"/v1/referrals/{made.received}/accept", {"owner": "Ann"})
        assert answer.status_code == 200, answer.text
        await arrives(intake, made.subject, ErasureAsked())

    async def _meetings(self, who: Mapping[str, str], made: Records) -> None:
        await self._done(who, "intake", "/v1/programmes", PROGRAMME | {"id": str(made.programme)})
        await self._done(who, "events", "/v1/places", PLACE | {"id": str(made.place)})
        await self._done(who, "events", "/v1/series", series(made, made.series))
        await self._done(who, "events", evening_links(made), {"id": str(made.evening_link)})

    async def _done(self, who: Mapping[str, str], service: str, path: str, body: Any) -> None:
        answer = await self.ask(who, service, "POST", path, body)
        assert answer.status_code == 201, (path, answer.text)

    async def ask(
        self, who: Mapping[str, str], service: str, method: str, path: str, body: Any = None
    ) -> httpx.Response:
        return await self.nodes[service].http.request(method, path, json=body, headers=who)


def headers(
    role: Role | None, team: str | None = None, organisation: str = "humanitas", *, holder: Holder | None = None
) -> dict[str, str]:
    """What a caller sends along; `holder` when they come by a link."""
    if role is None:
        return {}
    if holder is not None:
        token = links(organisation).token(holder, now=NOON, until=NOON + PARTICIPANT_STAYS)
        return {"Authorization": f"Bearer {token}"}
    issuer = Issuer(organisation, PARTIES[organisation], production=False)
    return {"Authorization": f"Bearer {issuer.token([role], user='ann', now=NOON, team=team)}"}


def holder(role: Role | None, made: Records, *, own: bool = True) -> Holder | None:
    """What a link is about where the role comes by one: the records made, or others of the same organisation."""
    match role:
        case Role.PARTICIPANT:
            return Holder(link=made.link, person=made.person if own else made.friend)
        case Role.EVENING_HOST:
            return Holder(link=made.evening_link, evening=Evening(made.series if own else made.place, MONDAY))
        case _:
            return None


def evening_links(made: Records) -> str:
    return f"/v1/series/{made.series}/evenings/{MONDAY}/links"


def person_body(id_: UUID) -> dict[str, Any]:
    """Somebody whom a search by contact finds."""
    return PARTICIPANT | {"id": str(id_), "contact": {"way": "email", "value": f"{id_}@example.org"}}


def refer(made: Records, referral: UUID) -> dict[str, Any]:
    return REFER | {
        "id": str(referral),
        "participant": str(made.person),
        "consent": str(made.consent),
        "programme": str(BUDDY),
    }


def series(made: Records, id_: UUID) -> dict[str, Any]:
    return SERIES | {"id": str(id_), "place": str(made.place)}


@asynccontextmanager
async def site(folder: Path) -> AsyncGenerator[Site]:
    """They run while the block lasts."""
    async with AsyncExitStack() as stack:
        yield Site(
            {
                "intake": await stack.enter_async_context(humanitas(folder)),
                "events": await stack.enter_async_context(served(EVENTS, folder)),
                "network": await stack.enter_async_context(served(NETWORK, folder)),
            }
        )
