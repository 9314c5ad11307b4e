"""Keeps the durable consumers of an organisation's integrators as the register grants them; makes them again after the broker lost all.

Each consumer hands out one event at a time and goes on when that one was acknowledged: whatever is lost on the way, nothing
overtakes it, and a client needs no rule of its own to miss nothing. Where a grant names a webhook, this side is that client.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from random import uniform
from typing import Any

import msgspec
import structlog

from shared.grants import CONSUMER, Grant, granted
from shared.register import Register
from shared.rules import NotFound
from shared.wire.connection import Connection, pauses
from shared.wire.deliveries import Deliveries
from shared.wire.stream import NAME, Away, Rejected, Reply, Stream
from shared.wire.webhooks import HELD, Answered

KEEPER = "intake"
"""The service whose node does this for its organisation."""
AGAIN = 10
"""Seconds after which an event that was not acknowledged is handed out again."""
_LOOK = 60.0
"""Seconds after which it is looked whether all are still there."""
_CONSUMER_NOT_FOUND = 10014


class Following(msgspec.Struct, frozen=True):
    """How far an integrator is."""

    name: str
    waiting: int | None
    """Events it has not taken; None while that is not known: the consumer or the broker is away."""
    since: datetime | None = None
    """Since when the oldest of them waits, by the broker's clock; None where none does."""
    webhook: Answered | None = None
    """What its webhook answered last; None before the first time, and where it has none."""


class _Names(Reply):
    consumers: Sequence[str] | None = None
    total: int = 0


class _Floor(msgspec.Struct):
    stream_seq: int = 0


class _State(Reply):
    created: datetime | None = None
    ack_floor: _Floor = msgspec.field(default_factory=_Floor)
    num_pending: int = 0
    num_ack_pending: int = 0


class _Dated(msgspec.Struct):
    time: datetime


class _Oldest(Reply):
    message: _Dated | None = None


class Integrators:
    """One organisation's integrators."""

    def __init__(
        self, nc: Connection, register: Callable[[], Register], organisation: str, service: str, data: Path
    ) -> None:
        self._nc = nc
        self._deliveries = Deliveries(nc, data / organisation / "keys")
        self._register = register
        self._organisation = organisation
        self._keeper = service == KEEPER
        self._stream = Stream(nc)
        self._known: tuple[Grant, ...] | None = None
        self._changed = asyncio.Event()

    def register_changed(self) -> None:
        """Look what is granted now."""
        if self._granted != self._known:
            self._changed.set()

    async def run(self) -> None:
        """Keep them until cancelled; where nothing is granted that costs nothing. At once done at a node of another service."""
        if not self._keeper:
            return
        try:
            await self._keep_all()
        finally:
            await self._deliveries.close()

    async def _keep_all(self) -> None:
        waits = pauses()
        with self._nc.waking(self._changed.set):
            while True:
                self._changed.clear()
                self._deliveries.follow(self._granted)
                try:
                    await self._keep()
                    waits, pause = pauses(), uniform(_LOOK / 2, _LOOK)  # noqa: S311  (spreads load)
                except (Away, Rejected) as fault:
                    structlog.get_logger().info("integrators", organisation=self._organisation, fault=str(fault))
                    pause = next(waits)
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause if self._granted or self._known is None else None):
                        await self._changed.wait()

    async def following(self) -> Sequence[Following]:
        """All of them."""
        return [await self._following(grant) for grant in self._granted]

    def retry(self, name: str) -> None:
        """Try now what waits for a webhook. Raises `NotFound("webhook-unknown")`."""
        hooks = {grant.name: grant for grant in self._granted if grant.webhook}
        if name not in hooks:
            given = {"organisation": self._organisation, "name": name, "known": ", ".join(hooks) or "-"}
            raise NotFound("webhook-unknown", **given)
        self._deliveries.retry(hooks[name])

    @property
    def _granted(self) -> tuple[Grant, ...]:
        return granted(self._register().contents.grants, self._organisation) if self._keeper else ()

    async def _keep(self) -> None:
        wanted = self._granted
        if not wanted and self._known == ():
            return
        self._known = None
        await self._stream.ensure()
        present = await self._present()
        for name in present - {grant.consumer for grant in wanted}:
            await self._remove(name)
        for grant in wanted:
            if grant.consumer not in present:
                await self._make(grant)
        self._known = wanted

    async def _present(self) -> set[str]:
        found: list[str] = []
        while True:
            page = await self._stream.call(f"CONSUMER.NAMES.{NAME}", {"offset": len(found)}, _Names)
            found += page.consumers or ()
            if not page.consumers or len(found) >= page.total:
                return {name for name in found if name.startswith(CONSUMER)}

    async def _make(self, grant: Grant) -> None:
        """After a loss all events of the stream are younger than the start, so it begins with the first: clients skip what they have."""
        config: dict[str, Any] = {
            "durable_name": grant.consumer,
            "filter_subjects": [grant.filter],
            "ack_policy": "explicit",
            "max_ack_pending": 1,
            "ack_wait": (HELD if grant.webhook else AGAIN) * 1_000_000_000,
            "deliver_policy": "by_start_time" if grant.start else "all",
            "replay_policy": "instant",
        }
        if grant.start:
            config["opt_start_time"] = grant.start
        asked = {"stream_name": NAME, "config": config}
        await self._stream.call(f"CONSUMER.CREATE.{NAME}.{grant.consumer}", asked, Reply)
        structlog.get_logger().info("an integrator's consumer was made", name=grant.name, node=self._organisation)

    async def _remove(self, name: str) -> None:
        try:
            await self._stream.call(f"CONSUMER.DELETE.{NAME}.{name}", {}, Reply)
        except Rejected as fault:
            if fault.code != _CONSUMER_NOT_FOUND:
                raise

    async def _following(self, grant: Grant) -> Following:
        said = self._deliveries.answered(grant)
        if not self._nc.is_connected:
            return Following(grant.name, None, webhook=said)
        try:
            state = await self._stream.call(f"CONSUMER.INFO.{NAME}.{grant.consumer}", {}, _State)
            waiting = state.num_pending + state.num_ack_pending
            since = await self._since(grant, state) if waiting else None
        except (Away, Rejected):
            return Following(grant.name, None, webhook=said)
        return Following(grant.name, waiting, since, said)

    async def _since(self, grant: Grant, state: _State) -> datetime | None:
        """When the oldest that it has not taken came; it waits no longer than there is a consumer for it."""
        asked = {"seq": state.ack_floor.stream_seq + 1, "next_by_subj": grant.filter}
        try:
            found = await self._stream.call(f"STREAM.MSG.GET.{NAME}", asked, _Oldest)
        except Rejected:
            return None  # it was taken just now, or has expired
        times = [time for time in (found.message and found.message.time, state.created) if time]
        return max(times, default=None)
