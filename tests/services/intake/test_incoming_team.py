"""Whose a referral that came in is: every team's until somebody accepts it, then their team's, which may hand it to another."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from services.intake.domain import incoming_referral, retention
from services.intake.domain.incoming_commands import Complete
from services.intake.domain.incoming_events import Assigned, FoundAtPartner
from services.intake.domain.incoming_referral import Accept, Assign
from services.intake.domain.incoming_state import Referral
from services.intake.domain.referral_progress import Accepted, Completed, Standing
from services.intake.domain.referral_status import Status
from services.intake.letters import letters
from services.intake.publish import publish
from services.intake.views import referrals
from shared.contracts import letters as kinds
from shared.eventlog.types import Step
from shared.identity import Role
from tests.access.records import headers
from tests.services.intake.examples import BUDDY, NOON, OUTCOME, RECEIVED, REFERRAL, TAKEN
from tests.services.intake.served_intake import ASKED, HELD, arrives, humanitas
from tests.support.given import given
from tests.support.projected import Seen, in_team, recorded, seen
from tests.support.served import Served

REFERRALS = incoming_referral
OF_NOORD = (RECEIVED, Accepted("Ann"), Assigned("noord"))
ONE = f"/v1/referrals/{HELD}"
WHY = {"reason": "at-capacity", "decidedBy": "organisation"}
DONE = {"whatHappened": "Samen gewandeld", "helped": "yes"}
STEPS: dict[str, Any] = {
    "/accept": {"owner": "Ann"},
    "/decline": WHY,
    "/start": None,
    "/hold": WHY,
    "/contact-attempts": None,
    "/confirm-cancel": None,
    "/refuse-erasure": {"ground": "public-task"},
    "/complete": DONE,
    "/fail": WHY,
    "/cancel": WHY,
    "/forget": None,
    "/move": {"team": "noord"},
}


def test_who_accepts_takes_it_for_their_team() -> None:
    given(REFERRALS, RECEIVED).when(Accept("Ann", "noord")).then(Accepted("Ann"), Assigned("noord"))
    given(REFERRALS, *OF_NOORD).when(Accept("Ann", "noord")).then()


def test_who_works_for_every_team_takes_it_for_the_whole_organisation() -> None:
    given(REFERRALS, RECEIVED).when(Accept("Ann", None)).then(Accepted("Ann"))


def test_it_goes_to_another_team_once() -> None:
    given(REFERRALS, *OF_NOORD).when(Assign("zuid")).then(Assigned("zuid"))
    given(REFERRALS, *OF_NOORD).when(Assign("noord")).then()
    given(REFERRALS, *OF_NOORD, Assigned("zuid")).when(Assign("zuid")).then()
    given(REFERRALS, *OF_NOORD).when(Assign(None)).then(Assigned(None))


def test_what_nobody_accepted_is_every_team_s() -> None:
    given(REFERRALS, RECEIVED).when(Assign("zuid")).refused("referral-not-accepted")


def test_it_goes_on_as_it_was() -> None:
    given(REFERRALS, *OF_NOORD).when(Complete(OUTCOME)).then(Completed(OUTCOME))


def test_the_team_is_told_to_nobody() -> None:
    state, untold = given(REFERRALS, *OF_NOORD).state, given(REFERRALS, *TAKEN).state
    assert isinstance(state, Referral)
    assert msgspec.structs.replace(state, team=None) == untold
    event = recorded(Assigned("noord"), HELD)
    assert (letters(event, state, ("welzin",)), publish(event)) == ((), None)


def test_lists_show_a_preview_to_every_team_and_what_was_accepted_to_its_own() -> None:
    with seen(referrals) as view:
        view.given(HELD, RECEIVED)
        assert (shown(view, "noord"), shown(view, "zuid")) == (1, 1)
        view.given(HELD, *OF_NOORD[1:])
        assert (shown(view, "noord"), shown(view, "zuid")) == (1, 0)
        view.given(HELD, Assigned("zuid"))
        assert (shown(view, "noord"), shown(view, "zuid")) == (0, 1)
        assert len(view.ask(referrals.page, referrals.Wanted(), None, 9)) == 1


def test_what_was_accepted_for_the_whole_organisation_is_for_who_works_for_all_of_it() -> None:
    with seen(referrals) as view:
        view.given(HELD, *TAKEN)
        assert shown(view, "noord") == 0
        assert len(view.ask(referrals.page, referrals.Wanted(), None, 9)) == 1


def test_what_only_the_sender_has_shows_nobody_and_every_team_may_end_it() -> None:
    found = FoundAtPartner("welzin", REFERRAL, BUDDY, Standing(Status.ACCEPTED, "Ann"), (), ())
    with seen(referrals) as view:
        assert shown(view.given(HELD, found), "noord") == 1


def shown(view: Seen, team: str) -> int:
    return len(view.ask_as(in_team(team), referrals.page, referrals.Wanted(), None, 9))


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    """Accepted by noord; the sender asks to forget it."""
    async with humanitas(tmp_path) as one:
        await arrives(one, REFERRAL, ASKED)
        for team in ("noord", "zuid"):
            seen_by = await ask(one, team, "GET", ONE)
            assert (seen_by.json()["letter"]["need"], seen_by.json()["letter"]["contact"]) == (ASKED.need, None)
        accepted = await ask(one, "noord", "POST", f"{ONE}/accept", {"owner": "Ann"})
        assert accepted.json()["letter"]["contact"]["value"] == ASKED.contact
        await arrives(one, REFERRAL, kinds.ErasureAsked())
        yield one


async def ask(node: Served, team: str | None, method: str, path: str, body: Any = None) -> httpx.Response:
    return await node.http.request(method, path, json=body, headers=headers(Role.COORDINATOR, team))


async def code(node: Served, team: str, step: str, body: Any = None) -> Any:
    """How a step is refused."""
    answer = await ask(node, team, "POST", ONE + step, body)
    return answer.json().get("code") if answer.content else None


async def found(node: Served, team: str | None, path: str) -> int:
    return len((await ask(node, team, "GET", path)).json()["items"])


async def test_another_team_can_do_nothing_with_it(node: Served) -> None:
    assert (await ask(node, "zuid", "GET", ONE)).json()["code"] == "referral-unknown"
    for step, body in STEPS.items():
        assert await code(node, "zuid", step, body) == "referral-unknown", step
    for step, body in STEPS.items():
        assert await code(node, "noord", step, body) != "referral-unknown", step


async def test_erasures_and_closed_files_are_the_team_s(node: Served) -> None:
    retained = "/v1/closed-files?days=366"
    assert (await ask(node, "noord", "POST", f"{ONE}/complete", DONE)).status_code == 200
    await node.take([Step(retention, retention.KEPT_AS, retention.Set(1, NOON))])
    for path in ("/v1/erasures", retained):
        assert [await found(node, team, path) for team in ("noord", "zuid", None)] == [1, 0, 1], path


async def test_the_privacy_officer_sees_every_erasure_also_as_one_of_a_team(node: Served) -> None:
    officer = await node.http.get("/v1/erasures", headers=headers(Role.PRIVACY_OFFICER, "zuid"))
    assert [one["referral"] for one in officer.json()["items"]] == [str(HELD)]


async def test_it_is_another_team_s_once_it_was_handed_over(node: Served) -> None:
    assert (await ask(node, "noord", "POST", f"{ONE}/move", {"team": "zuid"})).status_code == 204
    assert await code(node, "noord", "/start") == "referral-unknown"
    answer = await ask(node, "zuid", "POST", f"{ONE}/start")
    assert [one["what"] for one in answer.json()["timeline"]][-4:] == [
        "assigned",
        "erasure-asked",
        "assigned",
        "started",
    ]
