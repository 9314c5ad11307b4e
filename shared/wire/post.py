"""One hand-over on one link: rows become sealed letters, a request carries them, the receipt moves the link."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import Connection

from shared import tracing
from shared.eventlog.database import PASSING
from shared.eventlog.log import Log
from shared.eventlog.parked import park
from shared.eventlog.types import Change, Step, Unit
from shared.rules import Refused
from shared.service import Letter
from shared.wire.digests import Digests
from shared.wire.drafts import Draft
from shared.wire.handover import LARGEST, MOST, Batch, Office, Receipt, Sealed, subject
from shared.wire.outbox import LETTER, VOID, Link, Row, acknowledged, handed, held_up, stuck, waiting
from shared.wire.outgoing import Outgoing, Waits, content
from shared.wire.seal import Route, seal

ANSWERS_WITHIN = 5.0
"""Seconds. Later the batch counts as unknown, and is handed over again: what was recorded is not recorded twice."""
_OUTSIDE = 300
"""Bytes that the message and each letter in it need beside the sealed boxes, at most."""
_log = structlog.get_logger()


class Round(msgspec.Struct, frozen=True):
    """What came of a hand-over."""

    moved: int
    """How much further the link got; less than 0 where it has to go back, as the receiver was restored."""
    idle: bool = False
    """Nothing waits, as far as this round saw."""
    log: UUID | None = None
    """The receiving node's log id, when it answered."""


class _Handing:
    """Decides whether a letter may still go, in one transaction with the commands of `Letters.handed`: nothing can come between."""

    def __init__(self, office: Office, outgoing: Outgoing, draft: Draft) -> None:
        self._office = office
        self._outgoing = outgoing
        self._draft = draft
        self.initial = draft.decider.initial
        self.evolve = draft.decider.evolve
        self.Event = draft.decider.Event

    def unit(self, link: Link) -> Unit:
        number = self._outgoing.row.number
        recorded, letter = self._draft.recorded, self._draft.letter
        return Unit(
            steps=(Step(self, recorded.stream, letter), *self._office.letters.handed(letter)),
            by="system",
            trace=recorded.trace,
            changes=(handed(link, number, LETTER),),
            refused=partial(self._refused, link, number),
        )

    def decide(self, command: Letter, state: Any) -> Sequence[Any]:
        self._outgoing.void = not self._office.letters.sendable(command, state)
        if self._outgoing.void:
            raise Refused("letter-void")
        return ()

    def _refused(self, link: Link, number: int, refusal: Refused) -> Sequence[Change]:
        if not self._outgoing.void:
            raise refusal  # not ours: the link is stuck on it, and no letter is lost without a word
        return (handed(link, number, VOID),)


class _Receipted(msgspec.Struct):
    """A letter whose receipt could not be taken in."""

    receiver: str
    stream: UUID
    version: int


