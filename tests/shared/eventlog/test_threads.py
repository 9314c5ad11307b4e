"""What one organisation waits for keeps no other one waiting."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from shared.eventlog import engines
from shared.eventlog.database import Database
from shared.eventlog.log import Log
from shared.ids import uuid7
from tests.shared.eventlog import seats
from tests.shared.eventlog.seats import Open, Take
from tests.support.hanging import HangingPostgres, hanging_postgres
from tests.support.waiting import eventually

MANY = 40
"""Questions at once: more than the process has threads."""


@pytest.fixture
async def neighbour(tmp_path: Path) -> AsyncIterator[Log]:
    """A node of another organisation, on SQLite."""
    log = await Log.open("there.intake", f"sqlite:///{tmp_path / 'there.db'}", (seats,), (seats,))
    yield log
    await log.close()


async def works(log: Log) -> None:
    """It takes a command, and answers."""
    room = uuid7()
    await log.run(seats, room, Open(1), by="user:ann")
    await log.run(seats, room, Take("Bep"), by="user:ann")
    assert await log.query(lambda connection: connection.execute(text("SELECT 1")).scalar()) == 1
    assert len(await log.read(room)) == 2


def own_threads() -> int:
    return sum(thread.name.startswith("database") for thread in threading.enumerate())


async def asked(log: Log) -> int | None:
    return await log.query(lambda connection: connection.execute(text("SELECT 7")).scalar())


async def hung(server: HangingPostgres, log: Log) -> list[asyncio.Task[int | None]]:
    """Many ask a node whose server does not answer any more."""
    await works(log)
    server.hang()
    questions = [asyncio.create_task(asked(log)) for _ in range(MANY)]
    await eventually(lambda: own_threads() > 1)
    return questions


async def test_a_server_that_hangs_keeps_no_other_node_from_working(neighbour: Log) -> None:
    async with hanging_postgres() as server:
        log = await Log.open("here.intake", server.url, (seats,), (seats,))
        questions = await hung(server, log)
        await works(neighbour)
        assert not any(question.done() for question in questions)
        server.go_on()
        assert await asyncio.gather(*questions) == [7] * MANY
        await log.close()


async def test_a_server_that_hangs_holds_few_threads_and_none_that_rests(neighbour: Log) -> None:
    async with hanging_postgres() as server:
        log = await Log.open("here.intake", server.url, (seats,), (seats,))
        questions = await hung(server, log)
        writing = asyncio.create_task(log.run(seats, uuid7(), Open(1), by="user:ann"))
        await works(neighbour)
        assert own_threads() <= 4
        assert not await log.rest(0)
        server.go_on()
        await asyncio.gather(writing, *questions)
        assert await log.rest(0)
        await eventually(lambda: own_threads() == 0)
        await works(log)
        await log.close()
        await eventually(lambda: own_threads() == 0)


async def test_who_asks_much_leaves_threads_to_others_and_can_write_meanwhile(tmp_path: Path, neighbour: Log) -> None:
    enough, begun = threading.Event(), threading.Semaphore(0)

    def slowly(_: Connection) -> None:
        begun.release()
        enough.wait()

    log = await Log.open("here.intake", f"sqlite:///{tmp_path / 'here.db'}", (seats,), (seats,))
    questions = [asyncio.create_task(log.query(slowly)) for _ in range(MANY)]
    try:
        await eventually(lambda: begun.acquire(blocking=False))
        await works(neighbour)
        await log.run(seats, uuid7(), Open(1), by="user:ann")
        assert not any(question.done() for question in questions)
    finally:
        enough.set()
        await asyncio.gather(*questions)
        await log.close()


def test_who_closes_a_database_does_not_wait_for_a_server_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "_met", [])  # as in a process that has just started
    with socket.create_server(("127.0.0.1", 0)) as server:
        database = Database(f"postgresql://kring@127.0.0.1:{server.getsockname()[1]}/silent", "here")

        def ask() -> None:
            with pytest.raises(OperationalError):
                database.connection()

        asking = threading.Thread(target=ask)
        asking.start()
        connection, _ = server.accept()
        assert connection.recv(8), "it asks, and waits for an answer"
        database.close()
        connection.setblocking(False)
        with pytest.raises(BlockingIOError):
            connection.recv(1)  # it still does
        connection.close()
        asking.join()
