"""A relay, hit while it speaks to the broker: after the next start the stream has everything once and in order."""

import asyncio
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from services.intake.publish import publish
from shared.wire.connection import connect
from tests.faults.strace import Place, Program, program
from tests.faults.working import AT_ONCE, opened
from tests.support.nats import NatsServer, nats_server

READY = partial(program, "tests.faults.relaying", threads=False)
FAULTS = ("KILL", "ECONNRESET")
COMMANDS, MORE = 3 * AT_ONCE, AT_ONCE
SEND = "sendto"


def places(program: Program) -> Iterable[Place]:
    """All that there are; the first of them is while it connects."""
    return [Place(SEND, number, fault) for number in range(1, asyncio.run(_spoken(program)) + 1) for fault in FAULTS]


def attempt(program: Program, place: Place) -> bool:
    """Hit it there, and look what came of it; False when there was no such call."""
    return asyncio.run(_attempt(program, place))


async def _spoken(program: Program) -> int:
    """How often it speaks when nobody disturbs it; how much it says at once is a matter of time."""
    with tempfile.TemporaryDirectory(prefix="kring-faults-") as folder:
        async with nats_server() as server:
            arguments = (Path(folder), folder, server.url, "1", str(COMMANDS))
            made = await asyncio.to_thread(program.counted, *arguments, calls=[SEND])
    return len(made)


async def _attempt(program: Program, place: Place) -> bool:
    with tempfile.TemporaryDirectory(prefix="kring-faults-") as folder:
        async with nats_server() as server:
            arguments = (folder, server.url, "1", str(COMMANDS))
            came = await asyncio.to_thread(program.hit, Path(folder), place, *arguments)
            assert not came.hung, came
            further = (folder, server.url, str(COMMANDS + 1), str(COMMANDS + MORE))
            again = await asyncio.to_thread(program.run, Path(folder), *further)
            assert "closed" in again.said, again
            expected = await _expected(Path(folder))
            told = await _told(server)
            assert told == expected, (told, expected)
            assert len(expected) >= len(came.numbers("done")) + MORE
    return came.hit


async def _told(server: NatsServer) -> list[int]:
    """Positions of the events in the stream, in its order."""
    nats = await connect(server.url, seed=None, name="reader", inbox_prefix="_INBOX.reader")
    jetstream = nats.jetstream()
    subscription = await jetstream.subscribe("events.>", ordered_consumer=True)
    messages = [await subscription.next_msg(timeout=5)]
    while messages[-1].metadata.num_pending:
        messages.append(await subscription.next_msg(timeout=5))
    await nats.close()
    found = [(message.headers or {}).get("ce-sequence") for message in messages]
    return [int(position) for position in found if position]


async def _expected(folder: Path) -> list[int]:
    log = await opened(folder)
    events = await log.notifications(0, 10_000)
    await log.close()
    return [one.position for one in events if publish(one) is not None]
