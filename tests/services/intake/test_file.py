"""A participant's file: whole, and about nobody else."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest

from services.intake.domain import (
    break_glass,
    consent,
    erasure,
    incoming_referral,
    interview,
    month,
    outgoing_events,
    outgoing_referral,
    participant,
)
from services.intake.domain.participant import Ended, Registered
from services.intake.domain.referral_progress import Accepted
from services.intake.main import SERVICE
from services.intake.views import referrals
from shared.contracts.file import IntakeFile
from shared.eventlog.protection import fields
from shared.eventlog.types import Step, Unknown
from shared.history import known, noted
from shared.identity import Role
from shared.rules import Refused
from tests.access.records import headers
from tests.services.intake.examples import AGREED, OTHER, PERSON, PROFILE, REFERRAL, WISH
from tests.services.intake.served_intake import (
    CONSENT,
    PARTICIPANT,
    REFER,
    TALK,
    done,
    humanitas,
    prepared,
)
from tests.support.projected import recorded, seen
from tests.support.served import NOON, Served

TOLD = {
    participant: "history",
    consent: "consents",
    interview: "interviews",
    outgoing_referral: "referrals",
    break_glass: "openings",
}
"""Where a file tells what the events of a decider hold about somebody."""
NOT_OF_A_PARTICIPANT = {incoming_referral, month}
"""About who is known by a referral alone; about a month."""
FILE = f"/v1/participants/{PERSON}/file"


def test_of_everything_personal_it_is_said_where_a_file_tells_it() -> None:
    personal = {one for one in SERVICE.deciders if any(fields(event) for event in get_args(one.Event) or (one.Event,))}
    assert {*TOLD} | NOT_OF_A_PARTICIPANT == personal
    assert {*TOLD.values()} <= {*IntakeFile.__struct_fields__}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def file(node: Served, role: Role = Role.COORDINATOR) -> dict[str, Any]:
    answer = await node.ask("GET", FILE, role=role)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PRIVACY_OFFICER])
async def test_a_file_holds_all_that_is_kept_of_somebody(node: Served, role: Role) -> None:
    await prepared(node)
    await done(node, f"/v1/participants/{PERSON}/interviews", TALK, 201)
    await done(node, "/v1/referrals", REFER, 201)
    whole = await file(node, role)
    assert whole.keys() == set(IntakeFile.__struct_encode_fields__)
    assert (whole["participant"]["nameToUse"], whole["participant"]["contact"]["value"]) == (
        PARTICIPANT["nameToUse"],
        PARTICIPANT["contact"]["value"],  # type: ignore[index]  # it is written there as JSON
    )
    [consent], [talk], [referral] = whole["consents"], whole["interviews"], whole["referrals"]
    assert (consent["id"], consent["evidence"]["askedBy"]) == (CONSENT["id"], "Ann")
    assert (talk["askedFor"], talk["by"]) == (TALK["askedFor"], TALK["by"])
    assert (referral["letter"]["need"], referral["programmeName"]) == (REFER["need"], "Maatje")
    assert [one["what"] for one in referral["timeline"]][:2] == ["drafted", "requested"]
    assert (whole["history"][0]["what"], whole["history"][0]["by"]) == ("participant-registered", "user:ann")
    assert whole["history"][0]["told"]["profile"]["nameToUse"] == PARTICIPANT["nameToUse"]


async def test_a_file_is_never_cut(node: Served) -> None:
    await prepared(node)
    for number in range(120):
        talk = TALK | {"id": str(UUID(int=PERSON.int + 1000 + number)), "nextSteps": f"stage {number}"}
        await done(node, f"/v1/participants/{PERSON}/interviews", talk, 201)
    assert {one["nextSteps"] for one in (await file(node))["interviews"]} == {f"stage {one}" for one in range(120)}


async def test_why_somebody_left_is_in_their_file(node: Served) -> None:
    await prepared(node)
    await done(node, f"/v1/participants/{PERSON}/end", {"reason": "verhuisd naar Amersfoort"})
    last = (await file(node))["history"][-1]
    assert (last["what"], last["told"]) == ("participant-ended", {"reason": "verhuisd naar Amersfoort"})


async def test_what_was_written_and_did_not_go_is_in_it_apart(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER | {"accessibility": "Loopt met een rollator"}, 201)
    explicit = CONSENT | {"id": str(OTHER), "data": ["letter", "language", "accessibility"], "explicit": True}
    await done(node, f"/v1/participants/{PERSON}/consents", explicit, 201)
    again = {"id": str(UUID(int=REFERRAL.int + 500)), "consent": str(OTHER)}
    await done(node, "/v1/referrals", REFER | again, 201)
    sent = {one["id"]: one for one in (await file(node))["referrals"]}
    remark = sent.pop(str(REFERRAL))
    assert (remark["letter"]["accessibility"], remark["written"]["accessibility"]) == ("", "Loopt met een rollator")
    assert [one["written"] for one in sent.values()] == [None]


async def test_others_of_the_same_name_are_not_in_a_file(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/participants", PARTICIPANT | {"id": str(OTHER)}, 201)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).json()["possibleDuplicates"] == [str(OTHER)]
    assert str(OTHER) not in json.dumps(await file(node))


async def test_what_a_partner_answered_is_in_it_with_the_erasure_that_was_asked(node: Served) -> None:
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    steps = (outgoing_referral.HandOver(), outgoing_referral.Report("welzin", Accepted("Corrie")))
    await node.take([Step(outgoing_referral, REFERRAL, one) for one in steps])
    [referral] = (await file(node))["referrals"]
    assert (referral["owner"], referral["timeline"][-1]["reported"], referral["erasure"]) == ("Corrie", True, None)
    await node.take([Step(erasure, erasure.asked_about(REFERRAL), erasure.Ask(REFERRAL, "welzin", NOON))])
    [referral] = (await file(node))["referrals"]
    assert (referral["erasure"]["partner"], referral["erasure"]["answeredAt"]) == ("welzin", None)


async def test_who_saw_what_stands_in_a_file_once_for_each_day(node: Served) -> None:
    await prepared(node)
    for _ in range(3):
        await node.ask("GET", f"/v1/participants/{PERSON}")
    await node.ask("GET", FILE, role=Role.PRIVACY_OFFICER)
    reads = {(one["what"], *one["roles"]): one for one in (await file(node))["reads"]}
    read = reads["GET /v1/participants/{id}", "coordinator"]
    assert (read["count"], read["by"], read["action"], read["ground"]) == (3, "user:ann", "read", "care")
    export = reads["GET /v1/participants/{id}/file", "privacy-officer"]
    assert (export["count"], export["action"], export["ground"]) == (1, "export", "oversight")


async def test_why_another_team_opened_a_file_stands_in_it(node: Served) -> None:
    made = await node.http.post("/v1/participants", json=PARTICIPANT, headers=headers(Role.COORDINATOR, "noord"))
    assert made.status_code == 201
    opened = {"id": str(UUID(int=PERSON.int + 77)), "reason": "Ze belde en haar team was er niet"}
    path, other = f"/v1/participants/{PERSON}/break-glass", headers(Role.COORDINATOR, "zuid")
    assert (await node.http.post(path, json=opened, headers=other)).status_code == 201
    [opening] = (await file(node))["openings"]
    assert (opening["reason"], opening["user"], opening["team"]) == (opened["reason"], "ann", "zuid")
    refused = await node.http.get(FILE, headers=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "file-of-other-team")
    assert opened["reason"] not in refused.text


async def test_a_file_says_how_long_it_stays(node: Served) -> None:
    await prepared(node)
    assert (await file(node))["kept"]["goesAt"] is None
    await done(node, f"/v1/participants/{PERSON}/end", {"reason": ""})
    assert (await file(node))["kept"]["monthsAfterEnd"] == 24


async def test_another_team_finds_no_file(node: Served) -> None:
    made = await node.http.post("/v1/participants", json=PARTICIPANT, headers=headers(Role.COORDINATOR, "noord"))
    assert made.status_code == 201
    other = await node.http.get(FILE, headers=headers(Role.COORDINATOR, "zuid"))
    assert (other.status_code, other.json()["code"]) == (404, "participant-unknown")


def test_a_file_that_is_not_understood_whole_is_not_told() -> None:
    strange = Unknown("intake.participant-renamed.v9", b"{}")  # type: ignore[arg-type]  # as the log gives it
    stream = [recorded(Registered(PROFILE, None), PERSON), recorded(strange, PERSON, 2)]
    with pytest.raises(Refused, match="unknown-event-type"):
        known(stream)
    with pytest.raises(Refused, match="unknown-event-type"):
        noted(stream)


def test_what_was_erased_is_told_as_nothing() -> None:
    [one] = noted([recorded(Ended(None), PERSON)])
    assert (one.what, one.told) == ("participant-ended", {"reason": None})


def test_referrals_of_a_former_team_are_of_the_same_person() -> None:
    wish = outgoing_events.Wish("welzin", WISH.programme, PERSON, "zuid", AGREED, WISH.letter)
    with seen(referrals) as view:
        view.given(REFERRAL, outgoing_events.Drafted(wish))
        [found] = view.ask(lambda connection, _: referrals.about(connection, PERSON))
        assert found.id == REFERRAL
