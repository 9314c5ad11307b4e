"""An integrator of Humanitas: its grant, and the client of docs/guide-integrator.md, run as it stands there."""

import asyncio
import json
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from deploy.keys import created, nkey_public, nkey_seed
from deploy.registrar import Registrar
from services.events.domain import place
from shared.grants import Credentials
from shared.ids import uuid7
from shared.wire.connection import connect
from shared.wire.stream import Reply, Stream
from tests.support.brokers import Configured
from tests.support.network import Network

GUIDE = Path(__file__).parents[2] / "docs" / "guide-integrator.md"
KEEPER, PUBLISHER = "humanitas.intake", "humanitas.events"
PUBLIC = "events.public.>"
R = TypeVar("R", bound=Reply)


def reload(net: Network) -> None:
    """The broker takes over what the registrar wrote."""
    if not isinstance(net.nats, Configured):  # whose configuration includes it
        net.nats.configure("system_account: SYS\n" + (net.data / "network" / "accounts.conf").read_text())
    os.kill(net.nats.pid, signal.SIGHUP)


def registrar(net: Network) -> Registrar:
    """Whose changes the broker takes over at once."""
    return Registrar(net.data, lambda: reload(net))


def look(net: Network) -> None:
    """The nodes see the new register."""
    net.watcher.look()
    for node in net.nodes.values():
        node.integrators.register_changed()


def grant(net: Network, name: str, pattern: str = PUBLIC, start: datetime | None = None) -> Credentials:
    """As `kring integrator add` does it."""
    seed = nkey_seed()
    made = registrar(net).grant("humanitas", name, pattern, start, nkey_public(seed))
    look(net)
    return Credentials(net.nats.url, seed, "humanitas", "EVENTS", made.consumer, made.inbox, pattern, start)


async def asked(net: Network, what: str, reply: type[R]) -> R:
    """Ask JetStream's API as Humanitas' node of intake may."""
    seed = (net.data / "humanitas" / "keys" / "intake.nk").read_text().strip()
    nc = await connect(net.nats.url, seed=seed, name="test", inbox_prefix="_INBOX.humanitas.intake")
    try:
        return await Stream(nc).call(what, {}, reply)
    finally:
        await nc.close()


async def tell(net: Network, count: int) -> None:
    """So many public events at Humanitas."""
    log = net.nodes[PUBLISHER].log
    details = place.Details(name="De Kade", address="Kade 1", area="GM0361")
    for begin in range(0, count, 500):
        some = range(begin, min(begin + 500, count))
        await asyncio.gather(
            *(log.run(place, uuid7(), place.Register(details, datetime.now(UTC)), by="test") for _ in some)
        )


async def told(net: Network) -> Sequence[str]:
    """What Humanitas' events tells, in order: the random ids that its events are about."""
    log = net.nodes[PUBLISHER].log
    found: list[str] = []
    while some := await log.notifications(len(found), 500):
        found += [str(one.stream) for one in some]
    return found


def taken(store: Path) -> Sequence[str]:
    """What the client took, in order."""
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as reading:
        return [subject for (subject,) in reading.execute("SELECT subject FROM events ORDER BY rowid")]


def count(store: Path) -> int:
    """How much it took."""
    try:
        with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as reading:
            [[found]] = reading.execute("SELECT max(rowid) FROM events")
            return int(found or 0)
    except sqlite3.OperationalError:
        return 0  # it is just being made


def program(marked: str) -> str:
    """The guide's Python program that holds these words, as it stands there."""
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    [code] = [block for block in blocks if marked in block]
    return str(code)


@asynccontextmanager
async def client(folder: Path, credentials: Credentials, believed: Path | None = None) -> AsyncGenerator[Path]:
    """Run the guide's client while the block lasts, with an authority of ours if it must believe one; gives its database."""
    script, store, file = folder / "follow.py", folder / "events.db", folder / "credentials.json"
    script.write_text(program("import nats"))
    created(file, json.dumps(msgspec.to_builtins(credentials)))
    with (folder / "follow.log").open("w") as log:
        known = os.environ | ({"SSL_CERT_FILE": str(believed)} if believed else {})
        running = await asyncio.create_subprocess_exec(sys.executable, script, file, store, stderr=log, env=known)
        try:
            yield store
        finally:
            running.terminate()
            await running.wait()
