"""Somebody is forgotten: here, at every partner that was told of them, and also by what is restored from an earlier backup."""

import asyncio
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy import backups
from services.intake.domain import participant as domain
from shared import control
from shared.eventlog.parked import listed
from shared.rules import Refused
from shared.upkeep import Upkeep
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.support.network import Network, Problem, network
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

MARKER = "Geertruida-Marker"
NETWORK = "humanitas.network"
ENGINES = ("sqlite", "postgres")


async def erase(net: Network, person: str) -> Any:
    return await net.ask(SENDER, "POST", f"/v1/participants/{person}/erase")


async def unknown(net: Network, node: str, person: str) -> bool:
    """Whether a node does not know somebody (any more)."""
    try:
        await net.ask(node, "GET", f"/v1/participants/{person}")
    except Problem as problem:
        return problem.code == "participant-unknown"
    return False


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def holding(folder: Path, marker: str) -> list[str]:
    return [name for name, content in bytes_of(folder).items() if marker.encode() in content]


@pytest.mark.parametrize("engine", ENGINES)
async def test_who_was_erased_since_a_backup_stays_erased_when_it_is_restored(tmp_path: Path, engine: str) -> None:
    databases = {"humanitas": postgres_url()} if engine == "postgres" else {}
    async with network(tmp_path, SENDER, NETWORK, databases=databases) as net:
        person, stays = await participant(net, MARKER), await participant(net, "Toon")
        await eventually(lambda: net.ask(NETWORK, "GET", f"/v1/participants/{person}"))
        file, keys = tmp_path / "sunday.kring", tmp_path / "sunday-keys.kring"
        async with _answering(net, SENDER), _answering(net, NETWORK):
            await asyncio.to_thread(backups.backup, net.settings, "humanitas", file, keys)
        assert bool(holding(net.data, MARKER)) == (engine == "sqlite"), "the search finds what is there"
        await erase(net, person)
        await eventually(lambda: unknown(net, NETWORK, person))
        await net.stop(SENDER, NETWORK)
        aside = await asyncio.to_thread(backups.restore, net.settings, "humanitas", file, keys)
        await net.start(SENDER, NETWORK)
        assert aside
        assert await unknown(net, SENDER, person)
        await eventually(lambda: unknown(net, NETWORK, person))
        assert (await net.ask(SENDER, "GET", f"/v1/participants/{stays}"))["nameToUse"] == "Toon"
        await eventually(lambda: _erased(net, person))
        assert holding(net.data, MARKER) == []


def _answering(net: Network, node: str) -> AbstractAsyncContextManager[None]:
    """A process that `kring` can ask for a copy of a node."""
    operations = Upkeep({"humanitas": net.nodes[node]}).operations
    return control.serve(net.data, node.rpartition(".")[2], operations)


async def _erased(net: Network, person: str) -> bool:
    """The restored log says itself that somebody was erased."""
    return await _gone(net) == {person}


async def _gone(net: Network) -> set[str]:
    found = await net.nodes[SENDER].log.notifications(0, 500, ["intake.participant-erased.v1"])
    assert len({one.stream for one in found}) == len(found)
    return {str(one.stream) for one in found}


async def asked(net: Network, node: str, way: str) -> Any:
    """The erasures that a node lists, of one direction."""
    return (await net.ask(node, "GET", f"/v1/erasures?direction={way}"))["items"]


