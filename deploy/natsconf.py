"""The broker's configuration, generated from the register: who may connect, say and hear what (wire.md, "Accounts").

`accounts.conf` follows the register and can be reloaded; `nats.conf` holds what stays while the server runs, and includes it.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import json
from msgspec.structs import replace

from deploy.keys import replaced
from deploy.tls import Tls, clients
from shared.grants import Grant, granted
from shared.register import SERVICES, Contents, Organisation, Register
from shared.rules import Refused
from shared.wire.integrators import KEEPER

ACCOUNTS = "accounts.conf"
JETSTREAM = (
    "STREAM.INFO.EVENTS",
    "STREAM.CREATE.EVENTS",
    "STREAM.MSG.GET.EVENTS",
    "CONSUMER.CREATE.EVENTS.>",
    "CONSUMER.MSG.NEXT.EVENTS.>",
)
"""What a node may ask of JetStream: its organisation's one stream. Only nodes may create consumers, never integrators."""
KEEPING = ("CONSUMER.NAMES.EVENTS", "CONSUMER.INFO.EVENTS.*", "CONSUMER.DELETE.EVENTS.*")
"""What else the node may ask that keeps the integrators' consumers."""


def program() -> str:
    """The nats-server to use. Raises `Refused("nats-server-missing")`."""
    beside = Path(sys.executable).with_name("nats-server")
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise Refused("nats-server-missing", path=str(beside))
    return found


def account(slug: str) -> str:
    """An organisation's account."""
    return f"ORG_{slug.upper().replace('-', '_')}"


def accounts(register: Register) -> str:
    """The accounts, their users and permissions, and the routes between them by agreement."""
    organisations = [register.organisations[slug] for slug in sorted(register.organisations)]
    blocks = [_organisation(register, one) for one in organisations]
    blocks += [_integrator(grant, grant.nkey) for grant in register.contents.grants if grant.nkey]
    return "\n".join(["accounts {", *blocks, _gateway(register, organisations), _system(register), "}", ""])


def own_accounts(register: Register, slug: str, *, gateway: str, sys: str) -> str:
    """The accounts of an organisation's own server: its nodes and integrators, and a gateway of its own (public keys `gateway`, `sys`).

    What it has to do with others goes over its server's connection to ours, which stands in its account here and there.
    """
    here = replace(register.organisation(slug), leaf=None)
    grants = granted(register.contents.grants, slug)
    return accounts(Register(Contents(register.contents.number, gateway, sys, (here,), grants=grants)))


def server(network: Path, port: int, shown: Tls | None = None) -> str:
    """The rest: where the server listens (loopback), and where it keeps streams, safe on disk before it answers."""
    return "\n".join(
        [
            'server_name: "kring"',
            f"listen: {_text(f'127.0.0.1:{port}')}",
            *clients(shown),
            f"jetstream {{ store_dir: {_text(str(network.resolve() / 'nats'))}, sync_interval: always }}",
            "system_account: SYS",
            f'include "{ACCOUNTS}"',
            "",
        ]
    )


def address(network: Path) -> str:
    """Where the broker that we start listens. Raises `Refused("nats-url-missing")` when it never started."""
    if (known := port(network)) is None:
        raise Refused("nats-url-missing")
    scheme = "tls" if "\ntls: {" in (network / "nats.conf").read_text() else "nats"
    return f"{scheme}://127.0.0.1:{known}"


def port(network: Path) -> int | None:
    """On which port the broker was started last: integrators hold that address."""
    with suppress(OSError):
        found = re.search(r'^listen: "127\.0\.0\.1:(\d+)"$', (network / "nats.conf").read_text(), re.MULTILINE)
        return int(found.group(1)) if found else None
    return None


def write_accounts(network: Path, register: Register) -> None:
    """Put a checked `accounts.conf` in place. Raises `Refused("network-configuration-refused")` and changes nothing."""
    checked = network / f"{ACCOUNTS}.new"
    trial = network / "check.conf"
    checked.write_text(accounts(register))
    trial.write_text(server(network, 4222).replace(ACCOUNTS, checked.name))
    try:
        found = subprocess.run([program(), "-t", "-c", str(trial)], capture_output=True, text=True, check=False)
        if found.returncode != 0:
            raise Refused("network-configuration-refused", reason=(found.stderr.strip().splitlines() or ["?"])[-1])
        replaced(network / ACCOUNTS, checked.read_bytes())
    finally:
        checked.unlink(missing_ok=True)
        trial.unlink(missing_ok=True)


