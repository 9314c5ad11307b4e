"""Breaking the glass through the gateway: who needs a file opens it, the privacy officer looks at it, the person reads both."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.intake.main import SERVICE as INTAKE
from shared.identity import Issuer, Role
from shared.ids import uuid7
from tests.gateway.running import Running, kring
from tests.gateway.test_access_log import OWN_LOG, READ, by_link, officer
from tests.gateway.test_participant_file import REGISTER

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
OPENINGS, OF_PERSON, REVIEW = (
    (Path("gateway/documents") / f"{name}.graphql").read_text("utf-8")
    for name in ("openings", "participant-openings", "review-break-glass")
)
BREAK = "mutation ($participant: UUID!, $input: BreakGlassInput!) { breakGlass(participant: $participant, input: $input) { id open team } }"
WHY = "Het staat in brand bij mevrouw"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE]) as running:
        yield running


def of_team(running: Running, team: str, user: str = "bea") -> str:
    """The token of a coordinator."""
    issuer = Issuer.open(running.settings.data, "humanitas", production=False)
    return issuer.token([Role.COORDINATOR], user=user, now=datetime.now(UTC), team=team)


async def known(running: Running) -> str:
    """Somebody of team noord."""
    person, contact = str(uuid7()), {"way": "EMAIL", "value": "bakker@example.org"}
    given = {"id": person, "nameToUse": "Mevrouw Bakker", "contact": contact}
    await running.done(REGISTER, of_team(running, "noord"), input=given)
    return person


async def opened(running: Running, person: str) -> str:
    """By somebody of team zuid."""
    id_ = str(uuid7())
    given = {"participant": person, "input": {"id": id_, "reason": WHY}}
    done = await running.done(BREAK, of_team(running, "zuid"), **given)
    assert done["breakGlass"] == {"id": id_, "open": True, "team": "zuid"}
    return id_


async def refused(running: Running, question: str, token: str, **given: Any) -> str:
    [error] = (await running.ask(question, token, **given))["errors"]
    code: str = error["extensions"]["code"]
    return code


async def test_a_file_of_another_team_opens_with_a_reason_and_not_before(running: Running) -> None:
    person, reader = await known(running), of_team(running, "zuid")
    assert await refused(running, READ, reader, id=person) == "participant-unknown"
    await opened(running, person)
    assert (await running.done(READ, reader, id=person))["participant"]["id"] == person
    assert await refused(running, READ, of_team(running, "zuid", "cor"), id=person) == "participant-unknown"
    own = by_link(running, person)
    log = (await running.done(OWN_LOG, own, service="INTAKE", participant=person))["participantAccessLog"]["nodes"]
    assert [(one["action"], one["ground"]) for one in log[:2]] == [
        ("READ", "BREAK_GLASS"),
        ("BREAK_GLASS", "BREAK_GLASS"),
    ]


async def test_the_privacy_officer_reviews_it_and_the_person_reads_what_was_found(running: Running) -> None:
    person = await known(running)
    id_, token = await opened(running, person), officer(running)
    waiting = (await running.done(OPENINGS, token, reviewed=False))["openings"]["nodes"]
    assert [(one["participant"], one["reason"]) for one in waiting if one["id"] == id_] == [(person, WHY)]
    verdict = {"verdict": "JUSTIFIED", "note": "Het was nodig"}
    assert (await running.done(REVIEW, token, id=id_, input=verdict))["reviewBreakGlass"]["verdict"] == "JUSTIFIED"
    waiting = (await running.done(OPENINGS, token, reviewed=False))["openings"]["nodes"]
    assert id_ not in {one["id"] for one in waiting}
    own = by_link(running, person)
    [told] = (await running.done(OF_PERSON, own, participant=person))["participantOpenings"]["nodes"]
    assert (told["reason"], told["note"], told["reviewedBy"]) == (WHY, "Het was nodig", "ann")


async def test_openings_are_paged_newest_first(running: Running) -> None:
    person = await known(running)
    made = [await opened(running, person) for _ in range(3)]
    found: list[str] = []
    after: str | None = None
    while after or not found:
        given = {"participant": person, "first": 2, "after": after}
        page = (await running.done(OF_PERSON, officer(running), **given))["participantOpenings"]
        found += [one["id"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert found == made[::-1]


async def test_who_needs_no_glass_broken_or_may_not_is_told(running: Running) -> None:
    person = await known(running)
    given = {"participant": person, "input": {"id": str(uuid7()), "reason": WHY}}
    assert await refused(running, BREAK, of_team(running, "noord"), **given) == "break-glass-needless"
    assert await refused(running, BREAK, officer(running), **given) == "role-missing"
    stranger = given | {"participant": str(uuid7())}
    assert await refused(running, BREAK, of_team(running, "zuid"), **stranger) == "participant-unknown"
    for question, more in ((OPENINGS, {}), (REVIEW, {"id": person, "input": {"verdict": "JUSTIFIED"}})):
        assert await refused(running, question, of_team(running, "zuid"), **more) == "role-missing"
    other = by_link(running, str(uuid7()))
    assert await refused(running, OF_PERSON, other, participant=person) == "participant-unknown"
