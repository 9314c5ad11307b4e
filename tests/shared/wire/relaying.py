"""A relay at work, and what then stands in the stream."""

import json
from collections.abc import Awaitable, Callable

from shared.eventlog.log import Log
from shared.wire.connection import Connection
from shared.wire.relay import Relay, RelayState
from tests.shared.wire import counting
from tests.shared.wire.counting import STREAM, Count

SOURCE = "urn:nld:kvknr:12345678:systeem:kring-counting"
MARKER = "events.position.counting.log"


def relay(nc: Connection, log: Log) -> Relay:
    return Relay(nc, log, "counting", counting.publish, SOURCE)


async def count(log: Log, numbers: range, who: str = "public") -> None:
    await log.run(counting, STREAM, Count(tuple(numbers), who), by="test", trace="c" * 32)


async def stored(nc: Connection) -> list[tuple[str, dict[str, str], dict[str, object]]]:
    """All that stands in the stream: subject, headers, data."""
    js = nc.jetstream()
    state = (await js.stream_info("EVENTS")).state
    found = []
    for number in range(max(state.first_seq, 1), state.last_seq + 1):
        try:
            message = await js.get_msg("EVENTS", number)
        except Exception as gone:
            if "no message found" not in str(gone):
                raise
            continue
        found.append((message.subject or "", message.headers or {}, json.loads(message.data or b"{}")))
    return found


async def numbers(nc: Connection) -> list[object]:
    return [data["number"] for subject, _, data in await stored(nc) if subject != MARKER]


def caught_up(log: Log, *relays: Relay) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return {(one.state, await one.lag()) for one in relays} == {(RelayState.FOLLOWING, 0)}

    return so


def is_in(one: Relay, state: RelayState) -> Callable[[], Awaitable[bool]]:
    async def so() -> bool:
        return one.state is state

    return so
