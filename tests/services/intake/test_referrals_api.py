"""Routes of referrals, both sides, on a real log; letters are handed in by the test."""

from collections.abc import AsyncGenerator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.intake.domain import incoming_referral, outgoing_referral
from services.intake.main import SERVICE
from services.intake.views import answer_clock
from shared.contracts import letters as kinds
from shared.eventlog.types import Due, Step
from shared.rules import Refused
from tests.services.intake.examples import AGREED, BUDDY, OTHER, PERSON, REFERRAL
from tests.services.intake.served_intake import ASKED, CONSENT, HELD, REFER, STOPPED, arrives, done, humanitas, prepared
from tests.support.served import NOON, Served
from tests.support.waiting import eventually

OURS = f"/v1/referrals/{REFERRAL}"
THEIRS = f"/v1/referrals/{HELD}"
FULL = {"reason": "at-capacity", "decidedBy": "organisation"}
OUTCOME = {"whatHappened": "Hij kaart elke week", "helped": "yes"}
HAND_OVER = Step(outgoing_referral, REFERRAL, outgoing_referral.HandOver())
DELIVER = Step(outgoing_referral, REFERRAL, outgoing_referral.Deliver())


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def code(node: Served, path: str, body: Any = None) -> str:
    answer = await node.ask("POST", path, body)
    assert answer.status_code >= 400
    assert len(answer.json()["detail"]) > 20
    told: str = answer.json()["code"]
    return told


async def read(node: Served, path: str) -> Any:
    answer = await node.ask("GET", path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_referral_is_on_its_way_then_received_then_as_the_partner_reports(node: Served) -> None:
    await prepared(node)
    sent = await done(node, "/v1/referrals", REFER, 201)
    assert (sent["status"], sent["onItsWay"], sent["letter"]["nameToUse"]) == ("requested", True, "Mevrouw Bakker")
    await node.take([HAND_OVER, DELIVER])
    await arrives(node, REFERRAL, kinds.ReferralAccepted(owner="Bea"))
    shown = await read(node, OURS)
    assert (shown["status"], shown["onItsWay"], shown["owner"]) == ("accepted", False, "Bea")
    assert [entry["what"] for entry in shown["timeline"]] == [
        "drafted",
        "requested",
        "handed-over",
        "delivered",
        "accepted",
    ]
    assert [entry["reported"] for entry in shown["timeline"]] == [False, False, False, True, True]


async def test_a_draft_waits_until_it_is_sent(node: Served) -> None:
    await prepared(node)
    assert (await done(node, "/v1/referrals", REFER | {"send": False}, 201))["status"] == "draft"
    assert (await done(node, f"{OURS}/request"))["status"] == "requested"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"to": "humanitas"}, "referral-to-self"),
        ({"to": "nobody"}, "organisation-unknown"),
        ({"to": "carrefour"}, "no-agreement"),
        ({"programme": str(OTHER)}, "programme-unknown"),
        ({"programme": str(STOPPED)}, "programme-stopped"),
        ({"participant": str(OTHER)}, "participant-unknown"),
        ({"consent": None}, "consent-missing"),
        ({"consent": str(OTHER)}, "consent-missing"),
        ({"note": "x" * 501}, "invalid"),
    ],
)
async def test_what_may_not_be_sent_is_refused_and_leaves_nothing(
    node: Served, change: dict[str, str | None], expected: str
) -> None:
    await prepared(node)
    assert await code(node, "/v1/referrals", REFER | change) == expected
    assert (await read(node, "/v1/referrals"))["items"] == []


async def test_a_stopped_programme_shows_what_is_open(node: Served) -> None:
    await prepared(node)
    answer = await node.ask("POST", "/v1/referrals", REFER | {"programme": str(STOPPED)})
    assert answer.json()["params"] == {"programme": "Maatje Zuid", "open": "Maatje (welzin)"}
    assert "Maatje (welzin)" in answer.json()["detail"]


async def test_consent_for_another_recipient_or_withdrawn_is_no_consent(node: Served) -> None:
    await prepared(node)
    other = CONSENT | {"id": str(OTHER), "recipient": "carrefour"}
    await done(node, f"/v1/participants/{PERSON}/consents", other, 201)
    assert await code(node, "/v1/referrals", REFER | {"consent": str(OTHER)}) == "consent-other-recipient"
    await done(node, f"/v1/consents/{AGREED}/withdraw")
    assert await code(node, "/v1/referrals", REFER) == "consent-withdrawn"


async def test_an_expired_consent_is_no_consent(tmp_path: Path) -> None:
    now = [NOON]
    async with humanitas(tmp_path, lambda: now[0]) as node:
        await prepared(node)
        now[0] = datetime.fromisoformat(str(CONSENT["until"]))
        answer = await node.ask("POST", "/v1/referrals", REFER)
        assert (answer.status_code, answer.json()["code"]) == (409, "consent-expired")
        assert "2026-06-01" in answer.json()["detail"], "it says when"
        assert (await node.ask("GET", f"/v1/referrals/{REFERRAL}")).status_code == 404, "nothing is half done"


