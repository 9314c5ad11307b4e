"""What was recorded before ground, data, ages and corrections were asked for reads as it was meant then."""

from typing import Any

import msgspec
import pytest

from services.intake.domain.ages import ADULT
from services.intake.domain.agreed_data import left_out
from services.intake.main import SERVICE
from services.network.main import SERVICE as NETWORK
from shared.eventlog.registry import registry_of
from tests.services.intake.examples import AGREED, BUDDY, PERSON

EVIDENCE = {"form": "oral", "text_version": "2026-1", "asked_on": "2026-11-23", "asked_by": "Ann"}
LETTER = {
    "name_to_use": "Truus",
    "contact_way": "phone",
    "contact": "06",
    "contact_not": "",
    "need": "Een maatje",
    "hopes": "",
    "language": "nl",
    "area": "GM0361",
    "accessibility": "een lift",
    "wait_told": "",
    "note": "",
}
AT = "2026-11-23T12:00:00Z"


def read(kind: str, service: Any = SERVICE, **told: Any) -> Any:
    data = msgspec.json.encode({"type": kind} | told)
    return registry_of(service.deciders).decoders[kind].decode(data)


def test_a_consent_names_no_special_data_and_the_participant_agreed() -> None:
    terms = {"participant": PERSON, "recipient": "welzin", "purpose": "referral", "data": ["letter"]}
    terms |= {"direction": "both", "since": AT, "until": "2027-02-21T12:00:00Z", "evidence": EVIDENCE}
    given = read("intake.consent-given.v1", terms=terms)
    assert (given.terms.explicit, given.terms.evidence.agreed_by) == (False, "participant")
    assert set(left_out(given.terms.data, explicit=given.terms.explicit)) == {"language", "accessibility"}


def test_a_file_names_no_ground() -> None:
    told = {"name_to_use": "Truus", "contact_way": "phone", "contact": "06", "contact_not": ""}
    registered = read("intake.participant-registered.v1", profile=told, team=None)
    assert (registered.task, registered.consent) == (None, None)


def test_a_request_went_whole_and_on_consent() -> None:
    wish = {
        "to": "welzin",
        "programme": BUDDY,
        "participant": PERSON,
        "team": None,
        "consent": AGREED,
        "letter": LETTER,
    }
    assert read("intake.outgoing-drafted.v1", wish=wish).wish.task is None
    sent = read("intake.outgoing-requested.v1", consent=AGREED, consent_until=AT, at=AT, answer_by=AT)
    assert (sent.consent, sent.without) == (AGREED, ())


def test_a_withdrawal_names_no_partner() -> None:
    assert read("intake.outgoing-consent-withdrawn.v1", at=AT).to == ""


def test_somebody_was_registered_on_consent_without_a_representative() -> None:
    profile = {"name_to_use": "Truus", "contact_way": "phone", "contact": "06", "contact_not": ""}
    known = read("intake.participant-registered.v1", profile=profile, team=None)
    assert (known.task, known.profile.representative, known.profile.under_guardianship) == (None, None, False)


@pytest.mark.parametrize("kind", ["intake.programme-offered.v1", "intake.programme-changed.v1"])
def test_a_programme_was_for_adults(kind: str) -> None:
    details = read(kind, details={"name": "Maatje", "kind": "buddy"}, at=AT).details
    assert (details.age_from, details.age_until) == (ADULT, None)


def test_the_network_knew_adults() -> None:
    assert not read("network.participant-known.v1", NETWORK, at=AT, team="noord").minor
