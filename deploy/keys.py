"""Secret files: readable by their owner only, made once; changed only as a whole, when an organisation changes its keys."""

import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

import nkeys

from shared.rules import Refused


def nkey_seed() -> str:
    """A new key with which a user connects to NATS, as its seed."""
    return str(nkeys.encode_seed(os.urandom(32), nkeys.PREFIX_BYTE_USER).decode())


def nkey_public(seed: str) -> str:
    """The public half, as the server's configuration names it."""
    return str(nkeys.from_seed(bytearray(seed.encode())).public_key.decode())


def kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in a file; made first when there is none. Raises `Refused("secret-unreadable")`."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path, make())
        return path.read_text().strip()
    except OSError:
        raise Refused("secret-unreadable", path=str(path)) from None


def closed(path: Path) -> None:
    """Its owner only may read it, or `Refused`: `secret-open`, `secret-unreadable`."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        raise Refused("secret-unreadable", path=str(path)) from None
    if mode & 0o077:
        raise Refused("secret-open", path=str(path), mode=f"{mode:o}")


def created(path: Path, secret: str) -> None:
    """Write a new secret file. Raises `Refused`: `file-exists`, `secret-unreadable`."""
    try:
        if path.exists():
            raise Refused("file-exists", path=str(path))
        _create(path, secret)
    except OSError:
        raise Refused("secret-unreadable", path=str(path)) from None


def _create(path: Path, secret: str) -> None:
    """Under another name first: a crash half way leaves no half secret."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{secret}\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)


def exchanged(path: Path, secrets: Iterable[str]) -> None:
    """Put secrets, one a line, in place of a secret file: readers see the old one or the new one. Raises `Refused("secret-unreadable")`."""
    try:
        _create(path, "\n".join(secrets))
    except OSError:
        raise Refused("secret-unreadable", path=str(path)) from None


def replaced(path: Path, content: bytes) -> None:
    """Put a file in place whole: readers see the old one or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
