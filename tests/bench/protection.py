"""What protection costs: commands with and without encryption, letters sealed and opened, a question with and without its checks."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from unittest.mock import patch
from uuid import UUID, uuid4

from msgspec import Struct
from sqlalchemy import Column, MetaData, String, Table, Uuid, insert

from services.intake.main import SERVICE as INTAKE
from shared.eventlog.log import Log, utc_now
from shared.eventlog.types import Change, Recorded
from shared.identity import OrgScope, verify
from shared.ids import uuid7
from shared.personal import Subject
from shared.tokens import Believed
from shared.wire.seal import LetterKeys, Route, seal, unseal
from tests.bench.floor import LETTER
from tests.bench.measure import Round, in_turns, line, ratio
from tests.gateway.running import Running, kring
from tests.support.masterkey import MASTER

IN_FLIGHT = 64
COMMANDS, PEOPLE = 4096, 500
LETTERS = 200
QUESTIONS, CALLERS = 100, 40
LEAST = 0.8
SAID = "She would like company for a walk, near her daughter, on Tuesdays; she sings, and cooks for many."


class Plain(Struct, frozen=True, tag="bench.said-plainly.v1"):
    who: UUID
    words: str


class Sealed(Struct, frozen=True, tag="bench.said.v1"):
    who: UUID
    words: Annotated[str | None, Subject("who")]


said = Table("said", MetaData(), Column("id", Uuid, primary_key=True), Column("words", String, nullable=False))
_SAID = insert(said)


def _project(recorded: Recorded[Any]) -> Iterator[Change]:
    yield _SAID, {"id": recorded.stream, "words": recorded.event.words}


VIEW = SimpleNamespace(__name__="said", VERSION=1, TABLES=(said,), project=_project)


def _decider(event: type) -> Any:
    return SimpleNamespace(
        __name__="said", Event=event, initial=None, decide=lambda command, _: [command], evolve=lambda _, event: event
    )


DECIDERS: dict[type, Any] = {kind: _decider(kind) for kind in (Plain, Sealed)}


async def compare(folder: Path) -> None:
    """Measure and print."""
    await _commands(folder)
    await _letters()
    async with kring(folder / "protection", [INTAKE]) as running:
        await _questions(running)


async def _commands(folder: Path) -> None:
    """Of people who are known their keys are at hand; of new ones they are made first, and committed by themselves."""
    logs: dict[type, Log] = {kind: await _opened(folder, kind) for kind in DECIDERS}
    known = [uuid4() for _ in range(PEOPLE)]

    def written(kind: type, people: Callable[[int], UUID]) -> Round:
        return lambda: _written(logs[kind], kind, people)

    def somebody(number: int) -> UUID:
        return known[number % PEOPLE]

    plain, sealed, fresh = await in_turns(
        written(Plain, somebody), written(Sealed, somebody), written(Sealed, lambda _: uuid4())
    )
    line(f"commands about persons, {IN_FLIGHT} in flight, a view row each, encrypted", sealed.rate())
    line("the same, not encrypted", plain.rate())
    ratio(sealed.highest / plain.highest, "of the rate", least=LEAST)
    line("the same, each about somebody new: a key is made and wrapped", fresh.rate())
    ratio(fresh.highest / plain.highest, "of the rate")
    for log in logs.values():
        await log.close()


async def _opened(folder: Path, kind: type) -> Log:
    url = f"sqlite:///{folder / kind.__name__}.db"
    return await Log.open(f"bench.{kind.__name__}", url, [DECIDERS[kind]], [VIEW], master=MASTER)


async def _written(log: Log, kind: type, people: Callable[[int], UUID]) -> float:
    async def caller(start: int) -> None:
        for number in range(start, COMMANDS, IN_FLIGHT):
            await log.run(DECIDERS[kind], uuid7(), kind(people(number), SAID), by="user:bench", id=uuid7())

    begin = time.perf_counter()
    await asyncio.gather(*(caller(start) for start in range(IN_FLIGHT)))
    return COMMANDS / (time.perf_counter() - begin)


async def _letters() -> None:
    ann, bob = LetterKeys.generate(), LetterKeys.generate()
    route = Route("alpha.intake", uuid4(), "beta.intake", 1, bob.id)
    box = seal(LETTER, route, ann, bob)
    sealing, opening = await in_turns(
        lambda: _rate(lambda: seal(LETTER, route, ann, bob)), lambda: _rate(lambda: unseal(box, route, bob, ann))
    )
    line("letters signed and sealed, one after another", sealing.rate())
    line("letters opened and checked, one after another", opening.rate())


async def _rate(one: Callable[[], object]) -> float:
    begin = time.perf_counter()
    for _ in range(LETTERS):
        one()
    return LETTERS / (time.perf_counter() - begin)


async def _questions(running: Running) -> None:
    """Several callers take turns, so that none asks more often than one may."""
    tokens = [running.token("welzin", user=f"bench-{number}", hours=2) for number in range(CALLERS)]

    async def asked() -> float:
        begin = time.perf_counter()
        for number in range(QUESTIONS):
            await running.done("{ programmes { nodes { id name } } }", tokens[number % CALLERS])
        return (time.perf_counter() - begin) / QUESTIONS

    async def unchecked() -> float:
        with _unchecked():
            return await asked()

    whole, bare = await in_turns(asked, unchecked)
    line("a question through gateway and node, with all checks", whole.milliseconds())
    line("the same, nothing checked", bare.milliseconds())
    ratio(whole.lowest / bare.lowest, "times as long")


@contextmanager
def _unchecked() -> Iterator[None]:
    """No bounds, no allowance, and tokens that are believed without a look: what is left is the way there and back."""
    with ExitStack() as stack:
        for name, instead in (
            ("shared.http.verify", lambda token, believed, _, *, organisation: _once(token, believed, organisation)),
            ("gateway.inquiry.verify", lambda token, believed, _: _once(token, believed, None)),
            ("gateway.schema.bounded.too_large", lambda *_: None),
            ("gateway.allowance.Allowances.spend", lambda *_: None),
            ("shared.access.Access.check", lambda *_: None),
        ):
            stack.enter_context(patch(name, instead))
        yield


_proved: dict[tuple[str, str | None], OrgScope] = {}


def _once(token: str, believed: Believed, organisation: str | None) -> OrgScope:
    if (token, organisation) not in _proved:
        _proved[token, organisation] = verify(token, believed, utc_now(), organisation=organisation)
    return _proved[token, organisation]
