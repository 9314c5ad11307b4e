"""`make bench`: what Kring is measured by, in one run, each figure beside a baseline of its own. What they mean: docs/benchmarks.md."""

import logging
import tempfile
from pathlib import Path

import structlog
import uvloop

from shared.running import begin
from shared.wire.connection import connect
from tests.bench import (
    accesses,
    calls,
    commands,
    engines,
    hostile,
    inbox,
    integrators,
    loop,
    on_postgres,
    protection,
    rebuild,
    relay,
    sharing,
    size,
)
from tests.bench.measure import machine
from tests.support.nats import nats_server

PARTS = (protection, accesses, loop, rebuild, inbox, integrators, engines, hostile, sharing, size, on_postgres)


async def main() -> None:
    """Measure all."""
    print(f"make bench on {machine()}")
    print("Ours and its baseline take turns. Compare the ratios (best against best); rates are this machine's.\n")
    with tempfile.TemporaryDirectory(prefix="kring-bench-") as folder:
        await commands.compare(Path(folder))
        async with nats_server() as server:
            one, other = [
                await connect(server.url, seed=None, name=name, inbox_prefix=f"_INBOX.{name}")
                for name in ("one", "other")
            ]
            await relay.compare(Path(folder), one)
            await calls.compare(one, other)
            await one.close()
            await other.close()
        for part in PARTS:
            await part.compare(Path(folder))


logging.disable(logging.WARNING)  # of what is measured only the figures are shown
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
begin()  # as the processes run
uvloop.run(main())
