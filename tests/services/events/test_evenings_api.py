"""A host without an account comes by a link and its code, for one evening: through the ASGI application, on a real log."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from services.events.domain.evening_link import TRIES
from services.events.main import SERVICE
from shared.identity import Evening, Holder, Role, verify
from tests.services.events.examples import KLIK, NOON, SUNDAYS
from tests.services.events.test_api import klik
from tests.support.served import Served, served

LINK, SECOND = UUID(int=KLIK.int + 100), UUID(int=KLIK.int + 101)
SATURDAY = date(2026, 2, 14)
EVENING = datetime(2026, 2, 14, 19, tzinfo=UTC)
CLOSES = datetime(2026, 2, 15, 5, tzinfo=UTC)
LINKS = f"/v1/series/{KLIK}/evenings/{SATURDAY}/links"


class Place:
    """A node whose clock is moved by hand, and its series KL!K."""

    def __init__(self) -> None:
        self.now = NOON
        self.node: Served

    async def link(self, id_: UUID = LINK) -> str:
        """Make a link; gives its code."""
        made = await self.node.ask("POST", LINKS, {"id": str(id_)})
        assert made.status_code == 201, made.text
        return str(made.json()["code"])

    async def enter(self, code: str, id_: UUID = LINK, key: UUID | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": str(key)} if key else {}
        return await self.node.http.post(f"/v1/evening-links/{id_}/enter", json={"code": code}, headers=headers)

    async def evening(self, token: str) -> httpx.Response:
        return await self.node.http.get("/v1/evening", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
async def place(tmp_path: Path) -> AsyncGenerator[Place]:
    one = Place()
    async with served(SERVICE, tmp_path, clock=lambda: one.now) as one.node:
        await klik(one.node)
        yield one


def said(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()["code"]


async def test_who_has_link_and_code_is_the_evenings_host_until_six_the_next_morning(place: Place) -> None:
    code = await place.link()
    place.now = EVENING
    answer = await place.enter(code)
    assert (answer.status_code, answer.json()["expiresAt"]) == (200, "2026-02-15T05:00:00Z")
    scope = verify(answer.json()["token"], place.node.issuers, EVENING, organisation="humanitas")
    assert (scope.roles, scope.user) == (frozenset({Role.EVENING_HOST}), f"link:{LINK}")
    assert (scope.evening, scope.expires) == (Evening(KLIK, SATURDAY), CLOSES)
    seen = (await place.evening(answer.json()["token"])).json()
    assert (seen["meeting"]["title"], seen["meeting"]["startsAt"]) == ("KL!K", "2026-02-14T19:00:00Z")
    assert (seen["place"]["name"], seen["hosts"], seen["closesAt"]) == ("Restaurant AanEen", 1, "2026-02-15T05:00:00Z")
    place.now = CLOSES + timedelta(seconds=30)
    assert said(await place.evening(answer.json()["token"])) == (401, "token-expired")
    assert said(await place.enter(code)) == (401, "link-closed")


async def test_a_code_may_be_typed_with_spaces_and_hyphens_and_a_slip_is_not_a_wrong_code(place: Place) -> None:
    code = await place.link()
    place.now = EVENING
    assert len(code.replace(" ", "")) == 8
    for slip in ("", "1234567", "123456789", "١٢٣٤٥٦٧٨", "x" * 500, "12a45678"):
        assert said(await place.enter(slip)) == (422, "invalid")
    for typed in (code, code.replace(" ", "-"), code.replace(" ", ""), f" {code} "):
        assert (await place.enter(typed)).status_code == 200


async def test_every_link_has_a_code_of_its_own_and_it_is_nowhere_in_the_log(place: Place) -> None:
    first, second = await place.link(), await place.link(SECOND)
    assert first != second
    place.now = EVENING
    assert said(await place.enter(first, SECOND)) == (401, "link-closed")
    assert (await place.enter(first)).status_code == 200
    kept = repr(await place.node.log.notifications(0, 100))
    assert "Made(series=" in kept
    assert first.replace(" ", "") not in kept


async def test_a_wrong_code_a_locked_link_one_that_is_over_and_none_are_answered_alike(place: Place) -> None:
    code = await place.link()
    wrong = f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"
    place.now = EVENING
    answers = [await place.enter(wrong) for _ in range(TRIES)]
    answers += [await place.enter(code), await place.enter(code, UUID(int=7)), await place.enter(code, KLIK)]
    await place.link(SECOND)
    place.now = CLOSES
    answers.append(await place.enter(code, SECOND))
    assert {said(answer) for answer in answers} == {(401, "link-closed")}
    assert len({answer.json()["detail"] for answer in answers}) == 1


async def test_five_wrong_codes_at_once_are_five(place: Place) -> None:
    code = await place.link()
    place.now = EVENING
    answers = await asyncio.gather(*(place.enter(f"{number:08}", key=LINK) for number in range(3 * TRIES)))
    assert {said(answer) for answer in answers} == {(401, "link-closed")}
    assert said(await place.enter(code)) == (401, "link-closed")
    [link] = (await place.node.ask("GET", LINKS)).json()["items"]
    assert (link["locked"], "code" in link) == (True, False)
    assert len(await place.node.log.read(LINK)) == 1 + TRIES


async def test_a_request_sent_again_is_no_way_around_the_code(place: Place) -> None:
    code = await place.link()
    place.now = EVENING
    assert (await place.enter(code, key=SECOND)).status_code == 200
    assert (await place.enter(code, key=SECOND)).status_code == 200
    assert said(await place.enter("00000000", key=SECOND)) == (401, "link-closed")


async def test_a_token_of_one_evening_shows_no_other(place: Place) -> None:
    await place.link()
    for other, code in {
        Evening(KLIK, date(2026, 3, 14)): "link-closed",
        Evening(KLIK, date(2026, 2, 15)): "evening-unknown",
        Evening(SUNDAYS, SATURDAY): "evening-unknown",
    }.items():
        seen = await place.node.http.get("/v1/evening", headers=place.node.by_link(Holder(link=LINK, evening=other)))
        assert seen.json()["code"] == code


async def test_a_withdrawn_link_lets_nobody_in_and_shows_nothing_to_who_came_by_it(place: Place) -> None:
    code = await place.link()
    place.now = EVENING
    token = (await place.enter(code)).json()["token"]
    answer = await place.node.ask("POST", f"/v1/evening-links/{LINK}/withdraw")
    assert (answer.status_code, answer.json()["withdrawnAt"]) == (200, "2026-02-14T19:00:00Z")
    assert said(await place.enter(code)) == (401, "link-closed")
    assert said(await place.evening(token)) == (401, "link-closed")


async def test_a_link_locked_by_wrong_codes_can_still_be_taken_from_who_came_by_it(place: Place) -> None:
    code = await place.link()
    wrong = f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"
    place.now = EVENING
    token = (await place.enter(code)).json()["token"]
    for _ in range(TRIES):
        await place.enter(wrong)
    assert (await place.evening(token)).status_code == 200, "somebody else's wrong codes put no host out"
    answer = await place.node.ask("POST", f"/v1/evening-links/{LINK}/withdraw")
    assert (answer.json()["locked"], answer.json()["withdrawnAt"]) == (True, "2026-02-14T19:00:00Z")
    assert said(await place.evening(token)) == (401, "link-closed")


async def test_an_evening_that_falls_out_is_closed_to_its_host(place: Place) -> None:
    code = await place.link()
    place.now = EVENING
    token = (await place.enter(code)).json()["token"]
    await place.node.ask("POST", f"/v1/series/{KLIK}/skip-date", {"date": str(SATURDAY)})
    assert said(await place.enter(code)) == (404, "evening-unknown")
    assert said(await place.evening(token)) == (404, "evening-unknown")


async def test_a_cancelled_series_closes_its_evenings(place: Place) -> None:
    code = await place.link()
    await place.node.ask("POST", f"/v1/series/{KLIK}/cancel")
    place.now = EVENING
    assert said(await place.enter(code)) == (404, "evening-unknown")


async def test_a_link_is_made_for_a_meeting_that_there_is(place: Place) -> None:
    for path in (f"/v1/series/{KLIK}/evenings/2026-02-15/links", f"/v1/series/{SUNDAYS}/evenings/2026-02-14/links"):
        assert said(await place.node.ask("POST", path, {"id": str(LINK)})) == (404, "evening-unknown")
    place.now = CLOSES
    assert said(await place.node.ask("POST", LINKS, {"id": str(LINK)})) == (409, "evening-over")


async def test_the_same_link_asked_for_twice_is_one_with_the_same_code(place: Place) -> None:
    assert await place.link() == await place.link()
    assert len((await place.node.ask("GET", LINKS)).json()["items"]) == 1


async def test_an_evenings_links_come_in_pages(place: Place) -> None:
    await place.link()
    await place.link(SECOND)
    first = (await place.node.ask("GET", f"{LINKS}?first=1")).json()
    second = (await place.node.ask("GET", f"{LINKS}?first=1&after={first['next']}")).json()
    assert [one["id"] for one in first["items"] + second["items"]] == [str(LINK), str(SECOND)]
    assert second["next"] is None


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.POLICY_OFFICER, Role.FINDER, None])
async def test_coordinators_and_hosts_with_an_account_make_links(place: Place, role: Role | None) -> None:
    assert (await place.node.ask("POST", LINKS, {"id": str(LINK)}, role=Role.HOST)).status_code == 201
    for method, path in (("POST", LINKS), ("GET", LINKS), ("POST", f"/v1/evening-links/{LINK}/withdraw")):
        answer = await place.node.ask(method, path, {"id": str(LINK)} if path == LINKS else None, role=role)
        assert answer.status_code == (401 if role is None else 403)


async def test_who_comes_by_a_link_makes_no_links(place: Place) -> None:
    await place.link()
    host = place.node.by_link(Holder(link=LINK, evening=Evening(KLIK, SATURDAY)))
    for path, body in ((LINKS, {"id": str(SECOND)}), (f"/v1/evening-links/{LINK}/withdraw", None)):
        assert said(await place.node.http.post(path, json=body, headers=host)) == (403, "role-missing")