class Post:
    """Hands over the letters of one node."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._digests = Digests(office)
        self.waits = Waits()

    async def hand_over(self, link: Link, *, knock: bool) -> Round:
        """Hand over the next letters of a link; when none wait, knock if asked.

        Raises:
            nats.errors.Error: the receiver is away, or its answer did not come.
            Refused: a letter cannot be made, sealed or sent now, or the receipt makes no sense.
        """
        held, (done, rows) = await self._office.log.query(partial(_look, link, self._office.log))
        if held:
            return Round(moved=0)
        if not rows and not knock:
            return Round(moved=0, idle=True)
        going = [await self._outgoing(link, row) for row in rows]
        self.waits.tried(link, going, self._office.log.clock())
        await self._hand(link, going)
        letters = await self._seal(link, going)
        traces = [one.draft.recorded.trace for one in going[: len(letters)] if one.draft]
        with tracing.spans("letter sent", traces, node=self._office.node, receiver=link.receiver):
            receipt = await self._ask(link, letters)
        up_to = await self._settle(link, done, going[: len(letters)], receipt)
        if up_to != done:
            self.waits.over(link)
        idle = len(rows) < MOST and up_to == (rows[-1].number if rows else done)
        return Round(moved=up_to - done, idle=idle, log=receipt.log)

    async def greet(self, link: Link) -> UUID:
        """Knock at a node to which nothing was ever sent; gives its log id. Raises like `hand_over`."""
        return (await self._ask(link, ())).log

    async def stick(self, link: Link, code: str) -> None:
        """Show that a link cannot go on."""
        await self._office.log.write(Unit(by="system", changes=(stuck(link, code, self._office.log.clock()),)))

    async def steps(self, parked: bytes) -> Sequence[Step]:
        """The commands that follow from a receipt that was put aside; none when the letter cannot be made again."""
        one = msgspec.json.decode(parked, type=_Receipted)
        draft = await self._digests.drafts.draft(one.receiver, one.stream, one.version)
        return self._office.letters.delivered(draft.letter) if draft else ()

    async def _outgoing(self, link: Link, row: Row) -> Outgoing:
        draft = await self._digests.draft(link, row)
        return Outgoing(row, draft, void=draft is None or row.sent_as == VOID)

    async def _hand(self, link: Link, going: Sequence[Outgoing]) -> None:
        """Before anything leaves: record that it may have been received. What has expired goes as void, at any time."""
        units = [self._handing(link, one) for one in going if one.row.sent_as is None]
        await asyncio.gather(*(self._office.log.write(unit) for unit in units))
        now = self._office.log.clock()
        for one in going:
            expires = one.draft.letter.expires if one.draft else None
            one.void |= expires is not None and expires <= now

    def _handing(self, link: Link, outgoing: Outgoing) -> Unit:
        if outgoing.draft is None:
            return Unit(by="system", changes=(handed(link, outgoing.row.number, VOID),))
        return _Handing(self._office, outgoing, outgoing.draft).unit(link)

    async def _seal(self, link: Link, going: Sequence[Outgoing]) -> list[Sealed]:
        """As many of the letters, in order, as one message takes."""
        keys, letters, room = self._office.register().node(link.receiver), list[Sealed](), LARGEST - _OUTSIDE
        for one in going:
            number = one.row.number
            route = Route(self._office.node, link.log, link.receiver, number, keys.id)
            box = seal(content(one), route, self._office.signing, keys)
            room -= len(box) + _OUTSIDE
            if room < 0:
                break
            letters.append(Sealed(number, keys.id, box))
            await asyncio.sleep(0)  # sealing takes a fifth of a millisecond: the others' turn
        if going and not letters:
            raise Refused("letter-too-large")
        return letters

    async def _ask(self, link: Link, letters: Sequence[Sealed]) -> Receipt:
        batch = Batch(self._office.node, link.log, link.receiver, tuple(letters), self._office.log.id)
        to = subject(self._office.node, link.receiver)
        answer = await self._office.nats.request(to, msgspec.msgpack.encode(batch), timeout=ANSWERS_WITHIN)
        try:
            return msgspec.msgpack.decode(answer.data, type=Receipt)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Refused("receipt-malformed") from None

    async def _settle(self, link: Link, done: int, sent: Sequence[Outgoing], receipt: Receipt) -> int:
        """Record up to where the receiver has recorded; less than before means that it was restored: the link goes back."""
        last = sent[-1].row.number if sent else done
        up_to = done if receipt.highest is None else min(receipt.highest, last)
        told = [(one.row.number, one.draft) for one in sent if one.row.number <= up_to and not one.void and one.draft]
        if up_to != done:
            await self._move(link, [(number, draft) for number, draft in told if self._follows(draft)], up_to)
        elif sent:
            await self.stick(link, receipt.code or "not-recorded")
        return up_to

    def _follows(self, draft: Draft) -> Sequence[Step]:
        return self._office.letters.delivered(draft.letter)

    async def _move(self, link: Link, told: Sequence[tuple[int, Draft]], up_to: int) -> None:
        """What follows from the receipt, and with the last of it the link's move: a single letter takes one commit."""
        move = (acknowledged(link, up_to),)
        await asyncio.gather(*(self._delivered(link, number, draft, ()) for number, draft in told[:-1]))
        if told:
            await self._delivered(link, *told[-1], move)
        else:
            await self._office.log.write(Unit(by="system", changes=move))

    async def _delivered(self, link: Link, number: int, draft: Draft, changes: Sequence[Change]) -> None:
        """What follows from one letter's receipt, with `changes`. What is refused or fails is parked: the link goes on."""
        aside = partial(self._park, link, number, draft)
        unit = Unit(
            steps=self._follows(draft),
            by=f"partner:{draft.letter.to}",
            trace=draft.recorded.trace,
            changes=changes,
            refused=lambda refusal: (aside(refusal.code),),
        )
        try:
            await self._office.log.write(unit)
        except PASSING:
            raise
        except Exception as fault:  # noqa: BLE001  (whatever a receipt leads to, the letter has been delivered)
            _log.error(
                "a receipt could not be taken in", receiver=link.receiver, number=number, error=type(fault).__name__
            )
            parked = (*changes, aside("fault"))
            await self._office.log.write(msgspec.structs.replace(unit, steps=(), changes=parked, refused=None))

    def _park(self, link: Link, number: int, draft: Draft, reason: str) -> Change:
        return park(
            source="receipts",
            key=f"{link.receiver}:{link.log}:{number}",
            type=str(draft.letter.body.__struct_config__.tag),
            body=msgspec.json.encode(_Receipted(link.receiver, draft.recorded.stream, draft.recorded.version)),
            reason=reason,
            at=self._office.log.clock(),
        )


def _look(link: Link, log: Log, connection: Connection) -> tuple[bool, tuple[int, list[Row]]]:
    """Whether earlier letters for the same receiver go first, how far the link is, and what is next on it."""
    return log.kept is not None and link.log == log.id and held_up(connection, link), waiting(connection, link)
