"""Breaking the glass: an hour in one file of another team, with a reason that is read by the person and the privacy officer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from services.intake.domain import break_glass, participant
from services.intake.domain.break_glass import (
    OPEN_FOR,
    BreakGlass,
    Close,
    GlassBroken,
    GlassClosed,
    GlassReviewed,
    Review,
    Verdict,
)
from services.intake.main import SERVICE, close_glass
from services.intake.views import break_glass as view
from services.intake.views import participants
from services.intake.views.break_glass import CLOSE
from shared.eventlog.due import due
from shared.eventlog.log import Log
from shared.eventlog.types import Due, Step, Unit
from shared.identity import Role, looking
from tests.access.records import OTHER, OWN, Records, Site, headers, site
from tests.services.intake.examples import FILE_CONSENT, PROFILE
from tests.support.given import given
from tests.support.masterkey import MASTER
from tests.support.postgres import postgres_url
from tests.support.projected import in_team
from tests.support.served import NOON

PERSON, GLASS, AGAIN = UUID(int=11), UUID(int=12), UUID(int=13)
REASON = "De buurman belt: zij doet niet open"
BREAK = BreakGlass(PERSON, "ann", OWN, REASON, NOON)
BROKEN = GlassBroken(PERSON, "ann", OWN, REASON, NOON + OPEN_FOR)
REVIEWED = GlassReviewed(PERSON, Verdict.JUSTIFIED, "Terecht", "piet", NOON)


def test_it_opens_one_file_to_one_user_for_an_hour() -> None:
    given(break_glass).when(BREAK).then(BROKEN)


def test_the_same_again_changes_nothing_and_another_under_its_number_is_refused() -> None:
    given(break_glass, BROKEN).when(BREAK).then()
    given(break_glass, BROKEN).when(BreakGlass(PERSON, "ann", OWN, "Iets anders", NOON)).refused("break-glass-exists")


def test_it_ends_once() -> None:
    given(break_glass, BROKEN).when(Close()).then(GlassClosed())
    given(break_glass, BROKEN, GlassClosed()).when(Close()).then()
    given(break_glass).when(Close()).refused("break-glass-unknown")
    assert given(break_glass, GlassClosed()).state == break_glass.initial


def test_the_privacy_officer_says_what_they_find_and_may_find_otherwise_later() -> None:
    review = Review(Verdict.JUSTIFIED, "Terecht", "piet", NOON)
    given(break_glass, BROKEN, GlassClosed()).when(review).then(REVIEWED)
    given(break_glass, BROKEN, REVIEWED).when(review).then()
    other = Review(Verdict.NOT_JUSTIFIED, "Toch niet", "piet", NOON)
    given(break_glass, BROKEN, REVIEWED).when(other).then(
        GlassReviewed(PERSON, Verdict.NOT_JUSTIFIED, "Toch niet", "piet", NOON)
    )


def test_nobody_reviews_what_they_did_themselves() -> None:
    given(break_glass, BROKEN).when(Review(Verdict.JUSTIFIED, "", "ann", NOON)).refused("break-glass-own")


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as found:
        yield found


async def ask(
    running: Site, path: str, body: Any = None, *, role: Role = Role.COORDINATOR, **who: Any
) -> httpx.Response:
    http, team = running.nodes["intake"].http, who.pop("team", OWN)
    caller = headers(role, team if role is Role.COORDINATOR else None, **who)
    return await http.request("GET" if body is None else "POST", path, json=body or None, headers=caller)


async def broken(running: Site, made: Records, **more: Any) -> httpx.Response:
    body = {"id": str(GLASS), "reason": REASON} | more
    return await ask(running, f"/v1/participants/{made.person}/break-glass", body)


async def of_ann(running: Site, query: str = "") -> list[Any]:
    """What the privacy officer sees of the files that Ann opened."""
    listed = await ask(running, f"/v1/break-glass{query}", role=Role.PRIVACY_OFFICER)
    return [one for one in listed.json()["items"] if one["user"] == "ann"]


async def test_one_file_opens_to_one_user_and_closes_after_the_hour(running: Site) -> None:
    made, file = await running.made(OTHER), "/v1/participants/"
    assert (await ask(running, f"{file}{made.person}")).status_code == 404
    opened = await broken(running, made)
    assert opened.status_code == 201, opened.text
    assert opened.json()["until"] == "2026-01-05T13:00:00Z"
    for what in ("", "/consents", "/interviews"):
        assert (await ask(running, f"{file}{made.person}{what}")).status_code == 200
    assert (await ask(running, f"{file}{made.friend}")).status_code == 404
    log = running.nodes["intake"].log
    deadlines = select(due).where(due.c.name == CLOSE, due.c.stream == GLASS)
    [deadline] = await log.query(lambda connection: connection.execute(deadlines).all())
    assert (deadline.stream, deadline.at) == (GLASS, NOON + OPEN_FOR)
    await running.nodes["intake"].take(close_glass(Due(CLOSE, GLASS, deadline.at), NOON))
    assert (await ask(running, f"{file}{made.person}")).status_code == 404
    assert not await log.query(lambda connection: connection.execute(deadlines).all())


async def test_after_the_hour_it_is_shut_also_while_nobody_has_come_to_close_it(running: Site) -> None:
    made, log = await running.made(OTHER), running.nodes["intake"].log
    await broken(running, made)
    for minutes, expected in ((59, [made.person]), (60, [])):
        scope = looking(in_team(OWN), NOON + timedelta(minutes=minutes))
        listed = await log.query(partial(participants.page, scope=scope, after=None, first=100))
        assert [one.id for one in listed if one.id == made.person] == expected


async def test_it_opens_the_file_to_look_at_not_to_change_or_take_over(running: Site) -> None:
    made = await running.made(OTHER)
    await broken(running, made)
    for step, body in (("end", {"reason": "weg"}), ("move", {"team": OWN}), ("erase", {"really": True})):
        answer = await ask(running, f"/v1/participants/{made.person}/{step}", body)
        assert (answer.status_code, answer.json()["code"]) == (404, "participant-unknown"), step
    found = await ask(running, "/v1/participant-searches", {"contact": f"{made.person}@example.org"})
    assert found.json()["items"] == []


async def test_it_is_not_for_a_file_that_is_open_anyhow_nor_for_who_has_no_team(running: Site) -> None:
    made = await running.made(OWN)
    for team in (OWN, None):
        body = {"id": str(GLASS), "reason": REASON}
        answer = await ask(running, f"/v1/participants/{made.person}/break-glass", body, team=team)
        assert (answer.status_code, answer.json()["code"]) == (409, "break-glass-needless")


async def test_a_reason_is_needed_and_so_is_somebody_who_is_known(running: Site) -> None:
    made = await running.made(OTHER)
    for reason in ("", "  "):
        assert (await broken(running, made, reason=reason)).status_code == 422
    unknown = await ask(running, f"/v1/participants/{PERSON}/break-glass", {"id": str(GLASS), "reason": REASON})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "participant-unknown")
    assert (await ask(running, f"/v1/participants/{made.person}")).status_code == 404


async def test_the_access_log_says_that_the_glass_was_broken_and_what_was_read_so(running: Site) -> None:
    made, own = await running.made(OTHER), await running.made(OWN)
    await broken(running, made)
    await ask(running, f"/v1/participants/{made.person}")
    await ask(running, "/v1/participants?first=100")
    path = f"/v1/participants/{made.person}/access-log?first=3"
    entries = (await ask(running, path, role=Role.PRIVACY_OFFICER)).json()["items"]
    assert [(one["action"], one["ground"]) for one in entries] == [
        ("list", "break-glass"),
        ("read", "break-glass"),
        ("break-glass", "break-glass"),
    ]
    others = await ask(running, f"/v1/participants/{own.person}/access-log?first=1", role=Role.PRIVACY_OFFICER)
    assert [(one["action"], one["ground"]) for one in others.json()["items"]] == [("list", "care")]


async def test_the_privacy_officer_sees_what_to_review_and_says_what_they_find(running: Site) -> None:
    made = await running.made(OTHER)
    await broken(running, made)
    listed = await of_ann(running, "?reviewed=false")
    assert [(one["participant"], one["reason"], one["open"], one["verdict"]) for one in listed] == [
        (str(made.person), REASON, True, None)
    ]
    verdict = {"verdict": "not-justified", "note": "Bel eerst het team"}
    own = await ask(running, f"/v1/break-glass/{GLASS}/review", verdict, role=Role.PRIVACY_OFFICER)
    assert own.json()["code"] == "break-glass-own", "both are 'ann'"
    review = Step(break_glass, GLASS, Review(Verdict.NOT_JUSTIFIED, "Bel eerst het team", "piet", NOON))
    await running.nodes["intake"].take([review])
    assert await of_ann(running, "?reviewed=false") == []
    [reviewed] = await of_ann(running, "?reviewed=true")
    assert (reviewed["verdict"], reviewed["note"], reviewed["reviewedBy"]) == (
        "not-justified",
        "Bel eerst het team",
        "piet",
    )
    of_person = f"/v1/participants/{made.person}/break-glass"
    assert (await ask(running, of_person, role=Role.PRIVACY_OFFICER)).json()["items"] == [reviewed]
    unknown = await ask(running, f"/v1/break-glass/{AGAIN}/review", verdict, role=Role.PRIVACY_OFFICER)
    assert unknown.json()["code"] == "break-glass-unknown"


async def test_a_forgotten_person_leaves_nothing_of_the_reason_here_nor_after_a_rebuild(running: Site) -> None:
    made = await running.made(OTHER)
    await broken(running, made)
    node = running.nodes["intake"]
    await node.take([Step(break_glass, GLASS, Review(Verdict.JUSTIFIED, "Mevrouw was gevallen", "piet", NOON))])
    await node.take([Step(participant, made.person, participant.Erase())])
    for _ in range(2):
        [one] = await of_ann(running)
        assert (one["participant"], one["reason"], one["note"], one["open"]) == (None, None, None, False)
        assert one["verdict"] == "justified"
        await node.log.rebuild()
    kept = await node.log.read(GLASS)
    assert [(one.event.reason, None) for one in kept[:1]] == [(None, None)]
    assert kept[1].event.note is None


async def test_what_is_said_of_it_after_somebody_was_forgotten_is_in_no_view(running: Site) -> None:
    made, node = await running.made(OTHER), running.nodes["intake"]
    await broken(running, made)
    await node.take([Step(participant, made.person, participant.Erase())])
    review = Review(Verdict.JUSTIFIED, "Mevrouw Bakker was gevallen", "piet", NOON)
    late = BreakGlass(made.person, "ann", OWN, "Mevrouw Bakker valt vaker", NOON)
    await node.take([Step(break_glass, GLASS, review), Step(break_glass, AGAIN, late)])
    for _ in range(2):
        seen = await of_ann(running)
        kept = [(one["participant"], one["open"], one["reason"], one["note"], one["verdict"]) for one in seen]
        assert sorted(kept, key=str) == [(None, False, None, None, "justified"), (None, False, None, None, None)]
        await node.log.rebuild()


async def test_who_was_forgotten_while_the_glass_was_broken_is_unknown(
    running: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, node = await running.made(OTHER), running.nodes["intake"]
    await node.take([Step(participant, made.person, participant.Erase())])
    monkeypatch.setattr(participants, "team_of", lambda *_: OTHER)  # as it was a moment before
    answer = await broken(running, made)
    assert (answer.status_code, answer.json()["code"]) == (404, "participant-unknown")


async def test_on_postgresql_the_file_opens_and_closes_alike() -> None:
    log = await Log.open("humanitas.intake", postgres_url(), SERVICE.deciders, SERVICE.views, master=MASTER)
    register = Step(participant, PERSON, participant.Register(PROFILE, OTHER, FILE_CONSENT))
    await log.write(Unit(steps=[register, Step(break_glass, GLASS, BREAK)], by="user:ann"))
    scope = looking(in_team(OWN), NOON)
    found = await log.query(lambda connection: participants.one(connection, scope, PERSON))
    listed = await log.query(
        lambda connection: view.page(connection, scope, view.Wanted(PERSON, reviewed=False), None, 9)
    )
    await log.write(Unit(steps=[Step(break_glass, GLASS, Close())], by="system"))
    closed = await log.query(lambda connection: participants.page(connection, scope, None, 9))
    await log.close()
    assert (found.id, [one.id for one in listed], closed) == (PERSON, [GLASS], [])
