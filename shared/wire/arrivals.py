"""Letters that arrive: opened, checked, recorded in order, and only then answered."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from uuid import UUID

import msgspec
import nats.errors
import structlog
from nats.aio.msg import Msg
from sqlalchemy import ColumnElement, Connection, func, select

from shared import tracing
from shared.contracts.letters import ReferralRequested, Void
from shared.eventlog.database import PASSING
from shared.eventlog.parked import park, parked
from shared.eventlog.tables import tracking as followed
from shared.eventlog.turns import in_turn
from shared.eventlog.types import Change, Step, Tracking, Unit
from shared.metrics import Meter
from shared.rules import NotFound, Refused
from shared.service import Arrived
from shared.wire.aside import UNREADABLE, again, as_arrived, kept, kind
from shared.wire.handover import LARGEST, Batch, Content, Office, Receipt, upstream
from shared.wire.refusals import Refusals
from shared.wire.seal import PublicKeys, Unauthentic, unseal

AT_ONCE = 8
"""Batches of one node that are taken in at once; more are sent back as `busy`."""
FULL = 1_000
"""Letters of one organisation that stand aside; beyond, those that follow wait at their sender until a person has looked."""
IDENTITIES = 1_000
"""Log ids under which one node has written; beyond, no new one is begun. A node gets one with each restore."""
_log = structlog.get_logger()


class Opened(msgspec.Struct, frozen=True):
    """An authentic letter."""

    number: int
    content: bytes


class Arrivals:
    """Takes the letters for one node."""

    def __init__(self, office: Office, knocked: Callable[[str, UUID], None], meter: Meter | None = None) -> None:
        """`knocked` hears of every batch: its sender's node, and that node's log id."""
        self.refusals = Refusals(office.node, office.log.clock, meter or Meter(office.service), office.known)
        self._office = office
        self._knocked = knocked
        self._busy = Counter[str]()
        self._aside = set[str]()

    async def run(self) -> None:
        """Take letters until cancelled."""
        async with asyncio.TaskGroup() as tasks:

            async def take(message: Msg) -> None:
                tasks.create_task(self._take(message))

            subscription = await self._office.nats.subscribe(f"letters.*.{self._office.service}", cb=take)
            try:
                await asyncio.Event().wait()
            finally:
                with suppress(nats.errors.Error):
                    await subscription.unsubscribe()

    async def steps(self, parked: bytes, came: datetime) -> Sequence[Step]:
        """The commands that follow from a letter that was put aside. Raises `Refused`: `letter-unreadable`, `letter-no-agreement`."""
        return self._commands(await asyncio.to_thread(again, self._office.log.keys, parked, came))

    async def _take(self, message: Msg) -> None:
        account = message.subject.split(".")[1]
        try:
            receipt = await self._receipt(account, message.data)
        except Exception as fault:  # noqa: BLE001  (a broken batch may not end the taking of others; its sender tries again)
            _log.error("letters could not be recorded", node=self._office.node, error=type(fault).__name__)
            return
        self.refusals.note(account, receipt.code)
        with suppress(nats.errors.Error):  # the sender asks again, and hears then
            await message.respond(msgspec.msgpack.encode(receipt))

    async def _receipt(self, account: str, data: bytes) -> Receipt:
        """The answer to a message that came from an organisation's account."""
        if len(data) > LARGEST:
            return self._unseen("too-large")
        try:
            batch = msgspec.msgpack.decode(data, type=Batch)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return self._unseen("malformed")
        try:
            sender = self._office.register().node(batch.sender)
        except NotFound:
            return self._unseen("sender-unknown")
        if batch.sender.partition(".")[0] != account:
            return self._unseen("sender-unknown")
        if batch.receiver != self._office.node:
            return self._unseen("not-here")
        self._knocked(batch.sender, batch.now)
        return await self._answer(batch, sender)

    def _unseen(self, code: str) -> Receipt:
        return Receipt(self._office.log.id, None, code)

    async def _answer(self, batch: Batch, sender: PublicKeys) -> Receipt:
        if self._busy[batch.sender] >= AT_ONCE:
            return self._unseen("busy")
        self._busy[batch.sender] += 1
        try:
            code = await self._record(batch, sender)
        finally:
            self._busy[batch.sender] -= 1
        return Receipt(self._office.log.id, self._office.log.tracked(upstream(batch.sender, batch.log)), code)

    async def _record(self, batch: Batch, sender: PublicKeys) -> str:
        """Record letters in order; gives the code of what stopped it, or nothing."""
        if batch.letters and await self._full(batch):
            return "full"
        taken, code = await self._authentic(batch, sender)
        await in_turn(taken, partial(self._write, batch), partial(self._put_aside, batch))
        return code

    async def _authentic(self, batch: Batch, sender: PublicKeys) -> tuple[list[Opened], str]:
        """The letters that are next, opened, up to the first that cannot be taken; and why that cannot."""
        taken: list[Opened] = []
        number = self._office.log.tracked(upstream(batch.sender, batch.log))
        for one in batch.letters:
            if one.number > number + 1:
                return taken, "gap"
            if one.number == number + 1:
                try:
                    keys = self._office.keys.opening(one.key)
                    taken.append(Opened(one.number, unseal(one.box, batch.route(one), keys, sender)))
                except Unauthentic as found:
                    return taken, found.code
                number = one.number
                await asyncio.sleep(0)  # opening takes a fifth of a millisecond: the others' turn
        return taken, ""

    async def _full(self, batch: Batch) -> bool:
        """Whether there is no room for more of this sender. The database is asked only after something was put aside, or of a new link."""
        log, slug = self._office.log, _slug(batch)
        if not log.tracked(upstream(batch.sender, batch.log)):
            links = followed.c.upstream.startswith(upstream(batch.sender, ""))
            if await log.query(partial(_count, links)) >= IDENTITIES:
                return True
        if slug in self._aside and await log.query(partial(_count, parked.c.key.startswith(f"letters:{slug}."))) < FULL:
            self._aside.discard(slug)
        return slug in self._aside

    async def _write(self, batch: Batch, one: Opened) -> None:
        unit = self._unit(batch, one)
        with tracing.span("letter arrived", unit.trace, sender=batch.sender, node=self._office.node):
            await self._office.log.write(unit)

    async def _put_aside(self, batch: Batch, one: Opened, fault: BaseException) -> None:
        """An authentic letter takes its number, whatever is in it. Raises only what passes: its sender then tries again."""
        if isinstance(fault, PASSING) or not isinstance(fault, Exception):
            raise fault
        changes = (await asyncio.to_thread(self._park, batch, one, _reason(fault)),)
        await self._office.log.write(msgspec.structs.replace(self._numbered(batch, one), changes=changes))
        _log.error("a letter was parked", sender=batch.sender, number=one.number, error=type(fault).__name__)

    def _numbered(self, batch: Batch, one: Opened) -> Unit:
        tracking = Tracking(upstream(batch.sender, batch.log), one.number)
        return Unit(by=f"partner:{_slug(batch)}", tracking=tracking, after=one.number - 1)

    def _unit(self, batch: Batch, one: Opened) -> Unit:
        content = msgspec.json.decode(one.content, type=Content)
        now = self._office.log.clock()
        arrived, numbered = as_arrived(batch.sender, content, now), self._numbered(batch, one)
        if isinstance(arrived.body, Void) or (content.expires is not None and content.expires <= now):
            return numbered
        return msgspec.structs.replace(
            numbered,
            steps=self._commands(arrived),
            trace=content.trace,
            refused=partial(self._refused, batch, one),
        )

    def _commands(self, arrived: Arrived) -> Sequence[Step]:
        """A referral comes under an agreement that is in force here and now, whatever its sender holds. All else may always come."""
        asks = isinstance(arrived.body, ReferralRequested)
        if asks and not self._office.register().may_refer(arrived.sender, self._office.slug):
            raise Refused("letter-no-agreement")
        return self._office.letters.arrived(arrived)

    def _refused(self, batch: Batch, one: Opened, refusal: Refused) -> Sequence[Change]:
        return (self._park(batch, one, refusal.code),)

    def _park(self, batch: Batch, one: Opened, reason: str) -> Change:
        self._aside.add(_slug(batch))
        return park(
            source="letters",
            key=f"{upstream(batch.sender, batch.log)}:{one.number}",
            type=kind(one.content),
            body=kept(self._office.log.keys, batch.sender, one.content),
            reason=reason,
            at=self._office.log.clock(),
        )


def _slug(batch: Batch) -> str:
    """The sending organisation."""
    return batch.sender.partition(".")[0]


def _count(which: ColumnElement[bool], connection: Connection) -> int:
    return int(connection.scalar(select(func.count()).where(which)) or 0)


def _reason(fault: Exception) -> str:
    unreadable = isinstance(fault, UNREADABLE)
    return fault.code if isinstance(fault, Refused) else "letter-unreadable" if unreadable else "fault"
