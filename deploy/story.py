"""Plays a story against the running system through GraphQL: every step says what its organisation sees, and is checked.

The story is the one of the gateway's start page: steps as data, each a document that anybody can run.
"""

import re
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any

import msgspec

from deploy import tls
from deploy.answers import flat, lines
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
    sees: dict[str, Any] = {}
    """Path -> what the answer must hold there; a query is asked again until it does."""
    hides: list[str] = []
    """Texts that may stand nowhere in the answer."""
    keeps: dict[str, str] = {}
    """Name -> path in the answer: what later steps use."""
    refused: str = ""
    """Code of the refusal that the step must meet."""


class Story(msgspec.Struct, frozen=True):
    """Steps, and the names of the ids that are made for each telling."""

    ids: list[str]
    step: list[Step]


class Error(msgspec.Struct, frozen=True):
    """Why a step was not done: an error of GraphQL, or the problem (RFC 9457) that came instead of an answer."""

    message: str
    extensions: dict[str, Any] = {}


class Answer(msgspec.Struct, frozen=True):
    """What GraphQL answers."""

    data: dict[str, Any] | None = None
    errors: list[Error] = []


class _Problem(msgspec.Struct, frozen=True):
    detail: str
    code: str


def referral(settings: Settings) -> None:
    """Humanitas refers a participant to WELZIN, which helps and reports back.

    Raises `Refused`: `story-differs` at the first step that is not as told, `story-untold` where no story is, `gateway-away`, or what
    the issuer refuses.
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
        for line in lines(answer.data or [error.message for error in answer.errors]):
            print(f"   {step.who} | {line}")
        if difference:
            raise Refused("story-differs", step=number, found=difference)
        kept |= {name: str(_at(answer, path)) for name, path in step.keeps.items()}
    print(f"\nAll {len(told.step)} steps went as told.")


class _Gateway:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def story(self) -> Story:
        _, told = self._exchange("GET", "/portal/story.json")
        try:
            return msgspec.json.decode(told, type=Story)
        except msgspec.ValidationError:
            raise Refused("story-untold", address=tls.gateway(self._settings)) from None

    def ask(self, step: Step, variables: object) -> Answer:
        issuer = Issuer.open(self._settings.data, step.who, production=self._settings.production)
        token = issuer.token([Role.COORDINATOR], user="story", now=datetime.now(UTC), hours=1)
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        body = msgspec.json.encode({"query": step.query, "variables": variables})
        status, told = self._exchange("POST", "/graphql", body, headers)
        try:
            if status == HTTPStatus.OK:
                return msgspec.json.decode(told, type=Answer)
            problem = msgspec.json.decode(told, type=_Problem)
        except msgspec.ValidationError:
            raise Refused("story-untold", address=tls.gateway(self._settings)) from None
        return Answer(errors=[Error(problem.detail, {"code": problem.code})])

    def _exchange(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        with closing(self._connection()) as connection:
            try:
                connection.request(method, path, body, headers or {})
                answer = connection.getresponse()
                told = answer.read()
                msgspec.json.decode(told)
            except (OSError, HTTPException, msgspec.DecodeError) as fault:
                address, believed = tls.gateway(self._settings), authority(self._settings)
                code = doubt(fault) or "gateway-away"
                raise Unavailable(code, address=address, url=address, authority=named(believed)) from None
        return answer.status, told

    def _connection(self) -> HTTPConnection:
        where, port = LOOPBACK, self._settings.port
        if pair(self._settings, "gateway") is None:
            return HTTPConnection(where, port, timeout=PATIENCE)
        return HTTPSConnection(where, port, timeout=PATIENCE, context=believing(authority(self._settings)))


def _played(gateway: _Gateway, step: Step, kept: Mapping[str, str]) -> Answer:
    """The step's answer; news travels by letter, so a query is asked again until what must be seen is there."""
    until, query = time.monotonic() + PATIENCE, step.query.lstrip().startswith("query")
    while True:
        answer = gateway.ask(step, _filled(step.variables, kept))
        if not query or not _missing(step, answer, kept) or time.monotonic() > until:
            return answer
        time.sleep(0.1)


def _difference(step: Step, answer: Answer, kept: Mapping[str, str]) -> str:
    """What is not as told; empty when all is."""
    if step.refused:
        met = [error.extensions.get("code") for error in answer.errors] == [step.refused]
        return "" if met else f"it should have been refused with {step.refused}"
    whole = msgspec.json.encode(answer.data).decode()
    shown = (f"{text} is shown" for text in step.hides if text in whole)
    unkept = (f"{path} is not there" for path in step.keeps.values() if _at(answer, path) is None)
    return _missing(step, answer, kept) or "; ".join((*shown, *unkept))


def _missing(step: Step, answer: Answer, kept: Mapping[str, str]) -> str:
    """What had to be seen and is not."""
    if answer.errors:
        return "; ".join(error.message.rstrip(".") for error in answer.errors)
    pairs = ((path, _at(answer, path), _filled(told, kept)) for path, told in step.sees.items())
    return "; ".join(f"{path} is {flat(found)}, not {flat(told)}" for path, found, told in pairs if found != told)


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


def _at(answer: Answer, path: str) -> object:
    """What stands there; None where nothing does."""
    found: Any = answer.data
    for key in path.split("."):
        try:
            found = found[int(key) if isinstance(found, list) else key]
        except (LookupError, TypeError, ValueError):
            return None
    return found
