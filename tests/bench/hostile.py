"""What it costs to refuse a hostile GraphQL question: processor time of gateway and client together, beside an ordinary question."""

import json
import time
from pathlib import Path

from tests.bench.measure import line, ratio
from tests.gateway.hostile.corpus import BODIES, CORPUS
from tests.gateway.running import Running, kring

TRIES = 5
AIM = 50
"""Milliseconds of processor time for each."""
ORDINARY = json.dumps({"query": "{ __typename }"}).encode()


async def compare(folder: Path) -> None:
    """Measure and print."""
    async with kring(folder / "hostile", []) as running:
        await running.ask("{ __typename }")
        bodies = {one.name: one.body() for one in CORPUS} | BODIES
        taken = {name: await _best(running, body) for name, body in bodies.items()}
        ordinary = await _best(running, ORDINARY)
    worst = max(taken, key=lambda name: taken[name])
    line(
        f"the costliest of {len(taken)} hostile questions: {worst}", f"{taken[worst] * 1e3:>10.2f} ms of processor time"
    )
    line("the least question there is", f"{ordinary * 1e3:>10.2f} ms of processor time")
    ratio(taken[worst] * 1e3, "ms for the costliest", most=AIM)


async def _best(running: Running, body: bytes) -> float:
    """Seconds of processor time, the best of a few; each caller is another one, for who asks too often is told to wait."""
    taken: list[float] = []
    for number in range(TRIES):
        token = running.token("welzin", user=f"bench-{number}-{len(body)}")
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        begin = time.process_time()
        await running.http.post("/graphql", content=body, headers=headers)
        taken.append(time.process_time() - begin)
    return min(taken)
