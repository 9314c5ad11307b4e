"""When a delivery is tried again, and how it is signed."""

import base64
import re
from pathlib import Path

import pytest

from shared.rules import Unavailable
from shared.wire.webhooks import State, key, new_secret, pause, signed, state


def test_a_delivery_is_tried_at_these_intervals_and_then_once_a_day() -> None:
    assert [pause(tried) for tried in range(10)] == [0, 25, 100, 400, 1_600, 6_400, 25_600, 52_000, 86_400, 86_400]


@pytest.mark.parametrize(
    ("answer", "tried", "found"),
    [
        ("204", 0, State.FINE),
        ("503", 1, State.FAILING),
        ("timeout", 7, State.FAILING),
        ("503", 8, State.FAILED),
        ("410", 1, State.GONE),
    ],
)
def test_an_endpoint_has_failed_when_all_tries_were_in_vain(answer: str, tried: int, found: State) -> None:
    assert state(answer, tried) is found


def test_a_signature_is_the_one_that_the_librarys_own_example_has() -> None:
    """Of standardwebhooks 1.1.0 (PyPI): `Webhook("whsec_MfKQ…").sign("msg_p5jX…", 1614265330, body)`."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "content-type": "application/cloudevents+json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_secret_is_new_each_time_and_has_256_bits(tmp_path: Path) -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", one)
    (tmp_path / "s").write_text(f"{one}\n")
    assert len(key(tmp_path / "s")) == 32


@pytest.mark.parametrize("content", [None, "whsec_%%%", "whsec_a"])
def test_a_secret_that_is_missing_or_damaged_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "s").write_text(content)
    with pytest.raises(Unavailable, match="secret-unreadable"):
        key(tmp_path / "s")
