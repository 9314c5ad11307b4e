"""A participant's file at the gateway: whole or not at all, as data and as a document, to whom it is for."""

import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
import pytest_asyncio

from gateway.errors import NodeRefused, Problem
from gateway.file.joined import kept
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.contracts.file import FORMAT, NetworkFile, ParticipantFile, Purpose
from shared.identity import Holder, Role
from shared.ids import uuid7
from shared.linkkeys import LinkKey
from shared.rules import Unavailable
from tests.gateway.running import Running, kring
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]
REGISTER = "mutation ($input: RegisterParticipantInput!) { registerParticipant(input: $input) { id } }"
CONSENT = "mutation ($id: UUID!, $input: GiveConsentInput!) { giveConsent(participant: $id, input: $input) { id } }"
LIKES = "mutation ($id: UUID!, $input: InterestsInput!) { setInterests(participant: $id, input: $input) { likes } }"
YES = "mutation ($input: SayYesInput!) { sayYes(input: $input) { contact } }"
END = 'mutation ($id: UUID!) { endParticipant(id: $id, input: {reason: "Verhuisd"}) { id } }'
HTML = {"accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE, EVENTS, NETWORK]) as running:
        yield running


async def registered(running: Running, name: str) -> str:
    person, contact = str(uuid7()), {"way": "EMAIL", "value": f"{name.lower()}@example.org"}
    await running.done(
        REGISTER, running.token("humanitas"), input={"id": person, "nameToUse": name, "contact": contact}
    )
    return person


async def asked(
    running: Running,
    person: str,
    said: Mapping[str, str],
    *,
    organisation: str = "humanitas",
    role: Role = Role.COORDINATOR,
) -> httpx.Response:
    headers = {"authorization": f"Bearer {running.token(organisation, role)}", **said}
    return await running.http.get(f"/participants/{person}/file", headers=headers)


async def whole(
    running: Running, person: str, text: str = "", said: Mapping[str, str] = MappingProxyType({})
) -> httpx.Response:
    """The answer as soon as every service has heard of the person, and it holds a text."""

    async def ask() -> httpx.Response | None:
        answer = await asked(running, person, said)
        return answer if answer.status_code == 200 and text in answer.text else None

    found: httpx.Response = await eventually(ask)
    return found


async def agreed(running: Running, person: str) -> None:
    today = datetime.now(UTC)
    evidence = {"form": "ORAL", "textVersion": "1", "askedOn": today.date().isoformat(), "askedBy": "Ann"}
    until = (today + timedelta(days=30)).isoformat()
    given = {"id": str(uuid7()), "recipient": "welzin", "until": until, "evidence": evidence}
    await running.done(CONSENT, running.token("humanitas"), id=person, input=given)


def read(answer: httpx.Response) -> ParticipantFile:
    return msgspec.json.decode(answer.content, type=ParticipantFile)


async def test_the_data_of_all_three_services_come_in_one_file(running: Running) -> None:
    person = await registered(running, "Rosa")
    await agreed(running, person)
    answer = await whole(running, person)
    await running.done(LIKES, running.token("humanitas"), id=person, input={"likes": "Schaken"})
    answer = await whole(running, person)
    file = read(answer)
    assert (file.format, file.organisation_name, file.participant) == (FORMAT, "Humanitas", UUID(person))
    assert (file.intake.participant.name_to_use, len(file.intake.consents)) == ("Rosa", 1)
    assert file.network is not None
    assert file.network.interests is not None
    assert (file.network.interests.likes, file.events is None) == ("Schaken", False)
    assert file.account.purposes == tuple(Purpose)
    assert [(one.name, one.agreed, one.told) for one in file.account.recipients] == [("WELZIN", True, None)]


async def test_it_is_saved_under_a_name_that_says_nothing_and_kept_by_nobody_on_the_way(running: Running) -> None:
    person = await registered(running, "Sien")
    for accept, kind, how in (({}, "json", "attachment"), (HTML, "html", "inline")):
        headers = (await whole(running, person, said=accept)).headers
        assert re.fullmatch(how + r'; filename="file-\d{4}-\d\d-\d\d\.' + kind + '"', headers["content-disposition"])
        assert headers["cache-control"] == "no-store"


async def test_who_reads_gets_a_page_in_their_language_that_loads_nothing(running: Running) -> None:
    person = await registered(running, "Truus")
    page = await whole(running, person, said=HTML | {"accept-language": "nl-NL,nl;q=0.9"})
    assert (page.headers["content-type"], page.headers["content-language"]) == ("text/html; charset=utf-8", "nl")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert '<html lang="nl">' in page.text
    assert "Uw dossier bij Humanitas" in page.text
    assert not re.search("eenzaam|lonel|<script", page.text, re.IGNORECASE)
    assert "Your file at Humanitas" in (await whole(running, person, said=HTML)).text


async def test_of_a_klik_only_what_the_other_shared_is_in_it(running: Running) -> None:
    one, other = await registered(running, "Els"), await registered(running, "Bastiaan")
    for person in (one, other):
        await whole(running, person)
    for who, whom, contact in ((one, other, "06 11"), (other, one, "elke dinsdag")):
        said = {"id": str(uuid7()), "participant": who, "other": whom, "contact": contact}
        await running.done(YES, running.token("humanitas"), input=said)
    text = (await whole(running, one, "elke dinsdag")).text
    assert "06 11" in text
    assert other not in text
    assert "Bastiaan" not in text


async def test_who_has_ended_is_not_kept_outside_intake_and_the_file_says_so(running: Running) -> None:
    person = await registered(running, "Ida")
    await whole(running, person)
    await running.done(END, running.token("humanitas"), id=person)
    await whole(running, person, '"network":null')
    file = read(await whole(running, person, '"events":null'))
    assert file.intake.history[-1].told == {"reason": "Verhuisd"}
    assert "Nothing is kept here any more" in (await whole(running, person, said=HTML)).text


REFUSED: list[tuple[Mapping[str, Any], int, str]] = [
    ({"role": Role.HOST}, 403, "role-missing"),
    ({"role": Role.ADMINISTRATOR}, 403, "role-missing"),
    ({"organisation": "welzin"}, 404, "participant-unknown"),
    ({"said": {"authorization": "Bearer forged"}}, 401, "token-invalid"),
    ({"said": {"authorization": ""}}, 401, "token-missing"),
]


@pytest.mark.parametrize(("how", "status", "code"), REFUSED)
async def test_whom_it_is_not_for_gets_nothing(
    running: Running, how: Mapping[str, Any], status: int, code: str
) -> None:
    person = await registered(running, "Willem")
    answer = await asked(running, person, **{"said": {"accept-language": "nl"}, **how})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Willem" not in answer.text
    assert answer.json()["detail"] != code


async def test_a_privacy_officer_has_it_too(running: Running) -> None:
    person = await registered(running, "Jet")
    await whole(running, person)
    assert (await asked(running, person, {}, role=Role.PRIVACY_OFFICER)).status_code == 200


async def refused(status: int) -> NetworkFile:
    raise NodeRefused(Problem(status=status, code="refused"))


@pytest.mark.parametrize(("status", "ended"), [(404, False), (500, False), (503, True)])
async def test_a_service_that_does_not_know_somebody_yet_or_fails_has_a_part_missing(status: int, ended: bool) -> None:
    with pytest.raises(Unavailable, match="file-part-missing"):
        await kept("network", refused(status), ended=ended)


async def test_a_part_that_is_too_large_is_not_to_be_tried_again() -> None:
    async def large() -> NetworkFile:
        raise NodeRefused(Problem(status=500, code="answer-too-large"))

    with pytest.raises(Unavailable, match="file-part-too-large"):
        await kept("network", large(), ended=False)


async def test_only_of_who_has_ended_a_service_may_know_nothing() -> None:
    assert await kept("network", refused(404), ended=True) is None
    with pytest.raises(NodeRefused):
        await kept("network", refused(403), ended=True)


async def test_a_participant_has_their_own_file_by_their_link_and_nobody_elses(running: Running) -> None:
    one, other = await registered(running, "Nel"), await registered(running, "Ko")
    for person in (one, other):
        await whole(running, person)
    now, holder = datetime.now(UTC), Holder(link=uuid7(), person=UUID(one))
    token = LinkKey.open(running.settings.data, "humanitas").token(holder, now=now, until=now + timedelta(minutes=30))
    said = {"authorization": f"Bearer {token}", "accept-language": "nl"}
    file = read(await asked(running, one, said))
    assert (file.intake.participant.name_to_use, file.network is None, file.events is None) == ("Nel", False, False)
    page = (await asked(running, one, {**HTML, **said})).text
    assert "u zelf, via uw link</td>" in page
    assert "het is uw eigen dossier" in page
    assert (await asked(running, other, said)).json()["code"] == "participant-unknown"


async def test_an_address_that_names_no_participant_is_none(running: Running) -> None:
    answer = await asked(running, "nobody", {})
    assert (answer.status_code, answer.json()["code"]) == (404, "route-unknown")


@pytest.mark.parametrize(("there", "missing"), [([INTAKE, EVENTS], "network"), ([EVENTS, NETWORK], "intake")])
async def test_a_file_that_lacks_a_part_is_not_given(tmp_path: Path, there: list[Any], missing: str) -> None:
    async with kring(tmp_path, there) as running:
        person = await registered(running, "Riet") if INTAKE in there else str(uuid7())
        answer = await asked(running, person, {})
        assert (answer.status_code, answer.json()["params"]) == (503, {"part": missing})
        assert "Riet" not in answer.text
