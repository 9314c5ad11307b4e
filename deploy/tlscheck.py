"""Whether the certificates that are there will be believed, asked as a client would: before anything starts, and by `kring doctor`."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509

from deploy.keys import closed
from shared.rules import Refused
from shared.settings import Settings
from shared.wire import tls
from shared.wire.tls import Pair

NAMES = ("broker", "gateway", "services")
"""Who shows a certificate: the nats-server, the gateway, and the services where they have a port."""
SOON = timedelta(days=30)
"""A certificate that ends within so long is to be renewed."""
_WARNINGS = frozenset({"certificate-ends", "secret-open", "secret-unreadable"})
"""What does not keep anything from working today."""


def check(settings: Settings) -> None:
    """Raise the first finding that would keep clients away."""
    for refused in findings(settings, datetime.now(UTC)):
        if refused.code not in _WARNINGS:
            raise refused


def findings(settings: Settings, now: datetime) -> Iterator[Refused]:
    """Everything that is wrong with the certificates of this machine; nothing where there are none."""
    for path in sorted(settings.certificates.glob("*.key")):
        try:
            closed(path)
        except Refused as refused:
            yield refused
    believed = None
    try:
        believed = tls.authority(settings)
        if believed is not None:
            tls.believing(believed)
            yield from _ending(believed, now)
    except Refused as refused:
        believed = None
        yield refused
    for name in NAMES:
        try:
            files = tls.pair(settings, name)
            if files is not None:
                yield from _shown(files, believed, _asked(settings, name), now)
        except Refused as refused:
            yield refused


def ends(path: Path) -> datetime:
    """When the first of a file's certificates ends. Raises `Refused("tls-unreadable")`."""
    try:
        return min(one.not_valid_after_utc for one in x509.load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as fault:
        raise Refused("tls-unreadable", path=str(path), reason=type(fault).__name__) from None


def disbelief(files: Pair, authority: Path, name: str | None) -> str | None:
    """Why a client that asks for this name (None: any) would not believe: the code of `tls.doubt`; None when it would.

    Client and server shake hands in memory. Raises `Refused`: `tls-unreadable`, `tls-key-differs`.
    """
    believing = ssl.create_default_context(cafile=authority)
    believing.check_hostname = name is not None
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = believing.wrap_bio(down, up, server_hostname=name)
    server = tls.showing(files).wrap_bio(up, down, server_side=True)
    for side in (client, server, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLError as fault:
            return tls.doubt(fault)
    return None


def _shown(files: Pair, believed: Path | None, names: list[str | None], now: datetime) -> Iterator[Refused]:
    """Without an authority only what is wrong with the files themselves."""
    tls.showing(files)
    doubts = [disbelief(files, believed, name) for name in names] if believed else []
    path = str(files.certificate)
    if doubts and all(doubts):
        given = {"path": path, "authority": str(believed), "names": ", ".join(filter(None, names))}
        yield Refused(f"certificate-{(doubts[0] or '').removeprefix('tls-')}", **given)
    else:
        yield from _ending(files.certificate, now)


def _asked(settings: Settings, name: str) -> list[str | None]:
    """By which names it is asked on this machine; one of them must be its own. None: by one that only its clients know."""
    if name == "broker" and settings.nats_url is not None:
        return [urlsplit(url).hostname for url in settings.nats_url.split(",")]
    return [None if settings.production else tls.LOOPBACK[0]]


def _ending(path: Path, now: datetime) -> Iterator[Refused]:
    end = ends(path)
    if end - now < SOON:
        yield Refused("certificate-ends", path=str(path), at=f"{end:%Y-%m-%d}")
