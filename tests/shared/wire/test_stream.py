import pytest

from shared.wire.stream import Message, Stale, Stream
from tests.shared.wire import parts
from tests.shared.wire.parts import Connecting

server = pytest.fixture(parts.server)
opened = pytest.fixture(parts.opened)
connected = pytest.fixture(parts.connected)


async def test_a_stale_fence_refuses_the_whole_batch_and_other_services_do_not_matter(connected: Connecting) -> None:
    stream = Stream(await connected())
    await stream.ensure()

    def batch(service: str) -> list[Message]:
        return [Message(f"events.own.{service}.x.{number}", {}, b"{}") for number in range(3)]

    assert await stream.append(batch("intake"), fenced="events.*.intake.>", fence=0) == 3
    assert await stream.append(batch("network"), fenced="events.*.network.>", fence=0) == 6
    for fence in (0, 2, 6):
        with pytest.raises(Stale):
            await stream.append(batch("intake"), fenced="events.*.intake.>", fence=fence)
    assert await stream.append(batch("intake"), fenced="events.*.intake.>", fence=3) == 9
    last = await stream.last("events.*.network.>")
    assert last is not None
    assert last.seq == 6
    assert await stream.last("events.*.events.>") is None
