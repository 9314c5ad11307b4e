"""Settings come from the environment, all beginning with KRING_. Every fault is named at once, with what is allowed."""

import hashlib
import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import msgspec

from shared.mail import Server
from shared.rules import Invalid
from shared.signing import MASTER_BYTES, raw

PREFIX = "KRING_"
SLUG = re.compile(r"[a-z][a-z0-9-]{1,39}")
"""An organisation's short name."""
_OF_ONE = re.compile(r"KRING_(DATABASE|MASTER)_([A-Z][A-Z0-9_]{1,39})")
"""A setting of one organisation."""


class Environment(StrEnum):
    """Where Kring runs; only outside production there are a local issuer, a start page and GraphiQL."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Share(msgspec.Struct, frozen=True):
    """A part of all organisations; `0/3`, `1/3` and `2/3` together are all of them."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> "Share":
        """Raises `ValueError`."""
        number, of = (int(part) for part in text.split("/"))
        if not 0 <= number < of:
            raise ValueError(text)
        return cls(number, of)

    def takes(self, organisation: str) -> bool:
        """Whether this organisation is in it: the same in every process, and as many in each share as chance gives."""
        return int.from_bytes(hashlib.sha256(organisation.encode()).digest()[:8], "big") % self.of == self.number

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process was told. Each field stands in the variable KRING_<FIELD>."""

    data: Path = Path("data")
    """Folder of the register, the network's files and every organisation's databases and keys."""
    port: int = 8080
    """The gateway's port on 127.0.0.1."""
    env: Environment = Environment.DEVELOPMENT
    nats_url: str | None = None
    """Where the nats-server listens (several of a cluster with commas between); None: `kring up` starts one on a free port."""
    tls: Path | None = None
    """Folder of certificates (shared/wire/tls.py); None: `network/tls` in the data folder, where `kring tls init` makes them."""
    replicas: int = 1
    """On how many servers of a NATS cluster each stream is kept."""
    share: Share | None = None
    """Which organisations' nodes this process keeps; None: all whose keys are here."""
    log_level: str = "info"
    otlp_url: str | None = None
    """Collector for OpenTelemetry traces (OTLP over HTTP), for instance http://127.0.0.1:4318; None: no traces."""
    smtp_url: str | None = None
    """Mail server, and in whose name codes are sent, for instance smtp://user:password@mail.example.nl:587?from=noreply@example.nl."""
    intake_port: int | None = None
    """Port on 127.0.0.1 where local systems reach intake's API over HTTP; None: only over NATS. Likewise:"""
    events_port: int | None = None
    network_port: int | None = None
    intake_metrics: str | None = None
    """HOST:PORT where intake's process answers `/metrics` and `/healthz`; None: nowhere but through the gateway here. Likewise:"""
    events_metrics: str | None = None
    network_metrics: str | None = None
    databases: Mapping[str, str] = {}
    """PostgreSQL address by organisation's slug (KRING_DATABASE_<SLUG>); without one it uses SQLite files."""
    masters: Mapping[str, str] = {}
    """Master key by organisation's slug (KRING_MASTER_<SLUG>); without one it is in the file `keys/master` of its folder."""

    @property
    def certificates(self) -> Path:
        """Where certificates are, if anywhere."""
        return self.tls or self.data / "network" / "tls"

    @property
    def production(self) -> bool:
        """Whether this is the real thing."""
        return self.env is Environment.PRODUCTION


