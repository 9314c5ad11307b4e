import asyncio
import contextlib
import gc

import nkeys
import pytest
from nats.errors import ConnectionReconnectingError, NoRespondersError, OutboundBufferLimitError

from shared.rules import Unavailable
from shared.wire.connection import connect, pauses
from tests.support.nats import free_port, nats_server


def user() -> tuple[str, str]:
    seed = bytes(nkeys.encode_seed(bytes(range(32)), nkeys.PREFIX_BYTE_USER)).decode()
    return seed, nkeys.from_seed(bytearray(seed.encode())).public_key.decode()


async def test_a_user_proves_itself_with_its_key_alone() -> None:
    seed, public = user()
    async with nats_server(f"authorization {{ users: [{{nkey: {public}}}] }}") as server:
        nc = await connect(server.url, seed=seed, name="welzin.intake", inbox_prefix="_INBOX.welzin.intake")
        assert nc.new_inbox().startswith("_INBOX.welzin.intake.")
        await nc.close()
        with pytest.raises(Unavailable, match="nats-refused"):
            await connect(server.url, seed=None, name="nobody", inbox_prefix="_INBOX.nobody", patience=0.5)


async def test_a_missing_server_is_said_clearly() -> None:
    url = f"nats://127.0.0.1:{free_port()}"
    with pytest.raises(Unavailable) as refused:
        await connect(url, seed=None, name="welzin.intake", inbox_prefix="_INBOX.x", patience=0.3)
    assert (refused.value.code, refused.value.parameters["url"]) == ("nats-away", url)


async def test_a_server_that_comes_up_while_waiting_is_found() -> None:
    async with nats_server() as server:
        server.kill()
        connecting = asyncio.create_task(connect(server.url, seed=None, name="x", inbox_prefix="_INBOX.x"))
        await asyncio.sleep(0.2)
        await server.start()
        await (await connecting).close()


async def test_whoever_waits_is_woken_when_the_connection_is_back() -> None:
    async with nats_server() as server:
        nc = await connect(server.url, seed=None, name="x", inbox_prefix="_INBOX.x")
        woken = asyncio.Event()
        with nc.waking(woken.set):
            await server.restart()
            async with asyncio.timeout(10):
                await woken.wait()
        await nc.close()


async def test_nobody_waits_for_an_answer_over_a_broken_connection() -> None:
    async with nats_server() as server:
        nc = await connect(server.url, seed=None, name="x", inbox_prefix="_INBOX.x")
        await nc.subscribe("silence")
        waiting = asyncio.create_task(nc.request("silence", timeout=30))
        await nc.flush()
        server.kill()
        with pytest.raises(ConnectionReconnectingError):
            await asyncio.wait_for(waiting, 30)
        await nc.close()


async def test_a_question_that_could_not_be_sent_complains_to_nobody_when_the_connection_breaks_again() -> None:
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    async with nats_server() as server:
        nc = await connect(server.url, seed=None, name="x", inbox_prefix="_INBOX.x")
        with pytest.raises(NoRespondersError):
            await nc.request("anybody", timeout=5)
        server.kill()
        while nc.is_connected:  # noqa: ASYNC110  (until the client has noticed)
            await asyncio.sleep(0.01)
        with pytest.raises(OutboundBufferLimitError):
            await nc.request("anybody", timeout=5)
        await nc.broke()
        gc.collect()
        await nc.close()
    assert complaints == []


def test_pauses_grow_and_end_at_the_longest() -> None:
    waits = pauses()
    first, *_, last = (next(waits) for _ in range(12))
    assert first <= 0.2
    assert 7.5 <= last <= 15


async def test_whoever_is_cancelled_while_it_connects_ends() -> None:
    """At whatever moment it comes: a cancellation that is lost would keep a process from stopping."""
    async with nats_server() as server:
        for steps in range(1, 60):
            connecting = asyncio.create_task(connect(server.url, seed=None, name="x", inbox_prefix="_INBOX.x"))
            for _ in range(steps):
                await asyncio.sleep(0)
            if not connecting.cancel():
                await (await connecting).close()
                continue
            with pytest.raises(asyncio.CancelledError):
                await connecting


async def test_what_is_closed_while_it_comes_back_stays_closed() -> None:
    async def coming_back() -> None:
        with contextlib.suppress(asyncio.CancelledError):  # as the client's own waiting loses one
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    async with nats_server() as server:
        nc = await connect(server.url, seed=None, name="test", inbox_prefix="_INBOX.test")
        nc._reconnection_task = again = asyncio.create_task(coming_back())  # noqa: SLF001
        await asyncio.sleep(0)
        await nc.close()
        assert again.cancelled()
