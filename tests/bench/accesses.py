"""A page of 20 participants with its entry in the access log, against the same query alone, one after another and 50 in flight."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.intake.domain import participant
from services.intake.domain.profile import Profile
from services.intake.main import SERVICE
from services.intake.views import participants
from shared.eventlog.log import Log
from shared.eventlog.types import Accessed, Seen, Unit
from shared.identity import visitor
from shared.ids import uuid7
from tests.bench.history import AGREED
from tests.bench.measure import in_turns, line, ratio
from tests.support.masterkey import MASTER

PEOPLE, PAGE = 1_000, 20
PAGES, IN_FLIGHT = 200, 50
PROFILE = Profile(name_to_use="Truus", contact_way="phone", contact="06 00000000", contact_not="")


async def compare(folder: Path) -> None:
    """Measure and print."""
    url = f"sqlite:///{folder / 'accesses.db'}"
    log = await Log.open("bench.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER)
    known = (uuid7() for _ in range(PEOPLE))
    await asyncio.gather(
        *(log.run(participant, one, participant.Register(PROFILE, None, AGREED), by="system") for one in known)
    )
    scope = visitor("bench", datetime.now(UTC) + timedelta(hours=1))

    async def alone() -> tuple[Seen, ...]:
        page = await log.query(lambda connection: participants.page(connection, scope, None, PAGE))
        return tuple(Seen(one.id) for one in page)

    async def recorded() -> None:
        await log.write(Unit(by="user:ann", accesses=[_listed(await alone())]))

    ours, bare = await in_turns(lambda: _in_sequence(recorded), lambda: _in_sequence(alone))
    many, many_bare = await in_turns(lambda: _in_flight(recorded), lambda: _in_flight(alone))
    await log.close()
    line(f"a page of {PAGE} participants and its entry in the access log", ours.milliseconds())
    line("the same query alone", bare.milliseconds())
    ratio(ours.lowest / bare.lowest, "times as long")
    line(f"such pages, {IN_FLIGHT} in flight", many.rate())
    line(f"the queries alone, {IN_FLIGHT} in flight", many_bare.rate())
    ratio(many.highest / many_bare.highest, "of the rate")


def _listed(seen: tuple[Seen, ...]) -> Accessed:
    return Accessed(
        action="list",
        what="GET /v1/participants",
        by="user:ann",
        roles="coordinator",
        team="noord",
        client="nats",
        organisation="bench",
        ground="care",
        persons=seen,
    )


async def _in_sequence(ask: Callable[[], Awaitable[object]]) -> float:
    begin = time.perf_counter()
    for _ in range(PAGES):
        await ask()
    return (time.perf_counter() - begin) / PAGES


async def _in_flight(ask: Callable[[], Awaitable[object]]) -> float:
    async def asker() -> None:
        for _ in range(4 * PAGES // IN_FLIGHT):
            await ask()

    begin = time.perf_counter()
    await asyncio.gather(*(asker() for _ in range(IN_FLIGHT)))
    return 4 * PAGES / (time.perf_counter() - begin)
