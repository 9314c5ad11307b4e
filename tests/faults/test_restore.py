"""A restore or an import killed at its steps: all is as it was, or nothing is opened; done again, it is complete.

`make faults` takes each step; otherwise it is every third, with the first and the last.
"""

import asyncio
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from deploy import backups, demo
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from shared.eventlog.database import DatabaseUnusable
from shared.eventlog.log import Log
from shared.eventlog.types import Tracking, Unit
from shared.node import database_url
from shared.settings import Settings
from tests.faults.strace import Place, Program, missing, program
from tests.support.masterkey import MASTER
from tests.support.postgres import postgres_copy, postgres_url

SERVICES = (INTAKE, EVENTS)
WHY_NOT = missing()
BACKED_UP, NOW = 1, 2
"""How far the organisation's nodes were when the backup was made, and how far they are."""
CALLS = {"sqlite": ("rename", "fsync", "unlink"), "postgres": ("sendto", "rename", "unlink")}
DONE, UNFINISHED = [BACKED_UP] * len(SERVICES), ["restore-unfinished"] * len(SERVICES)
SECRET = "organisation"
STRIDE = 1 if os.environ.get("EVERY_STEP") else 3


async def _open(settings: Settings, number: int) -> Log:
    service, folder = SERVICES[number], settings.data / "welzin"
    url = database_url(settings, "welzin", service.name)
    node = f"welzin.{service.name}"
    return await Log.open(node, url, service.deciders, service.views, master=MASTER, folder=folder)


async def _go_on(settings: Settings, position: int) -> None:
    for number in range(len(SERVICES)):
        log = await _open(settings, number)
        await log.write(Unit(by="system", tracking=Tracking("test", position)))
        await log.close()


async def _start(settings: Settings) -> list[int | str]:
    """Start the nodes: how far each is, or why it does not open."""
    return [await _started(settings, number) for number in range(len(SERVICES))]


async def _started(settings: Settings, number: int) -> int | str:
    while True:
        try:
            log = await _open(settings, number)
        except DatabaseUnusable as refused:
            if refused.code != "database-owned":
                return refused.code
            await asyncio.sleep(0.05)  # the server has not heard yet that the owner was killed
        else:
            position = log.tracked("test")
            await log.close()
            return position


class Scene:
    """An organisation on one machine, with a file of how it was, and one of its keys of which one is not here."""

    def __init__(self, folder: Path, command: str, databases: Mapping[str, str]) -> None:
        self.settings = Settings(data=folder / "data", databases=databases)
        self.folder = folder
        self.command = command

    @property
    def arguments(self) -> list[str]:
        """The program's."""
        files = [str(self.folder / "logs"), "--keys", str(self.folder / "keys")]
        named = {f"KRING_DATABASE_{slug.upper()}": url for slug, url in self.settings.databases.items()}
        return [str(self.settings.data), json.dumps(named), self.command, "welzin", *files]

    async def prepare(self) -> None:
        """Make it."""
        demo.prepare(self.settings.data)
        await _go_on(self.settings, BACKED_UP)
        copy = backups.backup if self.command == "restore" else backups.export
        await asyncio.to_thread(copy, self.settings, "welzin", self.folder / "logs", self.folder / "keys")
        (self.settings.data / "welzin" / "keys" / SECRET).unlink()
        if self.command == "restore":
            await _go_on(self.settings, NOW)

    def again(self) -> list[str]:
        """Do it once more, undisturbed."""
        done = backups.restore if self.command == "restore" else backups.take
        return done(self.settings, "welzin", self.folder / "logs", self.folder / "keys")


def _copied(scene: Scene, folder: Path) -> Scene:
    shutil.copytree(scene.folder, folder)
    databases = {slug: postgres_copy(url) for slug, url in scene.settings.databases.items()}
    return Scene(folder, scene.command, databases)


@pytest.fixture(scope="module")
def kring() -> Iterator[Program]:
    """The command, ready to be run."""
    with program("tests.faults.restoring") as one:
        yield one


def _steps(kring: Program, scene: Scene, tmp_path: Path, calls: Sequence[str]) -> list[Place]:
    """Every call from the one that says that putting in place begins to the one after it says that it has ended."""
    counting = _copied(scene, tmp_path / "counting")
    made = kring.counted(tmp_path / "run", *counting.arguments, calls=calls)
    names = [call for call, *_ in made]
    between = made[names.index("rename") : len(names) - names[::-1].index("unlink") + 1]
    places = [Place(call, number, "KILL") for call, number, _ in between]
    return [*places[:-1:STRIDE], places[-1]]


def _aside(settings: Settings) -> list[int]:
    """How far the nodes were whose databases were put aside."""
    asked, found = "SELECT position FROM {}tracking WHERE upstream = 'test'", list[int]()
    for path in (settings.data / "welzin").glob("*.db.before_*"):
        with closing(sqlite3.connect(path)) as file:
            found += [row[0] for row in file.execute(asked.format(""))]
    for url in settings.databases.values():
        with psycopg.connect(url) as server:
            for [schema] in server.execute(
                r"SELECT nspname FROM pg_namespace WHERE nspname LIKE '%\_before\_%'"
            ).fetchall():
                found += [row[0] for row in server.execute(asked.format(f"{schema}.").encode())]
    return found


@pytest.mark.timeout(240)
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
@pytest.mark.parametrize(("command", "engine"), [("restore", "sqlite"), ("import", "sqlite"), ("import", "postgres")])
async def test_a_restore_killed_at_any_step_leaves_what_was_or_is_done_again(
    tmp_path: Path, kring: Program, command: str, engine: str
) -> None:
    scene = Scene(tmp_path / "scene", command, {"welzin": postgres_url()} if engine == "postgres" else {})
    await scene.prepare()
    before_it = NOW if command == "restore" else BACKED_UP
    before, seen = await _start(scene.settings), list[list[int | str]]()
    for place in _steps(kring, scene, tmp_path, CALLS[engine]):
        here = _copied(scene, tmp_path / str(place))
        hit = kring.hit(tmp_path / f"run {place}", place, *here.arguments).hit
        assert hit or engine == "postgres", place  # a server is sent to now once more, now once less
        found = await _start(here.settings)
        assert found in (before, UNFINISHED, DONE), place
        seen.append(found)
        if found != DONE:
            here.again()
        assert await _start(here.settings) == DONE, place
        assert _aside(here.settings).count(before_it) >= len(SERVICES), place
        assert (here.settings.data / "welzin" / "keys" / SECRET).exists()
    assert UNFINISHED in seen
    assert engine == "postgres" or (seen[0], seen[-1]) == (before, DONE)
