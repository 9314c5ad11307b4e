"""SQLite beside PostgreSQL, the same statements on both: durable commands, rebuilding the views, a page of referrals."""

import time
from pathlib import Path

from services.intake.main import SERVICE
from services.intake.views import referrals
from shared.contracts.intake import Direction
from shared.eventlog.log import Log
from shared.identity import visitor
from tests.bench import commands, history, visit
from tests.bench.measure import Figures, in_turns, line, ratio
from tests.bench.rebuild import rebuilt
from tests.support.masterkey import MASTER
from tests.support.postgres import postgres_url

HISTORY = 1_000
ROUNDS = 3
PAGES, FIRST = 50, 20
ENGINES = ("SQLite", "PostgreSQL")
SCOPE = visitor("bench", history.ANSWER_BY)
WANTED = referrals.Wanted(direction=Direction.IN)


async def compare(folder: Path) -> None:
    """Measure and print."""
    urls = [f"sqlite:///{folder / 'engine.db'}", postgres_url()]
    visits = [await Log.open("bench.visits", url, [visit], [visit]) for url in urls]
    ours = await in_turns(*(lambda log=log: commands.carried(log) for log in visits), rounds=ROUNDS)
    _print(f"commands, {commands.IN_FLIGHT} in flight, a view row each", ours)
    for log in visits:
        await log.close()
    urls = [f"sqlite:///{folder / 'history.db'}", postgres_url()]
    for url in urls:
        await history.written("bench.intake", url, HISTORY)
    logs = [await Log.open("bench.intake", url, SERVICE.deciders, SERVICE.views, master=MASTER) for url in urls]
    made = await in_turns(*(lambda log=log: rebuilt(log) for log in logs), rounds=ROUNDS)
    _print(f"rebuild: {logs[0].position:,} events into all of intake's views", made)
    _print(f"pages of {FIRST} incoming referrals", await in_turns(*(lambda log=log: _pages(log) for log in logs)))
    for log in logs:
        await log.close()


def _print(what: str, sides: "list[Figures]") -> None:
    for engine, figures in zip(ENGINES, sides, strict=True):
        line(f"{what}: {engine}", figures.rate())
    one, other = sides
    ratio(one.highest / other.highest, "times PostgreSQL")


async def _pages(log: Log) -> float:
    begin = time.perf_counter()
    for _ in range(PAGES):
        found = await log.query(lambda connection: referrals.page(connection, SCOPE, WANTED, None, FIRST))
        assert len(found) == FIRST
    return PAGES / (time.perf_counter() - begin)
