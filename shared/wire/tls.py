"""TLS by files: whom a process believes (`ca.crt`), and with which certificate it shows who it is (`<name>.crt` and `<name>.key`)."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from msgspec import Struct

from shared.rules import Refused
from shared.settings import Settings

_logger = structlog.get_logger()
INTERVAL = 5.0
"""Seconds between two looks whether a certificate was renewed."""
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""This machine: the only place where anything may speak without TLS."""
_EXPIRED, _NAMES = (9, 10), (62, 64)
"""X509_verify_cert's errors: not valid yet, not valid any more; not this host's name, not its address."""
_PLAIN = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
"""What OpenSSL says of an answer that is no TLS."""


class Pair(Struct, frozen=True):
    """The files with which a server shows who it is."""

    certificate: Path
    """PEM; those of authorities between it and the one that is believed may follow in it."""
    key: Path


def authority(settings: Settings) -> Path | None:
    """Whose word is believed; None where there are no certificates, though KRING_TLS promises them: `Refused("tls-authority-missing")`."""
    path = settings.certificates / "ca.crt"
    if path.exists():
        return path
    if settings.tls is not None:
        raise Refused("tls-authority-missing", path=str(path))
    return None


def pair(settings: Settings, name: str) -> Pair | None:
    """The certificate of `broker`, `gateway` or `services`; None: it speaks plainly. Raises `Refused("tls-half")`."""
    found = Pair(*(settings.certificates / f"{name}.{kind}" for kind in ("crt", "key")))
    there = found.certificate.exists(), found.key.exists()
    if any(there) and not all(there):
        raise Refused("tls-half", certificate=str(found.certificate), key=str(found.key))
    return found if all(there) else None


def believing(path: Path | None) -> ssl.SSLContext:
    """For a client: the server must show a certificate in its name that these authorities vouch for (None: the machine's own list).

    Raises `Refused("tls-unreadable")`.
    """
    try:
        return _believing(path, path.stat().st_mtime_ns if path else 0)
    except OSError as fault:
        raise Refused("tls-unreadable", path=str(path), reason=_words(fault)) from None


@lru_cache(maxsize=4)
def _believing(path: Path | None, _changed: int) -> ssl.SSLContext:
    """One for all connections of a process: each would cost 13 KiB, with the machine's list 850 KiB."""
    context = ssl.create_default_context(cafile=path)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def showing(files: Pair) -> ssl.SSLContext:
    """For a server. Raises `Refused`: `tls-unreadable`, `tls-key-differs`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load(context, files)
    return context


def _load(context: ssl.SSLContext, files: Pair) -> None:
    try:
        context.load_cert_chain(
            files.certificate, files.key, password=lambda: ""
        )  # nobody is asked for one at a terminal
    except OSError as fault:
        if "KEY_VALUES_MISMATCH" in str(fault):
            raise Refused("tls-key-differs", certificate=str(files.certificate), key=str(files.key)) from None
        raise Refused("tls-unreadable", path=f"{files.certificate}, {files.key}", reason=_words(fault)) from None


class Shown:
    """A server's certificate; a renewed one is shown to whoever connects next."""

    def __init__(self, files: Pair) -> None:
        """Raises `Refused`: `tls-unreadable`, `tls-key-differs`."""
        self._files = files
        self._seen = self._look()  # first: what changes while it is read is read again
        self.context = showing(files)

    def given(self, *_: object) -> ssl.SSLContext:
        """As uvicorn asks for it."""
        return self.context

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL)
            self.look()

    def look(self) -> None:
        """Take the files over if they changed and fit together; otherwise go on with what was read last."""
        seen = self._look()
        if seen == self._seen:
            return
        self._seen = seen
        path = str(self._files.certificate)
        try:
            showing(self._files)  # on trial: half of a pair would spoil the one that serves
            _load(self.context, self._files)
        except Refused as refused:
            _logger.warning("a renewed certificate cannot be used; the one before stays", code=refused.code, path=path)
        else:
            _logger.info("a renewed certificate is shown from now on", path=path)

    def _look(self) -> tuple[int, ...]:
        with suppress(OSError):
            return tuple(path.stat().st_mtime_ns for path in (self._files.certificate, self._files.key))
        return ()


def doubt(fault: BaseException) -> str | None:
    """The code that says why a server was not believed; None when this is no matter of TLS."""
    if isinstance(fault, ssl.SSLCertVerificationError):
        number = fault.verify_code
        return "tls-expired" if number in _EXPIRED else "tls-name" if number in _NAMES else "tls-authority"
    if isinstance(fault, ssl.SSLError) and "CLOSE_NOTIFY" not in str(
        fault
    ):  # that was the end of a connection, not its beginning
        return "tls-plain" if any(word in str(fault) for word in _PLAIN) else "tls-failed"
    return None


def named(path: Path | None) -> str:
    """An authority's file as a person is told of it."""
    ours = ssl.get_default_verify_paths()
    return str(path or ours.cafile or ours.openssl_cafile)


def abroad(urls: str) -> Iterator[str]:
    """Those of some addresses (commas between) that are not on this machine."""
    for url in urls.split(","):
        if urlsplit(url if "://" in url else f"//{url}").hostname not in LOOPBACK:
            yield url


def plain(urls: str) -> Iterator[str]:
    """Those of some addresses (commas between) that are not on this machine and do not promise TLS."""
    return (url for url in abroad(urls) if not url.startswith("tls://"))


def _words(fault: OSError) -> str:
    return fault.strerror or type(fault).__name__
