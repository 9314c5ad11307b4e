"""From the sender's reply to visible at the receiver, for a referral between two nodes, idle and at load, beside the floor of the run."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from deploy import demo
from services.intake.letters import kept_as
from shared.contracts.intake import (
    Contact,
    ContactWay,
    Evidence,
    EvidenceForm,
    GiveConsent,
    OfferProgramme,
    ProgrammeKind,
    Refer,
    RegisterParticipant,
)
from shared.eventlog.types import Recorded
from shared.ids import uuid7
from shared.node import Node
from shared.wire.connection import Connection, connect
from tests.bench.floor import Floor
from tests.bench.measure import line, ratio
from tests.bench.office import Office, offices
from tests.support.nats import nats_server

WARM, LOOPS = 20, 300
PATIENCE = 20.0
"""Seconds: a letter that takes longer is lost, and the benchmark says so."""
SENDER, RECEIVER = "humanitas", "welzin"
PEOPLE = 20
"""Participants whom it is about, in turns: a consent knows all referrals that rely on it."""
IN_FLIGHT, FULL = 16, 600
"""Referrals at once and in all when it is seen how many this machine carries."""
FLOWS, STEADY = (20, 40, 60, 80), 8.0
"""Referrals a second at even distances, whether the ones before are there or not; seconds of each flow."""


async def compare(folder: Path) -> None:
    """Measure and print."""
    data = folder / "loop"
    async with (
        offices(data, demo.prepare(data)) as network,
        network.node(SENDER),
        network.node(RECEIVER) as receiver,
        _bare(folder) as floor,
    ):
        ours = _Loop(receiver, network.office(SENDER), network.office(RECEIVER))
        await ours.prepare()
        times = [(await ours.refer(), await floor.letter()) for _ in range(WARM + LOOPS)][WARM:]
        least = [one for _, one in times]
        _print(
            "a referral, from the sender's reply to visible at the receiver", [one for one, _ in times], least, p50=3
        )
        for rate in FLOWS:
            await _at_load(ours, rate, least)
        carried = await ours.full()
        line(f"referrals, {IN_FLIGHT} in flight, all the way", f"{carried:>10,.0f} /s\n")


async def _at_load(ours: "_Loop", rate: float, least: Sequence[float]) -> None:
    used, begin = time.process_time(), time.perf_counter()
    loaded = await ours.steady(rate)
    busy = (time.process_time() - used) / (time.perf_counter() - begin)
    _print(f"the same at a steady {rate} a second", loaded, least, p99=10)
    line("processor meanwhile, of nodes and of who asks", f"{busy * 100:>10.0f} % of a core\n")


class _Loop:
    def __init__(self, node: Node, sender: Office, receiver: Office) -> None:
        self._sender, self._receiver = sender, receiver
        self._people = [(uuid7(), uuid7()) for _ in range(PEOPLE)]
        self._programme, self._asked = uuid7(), 0
        self._awaited: dict[UUID, asyncio.Future[float]] = {}
        node.log.tell(self._committed)

    async def prepare(self) -> None:
        """A programme that the sender has heard of, participants, a consent of each."""
        await self._receiver.post(
            "/v1/programmes", OfferProgramme(id=self._programme, name="Buddy", kind=ProgrammeKind.BUDDY)
        )
        contact = Contact(ContactWay.PHONE, "06 00000000")
        evidence = Evidence(EvidenceForm.ORAL, "1", date(2026, 1, 5), "bench")
        until = datetime.now(UTC) + timedelta(days=30)
        for participant, consent in self._people:
            await self._sender.post(
                "/v1/participants", RegisterParticipant(id=participant, name_to_use="Ans", contact=contact)
            )
            given = GiveConsent(id=consent, recipient=RECEIVER, until=until, evidence=evidence)
            await self._sender.post(f"/v1/participants/{participant}/consents", given)
        while not await self._sender.has(f"/v1/directory/{RECEIVER}/{self._programme}"):  # noqa: ASYNC110  (heard by letter)
            await asyncio.sleep(0.01)

    async def refer(self) -> float:
        """Seconds from the sender's reply to committed, so visible, at the receiver; 0 when it was there before the reply."""
        participant, consent = self._people[self._asked % PEOPLE]
        self._asked += 1
        asked = Refer(
            id=uuid7(),
            participant=participant,
            to=RECEIVER,
            programme=self._programme,
            consent=consent,
            need="company",
        )
        arrival: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._awaited[kept_as(SENDER, asked.id)] = arrival
        await self._sender.post("/v1/referrals", asked)
        replied = time.perf_counter()
        async with asyncio.timeout(PATIENCE):
            return max(await arrival - replied, 0.0)

    async def full(self) -> float:
        """Referrals a second that go all the way when there are always some on theirs."""

        async def one_by_one() -> None:
            for _ in range(FULL // IN_FLIGHT):
                await self.refer()

        begin, before = time.perf_counter(), self._asked
        await asyncio.gather(*(one_by_one() for _ in range(IN_FLIGHT)))
        return (self._asked - before) / (time.perf_counter() - begin)

    async def steady(self, rate: float) -> Sequence[float]:
        """The times of referrals that are asked for at even distances, whether the ones before are there or not."""
        begin, flow = time.perf_counter(), list[asyncio.Task[float]]()
        for number in range(int(rate * STEADY)):
            await asyncio.sleep(max(begin + number / rate - time.perf_counter(), 0))
            flow.append(asyncio.create_task(self.refer()))
        return await asyncio.gather(*flow)

    def _committed(self, events: Sequence[Recorded[Any]]) -> None:
        now = time.perf_counter()
        for recorded in events:
            if (arrival := self._awaited.pop(recorded.stream, None)) is not None:
                arrival.set_result(now)


@asynccontextmanager
async def _bare(folder: Path) -> AsyncGenerator[Floor]:
    async with nats_server() as server:
        ends: list[Connection] = [
            await connect(server.url, seed=None, name=name, inbox_prefix=f"_INBOX.{name}") for name in ("out", "in")
        ]
        floor = Floor(folder, *ends)
        await floor.open()
        yield floor
        for end in ends:
            await end.close()


def _print(what: str, ours: Sequence[float], floor: Sequence[float], **most: float) -> None:
    """`most`: the aim of each figure that has one, in times the floor."""
    for name, percent in (("p50", 50), ("p99", 99)):
        one, least = (statistics.quantiles(side, n=100)[percent - 1] for side in (ours, floor))
        line(f"{what}, {name}", f"{one * 1e3:>10.2f} ms")
        line(f"the same letter, two commits and one request in bare code, {name}", f"{least * 1e3:>10.2f} ms")
        ratio(one / least, "times the floor", most=most.get(name))
