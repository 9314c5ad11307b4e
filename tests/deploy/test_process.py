import asyncio
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from deploy import process
from deploy.process import Process, State


async def ready() -> bool:
    return True


async def never() -> bool:
    return False


def made(
    tmp_path: Path, code: str, said: list[str], asked: Callable[[], Awaitable[bool]] = ready, name: str = "part"
) -> Process:
    log = tmp_path / f"{name}.log"
    command = [sys.executable, "-c", textwrap.dedent(code)]
    return Process(name, command, log=log, environment=os.environ, ready=asked, say=said.append)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (looks at another process)
            await asyncio.sleep(0.02)


async def ended(running: asyncio.Task[None]) -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_what_crashes_is_started_again_and_says_why(tmp_path: Path) -> None:
    said: list[str] = []
    part = made(tmp_path, "import sys; sys.exit('the reason')", said, never)
    running = asyncio.create_task(part.run())
    await until(lambda: part.starts == 2)
    assert "part ended (exit code 1); again in 0.5 s" in said[0]
    assert said[1].strip() == "the reason"
    await part.stop()
    await ended(running)


async def test_pauses_grow_until_readiness_makes_them_short_again(tmp_path: Path) -> None:
    said: list[str] = []
    well = False

    async def asked() -> bool:
        return well

    part = made(tmp_path, "import time; time.sleep(0.3)", said, asked)
    running = asyncio.create_task(part.run())
    await until(lambda: part.starts == 3)
    well = True
    await until(lambda: sum("ended" in line for line in said) == 3)
    assert [line.split("again in ")[1].split(" s.")[0] for line in said if "ended" in line] == ["0.5", "1", "0.5"]
    await part.stop()
    await ended(running)


async def test_stopping_lets_it_end_by_itself(tmp_path: Path) -> None:
    code = """
        import signal, sys, time
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("in order", flush=True)))
        print("here", flush=True)
        time.sleep(60)
    """
    part = made(tmp_path, code, [])
    running = asyncio.create_task(part.run())
    await until(lambda: part.log.exists() and "here" in part.log.read_text())
    await part.stop()
    await running
    assert part.state is State.STOPPED
    assert part.log.read_text().split() == ["here", "in", "order"]


async def test_what_does_not_stop_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PATIENCE", 0.2)
    code = """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("here", flush=True)
        time.sleep(60)
    """
    part = made(tmp_path, code, [])
    running = asyncio.create_task(part.run())
    await until(lambda: part.log.exists() and "here" in part.log.read_text())
    await part.stop()
    await asyncio.wait_for(running, 30)


async def test_a_part_that_waits_to_start_again_can_be_stopped(tmp_path: Path) -> None:
    said: list[str] = []
    part = made(tmp_path, "raise SystemExit(3)", said, never)
    running = asyncio.create_task(part.run())
    await until(lambda: bool(said))
    await part.stop()
    assert part.state is State.STOPPED
    await ended(running)


async def test_a_signal_waits_for_readiness(tmp_path: Path) -> None:
    code = """
        import signal, time
        signal.signal(signal.SIGHUP, lambda *_: print("again", flush=True))
        print("here", flush=True)
        while True: time.sleep(0.05)
    """
    part = made(tmp_path, code, [], lambda: asyncio.sleep(0, part.log.exists() and "here" in part.log.read_text()))
    running = asyncio.create_task(part.run())
    await part.signal(signal.SIGHUP)
    await until(lambda: "again" in part.log.read_text())
    await part.stop()
    await running


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process when its parent died")
async def test_no_child_outlives_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    code = f"""
        import asyncio, os, sys
        from pathlib import Path
        from deploy.process import Process
        async def ready(): return True
        command = [sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(60)"]
        log = Path({str(tmp_path)!r}) / "child.log"
        part = Process("child", command, log=log, environment=os.environ, ready=ready, say=print)
        asyncio.run(part.run())
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.DEVNULL)  # noqa: ASYNC220
    log = tmp_path / "child.log"
    await until(lambda: log.exists() and log.read_text().endswith("\n"))
    child = int(log.read_text())
    parent.kill()
    parent.wait()

    def gone() -> bool:
        status = Path(f"/proc/{child}/stat")
        return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z"

    await until(gone)


def test_a_child_whose_parent_is_gone_already_does_not_start(tmp_path: Path) -> None:
    tied = Path(process.__file__).with_name("tied.py")
    told = subprocess.run(
        [sys.executable, "-I", "-S", str(tied), "1", sys.executable, "-c", "print('started')"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == ""
