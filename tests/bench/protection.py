"""What protection costs: commands with and without encryption, letters sealed and opened, a person's file with and without its checks."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct
from sqlalchemy import Column, MetaData, String, Table, Uuid, insert

from services.events.api.file import file as events_part
from services.events.main import SERVICE as EVENTS
from services.intake.api.file import file as intake_part
from services.intake.main import SERVICE as INTAKE
from services.network.api.file import file as network_part
from services.network.main import SERVICE as NETWORK
from shared.eventlog.log import Log, utc_now
from shared.eventlog.types import Change, Recorded
from shared.http import Context
from shared.identity import verify
from shared.ids import uuid7
from shared.personal import Subject
from shared.wire.seal import LetterKeys, Route, seal, unseal
from tests.bench.floor import LETTER
from tests.bench.measure import Round, in_turns, line, ratio
from tests.gateway.running import Running, kring
from tests.support.masterkey import MASTER
from tests.support.waiting import eventually

IN_FLIGHT = 64
COMMANDS, PEOPLE = 4096, 500
LETTERS = 200
QUESTIONS, CALLERS = 100, 40
LEAST = 0.8
_PARTS: Sequence[Callable[..., Awaitable[Any]]] = (intake_part.fn, network_part.fn, events_part.fn)
"""What makes each part of a file, behind its route."""
_REGISTER = "mutation ($input: RegisterParticipantInput!) { registerParticipant(input: $input) { id } }"
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


VIEW = SimpleNamespace(__name__="said", VERSION=1, TABLES=(said,), FOLLOWS=(Plain, Sealed), project=_project)


def _decider(event: type) -> Any:
    return SimpleNamespace(
        __name__="said", Event=event, initial=None, decide=lambda command, _: [command], evolve=lambda _, event: event
    )


DECIDERS: dict[type, Any] = {kind: _decider(kind) for kind in (Plain, Sealed)}


async def compare(folder: Path) -> None:
    """Measure and print."""
    await _commands(folder)
    await _letters()
    async with kring(folder / "protection", [INTAKE, NETWORK, EVENTS]) as running:
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
    """A participant's file: whole, and what is left of that without protection."""
    tokens = [running.token("welzin", user=f"bench-{number}", hours=2) for number in range(CALLERS)]
    person = await _registered(running, tokens[0])
    nodes = [host.nodes["welzin"] for host in running.hosts]
    scope = verify(tokens[0], nodes[0].issuers, utc_now(), organisation="welzin")

    async def asked(number: int) -> None:
        """Callers take turns: none asks too often."""
        assert await _given(running, tokens[number % CALLERS], person)

    async def made(_: int) -> None:
        for node, part in zip(nodes, _PARTS, strict=True):
            msgspec.json.encode(await part(id=person, context=Context(node, scope, None)))

    whole, bare = await in_turns(lambda: _each(asked), lambda: _each(made))
    line("a file through gateway and nodes: tokens, rules, three entries in access logs", whole.milliseconds())
    line("the same parts made at the nodes: no token, rule or entry, and no road", bare.milliseconds())
    ratio(whole.lowest / bare.lowest, "times as long")


async def _each(one: Callable[[int], Awaitable[None]]) -> float:
    begin = time.perf_counter()
    for number in range(QUESTIONS):
        await one(number)
    return (time.perf_counter() - begin) / QUESTIONS


async def _registered(running: Running, token: str) -> UUID:
    """Somebody whom all three services know."""
    person = uuid7()
    given = {
        "id": str(person),
        "nameToUse": "Truus",
        "contact": {"way": "PHONE", "value": "06 00000000"},
        "hopes": SAID,
    }
    await running.done(_REGISTER, token, input=given)
    await eventually(lambda: _given(running, token, person))
    return person


async def _given(running: Running, token: str, person: UUID) -> bool:
    headers = {"authorization": f"Bearer {token}", "accept": "application/json"}
    return (await running.http.get(f"/participants/{person}/file", headers=headers)).is_success