def _organisation(register: Register, one: Organisation) -> str:
    partners, grants = register.partners(one.slug), granted(register.contents.grants, one.slug)
    exports = [
        '{service: "rpc.>", accounts: [GATEWAY], response_type: stream}',
        '{stream: "changed.>", accounts: [GATEWAY]}',
        *(f'{{service: "letters.{partner}.>", accounts: [{account(partner)}]}}' for partner in partners),
        *_shown(grants),
    ]
    imports = [
        f'{{service: {{account: {account(partner)}, subject: "letters.{one.slug}.>"}}, to: "to.{partner}.letters.>"}}'
        for partner in partners
    ]
    hooks = [grant for grant in grants if grant.webhook]
    users = [_node(one.slug, service, keys.nkey, hooks) for service, keys in sorted(one.nodes.items())]
    if one.leaf is not None:
        users = [_leaf(one.slug, one.leaf)]
    return _account(account(one.slug), users, exports, imports, jetstream=one.leaf is None)


def _leaf(slug: str, nkey: str) -> str:
    """An organisation's own server: calls, letters and hints go through; its stream and what its nodes say to each other stay there."""
    publish = ["to.*.letters.>", "changed.>", "_R_.>"]
    subscribe = ["rpc.*", "letters.*.*", f"_INBOX.{slug}.>"]
    user = _user(nkey, publish, subscribe, responses=False)
    return f"{user[:-1]}, allowed_connection_types: [LEAFNODE]}}"


def _node(slug: str, service: str, nkey: str, hooks: Iterable[Grant]) -> str:
    """One service of one organisation: it answers its own calls and letters, and says only what is its own to say.

    The keeper acknowledges what it delivered to webhooks. As an answer it might too, but a reload forgets which answers are awaited.
    """
    others = (f"letters.{slug}.{other}" for other in SERVICES if other != service)
    keeping = [*(f"$JS.API.{call}" for call in KEEPING), *(_asked(grant)[1] for grant in hooks)]
    publish = [
        "to.*.letters.>",
        *others,
        f"events.*.{service}.>",
        f"changed.{service}.>",
        *(f"$JS.API.{call}" for call in JETSTREAM),
        *(keeping if service == KEEPER else ()),
    ]
    subscribe = [f"rpc.{service}", f"letters.*.{service}", f"_INBOX.{slug}.{service}.>"]
    return _user(nkey, publish, subscribe, responses=True)


def _shown(grants: Iterable[Grant]) -> list[str]:
    """To integrators. One answer a request: for `stream` the broker would remember each request as long as its client is connected."""
    return [
        f"{{service: {_text(subject)}, accounts: [{grant.account}]}}"
        for grant in grants
        if grant.nkey
        for subject in _asked(grant)
    ]


def _integrator(grant: Grant, nkey: str) -> str:
    """An account of its own: in the organisation's, the subject that it names for answers could be anybody's, the stream's too."""
    organisation = account(grant.organisation)
    imports = [f"{{service: {{account: {organisation}, subject: {_text(subject)}}}}}" for subject in _asked(grant)]
    user = _user(nkey, _asked(grant), [f"{grant.inbox}.>"], responses=False)
    return _account(grant.account, [user], [], imports, jetstream=False)


def _asked(grant: Grant) -> tuple[str, str]:
    """All that an integrator may say: ask its own consumer for the next event, and acknowledge one."""
    return f"$JS.API.CONSUMER.MSG.NEXT.EVENTS.{grant.consumer}", f"$JS.ACK.EVENTS.{grant.consumer}.>"


def _gateway(register: Register, organisations: Iterable[Organisation]) -> str:
    calls = (
        f'{{service: {{account: {account(one.slug)}, subject: "rpc.>"}}, to: "orgs.{one.slug}.rpc.>"}}'
        for one in organisations
    )
    hints = (
        f'{{stream: {{account: {account(one.slug)}, subject: "changed.>"}}, to: "orgs.{one.slug}.changed.>"}}'
        for one in organisations
    )
    user = _user(register.contents.gateway, ["orgs.*.rpc.>"], ["_INBOX.gateway.>", "orgs.*.changed.>"], responses=False)
    return _account("GATEWAY", [user], [], [*calls, *hints], jetstream=False)


def _system(register: Register) -> str:
    return _account("SYS", [f"{{nkey: {register.contents.sys}}}"], [], [], jetstream=False)


def _user(nkey: str, publish: Iterable[str], subscribe: Iterable[str], *, responses: bool) -> str:
    answers = ', allow_responses: {max: 64, expires: "1m"}' if responses else ""
    return (
        f"{{nkey: {nkey}, permissions: {{publish: {{allow: {_list(publish)}}}, "
        f"subscribe: {{allow: {_list(subscribe)}}}{answers}}}}}"
    )


def _account(name: str, users: list[str], exports: list[str], imports: list[str], *, jetstream: bool) -> str:
    parts = {"users": users, "exports": exports, "imports": imports}
    lines = [
        f"    {part}: [\n      " + "\n      ".join(entries) + "\n    ]" for part, entries in parts.items() if entries
    ]
    return "\n".join([f"  {name} {{", *(["    jetstream: enabled"] if jetstream else []), *lines, "  }"])


def _list(subjects: Iterable[str]) -> str:
    return "[" + ", ".join(_text(subject) for subject in subjects) + "]"


def _text(value: str) -> str:
    return json.encode(value).decode()
