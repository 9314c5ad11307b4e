"""What goes to a partner: only what was agreed; special categories only by name and expressly."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.intake import letters
from services.intake.domain import consent, outgoing_referral
from services.intake.domain.agreed_data import ALWAYS, SPECIAL, Data, left_out, without
from services.intake.domain.consent import Give
from services.intake.domain.outgoing_events import Drafted
from services.intake.domain.referral_progress import Letter
from shared.contracts import letters as kinds
from shared.contracts.intake import ConsentData
from tests.services.intake.examples import FACTS, GROUND, LETTER, PERSON, REFERRAL, TERMS, WISH
from tests.services.intake.served_intake import CONSENT, PARTICIPANT, REFER, done, humanitas
from tests.support.given import given
from tests.support.projected import recorded
from tests.support.served import Served

EVERYBODY = frozenset({"humanitas", "welzin"})


def test_name_contact_and_need_always_go_and_nothing_else_unasked() -> None:
    assert {*left_out((), explicit=True), *ALWAYS} == set(Letter.__struct_fields__)


@pytest.mark.parametrize("word", [word for word in Data if word is not Data.LETTER])
def test_every_word_stands_for_one_field_that_then_goes(word: Data) -> None:
    [field] = set(left_out((), explicit=True)) - set(left_out((word,), explicit=True))
    assert field.replace("_", "-") == word


def test_the_letter_as_a_whole_names_nothing_special() -> None:
    assert set(left_out(("letter",), explicit=True)) == set(SPECIAL) == {"language", "accessibility"}


def test_what_is_special_goes_only_when_it_was_agreed_to_expressly() -> None:
    assert left_out(("letter", "language", "accessibility"), explicit=True) == ()
    assert set(left_out(("letter", "language", "accessibility"), explicit=False)) == set(SPECIAL)


def test_a_consent_from_before_goes_on_saying_the_letter_and_an_unknown_word_says_nothing() -> None:
    assert left_out(("letter",), explicit=False) == left_out(("letter", "shoe-size"), explicit=False)


def test_words_are_the_same_at_the_edge() -> None:
    assert [str(word) for word in Data] == [str(word) for word in ConsentData]


def test_special_data_takes_explicit_consent() -> None:
    named = msgspec.structs.replace(TERMS, data=("letter", "accessibility"))
    given(consent).when(Give(named, EVERYBODY)).refused("consent-not-explicit", data="accessibility")
    explicit = msgspec.structs.replace(named, explicit=True)
    given(consent).when(Give(explicit, EVERYBODY)).then(consent.Given(explicit))


def test_the_letter_goes_without_what_was_not_agreed_to() -> None:
    only_hopes = msgspec.structs.replace(GROUND, data=("hopes",))
    request = outgoing_referral.Request(msgspec.structs.replace(FACTS, ground=only_hopes))
    wish = msgspec.structs.replace(WISH, letter=msgspec.structs.replace(LETTER, accessibility="een lift"))
    [asked] = outgoing_referral.decide(request, given(outgoing_referral, Drafted(wish)).state)
    state: Any = given(outgoing_referral, Drafted(wish), asked).state
    [letter] = letters.letters(recorded(asked, REFERRAL), state, ())
    assert isinstance(letter.body, kinds.ReferralRequested)
    assert (letter.body.need, letter.body.hopes) == (LETTER.need, LETTER.hopes)
    assert (letter.body.language, letter.body.area, letter.body.accessibility, letter.body.note) == ("", "", "", "")
    assert without(wish.letter or LETTER, state.without) == state.letter


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def _referred(node: Served, **agreed: Any) -> Any:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    await done(node, f"/v1/participants/{PERSON}/consents", CONSENT | agreed, 201)
    return (await done(node, "/v1/referrals", REFER | {"accessibility": "een lift"}, 201))["letter"]


async def test_without_explicit_consent_health_and_language_stay_here(node: Served) -> None:
    letter = await _referred(node)
    assert (letter["accessibility"], letter["language"], letter["area"]) == ("", "", "WK030701")


async def test_with_explicit_consent_they_go(node: Served) -> None:
    letter = await _referred(node, data=["language", "accessibility"], explicit=True)
    assert (letter["accessibility"], letter["language"], letter["area"]) == ("een lift", "nl", "")


async def test_naming_them_without_explicit_consent_is_refused(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    asked = CONSENT | {"data": ["letter", "accessibility"]}
    answer = await node.ask("POST", f"/v1/participants/{PERSON}/consents", asked)
    assert (answer.status_code, answer.json()["code"]) == (409, "consent-not-explicit")
    unknown = await node.ask("POST", f"/v1/participants/{PERSON}/consents", CONSENT | {"data": ["everything"]})
    assert unknown.status_code == 422
