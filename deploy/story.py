"""Plays a story against the running system through GraphQL: every step says what its organisation sees, and is checked.

The story is the one of the gateway's start page: steps as data, each a document that anybody can run.
"""

import re
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any

import msgspec

from deploy import tls
from deploy.preflight import LOOPBACK
from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.rules import Refused, Unavailable
from shared.settings import Settings
from shared.wire.tls import authority, believing, doubt, named, pair

PATIENCE = 10.0
"""Seconds that a letter may take to arrive before a step is called wrong."""


class Step(msgspec.Struct, frozen=True, rename={"who": "as"}):
    """One document, run as a coordinator of one organisation."""

    title: str
    says: str
    who: str
    query: str
    variables: dict[str, Any] = {}
    sees: str = ""
    """Text that the answer must hold; asked again until it does."""
    keeps: dict[str, str] = {}
    """Name -> path in the answer: what later steps use."""
    refused: str = ""
    """Code of the refusal that the step must meet."""


class Story(msgspec.Struct, frozen=True):
    """Steps, and the names of the ids that are made for each telling."""

    ids: list[str]
    step: list[Step]


def referral(settings: Settings) -> None:
    """Humanitas refers a participant to WELZIN, which helps and reports back.

    Raises `Refused`: `story-differs` at the first step that is not as told, `gateway-away`, or what the issuer refuses.
    """
    gateway = _Gateway(settings)
    told = gateway.story()
    year = timedelta(days=365)
    now = datetime.now(UTC)
    kept = {"today": str(now.date()), "nextYear": (now + year).isoformat()} | {name: str(uuid7()) for name in told.ids}
    for number, step in enumerate(told.step, 1):
        print(f"\n{number}. {step.title}\n   {step.says}", flush=True)
        answer = _played(gateway, step, kept)
        difference = _difference(step, answer, kept)
        for line in _lines(answer.get("data") or [error["message"] for error in answer["errors"]]):
            print(f"   {step.who} | {line}")
        if difference:
            raise Refused("story-differs", step=number, found=difference)
        kept |= {name: str(_at(answer["data"], path)) for name, path in step.keeps.items()}
    print(f"\nAll {len(told.step)} steps went as told.")


class _Gateway:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def story(self) -> Story:
        return msgspec.json.decode(self._exchange("GET", "/portal/story.json"), type=Story)

    def ask(self, step: Step, variables: object) -> dict[str, Any]:
        issuer = Issuer.open(self._settings.data, step.who, production=self._settings.production)
        token = issuer.token([Role.COORDINATOR], user="story", now=datetime.now(UTC), hours=1)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = msgspec.json.encode({"query": step.query, "variables": variables})
        return msgspec.json.decode(self._exchange("POST", "/graphql", body, headers), type=dict[str, Any])

    def _exchange(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
        with closing(self._connection()) as connection:
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse().read()
                msgspec.json.decode(answer)
            except (OSError, HTTPException, msgspec.DecodeError) as fault:
                address, believed = tls.gateway(self._settings), authority(self._settings)
                code = doubt(fault) or "gateway-away"
                raise Unavailable(code, address=address, url=address, authority=named(believed)) from None
        return answer

    def _connection(self) -> HTTPConnection:
        where, port = LOOPBACK, self._settings.port
        if pair(self._settings, "gateway") is None:
            return HTTPConnection(where, port, timeout=PATIENCE)
        return HTTPSConnection(where, port, timeout=PATIENCE, context=believing(authority(self._settings)))


def _played(gateway: _Gateway, step: Step, kept: Mapping[str, str]) -> dict[str, Any]:
    """The step's answer; news travels by letter, so what must be seen is looked for until it is there."""
    until = time.monotonic() + PATIENCE
    while True:
        answer = gateway.ask(step, _filled(step.variables, kept))
        if not step.sees or not _difference(step, answer, kept) or time.monotonic() > until:
            return answer
        time.sleep(0.1)


def _difference(step: Step, answer: Mapping[str, Any], kept: Mapping[str, str]) -> str:
    """What is not as told; empty when all is."""
    errors = answer.get("errors") or []
    if step.refused:
        codes = [error.get("extensions", {}).get("code") for error in errors]
        return "" if step.refused in codes else f"it should have been refused with {step.refused}"
    if errors:
        return "; ".join(str(error["message"]) for error in errors)
    sees = str(_filled(step.sees, kept))
    return "" if sees in msgspec.json.encode(answer).decode() else f"{sees} is not there"


def _filled(value: object, kept: Mapping[str, str]) -> object:
    """`{name}` stands for what was made or kept before."""
    match value:
        case str():
            return re.sub(r"\{(\w+)\}", lambda found: kept.get(found[1], found[0]), value)
        case list():
            return [_filled(one, kept) for one in value]
        case dict():
            return {key: _filled(one, kept) for key, one in value.items()}
        case _:
            return value


def _at(data: Any, path: str) -> object:  # noqa: ANN401  (any answer)
    for key in path.split("."):
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def _lines(value: object, indent: str = "") -> list[str]:
    """An answer for reading: a line a field, and a line for what has only a few plain fields."""
    if not isinstance(value, dict | list):
        return [f"{indent}{_word(value)}"]
    named = value.items() if isinstance(value, dict) else (("-", one) for one in value)
    shown: list[str] = []
    for name, one in named:
        if _plain(one):
            shown.append(f"{indent}{name} {_flat(one)}")
        else:
            shown += [f"{indent}{name}", *_lines(one, f"{indent}  ")]
    return shown


def _plain(value: object) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return not any(isinstance(one, dict | list) for one in inner)


def _flat(value: object) -> str:
    match value:
        case dict():
            return ", ".join(f"{name} {_word(one)}" for name, one in value.items())
        case list():
            return ", ".join(_word(one) for one in value) or "nothing"
        case _:
            return _word(value)


def _word(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case _:
            return str(value)