class Misconfigured(Invalid):
    """Settings that cannot be used; its text is one line a fault, fit to print."""

    def __str__(self) -> str:
        return "\n".join(
            f"{variable}={given['value']!r} is not usable: {given['allowed']}" for variable, _, given in self.faults
        )


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings. Raises `Misconfigured` with every fault: an unknown variable is one too."""
    given = {name: value for name, value in environ.items() if name.startswith(PREFIX)}
    of_one: dict[str, dict[str, str]] = {name: {} for name in _EACH}
    fields: dict[str, Any] = {}
    faults: list[tuple[str, str, Mapping[str, Any]]] = []
    for name, value in sorted(given.items()):
        read, allowed = _READERS.get(name, _UNKNOWN)
        if match := _OF_ONE.fullmatch(name):
            _, read, allowed = _EACH[match.group(1)]
        try:
            found = read(value)
        except (ValueError, KeyError):
            faults.append((name, "setting-invalid", {"value": _shown(name, value), "allowed": allowed}))
            continue
        if match:
            of_one[match.group(1)][match.group(2).lower().replace("_", "-")] = found
        else:
            fields[name.removeprefix(PREFIX).lower()] = found
    if faults:
        raise Misconfigured(faults)
    return Settings(databases=of_one["DATABASE"], masters=of_one["MASTER"], **fields)


def environment(settings: Settings) -> dict[str, str]:
    """The variables that give another process these settings: `load(environment(s)) == s`."""
    of_one = {field for field, _, _ in _EACH.values()}
    stated = {field: getattr(settings, field) for field in Settings.__struct_fields__ if field not in of_one}
    written = {f"{PREFIX}{field.upper()}": str(value) for field, value in stated.items() if value is not None}
    for name, (field, _, _) in _EACH.items():
        for slug, value in getattr(settings, field).items():
            written[f"{PREFIX}{name}_{slug.upper().replace('-', '_')}"] = value
    return written


def _shown(name: str, value: str) -> str:
    """An address may hold a password: show nothing of it."""
    return "…" if name.endswith("_URL") or _OF_ONE.fullmatch(name) else value


def _folder(value: str) -> Path:
    if not value.strip():
        raise ValueError
    return Path(value)


def _port(value: str) -> int:
    number = int(value)
    if not 1 <= number <= 65535:  # noqa: PLR2004  (the range of TCP ports)
        raise ValueError
    return number


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    return f"{IPv4Address(host or '127.0.0.1')}:{_port(port)}"


def _nats(value: str) -> str:
    if not re.fullmatch(r"(nats|tls)://[^\s/,]+(,\1://[^\s/,]+)*", value):
        raise ValueError
    return value


def _replicas(value: str) -> int:
    return {"1": 1, "3": 3}[value]


def _database(value: str) -> str:
    if not re.fullmatch(r"postgresql(\+psycopg)?://\S+", value):
        raise ValueError
    return value


def _master(value: str) -> str:
    if any(len(raw(one)) != MASTER_BYTES for one in value.split(",")):
        raise ValueError
    return value


def _collector(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError
    return value


def _mail(value: str) -> str:
    Server.parse(value)
    return value


def _level(value: str) -> str:
    if value not in {"debug", "info", "warning", "error"}:
        raise ValueError
    return value


def _unknown(value: str) -> str:
    raise KeyError(value)


_METRICS = "a port of 127.0.0.1 such as 9101, or an address of this machine and a port such as 0.0.0.0:9101"
_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "KRING_DATA": (_folder, "a folder that can be written, for instance data"),
    "KRING_PORT": (_port, "a port number from 1 to 65535, for instance 8080"),
    "KRING_ENV": (Environment, "development or production"),
    "KRING_NATS_URL": (
        _nats,
        "an address such as nats://127.0.0.1:4222 or tls://nats.example.nl:4222, or several of a kind with commas between",
    ),
    "KRING_TLS": (
        _folder,
        "a folder with ca.crt, and broker, gateway and services as .crt and .key; for instance /etc/kring/tls",
    ),
    "KRING_REPLICAS": (_replicas, "1, or 3 in a cluster of nats-servers"),
    "KRING_SHARE": (Share.parse, "a part of all organisations such as 0/3, 1/3 or 2/3"),
    "KRING_INTAKE_PORT": (_port, "a port number from 1 to 65535, for instance 8091"),
    "KRING_EVENTS_PORT": (_port, "a port number from 1 to 65535, for instance 8092"),
    "KRING_NETWORK_PORT": (_port, "a port number from 1 to 65535, for instance 8093"),
    **{f"KRING_{service}_METRICS": (_address, _METRICS) for service in ("INTAKE", "EVENTS", "NETWORK")},
    "KRING_OTLP_URL": (_collector, "the address of an OpenTelemetry collector, such as http://127.0.0.1:4318"),
    "KRING_SMTP_URL": (
        _mail,
        "a mail server and a sender, such as smtp://user:password@mail.example.nl:587?from=noreply@example.nl, or smtps://…",
    ),
    "KRING_LOG_LEVEL": (_level, "debug, info, warning or error"),
}
_EACH: Mapping[str, tuple[str, Callable[[str], str], str]] = {
    "DATABASE": ("databases", _database, "an address such as postgresql://user@host:5432/name"),
    "MASTER": (
        "masters",
        _master,
        "32 bytes as base64 text, as in the file keys/master; while it is renewed the new one, a comma, the old one",
    ),
}
_UNKNOWN = (
    _unknown,
    f"there is no such setting; there are {', '.join(_READERS)}, KRING_DATABASE_<ORGANISATION> and KRING_MASTER_<ORGANISATION>",
)
