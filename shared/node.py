"""A node: one service of one organisation, made of its log, its views, its wire and its API. It lives in one process at a time."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec

from shared.errands import Errands
from shared.eventlog.cache import StateCache
from shared.eventlog.follower import OwnFollower
from shared.eventlog.log import Log, utc_now
from shared.eventlog.masterkey import Master
from shared.eventlog.ticker import Ticker
from shared.eventlog.types import Recorded
from shared.forgotten import forget_again
from shared.health import Health, Standing, looked_up
from shared.linkkeys import LinkKey
from shared.mail import Post
from shared.metrics import Meter
from shared.register import Register
from shared.rules import Unavailable
from shared.service import Service
from shared.settings import Settings
from shared.signing import MASTER
from shared.tokens import Believed
from shared.wire import tls
from shared.wire.answering import Answering, Application
from shared.wire.arrivals import Arrivals
from shared.wire.connection import Connection, connect
from shared.wire.handover import Office
from shared.wire.hints import Hint, tell
from shared.wire.inbox import Inbox
from shared.wire.integrators import Integrators
from shared.wire.links import Links
from shared.wire.outbox import Outbox
from shared.wire.relay import Relay, RelayState
from shared.wire.seal import Ring
from shared.wire.sweep import Sweep


class Process(msgspec.Struct, frozen=True):
    """What the nodes of a process share."""

    service: Service
    app: Application
    settings: Settings
    register: Callable[[], Register]
    issuers: Callable[[], Believed]
    """Whose tokens are believed."""
    cache: StateCache
    ticker: Ticker
    meter: Meter = msgspec.field(default_factory=Meter)
    post: Post | None = None


class Node:
    """Open it with `async with opened(…)`, then `run` it."""

    def __init__(
        self, process: Process, organisation: str, log: Log, outbox: Outbox, nats: Connection, keys: Ring
    ) -> None:
        service = process.service
        source = f"{process.register().organisation(organisation).source}:systeem:kring-{service.name}"
        nats.replicas = process.settings.replicas
        self.organisation = organisation
        self.log = log
        self._process = process
        self._nats = nats
        self._hints: dict[Hint, None] = {}
        self._hinted = asyncio.Event()
        self._standing = Standing(-1, (), 0)
        office = Office(log.node, log, service.letters, keys, process.register, nats)
        self.answering = Answering(
            nats, f"rpc.{service.name}", service.name, process.app, {"node": self}, process.meter
        )
        self.relay = Relay(nats, log, service.name, service.publish, source)
        self.inbox = Inbox(nats, log, service.name, service.policies)
        self.links = Links(office, outbox)
        self.arrivals = Arrivals(office, self.links.knocked, process.meter)
        self.integrators = Integrators(nats, process.register, organisation, service.name, process.settings.data)
        self.follower = OwnFollower(log, service.policies)
        self.errands = Errands()
        log.tell(self._changed)

    @property
    def register(self) -> Register:
        """The register of organisations as it is now."""
        return self._process.register()

    @property
    def issuers(self) -> Believed:
        """Whose tokens are believed now."""
        return self._process.issuers()

    @property
    def link_key(self) -> LinkKey:
        """What lets in who holds a link of the organisation. Raises `Unavailable("links-key-missing")`."""
        return LinkKey.open(self._process.settings.data, self.organisation)

    @property
    def post(self) -> Post | None:
        """What sends e-mail, where a mail server is configured."""
        return self._process.post

    @property
    def service(self) -> Service:
        """What it is a node of."""
        return self._process.service

    async def run(self) -> None:
        """Work until cancelled, or until another process owns the node."""
        async with asyncio.TaskGroup() as tasks:
            for part in (
                self.answering,
                self.relay,
                self.inbox,
                self.links,
                self.arrivals,
                self.follower,
                self.integrators,
                self.errands,
            ):
                tasks.create_task(part.run())
            tasks.create_task(self._process.ticker.watch(self.log, self.service.due, self.service.rounds))
            tasks.create_task(self._hint())
            tasks.create_task(forget_again(self.log, self.service.erase))
            tasks.create_task(Sweep(self.log, self._process.meter).run())
            tasks.create_task(self.log.lost())
            tasks.create_task(self._cut_off())

    def register_changed(self) -> None:
        """Look who the partners and the integrators are now."""
        self.links.register_changed()
        self.arrivals.refusals.register_changed()
        self.integrators.register_changed()

    async def health(self) -> Health:
        """How it is now."""
        if self._standing.groups != self.log.groups:
            self._standing = await self.log.query(partial(looked_up, self.log.groups, self.service))
        ready = self._nats.is_connected and self.answering.ready.is_set()
        standing, following = self._standing, self.inbox.state
        behind = None if self.relay.state is RelayState.FAULT else await self.relay.lag()
        integrators, partners = await self.integrators.following(), self.register.partners(self.organisation)
        digests = [one for one in standing.digests if one.partner in partners]
        up, aside = self.relay.state, standing.parked
        more = self.arrivals.refusals.lately(), standing.gauges, self.links.oldest(standing.links)
        return Health(self.log.node, ready, up, behind, standing.links, aside, following, integrators, digests, *more)

    def rewrap(self) -> None:
        """Wrap the keys of persons with the organisation's newest master key."""
        if self.log.keys is not None:
            self.log.keys.rewrap(_master(self._process.settings, self.organisation))

    def _changed(self, events: Sequence[Recorded[Any]]) -> None:
        """Only what a view shows is hinted at: that something private happened is private too."""
        for recorded in events:
            noun = self.log.registry.noun(recorded.event)
            self._hints[Hint(self.service.name, noun, recorded.stream)] = None
        self._hinted.set()

    async def _hint(self) -> None:
        """Tell who listens what has changed; several changes of one record become one hint."""
        while True:
            await self._hinted.wait()
            self._hinted.clear()
            hints, self._hints = self._hints, {}
            for hint in hints:
                await tell(self._nats, hint)

    async def _cut_off(self) -> None:
        """End the node's work when the broker no longer takes its user. Raises `Unavailable`: it is tried again from the start."""
        await self._nats.over.wait()
        raise Unavailable("nats-refused", url=str(self._process.settings.nats_url), user=self.log.node)


