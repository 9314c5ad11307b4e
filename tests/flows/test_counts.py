"""Numbers hold whatever becomes of the people in them, and files go when their time has come: on both engines, with real parts."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from deploy import backups
from services.intake.domain import retention
from shared import control
from shared.eventlog.parked import listed
from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.upkeep import Upkeep
from tests.flows.test_clocks import Clock
from tests.flows.test_erasure import NETWORK, erase, holding, unknown
from tests.flows.test_referral import SENDER
from tests.support.network import Network, network
from tests.support.postgres import postgres_url
from tests.support.waiting import SO, eventually

EVENTS = "humanitas.events"
ENGINES = ("sqlite", "postgres")
TRUUS = {
    "nameToUse": "Geertruida-Marker",
    "area": "WK036101",
    "ageBand": "75-plus",
    "lifeEvent": "lost-someone",
    "fileConsent": {"explicit": True},
}
TOON = {"nameToUse": "Toon", "area": "GM0361", "ageBand": "60-74"}
TWO_YEARS = timedelta(days=731)


@asynccontextmanager
async def running(folder: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock, engine: str) -> AsyncGenerator[Network]:
    """Humanitas, by this clock."""
    for place in ("shared.node.utc_now", "tests.support.network.utc_now"):
        monkeypatch.setattr(place, clock)
    databases = {"humanitas": postgres_url()} if engine == "postgres" else {}
    async with network(folder, SENDER, NETWORK, EVENTS, databases=databases) as net:

        def token(organisation: str, *roles: Role, user: str = "ann") -> str:
            issuer = Issuer.open(net.data, organisation, production=False)
            return issuer.token(roles, user=user, now=clock())

        net.token = token  # type: ignore[method-assign]  # as the clock has it
        yield net


async def registered(net: Network, told: dict[str, Any]) -> str:
    body = told | {"id": str(uuid7()), "contact": {"way": "phone", "value": "06 12345678"}}
    return str((await net.ask(SENDER, "POST", "/v1/participants", body))["id"])


async def numbers(net: Network) -> Any:
    """All months but what a month's end and who left change."""
    months = (await net.ask(SENDER, "GET", "/v1/counts?from=2020-01-01&until=2099-12-31"))["months"]
    kept = [one for one in months if one["registered"]]
    return [{name: value for name, value in one.items() if name not in ("closed", "ended")} for one in kept]


async def backed_up(net: Network, file: Path, keys: Path) -> None:
    async with AsyncExitStack() as stack:
        for node in (SENDER, NETWORK, EVENTS):
            operations = Upkeep({"humanitas": net.nodes[node]}).operations
            await stack.enter_async_context(control.serve(net.data, node.rpartition(".")[2], operations))
        await asyncio.to_thread(backups.backup, net.settings, "humanitas", file, keys)


async def restored(net: Network, file: Path, keys: Path) -> None:
    await net.stop(SENDER, NETWORK, EVENTS)
    await asyncio.to_thread(backups.restore, net.settings, "humanitas", file, keys)
    await net.start(SENDER, NETWORK, EVENTS)


@pytest.mark.parametrize("engine", ENGINES)
async def test_numbers_are_the_same_after_an_erasure_a_rebuild_and_a_restore_from_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    async with running(tmp_path, monkeypatch, Clock(), engine) as net:
        person, _ = await registered(net, TRUUS), await registered(net, TOON)
        before = await numbers(net)
        assert [(one["registered"], one["byLifeEvent"]) for one in before] == [
            (2, [{"name": "lost-someone", "number": 1}])
        ]
        file, keys = tmp_path / "sunday.kring", tmp_path / "sunday-keys.kring"
        await backed_up(net, file, keys)
        assert await numbers(net) == before
        await erase(net, person)
        assert await numbers(net) == before
        await net.nodes[SENDER].log.rebuild()
        assert await numbers(net) == before
        await restored(net, file, keys)
        assert await numbers(net) == before
        log = net.nodes[SENDER].log
        await eventually(lambda: log.notifications(0, 500, ["intake.participant-erased.v1"]))
        assert await numbers(net) == before
        await log.rebuild()
        assert await numbers(net) == before
        assert holding(net.data, str(TRUUS["nameToUse"])) == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_closed_files_go_two_years_and_a_notice_later_at_every_service_and_numbers_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: str
) -> None:
    clock = Clock()
    async with running(tmp_path, monkeypatch, clock, engine) as net:
        person, stays = await registered(net, TRUUS), await registered(net, TOON)
        for node in (NETWORK, EVENTS):
            await eventually(partial(net.ask, node, "GET", f"/v1/participants/{person}"))
        await net.ask(SENDER, "POST", f"/v1/participants/{person}/end", {"reason": "moved to her daughter"})
        before = await numbers(net)
        for node in (NETWORK, EVENTS):
            await eventually(partial(unknown, net, node, person))
        clock.by = TWO_YEARS
        await worked(net, lambda: runs(net), [0])
        closed = (await net.ask(SENDER, "GET", "/v1/closed-files?days=31"))["items"]
        assert [one["id"] for one in closed] == [person]
        assert not await unknown(net, SENDER, person)
        clock.by += retention.NOTICE
        await worked(net, lambda: runs(net), [1, 0])
        assert await unknown(net, SENDER, person)
        assert not await unknown(net, SENDER, stays)
        assert (await numbers(net))[0] == before[0]
        for node in (SENDER, NETWORK):
            assert person in await forgotten(net, node)
        assert holding(net.data, str(TRUUS["nameToUse"])) == []


async def forgotten(net: Network, node: str) -> list[str]:
    """Whose keys were destroyed there."""
    keys = net.nodes[node].log.keys
    assert keys is not None
    return [str(one) for one in await asyncio.to_thread(keys.forgotten)]


async def worked(net: Network, question: Callable[[], Any], expected: Any = SO) -> Any:
    """Intake is started, and issues its deadlines until this is the answer."""
    await net.stop(SENDER)
    await net.start(SENDER)
    ticking = asyncio.create_task(net.ticker("intake").run())
    answer = await eventually(question, expected)
    ticking.cancel()
    return answer


async def runs(net: Network) -> list[int]:
    """How many files each day's work erased, newest first."""
    return [one["participants"] for one in (await net.ask(SENDER, "GET", "/v1/retention"))["runs"]]


async def test_daily_work_that_fails_is_parked_and_goes_on_when_it_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    async with running(tmp_path, monkeypatch, clock, "sqlite") as net:
        person = await registered(net, TRUUS)
        await net.ask(SENDER, "POST", f"/v1/participants/{person}/end", {"reason": ""})
        clock.by = TWO_YEARS
        with pytest.MonkeyPatch.context() as fault:
            fault.setattr(retention, "decide", _fails)
            [row] = await worked(net, lambda: net.nodes[SENDER].log.query(listed))
        assert (row.source, row.type, await runs(net)) == ("due", "retention", [])
        await Upkeep({"humanitas": net.nodes[SENDER]}).parked_retry(SENDER, row.id)
        assert await runs(net) == [0]
        clock.by += retention.NOTICE
        await worked(net, lambda: runs(net), [1, 0])
        assert await net.nodes[SENDER].log.query(listed) == []


def _fails(*_: object) -> None:
    message = "a rule is broken"
    raise ValueError(message)
