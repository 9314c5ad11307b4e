"""Webhooks as Standard Webhooks 1.0.0 (standardwebhooks.com) has them: the secret, the signature, and when a delivery is tried again.

The body is the event as CloudEvents 1.0 in structured mode (JSON format, 3.1).
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from secrets import token_bytes
from urllib.parse import unquote

import msgspec

from shared.grants import Grant
from shared.rules import Unavailable

DEADLINE = 15
"""Seconds that an endpoint has to answer."""
HELD = DEADLINE + 5
"""Seconds after which the broker hands out an event again that was neither acknowledged nor given back."""
TRIES = (0, 25, 100, 400, 1_600, 6_400, 25_600, 52_000)
"""Seconds before each try, counted from the one before; as Open Notificaties does it (facts.md)."""
DAILY = 86_400
"""Seconds between two tries of what all these did not bring."""
_PREFIX = "whsec_"


class State(StrEnum):
    """How it goes with an endpoint."""

    FINE = "fine"
    FAILING = "failing"
    """It is tried again."""
    FAILED = "failed"
    """It was tried as often as it is at first; now once a day."""
    GONE = "gone"
    """It answered 410 Gone (RFC 9110, 15.5.11): it is not tried again by itself."""


class Answered(msgspec.Struct, frozen=True):
    """What an endpoint answered last."""

    state: State
    answer: str
    """HTTP status, or why there is none: `timeout`, `tls`, `unreachable`, `secret`."""
    at: datetime
    """When that was."""
    since: datetime
    """When this process first met the state."""
    tries: int
    """How often the event that waits was tried; 0 where it is fine."""
    again: datetime | None
    """When it is tried again; None where nothing waits for that, and when it is gone."""


def pause(tried: int) -> int:
    """Seconds until the next try, after so many that failed."""
    return TRIES[tried] if tried < len(TRIES) else DAILY


def state(answer: str, tried: int) -> State:
    """How it goes with an endpoint that answered so; `tried`: how often the event was that it did not take, 0 when it took it."""
    if not tried:
        return State.FINE
    if answer == str(HTTPStatus.GONE.value):
        return State.GONE
    return State.FAILING if tried < len(TRIES) else State.FAILED


def new_secret() -> str:
    """A secret that an endpoint can know us by; 24 to 64 random bytes are asked for."""
    return _PREFIX + base64.b64encode(token_bytes(32)).decode()


def secret_path(keys: Path, grant: Grant) -> Path:
    """Where the secret stands among its organisation's keys."""
    return keys / f"{grant.consumer}.whsec"


def key(path: Path) -> bytes:
    """The key that a secret file holds. Raises `Unavailable("secret-unreadable")`."""
    try:
        return base64.b64decode(path.read_text().strip().removeprefix(_PREFIX), validate=True)
    except (OSError, ValueError):
        raise Unavailable("secret-unreadable", path=str(path)) from None


def structured(headers: Mapping[str, str], data: bytes) -> bytes:
    """An event of the stream, as one JSON object."""
    attributes = {name[3:].lower(): unquote(value) for name, value in headers.items() if name[:3].lower() == "ce-"}
    return msgspec.json.encode(attributes | {"datacontenttype": "application/json", "data": msgspec.Raw(data)})


def signed(secret: bytes, event: str, at: int, body: bytes) -> dict[str, str]:
    """The headers of a delivery; `at`: seconds since 1970, the receiver refuses what is old."""
    mac = hmac.digest(secret, f"{event}.{at}.".encode() + body, "sha256")
    return {
        "content-type": "application/cloudevents+json",
        "webhook-id": event,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }
