"""One node whose events go to a stream, to be hit while it speaks: works like `tests.faults.working`, and waits for the stream."""

import asyncio
from pathlib import Path

from services.intake.publish import publish
from shared import logs
from shared.wire.connection import connect
from shared.wire.relay import Relay
from tests.faults.warm import say
from tests.faults.working import NODE, opened, work


def main(folder: str, url: str, first: str, last: str) -> None:
    """Open, work and relay: the node's folder, the broker, the first and the last command."""
    logs.configure("intake")
    asyncio.run(_main(Path(folder), url, int(first), int(last)))


async def _main(folder: Path, url: str, first: int, last: int) -> None:
    """Work and relay at the same time, wait for the relay, close."""
    log = await opened(folder)
    nats = await connect(url, seed=None, name=NODE, inbox_prefix="_INBOX.test")
    relay = Relay(nats, log, "intake", publish, "urn:nld:kvknr:12345678:systeem:kring-intake")
    running = asyncio.create_task(relay.run())
    await work(log, first, last)
    async with asyncio.timeout(40):  # and does not outlive a broker that is gone
        while await relay.lag() != 0:  # noqa: ASYNC110  (the relay tells nobody)
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await nats.close()
    await log.close()
    say("closed")
