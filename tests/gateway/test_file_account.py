"""What a person is told about their file, from the file: why, to whom, and what they can ask."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.file.account import account
from shared.contracts.file import FiledReferral, FileGround, IntakeFile, NetworkFile, Purpose, Right
from shared.contracts.intake import ConsentAnswer, ConsentDirection, TimelineEntry
from tests.gateway.filed import Filled

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"welzin": "WELZIN", "carrefour": "Carrefour"}
FILE: IntakeFile = msgspec.structs.replace(Filled().of(IntakeFile), consents=(), referrals=())
NETWORK: NetworkFile = msgspec.structs.replace(Filled().of(NetworkFile), interests=None, kliks=())


def consent(**told: Any) -> ConsentAnswer:
    given: ConsentAnswer = Filled().of(ConsentAnswer)
    usual = {"recipient": "welzin", "until": NOW + timedelta(days=1), "withdrawn_at": None}
    return msgspec.structs.replace(given, **{"direction": ConsentDirection.BOTH} | usual | told)


def referral(*steps: str, days: int = 0) -> FiledReferral:
    entry: TimelineEntry = Filled().of(TimelineEntry)
    at = NOW - timedelta(days=days)
    timeline = tuple(msgspec.structs.replace(entry, what=step, at=at) for step in steps)
    sent: FiledReferral = Filled().of(FiledReferral)
    return msgspec.structs.replace(sent, partner="welzin", timeline=timeline)


def told(
    *referrals: FiledReferral, consents: tuple[ConsentAnswer, ...] = ()
) -> list[tuple[str, bool, datetime | None]]:
    file = msgspec.structs.replace(FILE, referrals=referrals, consents=consents)
    return [(one.name, one.agreed, one.told) for one in account(file, None, NOW, NAMES).recipients]


def test_who_was_told_of_nobody_is_no_recipient() -> None:
    assert told() == told(referral("drafted")) == told(referral("drafted", "requested", "cancelled")) == []


def test_a_letter_that_was_given_out_counts_as_read_and_the_last_one_is_named() -> None:
    assert told(referral("drafted", "handed-over", days=3)) == [("WELZIN", False, NOW - timedelta(days=3))]
    newest_first = referral("handed-over", days=1), referral("handed-over", days=3)
    assert told(*newest_first) == [("WELZIN", False, NOW - timedelta(days=1))]


@pytest.mark.parametrize(
    "over",
    [{"withdrawn_at": NOW}, {"until": NOW}, {"direction": ConsentDirection.REPORT_BACK}],
)
def test_a_consent_that_does_not_hold_lets_nothing_go(over: dict[str, Any]) -> None:
    assert told(consents=(consent(),)) == [("WELZIN", True, None)]
    assert told(consents=(consent(**over),)) == []


def test_an_organisation_that_left_the_network_is_named_by_its_slug() -> None:
    assert told(consents=(consent(recipient="elders"),)) == [("elders", True, None)]


def test_the_ground_is_the_one_that_the_file_names() -> None:
    agreed = msgspec.structs.replace(FILE.participant, legal_task=None)
    files = [
        msgspec.structs.replace(FILE, participant=one)
        for one in (agreed, FILE.participant, msgspec.structs.replace(agreed, file_consent=None))
    ]
    grounds = [account(file, None, NOW, NAMES).ground for file in files]
    assert grounds == [FileGround.CONSENT, FileGround.LEGAL_TASK, FileGround.NOT_RECORDED]


def test_only_purposes_that_the_data_serve_are_named() -> None:
    assert account(FILE, NETWORK, NOW, NAMES).purposes == (Purpose.CARE, Purpose.ACCOUNT)
    interested = msgspec.structs.replace(NETWORK, interests=Filled().of(NetworkFile).interests)
    agreed = msgspec.structs.replace(FILE, consents=(consent(),))
    assert account(agreed, interested, NOW, NAMES).purposes == tuple(Purpose)
    assert account(FILE, None, NOW, NAMES).rights == tuple(Right)
