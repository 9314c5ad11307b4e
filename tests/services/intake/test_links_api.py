"""A participant comes to their own file by a link and a one-time code: through the ASGI application, with a real mail server."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from services.intake.domain.participant_link import MOST, TRIES, VALID
from services.intake.main import SERVICE
from shared.identity import Holder, Role, verify
from shared.linkkeys import PARTICIPANT_STAYS
from tests.services.intake.examples import PERSON
from tests.services.intake.linked import FRIEND, LINK, LINKS, MINUTE, OTHER, SMIT, Place, other_than, said
from tests.support.served import NOON, served
from tests.support.smtp import mailbox
from tests.support.waiting import eventually


@pytest.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    with mailbox() as box:
        one = Place(box)
        async with served(SERVICE, tmp_path, clock=lambda: one.now) as one.node:
            await one.begin()
            yield one


async def test_who_has_link_and_code_is_the_participant_for_half_an_hour(place: Place) -> None:
    code = await place.code()
    answer = await place.enter(code)
    assert (answer.status_code, answer.json()["expiresAt"]) == (200, "2026-01-05T12:30:00Z")
    scope = verify(answer.json()["token"], place.node.issuers, NOON, organisation="humanitas")
    assert (scope.roles, scope.person) == (frozenset({Role.PARTICIPANT}), PERSON)
    assert (scope.user, answer.json()["participant"]) == (f"link:{LINK}", str(PERSON))
    assert scope.expires == NOON + PARTICIPANT_STAYS
    [link] = await place.links()
    assert (link["enteredAt"], link["notSent"]) == ("2026-01-05T12:00:00Z", "")


async def test_the_mail_holds_the_code_and_how_long_it_is_valid_and_nothing_of_the_person(place: Place) -> None:
    code = await place.code()
    [mail] = place.box.mails
    text = " ".join(place.said().split())
    assert text.startswith(f"Uw code is {code}. De code geldt 10 minuten. ")
    assert len(text) < 120
    assert (mail["To"], mail["Subject"]) == ("smit@example.org", "Uw code")
    for word in ("Bakker", "eenzaam", "lonely", "humanitas", "Kring", str(PERSON), str(LINK)):
        assert word.casefold() not in mail.as_string().casefold()


async def test_the_mail_is_in_the_participants_language_where_we_have_it(place: Place) -> None:
    await place.known(FRIEND, "en", SMIT | {"value": "friend@example.org"})
    await place.node.ask("POST", f"/v1/participants/{FRIEND}/links", {"id": str(OTHER)})
    await place.send(OTHER)
    await eventually(lambda: place.box.mails)
    assert place.said().startswith("Your code is ")


async def test_a_code_is_used_once(place: Place) -> None:
    code = await place.code()
    assert (await place.enter(code)).status_code == 200
    assert said(await place.enter(code)) == (401, "link-closed")


async def test_of_two_who_come_with_the_same_code_at_once_one_comes_in(place: Place) -> None:
    code = await place.code()
    answers = await asyncio.gather(*(place.enter(code, key=OTHER) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


async def test_a_code_tried_six_times_one_too_old_and_one_of_an_older_request_are_answered_alike(place: Place) -> None:
    code = await place.code()
    answers = [await place.enter(other_than(code)) for _ in range(TRIES)]
    answers.append(await place.enter(code))
    older = await place.code()
    place.now += MINUTE
    newer = await place.code()
    assert older != newer
    answers.append(await place.enter(older))
    place.now += VALID
    answers += [await place.enter(newer), await place.enter(newer, OTHER), await place.enter(newer, PERSON)]
    assert {(*said(answer), answer.json()["detail"]) for answer in answers} == {
        (401, "link-closed", answers[0].json()["detail"])
    }


async def test_a_code_of_one_link_does_not_open_another(place: Place) -> None:
    await place.known(FRIEND, "nl", {"way": "email", "value": "friend@example.org"})
    await place.node.ask("POST", f"/v1/participants/{FRIEND}/links", {"id": str(OTHER)})
    await place.send(OTHER)
    await eventually(lambda: place.box.mails)
    code = await place.code()
    assert said(await place.enter(code, OTHER)) == (401, "link-closed")


async def test_asking_for_a_code_is_answered_alike_whatever_comes_of_it(place: Place) -> None:
    answers = [await place.send(link) for link in (LINK, OTHER, PERSON)]
    await place.node.ask("POST", f"/v1/links/{LINK}/withdraw")
    answers.append(await place.send())
    shown = {(answer.status_code, answer.content, tuple(sorted(answer.headers))) for answer in answers}
    assert len(shown) == 1
    assert {answer.status_code for answer in answers} == {202}


async def test_three_codes_an_hour_are_sent_and_no_more(place: Place) -> None:
    for _ in range(3):
        await place.code()
        place.now += MINUTE
    assert (await place.send()).status_code == 202
    place.now += timedelta(hours=1)
    await place.code()
    assert len(place.box.mails) == 4


async def test_a_mail_that_is_not_sent_is_seen_without_an_address_in_any_log(
    place: Place, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    place.box.refuses = "550 no mailbox smit@example.org"
    await place.send()

    async def noted() -> bool:
        return bool((await place.links())[0]["notSent"])

    await eventually(noted)
    assert (await place.links())[0]["notSent"] == "mail-refused"
    told = caplog.text + "".join(capsys.readouterr())
    assert "smit" not in told
    assert "an errand was refused" in told
    place.box.refuses = ""
    place.now += MINUTE
    await place.code()
    assert (await place.links())[0]["notSent"] == ""


async def test_who_cannot_be_mailed_is_read_a_code(place: Place) -> None:
    await place.known(FRIEND, "nl", {"way": "phone", "value": "06 12345678"})
    links = f"/v1/participants/{FRIEND}/links"
    await place.node.ask("POST", links, {"id": str(OTHER)})
    assert (await place.send(OTHER)).status_code == 202
    answer = await place.node.ask("POST", f"{links}/{OTHER}/code")
    assert (answer.status_code, answer.json()["validUntil"]) == (200, "2026-01-05T12:10:00Z")
    assert (await place.enter(answer.json()["code"], OTHER)).status_code == 200
    assert place.box.mails == []
    assert said(await place.node.ask("POST", f"{LINKS}/{LINK}/code")) == (409, "code-by-mail")
    assert said(await place.node.ask("POST", f"{links}/{LINK}/code")) == (404, "link-unknown")


async def test_without_a_mail_server_a_code_is_read_aloud(place: Place) -> None:
    place.node.post = None
    assert (await place.send()).status_code == 202
    code = (await place.node.ask("POST", f"{LINKS}/{LINK}/code")).json()["code"]
    assert (await place.enter(code)).status_code == 200


async def test_an_erased_participants_link_lets_nobody_in(place: Place) -> None:
    code = await place.code()
    await place.node.ask("POST", f"/v1/participants/{PERSON}/erase")
    assert said(await place.enter(code)) == (401, "link-closed")
    assert (await place.send()).status_code == 202
    assert (
        await place.node.log.query(lambda it: it.execute(text("SELECT count(*) FROM participant_links")).scalar()) == 0
    )


async def test_a_withdrawn_link_lets_nobody_in(place: Place) -> None:
    code = await place.code()
    answer = await place.node.ask("POST", f"/v1/links/{LINK}/withdraw")
    assert (answer.status_code, answer.json()["withdrawnAt"]) == (200, "2026-01-05T12:00:00Z")
    assert said(await place.enter(code)) == (401, "link-closed")
    assert said(await place.node.ask("POST", f"{LINKS}/{LINK}/code")) == (409, "code-by-mail")


async def test_who_has_the_link_alone_closes_it_by_guessing_and_the_coordinator_sees_why(place: Place) -> None:
    for hours in range(MOST // TRIES):
        place.now = NOON + timedelta(hours=hours)
        wrong = other_than(await place.code())
        assert {said(await place.enter(wrong)) for _ in range(TRIES)} == {(401, "link-closed")}
    [link] = await place.links()
    assert (link["notSent"], link["withdrawnAt"]) == ("link-tried-too-often", "2026-01-05T17:00:00Z")


async def test_a_code_for_a_link_that_was_tried_too_often_is_not_read_aloud(place: Place) -> None:
    place.node.post = None
    for hours in range(MOST // TRIES):
        place.now = NOON + timedelta(hours=hours)
        code = (await place.node.ask("POST", f"{LINKS}/{LINK}/code")).json()["code"]
        for _ in range(TRIES):
            await place.enter(other_than(code))
    answer = await place.node.ask("POST", f"{LINKS}/{LINK}/code")
    assert said(answer) == (409, "link-tried-too-often")
    assert (await place.node.ask("POST", LINKS, {"id": str(OTHER)})).status_code == 201


async def test_no_code_and_no_hash_of_one_is_in_the_log(place: Place) -> None:
    code = await place.code()
    kept = repr(await place.node.log.notifications(0, 100))
    assert "CodeMade(" in kept
    assert code not in kept


async def test_a_link_of_another_organisation_is_another(place: Place) -> None:
    elsewhere = place.node.by_link(Holder(link=LINK, person=PERSON), of="welzin")
    for path in (f"/v1/participants/{PERSON}", f"/v1/participants/{PERSON}/consents"):
        assert said(await place.node.http.get(path, headers=elsewhere)) == (401, "token-other-organisation")


@pytest.mark.parametrize("role", [Role.HOST, Role.ADMINISTRATOR, Role.PRIVACY_OFFICER, Role.POLICY_OFFICER, None])
async def test_links_are_made_and_taken_back_by_coordinators(place: Place, role: Role | None) -> None:
    body = {"id": str(OTHER)}
    calls = [("POST", LINKS, body), ("GET", LINKS, None), ("POST", f"{LINKS}/{LINK}/code", None)]
    for method, path, sent in (*calls, ("POST", f"/v1/links/{LINK}/withdraw", None)):
        assert (await place.node.ask(method, path, sent, role=role)).status_code == (401 if role is None else 403)


async def test_links_come_in_pages(place: Place) -> None:
    await place.node.ask("POST", LINKS, {"id": str(OTHER)})
    first = (await place.node.ask("GET", f"{LINKS}?first=1")).json()
    second = (await place.node.ask("GET", f"{LINKS}?first=1&after={first['next']}")).json()
    assert [one["id"] for one in first["items"] + second["items"]] == [str(LINK), str(OTHER)]
    assert second["next"] is None
