"""What must hold before a referral may go."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.intake.domain.consent import Direction
from services.intake.domain.sending import Facts, Programme, check
from shared.rules import Refused
from tests.services.intake.examples import FACTS, GROUND, NOON, PERSON


def but(**changes: Any) -> Facts:
    return msgspec.structs.replace(FACTS, **changes)


def grounded(**changes: Any) -> Facts:
    return but(ground=msgspec.structs.replace(GROUND, **changes))


STOPPED = Programme("Maatje", "stop", ("Wandelgroep (welzin)", "Koffie (welzin)"))
CASES = [
    ("referral-to-self", but(own="welzin"), {}),
    ("organisation-unknown", but(organisations=frozenset({"humanitas"})), {"organisation": "welzin"}),
    ("no-agreement", but(partners=frozenset()), {"organisation": "welzin"}),
    ("programme-unknown", but(programme=None), {"organisation": "welzin"}),
    ("programme-stopped", but(programme=STOPPED), {"open": "Wandelgroep (welzin), Koffie (welzin)"}),
    ("programme-stopped-alone", but(programme=Programme("Maatje", "stop")), {"programme": "Maatje"}),
    ("programme-other-ages", but(birth_year=2009), {"programme": "Maatje", "ages": "18+"}),
    ("programme-other-ages", but(birth_year=None, age_band="under-18"), {}),
    ("participant-ended", but(participant_ended=True), {}),
    ("consent-missing", but(ground=None), {"organisation": "welzin"}),
    ("consent-missing", grounded(participant=UUID(int=9)), {"organisation": "welzin"}),
    ("consent-missing", grounded(participant=UUID(int=9), withdrawn=True), {"organisation": "welzin"}),
    ("consent-withdrawn", grounded(withdrawn=True), {"organisation": "welzin"}),
    ("consent-other-recipient", grounded(recipient="carrefour"), {"recipient": "carrefour"}),
    ("consent-other-use", grounded(purpose="research"), {}),
    ("consent-other-use", grounded(direction=Direction.REPORT_BACK), {}),
    ("consent-expired", grounded(until=NOON), {"until": "2026-11-23"}),
]


def test_with_all_in_order_it_goes_on_its_ground() -> None:
    assert check("welzin", PERSON, FACTS) == GROUND
    soon = NOON + timedelta(seconds=1)
    assert check("welzin", PERSON, grounded(until=soon)) == msgspec.structs.replace(GROUND, until=soon)


def test_a_waiting_list_takes_referrals() -> None:
    assert check("welzin", PERSON, but(programme=Programme("Maatje", "waiting-list"))) == GROUND


@pytest.mark.parametrize(("code", "facts", "parameters"), CASES)
def test_what_does_not_hold_is_refused(code: str, facts: Facts, parameters: dict[str, str]) -> None:
    with pytest.raises(Refused) as refused:
        check("welzin", PERSON, facts)
    assert refused.value.code == code
    assert parameters.items() <= refused.value.parameters.items()
