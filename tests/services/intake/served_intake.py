"""A node of intake that has an agreement with WELZIN and knows its programmes, and requests to it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from services.intake import letters
from services.intake.domain.programme import Changed, Details, Programme
from services.intake.main import SERVICE
from shared.contracts import letters as kinds
from shared.contracts.letters import LetterBody
from shared.register import Register
from shared.service import Arrived
from tests.services.intake.examples import AGREED, BUDDY, DETAILS, PERSON, REFERRAL
from tests.support.projected import recorded
from tests.support.registers import agreement, contents
from tests.support.served import NOON, Served, served

STOPPED = UUID(int=BUDDY.int + 100)
INTERVIEW = UUID(int=AGREED.int + 100)
HELD = letters.kept_as("welzin", REFERRAL)
PARTICIPANT = {
    "id": str(PERSON),
    "nameToUse": "Mevrouw Bakker",
    "contact": {"way": "phone", "value": "072 555 01 02", "notThisWay": "Niet voor tien uur"},
    "language": "nl",
    "area": "WK030701",
    "fileConsent": {"explicit": True},
}
CONSENT = {
    "id": str(AGREED),
    "recipient": "welzin",
    "until": "2026-06-01T00:00:00Z",
    "evidence": {"form": "oral", "textVersion": "2026-1", "askedOn": "2026-01-05", "askedBy": "Ann"},
}
TALK = {
    "id": str(INTERVIEW),
    "heldOn": "2026-01-05",
    "by": "Ann",
    "askedFor": "Een maatje",
    "suitableNow": True,
    "purpose": "prevention",
}
REFER = {
    "id": str(REFERRAL),
    "participant": str(PERSON),
    "to": "welzin",
    "programme": str(BUDDY),
    "consent": str(AGREED),
    "need": "Iemand om mee te wandelen",
}
ASKED = kinds.ReferralRequested(
    programme=BUDDY,
    name_to_use="Meneer Smit",
    contact_way="email",  # type: ignore[arg-type]  # as it stands in JSON
    contact="smit@example.org",
    contact_not="",
    need="Weer eens kaarten",
    hopes="",
    language="nl",
    area="WK036101",
    accessibility="",
    wait_told="",
    note="",
)


async def arrives(node: Served, subject: UUID, body: LetterBody) -> None:
    """A letter of WELZIN's."""
    await node.take(letters.arrived(Arrived("welzin", subject, _wired(body), NOON, "")))


def _wired(body: LetterBody) -> LetterBody:
    read: LetterBody = msgspec.json.decode(msgspec.json.encode(body), type=LetterBody)
    return read


def programme(details: Details, openness: Any) -> kinds.LetterBody:
    state = Programme(details, NOON, openness, "", None)
    [letter] = letters.letters(recorded(Changed(details), BUDDY), state, ("humanitas",))
    return letter.body


@asynccontextmanager
async def humanitas(folder: Path, clock: Callable[[], datetime] = lambda: NOON) -> AsyncGenerator[Served]:
    """Open it."""
    async with served(SERVICE, folder, clock) as node:
        node.register = Register(contents(agreement(1, "humanitas", "welzin")))
        await arrives(node, BUDDY, programme(DETAILS, "open"))
        await arrives(node, STOPPED, programme(msgspec.structs.replace(DETAILS, name="Maatje Zuid"), "stop"))
        yield node


async def done(node: Served, path: str, body: Any = None, status: int = 200) -> Any:
    """Ask for a change; it must be done."""
    answer = await node.ask("POST", path, body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def prepared(node: Served) -> None:
    """A participant who agreed."""
    await done(node, "/v1/participants", PARTICIPANT, 201)
    await done(node, f"/v1/participants/{PERSON}/consents", CONSENT, 201)
