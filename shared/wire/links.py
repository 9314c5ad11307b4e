"""Every link that has something to send has a task; an idle one has none. A knock of a partner makes its links go on at once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

import nats.errors
import structlog

from shared.eventlog.database import PASSING
from shared.eventlog.types import Step
from shared.rules import Refused
from shared.wire.connection import pauses
from shared.wire.handover import Office
from shared.wire.introductions import Introductions
from shared.wire.outbox import Link, Outbox, links
from shared.wire.post import Post, Round
from shared.wire.retelling import Retelling

_log = structlog.get_logger()
TOLD, UNTOLD = 60.0, 5.0
"""Seconds until a partner that says again that it was restored is told how everything stands: after it was, or nothing was to be told."""
SHORTEST = 0.1
"""Seconds between two tries on a link that does not move, however often its receiver knocks."""


class Links:
    """Sends the letters of one node."""

    def __init__(self, office: Office, outbox: Outbox) -> None:
        self._office = office
        self._outbox = outbox
        self._post = Post(office)
        self.oldest = self._post.waits.oldest
        self._introductions = Introductions(office)
        self._retelling = Retelling(office)
        self._known: set[Link] = set()
        self._knocking: set[Link] = set()
        self._greeted: set[Link] = set()
        self._woken: dict[Link, asyncio.Event] = {}
        self._partner_logs: dict[str, UUID] = {}
        self._telling: set[str] = set()
        self._quiet: dict[str, float] = {}
        self._changed = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Knock at all partners, then send what there is until cancelled."""
        self._telling.clear()
        self._woken.clear()  # a task of an earlier run that was cancelled before its first step has left its entry
        with self._office.nats.waking(self._wake_all):
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                try:
                    await self._follow(tasks)
                finally:
                    self._tasks = None  # whoever knocks now comes too late

    def register_changed(self) -> None:
        """Look for new partners and for new keys of this node, and try again what waits for keys."""
        self._office.keys.follow(self._office.register().node(self._office.node))
        self._changed.set()
        self._wake_all()

    def knocked(self, node: str, log: UUID) -> None:
        """A partner's node is there: go on with its links. If its log has another identity, ask what it still has."""
        for link, woken in self._woken.items():
            if link.receiver == node:
                woken.set()
        self._heard(node, log)

    def _heard(self, node: str, log: UUID) -> None:
        if self._partner_logs.get(node) != log:
            self._partner_logs[node] = log
            for link in [link for link in self._known if link.receiver == node]:
                self._wake(link, knock=True)
            if self._tasks is not None and node not in self._telling:
                self._telling.add(node)
                self._tasks.create_task(self._tell_again(node))

    async def _tell_again(self, node: str) -> None:
        """After a partner's restore: how everything stands that both know; once in a while, however often it says that it was restored."""
        now, told = asyncio.get_running_loop().time, None
        try:
            while told != self._partner_logs[node]:
                await asyncio.sleep(self._quiet.get(node, 0.0) - now())
                told = self._partner_logs[node]
                link = await self._retelling.tell(node, told)
                self._quiet[node] = now() + (TOLD if link else UNTOLD)
                if link is not None:
                    self._wake(link)
        except Exception as fault:  # noqa: BLE001  (whatever it was, its next knock tries again)
            _log.error("a restored partner could not be told", receiver=node, error=type(fault).__name__)
            self._partner_logs.pop(node, None)
        finally:
            self._telling.discard(node)

    async def steps(self, parked: bytes) -> Sequence[Step]:
        """The commands that follow from a receipt that was put aside (`parked`: the row's body), for a retry."""
        return await self._post.steps(parked)

    def _wake_all(self) -> None:
        for woken in self._woken.values():
            woken.set()

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        log = self._office.log
        position = log.position
        for state in await log.query(links):
            self._wake(state.link, knock=True)
        tasks.create_task(self._meet())
        while True:
            for link in self._outbox.grown(position):
                self._wake(link)
            position = await log.wait(position)

    async def _meet(self) -> None:
        """Introduce the node to new partners and knock at them, whenever the register changes."""
        while True:
            self._changed.clear()
            await self._greet()
            try:
                for link in await self._introductions.make():
                    self._wake(link)
            except Refused as refused:
                _log.error("new partners could not be introduced", node=self._office.node, code=refused.code)
            except PASSING:
                raise
            except Exception:  # noqa: BLE001  (what is shown may not stop what is sent)
                _log.exception("new partners could not be introduced", node=self._office.node)
            await self._changed.wait()

    async def _greet(self) -> None:
        """Knock where nothing was ever sent: one after the other, as a thousand nodes may start at once."""
        for node in self._peers():
            link = Link(node, self._office.log.id)
            if link not in self._known | self._greeted:
                self._greeted.add(link)
                with suppress(nats.errors.Error, OSError, Refused):  # who is away knocks here when it comes
                    self._heard(node, await self._post.greet(link))

    def _peers(self) -> list[str]:
        """All nodes of partners, and the organisation's other ones."""
        register, own = self._office.register(), self._office.slug
        slugs = (own, *register.partners(own))
        nodes = [f"{slug}.{service}" for slug in slugs for service in register.organisation(slug).nodes]
        return [node for node in nodes if node != self._office.node]

    def _wake(self, link: Link, *, knock: bool = False) -> None:
        self._known.add(link)
        if knock:
            self._knocking.add(link)
        if link in self._woken:
            self._woken[link].set()
        elif self._tasks is not None:
            self._woken[link] = asyncio.Event()
            self._tasks.create_task(self._drain(link, self._woken[link]))

    async def _drain(self, link: Link, woken: asyncio.Event) -> None:
        """Hand over until nothing waits, with growing pauses while nothing moves, or while the receiver takes back what it said."""
        pause, backwards = pauses(), pauses()
        this = asyncio.current_task()
        try:
            while this and not this.cancelling():  # nats-py's requests may swallow a cancellation that meets an answer
                woken.clear()
                came = await self._attempt(link)
                if came.log is not None:
                    self._heard(link.receiver, came.log)
                if came.idle and not woken.is_set():
                    return
                if came.moved < 0:
                    await asyncio.sleep(next(backwards))
                elif came.moved or came.idle:
                    pause = pauses()
                else:
                    await asyncio.sleep(SHORTEST)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(next(pause)):
                            await woken.wait()
        finally:
            del self._woken[link]
            for other, waits in self._woken.items():
                if other.receiver == link.receiver:
                    waits.set()  # one of a later identity of this log may have been held up by this one

    async def _attempt(self, link: Link) -> Round:
        knock = link in self._knocking
        self._knocking.discard(link)
        try:
            return await self._post.hand_over(link, knock=knock)
        except (nats.errors.Error, OSError) as away:
            _log.debug("a partner is away", node=self._office.node, receiver=link.receiver, error=type(away).__name__)
        except Refused as refused:
            await self._stick(link, refused.code)
        except Exception as fault:  # noqa: BLE001  (one link's fault may not stop the others)
            _log.error("a link failed", node=self._office.node, receiver=link.receiver, error=type(fault).__name__)
            await self._stick(link, "fault")
        return Round(moved=0)

    async def _stick(self, link: Link, code: str) -> None:
        with suppress(Exception):  # the log is closed, or away as well: the next attempt comes anyhow
            await self._post.stick(link, code)
