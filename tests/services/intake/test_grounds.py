"""No file and no letter without a ground: a government body's legal task, everybody else's consent; neither repairs the other."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.intake import letters
from services.intake.domain import outgoing_referral
from services.intake.domain.grounds import Exception9, Law, LegalTask, check
from services.intake.domain.outgoing_events import Drafted, HandedOver, Requested
from services.intake.domain.sending import Facts
from services.intake.domain.sending import check as may_go
from services.intake.policies import when_referral_requested_then_consent_is_relied_on
from shared.contracts import intake as contract
from shared.contracts.intake import SpecialException
from shared.register import Register
from shared.rules import Refused
from tests.services.intake.examples import ANSWER_BY, FACTS, GROUND, LETTER, NOON, PERSON, REFERRAL, WISH
from tests.services.intake.served_intake import PARTICIPANT, REFER, done, humanitas, prepared
from tests.support.given import given
from tests.support.projected import recorded
from tests.support.registers import agreement, contents
from tests.support.served import Served

WMO = LegalTask(Law.WMO_2015)
CARE = LegalTask(WMO.law, Exception9.CARE)
TASK = {"law": "wmo-2015", "exception": None}


def facts(**changes: Any) -> Facts:
    return msgspec.structs.replace(FACTS, **changes)


def refused(asked: Facts) -> str:
    with pytest.raises(Refused) as found:
        may_go("welzin", PERSON, asked)
    return found.value.code


def test_a_government_body_refers_on_its_legal_task_and_consent_does_not_repair_that() -> None:
    assert may_go("welzin", PERSON, facts(government=True, task=WMO, ground=None)) == WMO
    assert may_go("welzin", PERSON, facts(government=True, task=WMO)) == WMO
    assert refused(facts(government=True)) == "ground-task-missing"


def test_a_voluntary_organisation_refers_on_consent_only() -> None:
    assert may_go("welzin", PERSON, FACTS) == GROUND
    assert refused(facts(task=WMO)) == "ground-not-government"
    check(None, government=False)


def test_on_a_legal_task_special_data_needs_a_named_exception() -> None:
    assert (WMO.left_out, CARE.left_out) == (("language", "accessibility"), ())
    assert [str(one) for one in Exception9] == [str(one) for one in SpecialException]


def test_on_a_legal_task_nothing_ends_and_no_consent_is_relied_on() -> None:
    wish = msgspec.structs.replace(WISH, consent=None, task=WMO)
    asked = Requested(None, None, NOON, ANSWER_BY, WMO.left_out)
    request = outgoing_referral.Request(facts(government=True, task=WMO, ground=None), wish)
    given(outgoing_referral).when(request).then(Drafted(wish), asked)
    state: Any = given(outgoing_referral, Drafted(wish), asked, HandedOver()).state
    [letter] = letters.letters(recorded(asked, REFERRAL), state, ())
    assert (letter.expires, letter.body.need, letter.body.language) == (None, LETTER.need, "")  # type: ignore[union-attr]  # it is a request
    assert when_referral_requested_then_consent_is_relied_on.then(recorded(asked, REFERRAL)) == []


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


def governed(node: Served) -> None:
    """From now on the organisation is a government body."""
    known = contents(agreement(1, "humanitas", "welzin"))
    as_body = tuple(
        msgspec.structs.replace(one, source="urn:nld:oin:00000000000000000361") if one.slug == "humanitas" else one
        for one in known.organisations
    )
    node.register = Register(msgspec.structs.replace(known, organisations=as_body))


async def test_a_neighbourhood_team_registers_and_refers_on_its_task(node: Served) -> None:
    governed(node)
    person = {name: value for name, value in PARTICIPANT.items() if name != "fileConsent"}
    without = await node.ask("POST", "/v1/participants", person)
    assert (without.status_code, without.json()["code"]) == (409, "ground-task-missing")
    task = TASK | {"exception": "care"}
    kept = await done(node, "/v1/participants", person | {"legalTask": task}, 201)
    assert (kept["legalTask"], kept["fileConsent"]) == (task, None)
    asked = {name: value for name, value in REFER.items() if name != "consent"}
    assert (await node.ask("POST", "/v1/referrals", asked)).json()["code"] == "ground-task-missing"
    sent = await done(node, "/v1/referrals", asked | {"legalTask": task}, 201)
    assert (sent["consent"], sent["legalTask"]["exception"]) == (None, "care")
    assert sent["letter"]["language"] == "nl"


async def test_a_law_is_chosen_from_a_list_so_that_nobody_can_write_about_a_person_there(node: Served) -> None:
    """It stands in events in plain and stays when the person is forgotten."""
    assert [str(one) for one in Law] == [str(one) for one in contract.Law]
    governed(node)
    for told in ("Wmo 2015, mevrouw Bakker is eenzaam", "", "WMO-2015"):
        answer = await node.ask("POST", "/v1/participants", PARTICIPANT | {"legalTask": {"law": told}})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
        assert "Bakker" not in answer.text
        assert "wmo-2015, jeugdwet" in answer.json()["errors"][0]["detail"]


async def test_a_voluntary_organisation_names_no_task(node: Served) -> None:
    named = await node.ask("POST", "/v1/participants", PARTICIPANT | {"legalTask": TASK})
    assert (named.status_code, named.json()["code"]) == (409, "ground-not-government")
    await prepared(node)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).json()["legalTask"] is None
    referred = await done(node, "/v1/referrals", REFER, 201)
    assert (referred["consent"], referred["legalTask"]) == (REFER["consent"], None)