def database_url(settings: Settings, organisation: str, service: str) -> str:
    """Where a node's log is kept: in the organisation's PostgreSQL, or in a file of its own."""
    return (
        settings.databases.get(organisation)
        or f"sqlite:///{(settings.data / organisation / f'{service}.db').resolve()}"
    )


@asynccontextmanager
async def opened(process: Process, organisation: str) -> AsyncGenerator[Node]:
    """Take a node into this process: its keys, its log, its connection.

    Raises:
        Unavailable: `database-…` (see `shared.eventlog.database`), `nats-away`, `nats-refused`, `tls-…`, `keys-missing`.
    """
    settings, name = process.settings, process.service.name
    keys = settings.data / organisation / "keys"
    outbox = Outbox(process.service.letters, lambda: process.register().partners(organisation))
    log = await _log(process, organisation, outbox)
    try:  # the other keys are read only now that the log is ours: a standby waits for a thousand of them
        letters, seed = Ring(lambda: _secret(keys / f"{name}.letters")), _secret(keys / f"{name}.nk")
        prefix = f"_INBOX.{organisation}.{name}"
        url, believed = cast("str", settings.nats_url), tls.authority(settings)
        nats = await connect(url, seed=seed, name=log.node, inbox_prefix=prefix, authority=believed)
        try:
            yield Node(process, organisation, log, outbox, nats, letters)
        finally:
            await nats.close()
    finally:
        await log.close()


async def _log(process: Process, organisation: str, outbox: Outbox) -> Log:
    service, settings = process.service, process.settings
    return await Log.open(
        f"{organisation}.{service.name}",
        database_url(settings, organisation, service.name),
        service.deciders,
        service.views,
        (outbox,),
        cache=process.cache,
        clock=utc_now,
        meter=process.meter,
        master=_master(settings, organisation),
        folder=settings.data / organisation,
    )


def _master(settings: Settings, organisation: str) -> Master:
    return Master(settings.masters.get(organisation) or _secret(settings.data / organisation / "keys" / MASTER))


def _secret(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        raise Unavailable("keys-missing", path=str(path)) from None
