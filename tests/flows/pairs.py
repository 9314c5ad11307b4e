"""All users of the demo network at its broker, and the list of what they try in each other's name (denied.toml)."""

import asyncio
import tomllib
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import nats
import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from deploy import demo
from deploy.keys import nkey_public, nkey_seed
from deploy.natsconf import accounts
from deploy.registrar import Registrar
from shared.grants import Grant
from shared.register import SERVICES, Register
from tests.support.nats import NatsServer, nats_server

SLUGS = tuple(slug for slug, *_ in demo.ORGANISATIONS)
ENDED = (UUID(int=3), UUID(int=4))
"""The agreements between Humanitas and Gemeente Alkmaar, both ways: what is open under them goes on."""
KEEPER = "intake"


class Permitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the configuration lets a kind of user do."""

    say: tuple[str, ...] = ()
    hear: tuple[str, ...] = ()


class Crossing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"source": "from", "name": "as"}):
    """A way out of an organisation's account into others."""

    source: Literal["organisation"]
    to: Literal["gateway", "partner", "integrator"]
    subject: str
    name: str
    """How it is called in the other account; empty: the same."""


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some kinds of user try."""

    why: str
    by: tuple[str, ...]
    say: tuple[str, ...] = ()
    hear: tuple[str, ...] = ()
    reply: tuple[str, ...] = ()
    """Where they ask that an answer be sent."""
    queue: str = ""
    refused: bool = False
    reaches: Literal["", "partners", "everybody", "gateway"] = ""
    heard: str = ""


class List(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    permitted: dict[str, Permitted]
    crossing: tuple[Crossing, ...]
    tried: tuple[Tried, ...]


LIST = msgspec.convert(tomllib.loads(Path(__file__).with_name("denied.toml").read_text()), List)


class Said(msgspec.Struct, frozen=True):
    """A message's content: who says it and on what subject, or who answers which one."""

    by: str
    subject: str
    answers: str = ""
    """Who asked."""


class Heard(msgspec.Struct, frozen=True):
    """What somebody heard."""

    by: str
    subject: str
    said: Said


class User:
    """One user of the broker."""

    def __init__(self, name: str, kinds: Sequence[str], seed: str, inbox: str, grants: dict[str, Grant]) -> None:
        self.name = name
        self.kinds = frozenset(kinds)
        self.seed = seed
        self.inbox = inbox
        self.organisation, _, self.service = name.partition(".")
        self.client = Client()
        self.complaints: set[str] = set()
        self.heard: list[Heard] = []
        self._grants = grants

    @property
    def mine(self) -> list[Tried]:
        """What it tries."""
        return [one for one in LIST.tried if self.kinds & set(one.by)]

    def named(self, pattern: str) -> Iterator[str]:
        """A subject of the list, in all ways in which it names others."""
        service = self.service if self.service in SERVICES else KEEPER
        mine = self._grants.get(self.organisation)
        for victim in (slug for slug in SLUGS if slug != self.organisation):
            for other in (one for one in SERVICES if one != service):
                yield pattern.format(
                    own=self.organisation,
                    service=service,
                    other=other,
                    victim=victim,
                    mine=mine.consumer if mine else "integrator-none",
                    theirs=self._grants[victim].consumer,
                )

    def all(self, patterns: Sequence[str]) -> set[str]:
        """Several."""
        return {subject for pattern in patterns for subject in self.named(pattern)}

    async def connect(self, url: str) -> None:
        """Enter with its real credentials."""
        self.client = await nats.connect(
            url, nkeys_seed_str=self.seed, inbox_prefix=self.inbox, error_cb=self._complain, allow_reconnect=False
        )

    async def say(self, subject: str, reply: str = "") -> None:
        """Say who says it, and where."""
        await self.client.publish(subject, msgspec.json.encode(Said(self.name, subject)), reply=reply)

    async def listen(self, subject: str, queue: str = "") -> None:
        """Hear what comes; nodes answer it."""
        await self.client.subscribe(subject, queue, cb=self._hear)

    async def settled(self) -> None:
        """The server has taken everything, and has said what it thinks of it: a first ping may overtake what is said."""
        await self.client.flush()
        await self.client.flush()

    async def _hear(self, message: Msg) -> None:
        try:
            said = msgspec.json.decode(message.data, type=Said)
        except msgspec.DecodeError:
            said = Said("the server", message.subject)
        self.heard.append(Heard(self.name, message.subject, said))
        if message.reply and self.service in SERVICES and not said.answers:
            await self.client.publish(message.reply, msgspec.json.encode(Said(self.name, said.subject, said.by)))

    async def _complain(self, fault: Exception) -> None:
        self.complaints.add(str(fault).lower())


class World:
    """The broker, its register and everybody."""

    def __init__(self, nats: NatsServer, register: Register, users: Sequence[User], data: Path) -> None:
        self.nats = nats
        self.register = register
        self.users = {user.name: user for user in users}
        self.data = data

    async def settled(self) -> None:
        """Everybody has said and heard everything: nothing new comes for half a second."""
        count = -1
        while count != (count := sum(len(user.heard) for user in self.users.values())):
            await asyncio.gather(*(user.settled() for user in self.users.values()))
            await asyncio.sleep(0.5)


def _users(data: Path, grants: dict[str, Grant], seeds: dict[str, str]) -> Iterator[User]:
    yield User("gateway", ["gateway"], (data / "gateway" / "gateway.nk").read_text().strip(), "_INBOX.gateway", grants)
    for slug in SLUGS:
        for service in SERVICES:
            seed = (data / slug / "keys" / f"{service}.nk").read_text().strip()
            kinds = ["service", "keeper" if service == KEEPER else "plain"]
            yield User(f"{slug}.{service}", kinds, seed, f"_INBOX.{slug}.{service}", grants)
        yield User(f"{slug}.integrator", ["integrator"], seeds[slug], grants[slug].inbox, grants)


@asynccontextmanager
async def everybody(folder: Path) -> AsyncGenerator[World]:
    """The demo network's broker with one integrator of each organisation, two agreements ended, and all users connected."""
    demo.prepare(folder)
    registrar = Registrar(folder)
    seeds = {slug: nkey_seed() for slug in SLUGS}
    with pytest.MonkeyPatch.context() as before:
        before.setattr("deploy.registrar._SETTLE", 0.0)  # no broker runs yet that takes each change over
        grants = {
            slug: registrar.grant(slug, "reports", "events.public.>", None, nkey_public(seeds[slug])) for slug in SLUGS
        }
    for agreement in ENDED:
        registrar.end(agreement, "humanitas", date(2026, 6, 1))
    register = Register.open(folder)
    users = list(_users(folder, grants, seeds))
    log = folder / "broker.log"  # thousands of complaints: more than the pipe takes that nobody reads
    configured = f'log_file: "{log}"\nsystem_account: SYS\n{accounts(register)}'
    async with nats_server(configured) as broker, AsyncExitStack() as stack:
        for user in users:
            await user.connect(broker.url)
            stack.push_async_callback(user.client.close)
        yield World(broker, register, users, folder)


async def asked(user: User, call: str, body: Any = None) -> Any:
    """Ask JetStream, as this user may."""
    answer = await user.client.request(f"$JS.API.{call}", msgspec.json.encode(body) if body else b"", timeout=5)
    return msgspec.json.decode(answer.data)
