"""Organisations that write to each other: real logs, real keys, a real register, accounts on a real nats-server."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from itertools import permutations
from typing import Any
from uuid import UUID, uuid4

import nkeys
from msgspec.structs import replace

from shared.agreements import Agreement, Covenant
from shared.eventlog.log import Log, utc_now
from shared.eventlog.parked import Parked, listed
from shared.register import Contents, Organisation, Register
from shared.signing import Signer
from shared.succession import NodeKeys
from shared.wire.arrivals import Arrivals
from shared.wire.connection import Connection, connect
from shared.wire.handover import Office
from shared.wire.links import Links
from shared.wire.outbox import LinkState, Outbox, links
from shared.wire.seal import LetterKeys, Ring
from shared.wire.sweep import Sweep
from tests.support import notes
from tests.support.nats import NatsServer
from tests.support.waiting import eventually

SLUGS = ("alpha", "beta", "gamma")
DAY = datetime(2026, 1, 5, tzinfo=UTC)


class Keys:
    """All secrets of a small world."""

    def __init__(self, slugs: Sequence[str] = SLUGS) -> None:
        self.slugs = slugs
        self.letters = {slug: LetterKeys.generate() for slug in slugs}
        self.users = {slug: nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER) for slug in slugs}
        self._signers = {slug: Signer.generate() for slug in slugs}

    def register(self, *members: str) -> Register:
        """Everybody is in it; the members have a covenant."""
        covenant = Covenant(uuid4(), "all", date(2026, 1, 1), {})
        signed = {slug: self._signers[slug].sign(covenant.words(slug)) for slug in members}
        covenants = (Covenant(covenant.id, "all", covenant.since, signed),)
        organisations = tuple(self._organisation(slug) for slug in self.slugs)
        return Register(Contents(1, gateway="", sys="", organisations=organisations, covenants=covenants))

    def agreed(self, *pairs: tuple[str, str]) -> Register:
        """Everybody is in it; in each pair the first may refer to the second."""
        drafts = [Agreement(uuid4(), sender, receiver, date(2026, 1, 1), {}) for sender, receiver in pairs]
        agreements = tuple(replace(one, signatures=self._both(one)) for one in drafts)
        organisations = tuple(self._organisation(slug) for slug in self.slugs)
        return Register(Contents(1, gateway="", sys="", organisations=organisations, agreements=agreements))

    def _both(self, draft: Agreement) -> dict[str, str]:
        return {slug: self._signers[slug].sign(draft.words()) for slug in (draft.sender, draft.receiver)}

    def accounts(self, to: str = "to") -> str:
        """The server's configuration: an account each, everybody may write to everybody on subjects that begin with `to`."""
        return "accounts {\n" + "\n".join(self._account(slug, to) for slug in self.slugs) + "\n}"

    def _organisation(self, slug: str) -> Organisation:
        keys = self.letters[slug]
        node = NodeKeys(nkey="", sign=keys.sign, seal=keys.seal, id=keys.id)
        return Organisation(
            slug=slug,
            name=slug,
            area="GM0361",
            source="urn:nld:kvknr:12345678",
            key=self._signers[slug].public,
            issuers={},
            nodes={"intake": node},
        )

    def _account(self, slug: str, to: str) -> str:
        user = nkeys.from_seed(self.users[slug]).public_key.decode()
        pairs = [other for one, other in permutations(self.slugs, 2) if one == slug]
        exports = ", ".join(f'{{service: "letters.{other}.>", accounts: [ORG_{other}]}}' for other in pairs)
        imports = ", ".join(
            f'{{service: {{account: ORG_{other}, subject: "letters.{slug}.>"}}, to: "{to}.{other}.letters.>"}}'
            for other in pairs
        )
        return f"ORG_{slug} {{ users: [{{nkey: {user}}}], exports: [{exports}], imports: [{imports}] }}"


class Correspondent:
    """One node."""

    def __init__(self, office: Office, outbox: Outbox, letters: notes.NoteLetters) -> None:
        self.office = office
        self.links = Links(office, outbox)
        self.arrivals = Arrivals(office, self.links.knocked)
        self.letters = letters

    async def write(self, text: str, to: str = "beta", **more: Any) -> UUID:
        """Write a note; gives its id."""
        stream = uuid4()
        await self.office.log.run(notes, stream, notes.Write(to, text, **more), by="user:ann", trace="ab" * 16)
        return stream

    async def copies(self) -> list[str]:
        """What it has from others, in order."""
        return [one.event.text for one in await self.office.log.read(notes.COPIES)]

    async def has(self, *texts: str, within: float = 30.0) -> None:
        """Wait until it has these copies and no others."""
        await eventually(self.copies, list(texts), within)

    async def link(self) -> LinkState:
        """Where its only link stands."""
        [state] = await self.office.log.query(links)
        return state

    async def acknowledged(self) -> int:
        """How far its only link is."""
        return (await self.link()).acknowledged

    async def stuck(self) -> str | None:
        """Why its only link does not go on."""
        return (await self.link()).stuck

    async def told(self, note: UUID) -> list[str]:
        """What happened to a note."""
        return [type(one.event).__name__ for one in await self.office.log.read(note)]

    async def parked(self) -> list[Parked]:
        """What it put aside."""
        return await self.office.log.query(listed)


async def connected(nats: NatsServer, keys: Keys, slug: str) -> Connection:
    """An organisation's connection."""
    return await connect(nats.url, seed=keys.users[slug].decode(), name=slug, inbox_prefix=f"_INBOX.{slug}")


@asynccontextmanager
async def correspondent(
    slug: str,
    url: str,
    nats: Connection,
    keys: Keys,
    register: Callable[[], Register],
    clock: Callable[[], datetime] = utc_now,
) -> AsyncIterator[Correspondent]:
    """A node that is open but does nothing by itself yet."""
    letters = notes.NoteLetters(notes)
    outbox = Outbox(letters, lambda: register().partners(slug))
    log = await Log.open(f"{slug}.intake", url, (notes,), (), (outbox,), clock=clock)
    try:
        ring = Ring(lambda: keys.letters[slug].seed)
        office = Office(log.node, log, letters, ring, register, nats)
        yield Correspondent(office, outbox, letters)
    finally:
        await log.close()


@asynccontextmanager
async def at_work(*parts: Links | Arrivals | Sweep) -> AsyncIterator[None]:
    """These run while the block lasts."""
    tasks = [asyncio.create_task(one.run()) for one in parts]
    await asyncio.sleep(0)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for came in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(came, Exception):
                raise came
