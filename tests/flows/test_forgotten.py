"""Forgotten means gone: no byte of what was said of somebody, and no byte of a key that opens it, is left where a byte can be found."""

import asyncio
import shutil
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from deploy import backups
from shared import control
from shared.eventlog.keytables import Whose, keys, keys_database, name_of
from shared.eventlog.log import Log
from shared.eventlog.masterkey import Master
from shared.node import database_url
from shared.settings import Settings
from shared.upkeep import Upkeep
from tests.flows.marked import MARKER, NETWORK, Telling, recorded
from tests.flows.test_erasure import bytes_of, erase, unknown
from tests.flows.test_referral import RECEIVER, SENDER, arrived, participant
from tests.support.network import Network, network
from tests.support.postgres import postgres_files, postgres_url, written_anew
from tests.support.waiting import eventually

ENGINES = ("sqlite", "postgres")
NODES = (SENDER, RECEIVER, NETWORK)
SLUGS = ("humanitas", "welzin")
STAYS = "Toon-who-stays"
Kept = Mapping[str, Mapping[Whose, bytes]]
"""By node: its keys, wrapped."""


def of(engine: str) -> Mapping[str, str]:
    """Where both organisations' logs are: each in a new database, or in the data folder."""
    return {slug: postgres_url() for slug in SLUGS} if engine == "postgres" else {}


def master(data: Path, node: str) -> Master:
    """The master key of a node's organisation."""
    return Master((data / node.partition(".")[0] / "keys" / "master").read_text())


def kept(settings: Settings) -> Kept:
    """The keys of all nodes."""
    return {node: _kept(settings, node) for node in NODES}


def _kept(settings: Settings, node: str) -> Mapping[Whose, bytes]:
    organisation, _, service = node.partition(".")
    database = keys_database(database_url(settings, organisation, service), node)
    try:
        with database.read() as connection:
            return {(row.subject, row.purpose): bytes(row.wrapped) for row in connection.execute(select(keys))}
    finally:
        database.close()


def written(key: bytes) -> Iterator[bytes]:
    """A key as it may stand somewhere: as it is, in hexadecimal, in base64 at any place of a longer text."""
    yield key
    yield key.hex().encode()
    for before in range(3):
        yield b64encode(b"x" * before + key)[4:-4]


def destroyed(net: Network, before: Kept) -> list[bytes]:
    """Every key that went since, wrapped and not, in all its forms."""
    found, now = list[bytes](), kept(net.settings)
    for node, there in before.items():
        gone = there.keys() - now[node].keys()
        assert gone, f"keys of {node} were destroyed"
        for whose in gone:
            plain = master(net.data, node).unwrap(there[whose], name_of(node, whose))
            found += [*written(there[whose]), *written(plain)]
    return found


def holding(folders: Sequence[Path], *needles: bytes) -> list[str]:
    """Which files hold any of these."""
    files = [(f"{folder.name}/{name}", content) for folder in folders for name, content in bytes_of(folder).items()]
    return [name for name, content in files if any(one in content for one in needles)]


def places(folder: Path, databases: Mapping[str, str]) -> list[Path]:
    """Where everything is kept, on disk as it is now: databases with their write-ahead logs, keys, and the broker's storage."""
    return [folder / "data", folder / "storage", *map(postgres_files, databases.values())]


@asynccontextmanager
async def answering(net: Network) -> AsyncIterator[None]:
    """Processes that `kring` can ask for copies of their nodes."""
    async with AsyncExitStack() as stack:
        for service in ("intake", "network"):
            nodes = {node.partition(".")[0]: net.nodes[node] for node in NODES if node.endswith(service)}
            await stack.enter_async_context(control.serve(net.data, service, Upkeep(nodes).operations))
        yield


async def copied(net: Network, folder: Path) -> Path:
    """A backup of both organisations, their keys in files apart."""
    await asyncio.to_thread(folder.mkdir)
    async with answering(net):
        for slug in SLUGS:
            file, apart = folder / f"{slug}.kring", folder / f"{slug}.keys"
            await asyncio.to_thread(backups.backup, net.settings, slug, file, apart)
    return folder


