"""What can be seen on disk, whether Kring runs or not: register, keys, databases, the broker's configuration, ports."""

import subprocess
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from deploy import natsconf, preflight, tlscheck
from deploy.keys import closed, nkey_public
from shared import providers
from shared.eventlog.examining import examine
from shared.node import database_url
from shared.pins import Pins
from shared.register import SERVICES, Register, pinned
from shared.rules import Refused
from shared.settings import Settings
from shared.succession import NodeKeys
from shared.wire.seal import LetterKeys

Finding = tuple[str, Refused]
"""Which part it is about, and what is wrong with it."""
GATEWAY = "gateway"


def findings(settings: Settings, running: Iterable[str]) -> Iterator[Finding]:
    """Everything that is wrong. `running` are the processes that answer: they are asked themselves for their databases."""
    try:
        register = Register.open(settings.data)
    except Refused as refused:
        yield "register", refused
        return
    yield from _found("register", partial(Pins(settings.data, pinned(settings.data)).check, register))
    yield from _keys(settings.data, register)
    for slug in register.organisations:
        yield from _found("identity", partial(_providers, settings.data, slug))
    yield from _databases(settings, register, set(running))
    yield from _broker(settings.data / "network", register)
    yield from (("certificates", refused) for refused in tlscheck.findings(settings, datetime.now(UTC)))
    yield from _ports(settings, set(running))


def _keys(data: Path, register: Register) -> Iterator[Finding]:
    folders = [data / slug / "keys" for slug in register.organisations]
    for path in sorted(path for folder in (data / GATEWAY, *folders) for path in folder.glob("*")):
        yield from _found("keys", partial(closed, path))
    if _keeps_register(data / "network"):
        yield from _found("keys", partial(_same, data / GATEWAY / "gateway.nk", nkey_public, register.contents.gateway))
    for slug, one in register.organisations.items():
        for service, keys in one.nodes.items():
            if (data / slug / "keys" / f"{service}.nk").exists():  # else this node lives on another machine
                yield from _node(data / slug / "keys", service, keys)


def _keeps_register(network: Path) -> bool:
    """Whether the register is signed here. An organisation's own server has a gateway and a configuration of its own."""
    return (network / "registrar").exists()


def _providers(data: Path, slug: str) -> None:
    providers.read(data, slug)


def _node(folder: Path, service: str, keys: NodeKeys) -> Iterator[Finding]:
    yield from _found("keys", partial(_same, folder / f"{service}.nk", nkey_public, keys.nkey))
    yield from _found("keys", partial(_same, folder / f"{service}.letters", partial(_letters, keys.id), keys.id))


def _letters(registered: str, secret: str) -> str:
    """The pair of letter keys that the register names, when it is in the file; else the first."""
    held = [LetterKeys(seed).id for seed in secret.split() or [""]]
    return registered if registered in held else held[0]


def _same(path: Path, public: Callable[[str], str], registered: str) -> None:
    try:
        found = public(path.read_text().strip())
    except OSError:
        raise Refused("secret-unreadable", path=str(path)) from None
    except Exception:  # noqa: BLE001  (each kind of key has its own way of saying that this is none)
        raise Refused("secret-invalid", path=str(path)) from None
    if found != registered:
        raise Refused("secret-differs", path=str(path))


def _databases(settings: Settings, register: Register, running: set[str]) -> Iterator[Finding]:
    for service in SERVICES:
        for slug in register.organisations if service not in running else ():
            if (settings.data / slug / "keys" / f"{service}.nk").exists():
                url = database_url(settings, slug, service)
                yield from _found(service, partial(examine, f"{slug}.{service}", url, settings.data / slug))


def _broker(network: Path, register: Register) -> Iterator[Finding]:
    written = network / natsconf.ACCOUNTS
    if _keeps_register(network) and written.exists() and written.read_text() != natsconf.accounts(register):
        yield "nats-server", Refused("network-configuration-old", path=str(written))
    if (network / "nats.conf").exists():
        yield from _found("nats-server", partial(_accepted, network / "nats.conf"))


def _accepted(path: Path) -> None:
    said = subprocess.run([natsconf.program(), "-t", "-c", path], capture_output=True, text=True, check=False)
    if said.returncode != 0:
        reason = (said.stderr.strip().splitlines() or ["?"])[-1]
        raise Refused("network-configuration-invalid", path=str(path), reason=reason)


def _ports(settings: Settings, running: set[str]) -> Iterator[Finding]:
    ports = {GATEWAY: settings.port} | {service: getattr(settings, f"{service}_port") for service in SERVICES}
    for process, port in ports.items():
        if port is not None and process not in running:
            yield from _found(process, partial(preflight.free, port))


def _found(part: str, look: Callable[[], None]) -> Iterator[Finding]:
    try:
        look()
    except Refused as refused:
        yield part, refused