async def test_every_partner_that_was_told_is_asked_and_its_answer_shows(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER, databases={}) as net:
        person, offered = await participant(net, MARKER), await programme(net)
        agreed = await consent(net, person)
        helped, waits = [await refer(net, person, offered, agreed, need=f"help for {MARKER}") for _ in range(2)]
        await net.ask(RECEIVER, "POST", f"/v1/referrals/{(await arrived(net, helped))['id']}/accept", {"owner": "Wim"})
        await status(net, helped, "accepted")
        await arrived(net, waits)
        assert holding(net.data / "welzin", MARKER), "the search finds what is there"
        assert (await erase(net, person))["partners"] == ["welzin"]
        await eventually(lambda: _answers(net), {helped: None, waits: "forgotten"})
        [item] = [one for one in await asked(net, RECEIVER, "in") if one["answeredAt"] is None]
        path = f"/v1/referrals/{item['referral']}"
        await net.ask(RECEIVER, "POST", f"{path}/refuse-erasure", {"ground": "legal-obligation"})
        await eventually(lambda: _answers(net), {helped: "legal-obligation", waits: "forgotten"})
        forgotten = await net.ask(RECEIVER, "POST", f"{path}/forget")
        assert (forgotten["letter"], forgotten["need"]) == (None, "")
        await eventually(lambda: _answers(net), {helped: "forgotten", waits: "forgotten"})
        assert holding(net.data, MARKER) == []
        assert holding(net.nats.storage, MARKER) == []
        assert (await status(net, helped, "cancelled"))["letter"] is None
        for node in (SENDER, RECEIVER):
            await net.nodes[node].log.rebuild()
        assert holding(net.data, MARKER) == []
        assert [await net.nodes[node].log.query(listed) for node in (SENDER, RECEIVER)] == [[], []]


async def test_after_a_restore_partners_are_asked_for_who_asked_and_not_for_who_went_with_the_time(
    tmp_path: Path,
) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        people, offered = [await participant(net, name) for name in (MARKER, "Toon", "Jet")], await programme(net)
        asks, expires, _ = [await refer(net, one, offered, await consent(net, one)) for one in people]
        file, keys, log = tmp_path / "sunday.kring", tmp_path / "sunday-keys.kring", net.nodes[SENDER].log
        async with _answering(net, SENDER):
            await asyncio.to_thread(backups.backup, net.settings, "humanitas", file, keys)
        for one in people[:2]:
            await log.run(domain, UUID(one), domain.Expire(), by="system")
        await erase(net, people[0])
        await eventually(lambda: _answers(net), {asks: "forgotten"})
        await net.stop(SENDER)
        await asyncio.to_thread(backups.restore, net.settings, "humanitas", file, keys)
        await net.start(SENDER)
        await eventually(lambda: _gone(net), {*people[:2]})
        await eventually(lambda: _answers(net), {asks: "forgotten"})
        assert (await arrived(net, expires))["letter"] is not None


async def _answers(net: Network) -> dict[str, str | None]:
    """What Humanitas was answered about each referral."""
    items = await asked(net, SENDER, "out")
    return {one["referral"]: one["ground"] or ("forgotten" if one["answeredAt"] else None) for one in items}


async def test_a_letter_put_aside_shows_nothing_and_is_taken_up_again(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net, MARKER), await programme(net)
        agreed, log = await consent(net, person), net.nodes[RECEIVER].log
        broken = log.registry.deciders["intake.incoming-received.v1"]
        with pytest.MonkeyPatch.context() as fault:
            fault.setattr(broken, "decide", _fails)
            await refer(net, person, offered, agreed, need=f"help for {MARKER}")
            await eventually(lambda: log.query(listed))
        assert holding(net.data / "welzin", MARKER) == []
        operations = Upkeep({"welzin": net.nodes[RECEIVER]}).operations
        [row] = await log.query(listed)
        await operations["parked.retry"](node=RECEIVER, id=row.id)
        [item] = (await net.ask(RECEIVER, "GET", "/v1/referrals?direction=in"))["items"]
        assert item["need"] == f"help for {MARKER}"


async def test_a_letter_put_aside_goes_unread_once_its_person_is_forgotten(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net, MARKER), await programme(net)
        agreed, log = await consent(net, person), net.nodes[RECEIVER].log
        broken = log.registry.deciders["intake.incoming-received.v1"]
        with pytest.MonkeyPatch.context() as fault:
            fault.setattr(broken, "decide", _fails)
            reference = await refer(net, person, offered, agreed, need=f"help for {MARKER}")
            await eventually(lambda: log.query(listed))
        await erase(net, person)
        await eventually(lambda: _answers(net), {reference: "forgotten"})
        [row] = await log.query(listed)
        with pytest.raises(Refused, match="letter-unreadable"):
            await Upkeep({"welzin": net.nodes[RECEIVER]}).parked_retry(RECEIVER, row.id)


def _fails(*_: object) -> None:
    message = "a rule is broken"
    raise ValueError(message)
