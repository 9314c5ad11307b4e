"""An organisation is restored from a backup that was made under load: both sides end equal, and each names what was lost."""

import asyncio
import json
import os
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy import backups
from shared import control
from shared.eventlog.parked import listed
from shared.upkeep import Upkeep
from shared.wire.connection import Connection, connect
from shared.wire.relay import RelayState
from shared.wire.stream import Stream
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.support.network import Network, Problem, network
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

ENGINES = ("sqlite", "postgres")
LOAD = int(os.environ.get("REFERRALS", "8"))
"""Referrals that are sent while the backup is made; as many again come after it."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who says again that it was restored need not wait for seconds until it is told how everything stands."""
    monkeypatch.setattr("shared.wire.links.UNTOLD", 0.1)


@asynccontextmanager
async def two(folder: Path, engine: str) -> Any:
    """Humanitas and WELZIN, each on this engine; WELZIN offers something, and Humanitas may refer Truus."""
    slugs = ("humanitas", "welzin") if engine == "postgres" else ()
    async with network(folder, SENDER, RECEIVER, databases={slug: postgres_url() for slug in slugs}) as net:
        person, offered = await participant(net), await programme(net)
        agreed = await consent(net, person)

        async def send() -> str:
            return await refer(net, person, offered, agreed)

        yield net, send


async def backed_up(net: Network, slug: str, file: Path) -> None:
    """Make a backup while the nodes run, as the command does."""
    async with control.serve(net.data, "intake", Upkeep({slug: net.nodes[f"{slug}.intake"]}).operations):
        await asyncio.to_thread(backups.backup, net.settings, slug, file)


async def restored(net: Network, slug: str, file: Path) -> None:
    """Put it back, as an operator does: stop, restore, start."""
    await net.stop(f"{slug}.intake")
    await asyncio.to_thread(backups.restore, net.settings, slug, file)
    await net.start(f"{slug}.intake")


async def theirs(net: Network, reference: str, *steps: str) -> None:
    """WELZIN does this with a referral, and Humanitas hears of each."""
    ask = f"/v1/referrals/{(await arrived(net, reference))['id']}"
    bodies = {"accept": {"owner": "Wim"}, "complete": {"whatHappened": "They walk.", "helped": "yes"}}
    after = {"accept": "accepted", "start": "in-progress", "complete": "completed"}
    for step in steps:
        await net.ask(RECEIVER, "POST", f"{ask}/{step}", bodies.get(step))
        await status(net, reference, after[step])


async def equal(net: Network, reference: str, expected: str) -> None:
    """Both sides show this status, owner and outcome."""

    async def sides() -> Any:
        ours = await net.ask(SENDER, "GET", f"/v1/referrals/{reference}")
        here = await net.ask(RECEIVER, "GET", f"/v1/referrals/{(await arrived(net, reference))['id']}")
        listed = await net.ask(SENDER, "GET", "/v1/referrals?direction=out&first=100")
        [item] = [one for one in listed["items"] if one["id"] == reference]
        told = {
            tuple(one.get(name) and str(one[name]) for name in ("status", "owner", "outcome")) for one in (ours, here)
        }
        return {one[0] for one in told} | {item["status"]} if len(told) == 1 else told

    await eventually(sides, {expected})


async def named(net: Network, reference: str) -> tuple[Sequence[str], Sequence[str]]:
    """What the two timelines say was lost: at Humanitas of WELZIN, at WELZIN of itself."""
    ours = await net.ask(SENDER, "GET", f"/v1/referrals/{reference}")
    here = await net.ask(RECEIVER, "GET", f"/v1/referrals/{(await arrived(net, reference))['id']}")
    return _lost(ours, "lostThere"), _lost(here, "lostHere")


