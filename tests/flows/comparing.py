"""Humanitas and WELZIN share referrals and compare them; their databases can be changed behind the code's back."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import Connection, delete, select

from services.intake.domain import incoming_referral, outgoing_referral
from services.intake.letters import kept_as
from services.intake.main import SERVICE
from services.intake.views.referrals import referrals
from shared.eventlog.database import Database
from shared.eventlog.follower import SELF
from shared.eventlog.log import Log
from shared.eventlog.masterkey import Master
from shared.eventlog.tables import events
from shared.eventlog.types import Step, Tracking, Unit
from shared.findings import findings
from shared.ids import uuid7
from shared.node import database_url
from shared.service import Agreement
from shared.signing import MASTER
from shared.upkeep import Upkeep
from shared.wire.outbox import links
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.services.intake.examples import FACTS, RECEIVED, WISH
from tests.support.network import Network, network
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

SIDES = (SENDER, RECEIVER)
_SENT = (outgoing_referral.Request(FACTS, WISH), outgoing_referral.HandOver(), outgoing_referral.Deliver())
OTHER = {SENDER: "welzin", RECEIVER: "humanitas"}


class Shared:
    """Humanitas may refer Truus to WELZIN, which offers something."""

    def __init__(self, net: Network, *about: str) -> None:
        self.net = net
        self._about = about

    async def send(self) -> str:
        person, offered, agreed = self._about
        return await refer(self.net, person, offered, agreed)

    async def does(self, reference: str, *steps: str) -> None:
        """WELZIN does this with a referral, and Humanitas hears of it."""
        ask = f"/v1/referrals/{await self.there(reference)}"
        after = {"accept": "accepted", "start": "in-progress", "complete": "completed"}
        for step in steps:
            bodies = {"accept": {"owner": "Wim"}, "complete": {"whatHappened": "They walk.", "helped": "yes"}}
            await self.net.ask(RECEIVER, "POST", f"{ask}/{step}", bodies.get(step))
            await status(self.net, reference, after[step])

    async def there(self, reference: str) -> str:
        """WELZIN's id of it."""
        return str((await arrived(self.net, reference))["id"])

    async def compare(self, node: str = SENDER) -> Agreement:
        """`kring digest`, asked of one side."""
        slug = node.partition(".")[0]
        [found] = await Upkeep({slug: self.net.nodes[node]}).digest(node, OTHER[node])
        return found

    async def agree(self, node: str = SENDER) -> None:
        """Both sides find that nothing differs, once what was to be healed is."""

        async def clean() -> bool:
            found = await self.compare(node)
            return found.differing == 0 and found.agreed == found.heard

        await eventually(clean)
        for one in SIDES:
            await eventually(partial(self.found, one), [])

    async def found(self, node: str) -> list[str]:
        """What a side's doctor has to say about it."""
        return [code for code, _ in findings(await self.net.nodes[node].health()) if "digest" in code]

    async def differing(self, node: str) -> int:
        """How many referrals a side has found to differ."""
        return (await self.net.nodes[node].health()).digests[0].differing

    async def lost(self, node: str, referral: str) -> tuple[Sequence[str], Sequence[str]]:
        """What a side's timeline says was lost: here, and there."""
        record = await self.net.ask(node, "GET", f"/v1/referrals/{referral}")
        entries = [one for one in record["timeline"] if one["what"] == "steps-lost"]
        return [step for one in entries for step in one["lostHere"]], [
            step for one in entries for step in one["lostThere"]
        ]


@asynccontextmanager
async def two(folder: Path, engine: str = "sqlite") -> AsyncIterator[Shared]:
    slugs = ("humanitas", "welzin") if engine == "postgres" else ()
    async with network(folder, *SIDES, databases={slug: postgres_url() for slug in slugs}) as net:
        person, offered = await participant(net), await programme(net)
        yield Shared(net, person, offered, await consent(net, person))


@asynccontextmanager
async def behind(net: Network, node: str) -> AsyncIterator[Any]:
    """A stopped node's database, changed without its code."""
    await net.stop(node)
    slug, _, service = node.partition(".")
    database = Database(database_url(net.settings, slug, service), service)
    with database.write() as connection:
        yield connection
    database.close()
    await net.start(node)


async def remove(net: Network, node: str, referral: str) -> None:
    """A referral is gone, as if it had never been there."""
    async with behind(net, node) as connection:
        connection.execute(delete(events).where(events.c.stream == UUID(referral)))
        connection.execute(delete(referrals).where(referrals.c.id == UUID(referral)))


async def remove_last(net: Network, node: str, referral: str) -> None:
    """What happened last to a referral is gone; the list still shows it."""
    async with behind(net, node) as connection:
        stream = events.c.stream == UUID(referral)
        last = connection.scalars(select(events.c.version).where(stream).order_by(events.c.version.desc())).first()
        connection.execute(delete(events).where(stream, events.c.version == last))


async def shared_already(net: Network, count: int) -> Sequence[UUID]:
    """So many referrals were sent, received and followed before the nodes start; no letter waits. Gives their ids at the sender."""
    ids = [uuid7() for _ in range(count)]
    sent = [[Step(outgoing_referral, one, command) for command in _SENT] for one in ids]
    came = [[Step(incoming_referral, kept_as("humanitas", one), _received(one))] for one in ids]
    for node, units in ((SENDER, sent), (RECEIVER, came)):
        async with _opened(net, node) as log:
            await asyncio.gather(*(log.write(Unit(steps=steps, by=f"partner:{OTHER[node]}")) for steps in units))
            await log.write(Unit(by="system", tracking=Tracking(SELF, log.position)))
    await net.start(*SIDES)
    return ids


def _received(reference: UUID) -> incoming_referral.Command:
    return incoming_referral.Receive(replace(RECEIVED, reference=reference))


@asynccontextmanager
async def _opened(net: Network, node: str) -> AsyncIterator[Log]:
    slug, _, service = node.partition(".")
    url, master = (
        database_url(net.settings, slug, service),
        Master((net.data / slug / "keys" / MASTER).read_text().strip()),
    )
    log = await Log.open(node, url, SERVICE.deciders, SERVICE.views, master=master)
    try:
        yield log
    finally:
        await log.close()


def waiting(connection: Connection) -> list[int]:
    """Letters that wait, by link."""
    return [one.waiting for one in links(connection) if one.waiting]
