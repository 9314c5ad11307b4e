"""TLS of what runs here: nats-server's configuration for it, and the address at which the gateway is asked."""

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct, json

from shared.rules import Refused
from shared.settings import Settings
from shared.wire import tls


class Tls(Struct, frozen=True):
    """Files with which a server shows who it is, and the authority that vouches for the others."""

    certificate: Path
    key: Path
    authority: Path


def broker(settings: Settings) -> Tls | None:
    """The broker's; None: it speaks plainly, on this machine only. Raises `Refused`: `tls-half`, `tls-authority-missing`."""
    files, authority = tls.pair(settings, "broker"), tls.authority(settings)
    if files is None:
        return None
    if authority is None:
        raise Refused("tls-authority-missing", path=str(settings.certificates / "ca.crt"))
    return Tls(files.certificate.resolve(), files.key.resolve(), authority.resolve())


def clients(shown: Tls | None) -> Iterator[str]:
    """For whoever connects: clients, integrators and own servers. TLS from the first byte, so nobody on the way can talk them out of it."""
    if shown is not None:
        yield f"tls: {{ {_files(shown)}, {_LEAST}, handshake_first: true }}"


def peers(shown: Tls | None) -> Iterator[str]:
    """For the servers of a cluster: each side shows its certificate."""
    if shown is not None:
        yield f"tls: {{ {_files(shown)}, {_LEAST}, verify: true }}"


def dialling(url: str, authority: Path | None) -> Iterator[str]:
    """For a server that dials out to another's (several with commas between): TLS to all of them where it is to one."""
    if "tls://" in url:
        believed = f"ca_file: {_text(authority.resolve())}, " if authority else ""
        yield f"tls: {{ {believed}{_LEAST}, handshake_first: true }}"


def gateway(settings: Settings) -> str:
    """Where the gateway of this machine is asked. Raises `Refused("tls-half")`."""
    scheme = "https" if tls.pair(settings, "gateway") else "http"
    return f"{scheme}://127.0.0.1:{settings.port}"


_LEAST = 'min_version: "1.2"'


def _files(shown: Tls) -> str:
    files = {"cert_file": shown.certificate, "key_file": shown.key, "ca_file": shown.authority}
    return ", ".join(f"{name}: {_text(path)}" for name, path in files.items())


def _text(path: Path) -> str:
    return json.encode(str(path)).decode()