def _lost(record: dict[str, Any], which: str) -> list[str]:
    return [step for entry in record["timeline"] if entry["what"] == "steps-lost" for step in entry[which]]


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_restored_receiver_and_its_partner_end_equal_and_both_name_what_was_lost(
    tmp_path: Path, engine: str
) -> None:
    async with two(tmp_path, engine) as (net, send):
        began, waits = [await send() for _ in range(2)]
        await theirs(net, began, "accept")
        await arrived(net, waits)
        load = [asyncio.create_task(send()) for _ in range(LOAD)]
        await backed_up(net, "welzin", tmp_path / "welzin.kring")
        during = await asyncio.gather(*load)
        await theirs(net, began, "start", "complete")
        after, *later = await asyncio.gather(*(send() for _ in range(LOAD)))
        for one in (waits, after, during[-1]):
            await theirs(net, one, "accept")
        await restored(net, "welzin", tmp_path / "welzin.kring")
        await equal(net, began, "accepted")
        for one in (waits, after, *during, *later):
            await equal(net, one, "received")
        assert await named(net, began) == (["in-progress", "completed"], ["in-progress", "completed"])
        for one in (waits, after, during[-1]):
            assert await named(net, one) == (["accepted"], ["accepted"])
        assert await named(net, during[0]) == ([], [])
        await theirs(net, after, "accept", "start")
        assert await net.nodes[SENDER].log.query(listed) == await net.nodes[RECEIVER].log.query(listed) == []


@pytest.mark.parametrize("engine", ENGINES)
async def test_a_restored_sender_hears_again_what_its_partner_did_and_what_it_had_asked(
    tmp_path: Path, engine: str
) -> None:
    async with two(tmp_path, engine) as (net, send):
        kept = await send()
        await status(net, kept, "received")
        await backed_up(net, "humanitas", tmp_path / "humanitas.kring")
        await theirs(net, kept, "accept")
        await net.ask(SENDER, "POST", f"/v1/referrals/{kept}/cancel", {"reason": "other", "decidedBy": "organisation"})
        record = f"/v1/referrals/{(await arrived(net, kept))['id']}"
        await eventually(lambda: _asked(net, RECEIVER, record))
        await restored(net, "humanitas", tmp_path / "humanitas.kring")
        await eventually(lambda: _asked(net, SENDER, f"/v1/referrals/{kept}"))
        await equal(net, kept, "accepted")
        ours = await net.ask(SENDER, "GET", f"/v1/referrals/{kept}")
        assert _lost(ours, "lostHere") == ["cancel-asked"]
        await eventually(lambda: _named_there(net, record), ["cancel-asked"])


async def test_a_referral_that_only_the_partner_still_has_is_shown_by_both(tmp_path: Path) -> None:
    async with two(tmp_path, "sqlite") as (net, send):
        await status(net, await send(), "received")
        await backed_up(net, "humanitas", tmp_path / "humanitas.kring")
        lost = await send()
        await theirs(net, lost, "accept")
        await restored(net, "humanitas", tmp_path / "humanitas.kring")
        await equal(net, lost, "accepted")
        assert _lost(await net.ask(SENDER, "GET", f"/v1/referrals/{lost}"), "lostHere") == ["requested"]
        record = f"/v1/referrals/{(await arrived(net, lost))['id']}"
        await eventually(lambda: _named_there(net, record), ["requested"])
        await theirs(net, lost, "start", "complete")
        await equal(net, lost, "completed")
        with pytest.raises(Problem, match="referral-lost"):
            await net.ask(SENDER, "POST", f"/v1/referrals/{lost}/request")


async def _asked(net: Network, node: str, path: str) -> bool:
    return bool((await net.ask(node, "GET", path))["cancelAsked"])


async def _named_there(net: Network, path: str) -> list[str]:
    return _lost(await net.ask(RECEIVER, "GET", path), "lostThere")


async def _connected(net: Network) -> Connection:
    """As Humanitas' events service, which reads the stream."""
    seed = (net.data / "humanitas" / "keys" / "events.nk").read_text().strip()
    return await connect(net.nats.url, seed=seed, name="reader", inbox_prefix="_INBOX.humanitas.events")


async def test_the_stream_goes_on_after_an_event_that_says_from_where_on_events_are_lost(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        await participant(net, "Truus")
        former = net.nodes[SENDER].log
        await backed_up(net, "humanitas", tmp_path / "humanitas.kring")
        kept, identity = former.position, former.id
        await participant(net, "Toon")
        await eventually(net.nodes[SENDER].relay.lag, 0)
        await restored(net, "humanitas", tmp_path / "humanitas.kring")
        node = net.nodes[SENDER]
        await participant(net, "Tom")
        await eventually(lambda: node.relay.state, RelayState.FOLLOWING)
        await eventually(node.relay.lag, 0)
        reader = await _connected(net)
        said = await Stream(reader).last("events.public.intake.log.restored")
        await reader.close()
        assert said is not None
        told = json.loads(said.data)
        assert (told["former"], told["position"], told["log"]) == (str(identity), kept, str(node.log.id))
