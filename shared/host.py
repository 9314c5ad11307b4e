"""The process that hosts many nodes of one service."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
import structlog
import uvloop

from shared import control, logs, tracing
from shared.authorised import Authorised, Named
from shared.door import doors, leading
from shared.eventlog.cache import StateCache
from shared.eventlog.database import opening
from shared.eventlog.log import utc_now
from shared.eventlog.ticker import Ticker
from shared.findings import findings, gauges
from shared.health import Health
from shared.http import application
from shared.mail import Post, Server
from shared.metrics import Meter
from shared.node import Node, Process, database_url, opened
from shared.providers import Issuers
from shared.register import Register
from shared.rules import NotFound, Refused
from shared.running import begin, give_back
from shared.sentences import COMMON, LANGUAGES, Sentences
from shared.service import Service
from shared.settings import Settings, load
from shared.upkeep import Upkeep
from shared.watched import watched
from shared.watcher import Watcher

F = TypeVar("F", bound=BaseException)
AGAIN = 5.0
"""Seconds until a node that could not be opened is tried again: a standby takes over within them."""
ASKED = 32
"""Nodes that are asked at the same time how they are."""
PATIENCE = 2.0
"""Seconds that one of them has for its answer."""
IDLE = 20.0
"""Seconds after which an unused node gives back its database connections."""


class Failure(msgspec.Struct, frozen=True):
    """A node that is not here now, and what to do about it."""

    node: str
    code: str
    sentence: str
    given: Mapping[str, Any]
    """What fills the code's sentence."""


