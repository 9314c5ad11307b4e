"""One node whose events go to a stream, to be hit while it speaks: `python -m tests.faults.relaying FOLDER URL FIRST LAST`.

Works like `tests.faults.program`, and says `closed` once the stream has everything.
"""

import asyncio
import sys
from pathlib import Path

from services.intake.publish import publish
from shared.wire.connection import connect
from shared.wire.relay import Relay
from tests.faults.program import NODE, opened, say, work


async def main(folder: Path, url: str, first: int, last: int) -> None:
    """Open, work and relay at the same time, wait for the relay, close."""
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


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
