"""No file without its ground: the person agreed to it, or a law gives a task; of special categories only what that covers."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from services.intake.domain import participant
from services.intake.domain.file_ground import TEXT, FileConsent, FileGround, special_in
from services.intake.domain.grounds import Exception9, Law, LegalTask
from services.intake.domain.participant import Correct, Corrected, Erased, GroundNamed, Register, Registered
from services.intake.domain.profile import Profile, Representative
from services.intake.main import SERVICE
from services.intake.views import participants
from shared.identity import Role
from shared.sentences import COMMON, LANGUAGES, Sentences
from tests.services.intake.examples import AGREED, FILE_CONSENT, PERSON, PROFILE
from tests.services.intake.served_intake import CONSENT, PARTICIPANT, TALK, done, humanitas
from tests.services.intake.test_grounds import governed
from tests.support.given import given
from tests.support.projected import seen
from tests.support.served import Served

PLAIN = Profile(name_to_use="Truus", contact_way="phone", contact="06", contact_not="")
WHOLE = msgspec.structs.replace(
    PROFILE, under_guardianship=True, representative=Representative("Fatma", "phone", "06", "curator")
)
SPECIAL = "language, lifeEvent, underGuardianship, representative"
TASK = LegalTask(Law.WMO_2015)
CARE = msgspec.structs.replace(TASK, exception=Exception9.CARE)
NOT_EXPLICIT = msgspec.structs.replace(FILE_CONSENT, explicit=False)
NAME = {"id": str(PERSON), "nameToUse": "Truus", "contact": {"way": "phone", "value": "06"}}
CORRECTION = {name: value for name, value in NAME.items() if name != "id"}
CORRECT = f"/v1/participants/{PERSON}/correct"
BY_DEFAULT = {
    "form": "oral",
    "textVersion": TEXT,
    "askedOn": "2026-01-05",
    "askedBy": "ann",
    "agreedBy": "participant",
    "explicit": False,
}


def as_named(ground: FileGround) -> tuple[LegalTask | None, FileConsent | None]:
    return (ground, None) if isinstance(ground, LegalTask) else (None, ground)


def test_what_is_marked_and_told_is_special() -> None:
    assert special_in(PLAIN) == ()
    assert ", ".join(special_in(WHOLE)) == SPECIAL


@pytest.mark.parametrize(
    ("ground", "code"), [(NOT_EXPLICIT, "ground-not-explicit"), (TASK, "ground-exception-missing")]
)
def test_special_data_is_kept_on_explicit_consent_or_an_exception_only(ground: Any, code: str) -> None:
    given(participant).when(Register(WHOLE, None, ground)).refused(code, fields=SPECIAL)
    known = given(participant, Registered(PLAIN, None), GroundNamed(*as_named(ground)))
    known.when(Correct(WHOLE)).refused(code, fields=SPECIAL)
    known.when(Correct(PROFILE, ground)).refused(code, fields="language, lifeEvent")


def test_a_file_names_its_ground() -> None:
    given(participant).when(Register(WHOLE, None, FILE_CONSENT)).then(Registered(WHOLE, None, None, FILE_CONSENT))
    given(participant).when(Register(WHOLE, None, CARE)).then(Registered(WHOLE, None, CARE))


def test_a_correction_stands_on_the_recorded_ground_or_names_another() -> None:
    known = given(participant, Registered(PLAIN, None, None, NOT_EXPLICIT))
    other = msgspec.structs.replace(PLAIN, hopes="Gezelschap")
    known.when(Correct(other)).then(Corrected(other, ()))
    known.when(Correct(WHOLE, FILE_CONSENT)).then(GroundNamed(None, FILE_CONSENT), Corrected(WHOLE, ()))
    known.when(Correct(PLAIN, FILE_CONSENT)).then(GroundNamed(None, FILE_CONSENT))
    known.when(Correct(PLAIN, NOT_EXPLICIT)).then()
    given(participant, Registered(PLAIN, None, TASK)).when(Correct(WHOLE, CARE)).then(
        GroundNamed(CARE), Corrected(WHOLE, ())
    )


def test_a_file_whose_ground_nobody_asked_names_one_when_it_is_corrected() -> None:
    earlier = given(participant, Registered(PROFILE, None))
    earlier.when(Correct(PROFILE)).refused("ground-missing")
    earlier.when(Correct(PROFILE, FILE_CONSENT)).then(GroundNamed(None, FILE_CONSENT))
    given(participant, Registered(PROFILE, None), GroundNamed(None, FILE_CONSENT)).when(Correct(PLAIN)).then(
        Corrected(PLAIN, ())
    )
    gone = given(participant, Registered(PROFILE, None), Erased(), GroundNamed(None, FILE_CONSENT))
    assert gone.state == given(participant, Registered(PROFILE, None), Erased()).state


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_says_which_fields_in_words(language: str) -> None:
    words = Sentences(COMMON, SERVICE.words)
    for code in ("ground-not-explicit", "ground-exception-missing"):
        said = words.say(code, language, {"fields": SPECIAL})
        assert [one for one in SPECIAL.split(", ") if words.say(f"special-{one}", language, {}) not in said] == []
        assert "special-" not in said


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def refused(node: Served, path: str, body: Any) -> tuple[int, str, str]:
    answer = await node.ask("POST", path, body)
    problem = answer.json()
    return answer.status_code, problem["code"], problem.get("params", {}).get("fields", "")


async def test_a_name_and_a_contact_are_enough_and_it_is_recorded_how_the_person_agreed(node: Served) -> None:
    kept = await done(node, "/v1/participants", NAME, 201)
    assert (kept["fileConsent"], kept["legalTask"]) == (BY_DEFAULT, None)
    listed = (await node.ask("GET", f"/v1/participants/{PERSON}/consents")).json()
    assert (listed["items"], listed["fileConsent"]) == ([], BY_DEFAULT)
    whole = (await node.ask("GET", f"/v1/participants/{PERSON}/file")).json()
    assert whole["participant"]["fileConsent"] == BY_DEFAULT
    assert whole["history"][0]["told"]["consent"] == BY_DEFAULT


async def test_who_asked_when_and_how_can_be_said(node: Served) -> None:
    said = {"form": "written", "textVersion": "2025-3", "askedOn": "2026-01-02", "askedBy": "Bea", "explicit": True}
    kept = await done(node, "/v1/participants", NAME | {"language": "tr", "fileConsent": said}, 201)
    assert kept["fileConsent"] == said | {"agreedBy": "participant"}


async def test_special_fields_need_the_explicit_yes(node: Served) -> None:
    special = NAME | {"language": "tr", "lifeEvent": "became-ill"}
    assert await refused(node, "/v1/participants", special) == (409, "ground-not-explicit", "language, lifeEvent")
    await done(node, "/v1/participants", NAME, 201)
    more = CORRECTION | {"language": "tr"}
    assert await refused(node, CORRECT, more) == (409, "ground-not-explicit", "language")
    corrected = await done(node, CORRECT, more | {"fileConsent": {"explicit": True}})
    assert (corrected["language"], corrected["fileConsent"]) == ("tr", BY_DEFAULT | {"explicit": True})
    assert (await done(node, CORRECT, CORRECTION))["fileConsent"]["explicit"]


async def test_consent_that_shows_nothing_is_refused(node: Served) -> None:
    tomorrow = NAME | {"fileConsent": {"askedOn": "2026-01-06"}}
    assert (await refused(node, "/v1/participants", tomorrow))[:2] == (409, "consent-in-future")
    nobody = NAME | {"fileConsent": {"agreedBy": "representative"}}
    assert (await refused(node, "/v1/participants", nobody))[:2] == (409, "representative-unknown")


async def test_a_government_body_keeps_special_data_on_its_exception_and_consent_is_no_ground(node: Served) -> None:
    governed(node)
    task = {"law": TASK.law, "exception": None}
    special = NAME | {"language": "tr", "legalTask": task}
    assert await refused(node, "/v1/participants", special) == (409, "ground-exception-missing", "language")
    both = special | {"fileConsent": {"explicit": True}}
    assert (await refused(node, "/v1/participants", both))[:2] == (409, "ground-not-consent")
    await done(node, "/v1/participants", NAME | {"legalTask": task}, 201)
    care = task | {"exception": "care"}
    corrected = await done(node, CORRECT, CORRECTION | {"language": "tr", "legalTask": care})
    assert (corrected["legalTask"], corrected["fileConsent"]) == (care, None)


async def test_whose_file_ended_has_no_ground_for_an_interview(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT, 201)
    await done(node, f"/v1/participants/{PERSON}/end", {})
    assert (await refused(node, f"/v1/participants/{PERSON}/interviews", TALK))[:2] == (409, "participant-ended")


@pytest.mark.parametrize(("language", "says"), [("nl", "Ook voor uw dossier"), ("en", "Your file at")])
async def test_a_receipt_says_that_the_file_was_agreed_to(node: Served, language: str, says: str) -> None:
    await done(node, "/v1/participants", NAME, 201)
    await done(node, f"/v1/participants/{PERSON}/consents", CONSENT, 201)
    path = f"/v1/consents/{AGREED}/receipt"
    assert (await node.ask("GET", path)).json()["fileConsent"] == BY_DEFAULT
    headers = node.headers(Role.COORDINATOR) | {"accept": "text/plain", "accept-language": language}
    said = (await node.http.get(path, headers=headers)).text
    [line] = [one for one in said.splitlines() if one.startswith(says)]
    assert "ann" in line
    assert TEXT in line


def test_the_list_shows_the_ground_that_was_named_last() -> None:
    earlier = Registered(PROFILE, None)
    with seen(participants) as view:
        told = [
            view.given(PERSON, event).ask(participants.one, PERSON)
            for event in (earlier, GroundNamed(None, FILE_CONSENT), GroundNamed(CARE))
        ]
    assert [one.file_consent is None for one in told] == [True, False, True]
    assert [one.legal_task is None for one in told] == [True, True, False]
