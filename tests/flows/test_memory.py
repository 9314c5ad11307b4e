"""What a node keeps in memory stays the same, whoever floods it, whoever never reads, and however much it records."""

import asyncio
import gc
import os
import tracemalloc
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from services.intake.domain import participant, programme
from shared.eventlog.cache import StateCache
from shared.eventlog.log import Log, utc_now
from shared.eventlog.types import Step, Unit
from shared.ids import uuid7
from shared.wire.arrivals import FULL
from shared.wire.handover import MOST, Batch, Receipt
from shared.wire.outbox import links
from tests.bench.history import AGREED, profile
from tests.flows.enemies import Enemy, at_the_gate
from tests.flows.integrators import KEEPER, PUBLISHER, grant, tell
from tests.flows.test_referral import RECEIVER, SENDER
from tests.flows.webhooks import waiting
from tests.support.network import Network, network
from tests.support.waiting import eventually

EVENTS = int(os.environ.get("REMEMBERED", "3000"))
"""What is recorded while it is measured, after a tenth of that before; REMEMBERED=20000 for a year."""
MOST_KEPT = 1024 * 1024
"""Bytes that may be kept more afterwards, however many EVENTS: the caches fill up. Three thousand events alone are more."""
SLOW = 60 + EVENTS / 20
"""Seconds: memory that is traced is slow memory."""


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def kept() -> int:
    """Bytes in use by Python."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def of_broker(net: Network) -> int:
    """Bytes of the broker's process."""
    pages = Path(f"/proc/{net.nats.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(autouse=True)
def few_states(monkeypatch: pytest.MonkeyPatch) -> None:
    """The states used last are kept: fewer than are used here, so that their number does not grow meanwhile."""
    monkeypatch.setattr("tests.support.network.StateCache", partial(StateCache, 200))


def long_letters(enemy: Enemy, first: int) -> bytes:
    """A batch of letters of a kilobyte each, about as many people, under a log id of its own."""
    now, text = uuid4(), "x" * 1_000
    some = [
        {
            "body": {"type": "sonnet.v1", "text": text},
            "subject": str(uuid4()),
            "at": "2026-01-05T00:00:00Z",
            "trace": "",
        }
        for _ in range(MOST)
    ]
    letters = [enemy.letter(number, msgspec.json.encode(one)) for number, one in enumerate(some, first)]
    return msgspec.msgpack.encode(Batch("alpha.intake", enemy.log, "beta.intake", tuple(letters), now))


async def floods(enemy: Enemy, batches: int) -> Receipt:
    """Send so many batches, each with new letters; gives the last answer."""
    receipt = await enemy.send(enemy.batch())
    for _ in range(batches):
        receipt = await enemy.send(long_letters(enemy, (receipt.highest or 0) + 1))
    return receipt


@pytest.mark.timeout(240)
@pytest.mark.usefixtures("traced")
async def test_a_partner_that_writes_without_end_is_not_kept_in_memory(tmp_path: Path) -> None:
    async with at_the_gate(tmp_path) as enemy:
        await floods(enemy, 1)
        before = kept()
        receipt = await floods(enemy, FULL // MOST + 20)
        assert (receipt.code, receipt.highest) == ("full", FULL)
        tracemalloc.reset_peak()
        enemy.log = uuid4()
        assert (await floods(enemy, 1)).code == "full"
        assert tracemalloc.get_traced_memory()[1] - before < 16 * MOST_KEPT
        await enemy.others_go_on()
        assert kept() - before < MOST_KEPT


@pytest.mark.timeout(SLOW)
@pytest.mark.usefixtures("traced")
async def test_an_integrator_that_never_reads_is_not_remembered_by_node_or_broker(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        grant(net, "asleep")
        await tell(net, EVENTS // 10)
        await eventually(net.nodes[PUBLISHER].relay.lag, 0, SLOW)
        before, broker = kept(), of_broker(net)
        await tell(net, EVENTS)
        await eventually(lambda: waiting(net, "asleep"), EVENTS + EVENTS // 10, SLOW)
        assert kept() - before < MOST_KEPT
        assert of_broker(net) - broker < 64 * 1024 * 1024


async def records(log: Log, count: int) -> None:
    """Programmes that change, of which partners hear by letter and others in the stream, and a person with every tenth change."""
    streams = [uuid7() for _ in range(50)]
    offers = [programme.Offer(details(0), utc_now()) for _ in streams]
    await asyncio.gather(
        *(log.run(programme, one, offer, by="test") for one, offer in zip(streams, offers, strict=True))
    )
    for begin in range(0, count, 500):
        units = [Unit(steps=[_step(number, streams)], by="test") for number in range(begin, min(begin + 500, count))]
        await asyncio.gather(*(log.write(unit) for unit in units))


def _step(number: int, streams: Sequence[UUID]) -> Step:
    if number % 10 == 0:
        return Step(participant, uuid7(), participant.Register(profile(number), None, AGREED))
    return Step(programme, streams[number % 50], programme.Change(details(number)))


def details(number: int) -> programme.Details:
    return programme.Details(name=f"Samen op pad {number}", kind="buddy", areas=("GM0307",))


async def settled(net: Network) -> None:
    """All is in the stream, and the partner that is there has every letter; those for the other one wait."""
    await eventually(net.nodes[SENDER].relay.lag, 0, SLOW)

    async def unread() -> int:
        found = await net.nodes[SENDER].log.query(links)
        return sum(one.waiting for one in found if one.link.receiver == RECEIVER)

    await eventually(unread, 0, SLOW)


@pytest.mark.timeout(3 * SLOW)
@pytest.mark.usefixtures("traced")
async def test_a_node_at_work_keeps_no_more_after_a_year_than_after_a_month(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        log = net.nodes[SENDER].log
        await records(log, EVENTS // 10)
        await settled(net)
        before, position = kept(), log.position
        await records(log, EVENTS)
        await settled(net)
        assert log.position - position >= EVENTS
        assert kept() - before < MOST_KEPT
