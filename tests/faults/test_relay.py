"""The relay killed, or cut off, while it speaks: after the next start the stream has everything once and in order."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from services.intake.publish import publish
from shared.wire.connection import connect
from tests.faults.program import opened
from tests.faults.strace import COMMANDS, hit, missing
from tests.support.nats import NatsServer, nats_server

SAMPLES = int(os.environ.get("KRING_FAULTS", "2"))
FAULTS = ("signal=KILL", "error=ECONNRESET")
MORE = 4
SPOKEN = 11
"""How often it speaks to the broker at least, the connecting included."""
WHY_NOT = missing()


def program(folder: Path, server: NatsServer) -> list[str]:
    """A node at work whose events go to the stream."""
    return ["tests.faults.relaying", str(folder), server.url]


async def _again(folder: Path, server: NatsServer) -> None:
    """The node is started as if nothing had happened, and does some more."""
    numbers = (str(COMMANDS + 1), str(COMMANDS + MORE))
    command = [sys.executable, "-m", *program(folder, server), *numbers]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await asyncio.wait_for(running.communicate(), 30)
    assert b"closed" in said


async def _told(server: NatsServer) -> list[int]:
    """Positions of the events in the stream, in its order."""
    nats = await connect(server.url, seed=None, name="reader", inbox_prefix="_INBOX.reader")
    jetstream = nats.jetstream()
    last = (await jetstream.stream_info("EVENTS")).state.messages
    subscription = await jetstream.subscribe("events.public.>", ordered_consumer=True)
    found: list[int] = []
    while len(found) < last:
        message = await subscription.next_msg(timeout=5)
        found.append(int((message.headers or {})["ce-sequence"]))
        if message.metadata.num_pending == 0:
            break
    await nats.close()
    return found


async def _expected(folder: Path) -> list[int]:
    log = await opened(folder)
    events = await log.notifications(0, 10_000)
    await log.close()
    return [one.position for one in events if publish(one) is not None]


@pytest.mark.timeout(120)
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
@pytest.mark.parametrize("number", range(SAMPLES))
async def test_the_stream_has_everything_once_wherever_the_relay_was_hit(tmp_path: Path, number: int) -> None:
    when = random.Random(number).randint(2, SPOKEN)
    async with nats_server() as server:
        came = hit(tmp_path, program(tmp_path, server), "sendto", FAULTS[number % len(FAULTS)], str(when))
        assert came.hit, f"it did not speak {when} times"
        await _again(tmp_path, server)
        assert await _told(server) == await _expected(tmp_path)
        assert len(await _expected(tmp_path)) >= 2 * (len(came.done) + MORE)
