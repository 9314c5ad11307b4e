"""Configuration of a nats-server that something else than `kring up` starts: alone, in a cluster of three, or an organisation's own.

An organisation's own server is a leaf node: it dials out to ours, so it needs no open port, and keeps the organisation's stream itself,
so it works on while it is cut off.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, json

from deploy.keys import kept, nkey_public, nkey_seed, replaced
from deploy.natsconf import ACCOUNTS, account, own_accounts, program
from deploy.tls import Tls, clients, dialling, peers
from shared.register import Register
from shared.rules import Refused
from shared.wire.tls import abroad, plain

_ONLY = "no_advertise: true"
"""Others connect to the addresses that they were given, for which there are certificates; none is told them by the server."""


class Hub(Struct, frozen=True):
    """Where an organisation's own server connects to, and as whom."""

    url: str
    """Several servers of a cluster with commas between."""
    organisation: str
    seed: str
    """Of the nkey that `kring org leaf` made."""
    authority: Path | None = None
    """Who vouches for those servers; None: the machine's own list."""


class Server(Struct, frozen=True, kw_only=True):
    """One nats-server. Addresses are HOST:PORT; outside this machine it speaks TLS only."""

    name: str = "kring"
    listen: str = "127.0.0.1:4222"
    cluster: str | None = None
    """Where the other servers of its cluster reach it."""
    routes: tuple[str, ...] = ()
    """The servers of its cluster: tls://HOST:PORT."""
    leafnodes: str | None = None
    """Where organisations' own servers connect to it."""
    hub: Hub | None = None
    tls: Tls | None = None


def text(server: Server, network: Path) -> str:
    """Its configuration file. Raises `Refused`: `broker-needs-tls`, `nats-url-plain`."""
    _check(server)
    domain = f"domain: {_text(server.hub.organisation)}, " if server.hub else ""
    store = _text(str(network.resolve() / "nats"))
    lines = [
        f"server_name: {_text(server.name)}",
        f"listen: {_text(server.listen)}",
        *clients(server.tls),
        f"jetstream {{ {domain}store_dir: {store}, sync_interval: always }}",
        "system_account: SYS",
        *_cluster(server),
        *_leafnodes(server),
        f'include "{ACCOUNTS}"',
        "",
    ]
    return "\n".join(lines)


def write(data: Path, server: Server) -> Path:
    """Put `nats.conf` in place, readable by its owner only, once nats-server accepts it; an own server's accounts with it. Gives its path.

    Raises:
        Refused: `broker-needs-tls`, `nats-url-plain`, `network-configuration-refused`.
    """
    network = data / "network"
    written = text(server, network)
    if server.hub is not None:
        replaced(network / ACCOUNTS, _own(data, server.hub.organisation).encode())
    trial = network / "nats.conf.new"
    trial.touch(mode=0o600)
    trial.write_text(written)
    found = subprocess.run([program(), "-t", "-c", str(trial)], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        trial.unlink()
        raise Refused("network-configuration-refused", reason=(found.stderr.strip().splitlines() or ["?"])[-1])
    return trial.rename(network / "nats.conf")


def hub(data: Path, organisation: str, url: str, authority: Path | None = None) -> Hub:
    """The connection of an organisation's own server to ours. Raises `Refused`: `organisation-unknown`, `leaf-unknown`."""
    seed = data / Register.open(data).organisation(organisation).slug / "keys" / "leaf.nk"
    if not seed.exists():
        raise Refused("leaf-unknown", organisation=organisation, path=str(seed))
    return Hub(url, organisation, seed.read_text().strip(), authority)


def _own(data: Path, organisation: str) -> str:
    gateway, system = (kept(data / name, nkey_seed) for name in ("gateway/gateway.nk", "network/sys.nk"))
    return own_accounts(Register.open(data), organisation, gateway=nkey_public(gateway), sys=nkey_public(system))


def _cluster(server: Server) -> Iterator[str]:
    if server.cluster is not None:
        routes = ", ".join(_text(route) for route in server.routes)
        inside = [
            f"name: kring, {_ONLY}, listen: {_text(server.cluster)}, routes: [{routes}]",
            *peers(server.tls),
        ]
        yield f"cluster {{ {', '.join(inside)} }}"


def _leafnodes(server: Server) -> Iterator[str]:
    if server.leafnodes is not None:
        inside = [f"{_ONLY}, listen: {_text(server.leafnodes)}", *clients(server.tls)]
        yield f"leafnodes {{ {', '.join(inside)} }}"
    if server.hub is not None:
        safely = dialling(server.hub.url, server.hub.authority)
        urls = ", ".join(_text(url) for url in server.hub.url.split(","))
        to = [f"urls: [{urls}]", f"account: {account(server.hub.organisation)}"]
        yield f"leafnodes {{ remotes: [{{ {', '.join([*to, f'nkey: {_text(server.hub.seed)}', *safely])} }}] }}"


def _check(server: Server) -> None:
    """Outside this machine it speaks TLS, to whoever connects and to whom it dials."""
    listening = (one for one in (server.listen, server.cluster, server.leafnodes) if one is not None)
    for address in abroad(",".join(listening)) if server.tls is None else ():
        raise Refused("broker-needs-tls", address=address)
    for urls in (*server.routes, *([server.hub.url] if server.hub else [])):
        for url in plain(urls):
            raise Refused("nats-url-plain", url=url)


def _text(value: str) -> str:
    return json.encode(value).decode()