class Host:
    """Keeps a node of each organisation whose keys are on this machine."""

    def __init__(self, service: Service, settings: Settings) -> None:
        self.nodes: dict[str, Node] = {}
        self.failures: dict[str, Failure] = {}
        self._service = service
        self._settings = settings
        self._sentences = Sentences(COMMON, service.words)
        self._watcher = Watcher(settings.data)
        self._issuers = Issuers(settings, lambda: self._watcher.register)
        self._ticker = Ticker(utc_now)
        self._process = Process(
            service,
            application(service),
            settings,
            lambda: self._watcher.register,
            self._issuers,
            StateCache(),
            self._ticker,
            Meter(service.name),
            Post(Server.parse(settings.smtp_url)) if settings.smtp_url else None,
        )
        self._kept: set[str] = set()
        self._begun = False

    async def run(self) -> None:
        """Host until cancelled."""
        upkeep = Upkeep(self.nodes)
        own: dict[str, control.Operation] = {"health": self.health, "doctor": self.doctor, "metrics": self.metrics}
        operations = own | upkeep.operations
        api, seen = leading(self._process.app, self.nodes), watched(self.health, self.metrics)
        ports = [door.run for door in doors(self._settings, self._service.name, api, seen)]
        async with control.serve(self._settings.data, self._service.name, operations), asyncio.TaskGroup() as tasks:
            believed = lambda: Named(self._issuers.named, self._issuers.links)  # noqa: E731
            noted = Authorised(self.nodes, lambda: self._watcher.register, believed)
            for run in (self._watcher.run, self._issuers.run, self._ticker.run, self._rest, noted.run, *ports):
                tasks.create_task(run())

            def keep_all(register: Register) -> None:
                for slug in filter(self._ours, register.organisations.keys() - self._kept):
                    self._kept.add(slug)
                    tasks.create_task(self._keep(slug))
                for node in self.nodes.values():
                    node.register_changed()

            self._watcher.tell(keep_all)
            keep_all(self._watcher.register)
            self._begun = True

    async def _rest(self) -> None:
        """Nodes that nobody uses cost next to nothing: a process holds a thousand of them."""
        while True:
            await asyncio.sleep(IDLE / 2)
            rested = [await node.log.rest(IDLE) for node in list(self.nodes.values())]
            if any(rested):
                await asyncio.to_thread(give_back)

    async def health(self) -> dict[str, Any]:
        """What is up, what is behind."""
        nodes, failures = await self._look()
        return {
            "ready": self._begun and len(nodes) == len(self._kept) and all(node.ready for node in nodes.values()),
            "service": self._service.name,
            "nodes": list(nodes.values()),
            "failures": failures,
        }

    async def doctor(self, language: str = LANGUAGES[0]) -> list[str]:
        """What is wrong and what to do about it, in sentences; nothing when all is well."""
        say = self._sentences.say
        nodes, failures = await self._look()
        found = [f"{one.node}: {say(one.code, language, one.given)}" for one in failures]
        found += [say(fault.code, language, fault.parameters) for fault in self._issuers.faults]
        for health in nodes.values():
            found += [say(code, language, given) for code, given in findings(health)]
        return found

    async def metrics(self) -> str:
        """What Prometheus is told of this process. A node that has done nothing since the last time costs no query."""
        nodes, _ = await self._look()
        measured = {slug: gauges(health) for slug, health in nodes.items()}
        self._process.meter.register_looked_at(refused=self._watcher.refused is not None)
        return self._process.meter.text(measured, failed=len(self._kept) - len(measured))

    async def _look(self) -> tuple[dict[str, Health], list[Failure]]:
        """How each node is. One that cannot say (its database is away) is a failure of its own, and hides no other."""
        failures, turns = dict(self.failures), asyncio.Semaphore(ASKED)
        nodes = dict(self.nodes)
        told = await asyncio.gather(*(self._ask(slug, node, turns) for slug, node in nodes.items()))
        found = dict(zip(nodes, told, strict=True))
        failures |= {slug: one for slug, one in found.items() if isinstance(one, Failure)}
        return {slug: one for slug, one in found.items() if isinstance(one, Health)}, list(failures.values())

    async def _ask(self, slug: str, node: Node, turns: asyncio.Semaphore) -> Health | Failure:
        """One node's word; it keeps those that are asked after it waiting for a moment at most."""
        name = node.log.node
        try:
            async with turns, asyncio.timeout(PATIENCE):
                with opening(database_url(self._settings, slug, self._service.name)):
                    return await node.health()
        except TimeoutError:
            return self._failure(name, Refused("node-silent", node=name, seconds=PATIENCE))
        except Refused as refused:
            return self._failure(name, refused)
        except Exception as fault:  # noqa: BLE001  (whatever it is, the others are asked too)
            structlog.get_logger().error("a node cannot say how it is", node=name, exc_info=fault)
            return self._failure(name, Refused("node-failed", node=name))

    def _ours(self, slug: str) -> bool:
        """Whether its keys are here and it is in our share."""
        here = (self._settings.data / slug / "keys" / f"{self._service.name}.nk").exists()
        return here and (self._settings.share is None or self._settings.share.takes(slug))

    async def _keep(self, slug: str) -> None:
        """Keep one organisation's node here, whatever happens to it."""
        name, this = f"{slug}.{self._service.name}", asyncio.current_task()
        while True:
            try:
                # In a task of its own: a task group that failed leaves its task marked as cancelled (Python 3.11).
                await asyncio.create_task(self._live(slug))
            except* Refused as refused:
                self._failed(name, _first(refused))
            except* Exception as fault:  # noqa: BLE001  (whatever a node dies of, the others live on)
                structlog.get_logger().error("a node failed", node=name, exc_info=_first(fault))
                self._failed(name, Refused("node-failed", node=name))
            if this and this.cancelling():
                return  # a fault while it stopped has hidden the cancellation
            await asyncio.sleep(AGAIN)

    async def _live(self, slug: str) -> None:
        async with opened(self._process, slug) as node:
            self.nodes[slug] = node
            self.failures.pop(slug, None)
            try:
                await node.run()
            finally:
                del self.nodes[slug]

    def _failed(self, name: str, refused: Refused) -> None:
        slug, failure = name.partition(".")[0], self._failure(name, refused)
        before, self.failures[slug] = self.failures.get(slug), failure
        if failure == before:
            return  # said already: a standby tries every few seconds
        sentence = failure.sentence
        structlog.get_logger().error("a node could not be kept here", node=name, code=refused.code, sentence=sentence)

    def _failure(self, name: str, refused: Refused) -> Failure:
        sentence = self._sentences.say(refused.code, LANGUAGES[0], refused.parameters)
        return Failure(name, refused.code, sentence, refused.parameters)


def _first(group: BaseExceptionGroup[F]) -> F:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def serve(service: Service) -> None:
    """The main function of a service's process: host its nodes until SIGTERM or SIGINT."""
    os.umask(0o077)  # what it keeps is nobody else's, however it was started
    try:
        settings = load(os.environ)
        if settings.nats_url is None:
            raise NotFound("nats-url-missing")
        logs.configure(service.name, settings.log_level)
        begin()
        with tracing.exporting(settings.otlp_url, service.name):
            uvloop.run(_until_stopped(Host(service, settings)))
    except Refused as refused:
        sentence = Sentences(COMMON, service.words).say(refused.code, LANGUAGES[0], refused.parameters)
        sys.exit(f"{refused.code}: {sentence}\n{refused if refused.code == 'invalid' else ''}".rstrip())


async def _until_stopped(host: Host) -> None:
    running = asyncio.create_task(host.run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    with suppress(asyncio.CancelledError):
        await running