async def forgotten(net: Network, people: Sequence[str], reference: str) -> None:
    """All of them are erased, and everybody who was told has answered."""
    for person in people:
        await erase(net, person)
        await eventually(lambda: unknown(net, NETWORK, person))  # noqa: B023
    record = f"/v1/referrals/{(await arrived(net, reference))['id']}"
    await eventually(lambda: net.ask(RECEIVER, "POST", f"{record}/forget"))
    await eventually(lambda: answers(net), [("welzin", None)])


async def answers(net: Network) -> list[Any]:
    """Who has answered, with the ground of who keeps something."""
    items = (await net.ask(SENDER, "GET", "/v1/erasures?direction=out"))["items"]
    return [(one["partner"], one["ground"]) for one in items if one["answeredAt"]]


async def said(log: Log) -> list[str]:
    """All that a log's events say of persons; every one of them is read."""
    return [text for one in await log.notifications(0, log.position + 1) for _, text in recorded(one.event)]


@pytest.mark.parametrize("engine", ENGINES)
async def test_of_who_was_forgotten_no_byte_and_no_key_is_left_and_the_log_still_replays(
    tmp_path: Path, engine: str
) -> None:
    databases = of(engine)
    async with network(tmp_path, *NODES, databases=databases) as net:
        people, reference = await Telling(net).whole()
        stays, before = await participant(net, STAYS), kept(net.settings)
        assert holding(places(tmp_path, databases), MARKER.encode()), "the search finds what is there"
        assert holding(places(tmp_path, databases), *(one for there in before.values() for one in there.values()))
        await forgotten(net, people, reference)
        gone = destroyed(net, before)
        await eventually(lambda: holding(places(tmp_path, databases), *gone), [])
        for url in databases.values():
            written_anew(url)
        for node in NODES:
            await net.nodes[node].log.rebuild()
            assert MARKER not in "".join(await said(net.nodes[node].log))
        assert holding(places(tmp_path, databases), MARKER.encode(), *gone) == []
        assert (await net.ask(SENDER, "GET", f"/v1/participants/{stays}"))["nameToUse"] == STAYS


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_backup_of_before_with_the_keys_of_today_opens_nothing_of_who_was_forgotten_since(
    tmp_path: Path, engine: str
) -> None:
    elsewhere = Settings(data=tmp_path / "elsewhere", databases=of(engine))
    async with network(tmp_path, *NODES, databases=of(engine)) as net:
        people, reference = await Telling(net).whole()
        await participant(net, STAYS)
        before, sunday = kept(net.settings), await copied(net, tmp_path / "sunday")
        await forgotten(net, people, reference)
        gone, today = destroyed(net, before), await copied(net, tmp_path / "today")
        assert holding([sunday], MARKER.encode()) == []
        assert {name.rpartition(".")[2] for name in holding([sunday], *gone)} == {"keys"}
        assert holding([today], MARKER.encode(), *gone) == []
        found = await opened_elsewhere(net, elsewhere, sunday, today)
    assert STAYS in found, "who was not forgotten is opened"
    assert MARKER not in found
    assert holding([elsewhere.data, *map(postgres_files, elsewhere.databases.values())], MARKER.encode(), *gone) == []


async def opened_elsewhere(net: Network, elsewhere: Settings, logs: Path, apart: Path) -> str:
    """All that can be read on a machine of its own, with logs of one day and keys of another."""
    shutil.copytree(net.data, elsewhere.data, ignore=shutil.ignore_patterns("*.db*", "*.sock"))
    found = list[str]()
    for slug in SLUGS:
        await asyncio.to_thread(backups.restore, elsewhere, slug, logs / f"{slug}.kring", apart / f"{slug}.keys")
    for node in NODES:
        organisation, _, service = node.partition(".")
        made, url = import_module(f"services.{service}.main").SERVICE, database_url(elsewhere, organisation, service)
        log = await Log.open(node, url, made.deciders, made.views, master=master(elsewhere.data, node))
        found += await said(log)
        await log.close()
    return "\n".join(found)
