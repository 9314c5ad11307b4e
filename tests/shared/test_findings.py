"""What a node's health comes to."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec.structs import replace

from shared.findings import ADVISED, findings, gauges
from shared.health import Health
from shared.metrics import Meter
from shared.sentences import COMMON, LANGUAGES, Sentences
from shared.service import Agreement
from shared.wire.integrators import Following
from shared.wire.outbox import Link, LinkState
from shared.wire.relay import RelayState
from shared.wire.webhooks import Answered, State
from tests.shared.test_metrics import samples

NOW = datetime.now(UTC)


def health(*integrators: Following) -> Health:
    """All else is well."""
    return Health("welzin.intake", True, RelayState.FOLLOWING, 0, [], 0, None, integrators)


def failing(state: State, answer: str = "503") -> Following:
    again = None if state is State.GONE else NOW + timedelta(hours=1)
    return Following("agenda-site", 7, NOW, Answered(state, answer, NOW, NOW, 4, again))


@pytest.mark.parametrize(
    ("waiting", "since", "late"),
    [
        (0, None, False),
        (None, None, False),
        (10_000, NOW - timedelta(hours=23), False),
        (10_001, NOW, True),
        (1, NOW - timedelta(hours=25), True),
    ],
)
def test_an_integrator_is_late_after_a_day_or_ten_thousand_events(
    waiting: int | None, since: datetime | None, late: bool
) -> None:
    found = [code for code, _ in findings(health(Following("agenda-site", waiting, since)))]
    assert found == (["doctor-integrator-late"] if late else [])


@pytest.mark.parametrize("code", [*sorted(ADVISED), "not-recorded"])
def test_a_link_that_does_not_go_on_has_an_advice_for_its_reason(code: str) -> None:
    waits = LinkState(Link("welzin.intake", UUID(int=1)), 3, 4, code, NOW)
    [(found, given)] = findings(replace(health(), links=[waits]))
    assert found == f"doctor-link-{code if code in ADVISED else 'stuck'}"
    for language in LANGUAGES:
        said = Sentences(COMMON).say(found, language, given)
        assert said != found
        assert "welzin.intake" in said
        assert "4" in said


def compared(agreed: datetime | None, differing: int = 0, days: int = 3) -> Health:
    agreement = Agreement("humanitas", NOW - timedelta(days=days), agreed, agreed, differing)
    return replace(health(), digests=[agreement])


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (compared(NOW), None),
        (compared(NOW - timedelta(hours=47)), None),
        (compared(None, days=1), None),
        (compared(NOW - timedelta(hours=49)), "doctor-digest-overdue"),
        (compared(None), "doctor-digest-overdue"),
        (compared(NOW, differing=2), "doctor-digest-differs"),
    ],
)
def test_partners_that_do_not_agree_are_named_with_what_to_do(found: Health, code: str | None) -> None:
    named = list(findings(found))
    assert [one for one, _ in named] == ([code] if code else [])
    for language in LANGUAGES:
        for one, given in named:
            assert "kring digest welzin humanitas" in Sentences(COMMON).say(one, language, given)


def test_how_long_ago_partners_agreed_and_what_differs_is_measured() -> None:
    measured = gauges(compared(NOW - timedelta(hours=1), differing=2))
    age = measured["kring_digest_age_seconds"]
    assert isinstance(age, float)
    assert 3_600 <= age < 7_200
    assert measured["kring_digest_differences"] == 2
    assert (gauges(health())["kring_digest_age_seconds"], gauges(health())["kring_digest_differences"]) == (None, None)


@pytest.mark.parametrize("state", [State.FAILING, State.FAILED, State.GONE])
def test_a_webhook_that_takes_nothing_is_named_with_what_to_do_whatever_waits(state: State) -> None:
    [(code, given)] = findings(health(failing(state)))
    assert code == f"doctor-webhook-{state}"
    for language in LANGUAGES:
        said = Sentences(COMMON).say(code, language, given)
        assert "agenda-site" in said
        assert "kring integrator retry" in said
        assert "7" in said


@pytest.mark.parametrize("answer", ["timeout", "tls", "unreachable", "secret"])
def test_why_there_was_no_answer_is_said_in_words(answer: str) -> None:
    [(code, given)] = findings(health(failing(State.FAILING, answer)))
    assert f"({answer}" not in Sentences(COMMON).say(code, "en", given)


def test_a_webhook_that_is_fine_is_nothing_to_find() -> None:
    fine = Following("agenda-site", 0, None, Answered(State.FINE, "204", NOW, NOW, 0, None))
    assert list(findings(health(fine))) == []


def test_each_integrators_lag_is_measured_by_its_name() -> None:
    measured: dict[str, Any] = {"welzin": gauges(health(Following("a", 3), Following("b", None), Following("c", 0)))}
    found = samples(Meter("intake").text(measured, 0))
    lags = {key[1:]: value for key, value in found.items() if key[0] == "kring_integrator_waiting"}
    assert lags == {("a", "welzin", "intake"): 3, ("c", "welzin", "intake"): 0}
    assert found["kring_integrators_lag_events", "welzin", "intake"] == 3


def test_how_long_the_oldest_letter_waits_is_measured_and_nothing_waiting_is_none() -> None:
    hour = gauges(replace(health(), oldest=NOW - timedelta(hours=1)))["kring_letters_oldest_seconds"]
    assert isinstance(hour, float)
    assert 3_600 <= hour < 7_200
    assert gauges(health())["kring_letters_oldest_seconds"] == 0
