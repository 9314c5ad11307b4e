"""A service's API on a real log, without the wire: what comes from elsewhere, a test hands over itself."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from litestar.types import Receive, Scope, Send

from shared.errands import Errands
from shared.eventlog.follower import OwnFollower
from shared.eventlog.log import Log
from shared.eventlog.types import Step, Unit
from shared.http import application
from shared.identity import Holder, Issuer, Role
from shared.linkkeys import PARTICIPANT_STAYS, LinkKey, trusted
from shared.mail import Post
from shared.register import Register
from shared.service import Service
from shared.tokens import Believed
from tests.support.masterkey import MASTER
from tests.support.registers import PARTIES, contents, links

ORGANISATION = "humanitas"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@dataclass
class Served:
    """One organisation's node of a service, with a clock that stands still."""

    log: Log
    register: Register
    http: httpx.AsyncClient
    organisation: str = ORGANISATION
    post: Post | None = None
    errands: Errands = field(default_factory=Errands)

    @property
    def issuers(self) -> Believed:
        """Whose tokens are believed: the local issuers', and who holds a link."""
        known = {name: one for slug in PARTIES for name, one in trusted(slug, links(slug).public).items()}
        return {**self.register.issuers, **known}

    @property
    def link_key(self) -> LinkKey:
        """What lets in who holds a link."""
        return links(self.organisation)

    async def ask(
        self, method: str, path: str, body: Any = None, *, role: Role | None = Role.COORDINATOR
    ) -> httpx.Response:
        """Call a route as somebody of the organisation, or as a visitor."""
        headers = {} if role is None else self.headers(role)
        return await self.http.request(method, path, json=body, headers=headers)

    def headers(self, role: Role) -> dict[str, str]:
        """What somebody of the organisation sends along."""
        issuer = Issuer(ORGANISATION, PARTIES[ORGANISATION], production=False)
        return {"Authorization": f"Bearer {issuer.token([role], user='ann', now=self.log.clock())}"}

    def by_link(self, holder: Holder, *, of: str = ORGANISATION) -> dict[str, str]:
        """What somebody who came by a link of an organisation sends along, for half an hour."""
        now = self.log.clock()
        return {"Authorization": f"Bearer {links(of).token(holder, now=now, until=now + PARTICIPANT_STAYS)}"}

    async def take(self, steps: Sequence[Step]) -> None:
        """Write what a policy gave, as the inbox does."""
        await self.log.write(Unit(steps=steps, by="policy:test"))


@asynccontextmanager
async def served(
    service: Service, folder: Path, clock: Callable[[], datetime] = lambda: NOON
) -> AsyncGenerator[Served]:
    """Open it on a new SQLite file; the service's policies on its own events run beside it."""
    log = await _log(service, folder, clock)
    app = application(service)

    async def with_node(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"node": node}
        await app(scope, receive, send)

    transport = httpx.ASGITransport(app=with_node)  # type: ignore[arg-type]  # the same protocol, spelled differently
    async with httpx.AsyncClient(transport=transport, base_url="http://node") as http:
        node = Served(log, Register(contents()), http)
        beside = [
            asyncio.create_task(OwnFollower(log, service.policies).run()),
            asyncio.create_task(node.errands.run()),
        ]
        try:
            yield node
        finally:
            for task in beside:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await log.close()


async def _log(service: Service, folder: Path, clock: Callable[[], datetime]) -> Log:
    return await Log.open(
        f"{ORGANISATION}.{service.name}",
        f"sqlite:///{folder / f'{service.name}.db'}",
        service.deciders,
        service.views,
        clock=clock,
        master=MASTER,
    )