async def test_withdrawing_consent_takes_the_referral_back(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    await done(node, f"/v1/consents/{AGREED}/withdraw")

    async def cancelled() -> bool:
        return bool((await read(node, OURS))["status"] == "cancelled")

    await eventually(cancelled)


async def test_a_cancel_is_at_once_or_a_question(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    await node.take([HAND_OVER])
    assert (await done(node, f"{OURS}/cancel", FULL))["cancelAsked"]
    second = str(OTHER)
    await done(node, "/v1/referrals", REFER | {"id": second}, 201)
    assert (await done(node, f"/v1/referrals/{second}/cancel", FULL))["status"] == "cancelled"


async def test_an_error_is_said_by_the_sender(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    assert (await done(node, f"{OURS}/enter-in-error"))["status"] == "entered-in-error"


async def test_before_acceptance_only_a_preview_is_shown(node: Served) -> None:
    await arrives(node, REFERRAL, ASKED)
    [item] = (await read(node, "/v1/referrals?direction=in"))["items"]
    assert (item["id"], item["reference"], item["need"]) == (str(HELD), str(REFERRAL), "Weer eens kaarten")
    preview = (await read(node, THEIRS))["letter"]
    assert (preview["nameToUse"], preview["contact"], preview["area"]) == (None, None, "GM0361")
    whole = (await done(node, f"{THEIRS}/accept", {"owner": "Ann"}))["letter"]
    assert (whole["nameToUse"], whole["area"]) == ("Meneer Smit", "WK036101")


async def test_the_receiver_goes_all_the_way(node: Served) -> None:
    await arrives(node, REFERRAL, ASKED)
    await done(node, f"{THEIRS}/accept", {"owner": "Ann"})
    held = await done(node, f"{THEIRS}/hold", {"reason": "at-capacity", "decidedBy": "organisation", "listPosition": 3})
    assert (held["status"], held["listPosition"]) == ("on-hold", 3)
    await done(node, f"{THEIRS}/contact-attempts")
    assert (await done(node, f"{THEIRS}/start"))["status"] == "in-progress"
    ended = await done(node, f"{THEIRS}/complete", OUTCOME)
    assert (ended["status"], ended["outcome"]["helped"]) == ("completed", "yes")


@pytest.mark.parametrize(("step", "status"), [("decline", "declined"), ("cancel", "cancelled")])
async def test_what_is_not_taken_leaves_nothing_of_the_person(node: Served, step: str, status: str) -> None:
    await arrives(node, REFERRAL, ASKED)
    ended = await done(node, f"{THEIRS}/{step}", FULL)
    assert (ended["status"], ended["letter"], ended["need"]) == (status, None, "")


async def test_it_can_fail_and_a_cancel_can_be_confirmed(node: Served) -> None:
    await arrives(node, REFERRAL, ASKED)
    await done(node, f"{THEIRS}/accept", {"owner": "Ann"})
    assert await code(node, f"{THEIRS}/confirm-cancel") == "referral-cancel-not-asked"
    assert (await done(node, f"{THEIRS}/fail", FULL))["status"] == "failed"


async def test_a_refused_step_names_state_and_rule(node: Served) -> None:
    await arrives(node, REFERRAL, ASKED)
    answer = await node.ask("POST", f"{THEIRS}/complete", OUTCOME)
    assert (answer.status_code, answer.json()["code"]) == (409, "referral-transition")
    assert "'received'" in answer.json()["detail"]
    assert "accepted, declined, cancelled, entered in error" in answer.json()["detail"]


async def test_neither_side_does_the_others_work(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    await arrives(node, REFERRAL, ASKED)
    assert await code(node, f"{OURS}/accept", {"owner": "Ann"}) == "referral-other-side"
    assert await code(node, f"{THEIRS}/enter-in-error") == "referral-other-side"
    assert await code(node, f"{THEIRS}/request") == "referral-other-side"
    assert await code(node, f"/v1/referrals/{BUDDY}/accept", {"owner": "Ann"}) == "referral-unknown"


async def test_a_referral_is_shown_as_it_was_recorded_then(node: Served) -> None:
    await arrives(node, REFERRAL, ASKED)
    assert (await read(node, f"{THEIRS}?asOf=2026-01-05T12:00:00Z"))["status"] == "received"
    before = await node.ask("GET", f"{THEIRS}?asOf=2026-01-05T11:59:59Z")
    assert (before.status_code, before.json()["code"]) == (404, "referral-unknown")
    naive = await node.ask("GET", f"{THEIRS}?asOf=2026-01-05T12:00:00")
    assert naive.json()["errors"][0]["code"] == "time-zone-missing"


async def test_deadlines_become_reminders_and_overdue(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    await arrives(node, REFERRAL, ASKED)
    for name, stream in (
        (answer_clock.REMINDER, HELD),
        (answer_clock.OVERDUE, HELD),
        (answer_clock.SENT_OVERDUE, REFERRAL),
    ):
        await node.take(SERVICE.due[name](Due(name, stream, NOON), NOON))
    overdue = (await read(node, "/v1/referrals?overdue=true"))["items"]
    assert {UUID(one["id"]) for one in overdue} == {HELD, REFERRAL}
    assert [entry["what"] for entry in (await read(node, THEIRS))["timeline"]] == [
        "received",
        "answer-reminded",
        "answer-overdue",
    ]


async def test_a_letter_never_reaches_a_record_that_is_not_shared(node: Served) -> None:
    await prepared(node)
    for subject in (PERSON, BUDDY, AGREED):
        await arrives(node, subject, ASKED)
    with pytest.raises(Refused):
        await arrives(node, PERSON, kinds.ReferralAccepted(owner="Bea"))
    [event] = await node.log.read(PERSON)
    assert event.version == 1


def test_the_commands_of_deadlines_are_those_of_their_side() -> None:
    due = Due("", HELD, NOON)
    assert SERVICE.due[answer_clock.REMINDER](due, NOON) == [Step(incoming_referral, HELD, incoming_referral.Remind())]
