"""The file of a backup: a line that says whose it is, lines, a line with the checksum. All is checked before any of it is used."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from uuid import UUID

import msgspec

from shared.backup import Part
from shared.eventlog.tables import SCHEMA
from shared.ids import uuid7
from shared.rules import Refused

FORMAT = 1


class Kind(StrEnum):
    """What a file is for."""

    BACKUP = "backup"
    EXPORT = "export"
    """The organisation moves: its databases here take nothing any more."""
    KEYS = "keys"


class Header(msgspec.Struct, frozen=True, kw_only=True, tag_field="kring", tag="archive"):
    """The first line."""

    format: int = FORMAT
    kind: Kind
    organisation: str
    id: UUID
    made: datetime
    version: str = msgspec.field(default_factory=lambda: version("kring"))
    """Of Kring, which wrote it."""
    nodes: tuple[Part, ...] = ()

    @property
    def services(self) -> list[str]:
        """Whose logs are in it."""
        return [one.node.rpartition(".")[2] for one in self.nodes]


def header(kind: Kind, organisation: str, nodes: Sequence[Part] = ()) -> Header:
    """Of a file that is made now. Raises `Refused("backup-nothing")` when there are no logs that it could be of."""
    if kind is not Kind.KEYS and not nodes:
        raise Refused("backup-nothing", organisation=organisation)
    return Header(kind=kind, organisation=organisation, id=uuid7(), made=datetime.now(UTC), nodes=tuple(nodes))


class _Outside(msgspec.Struct, tag_field="kring", tag="archive"):
    """What every format has, also one that comes later."""

    format: int
    version: str


class _End(msgspec.Struct):
    sha256: str


def write(path: Path, header: Header, lines: Iterable[bytes]) -> None:
    """Write a file, readable by its owner only; whole or not at all.

    Raises `Refused`: `backup-exists`, `backup-unwritable`.
    """
    if path.exists():
        raise Refused("backup-exists", path=str(path))
    fresh, digest = path.with_name(f".{path.name}.{os.getpid()}"), hashlib.sha256()
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            for line in chain((msgspec.json.encode(header) + b"\n",), lines):
                digest.update(line)
                file.write(line)
            file.write(msgspec.json.encode(_End(digest.hexdigest())) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(path)
    except OSError as fault:
        raise Refused("backup-unwritable", path=str(path), reason=fault.strerror or "?") from None
    finally:
        fresh.unlink(missing_ok=True)


def check(path: Path, organisation: str, *kinds: Kind) -> Header:
    """Read all of a file and see that it is whole, this organisation's, of a kind that is wanted, and not too new.

    Raises `Refused`: `backup-unreadable`, `backup-newer`, `backup-damaged`, `backup-foreign`, `backup-kind`.
    """
    header = _header(path)
    _whole(path)
    if header.organisation != organisation:
        raise Refused("backup-foreign", path=str(path), owner=header.organisation, organisation=organisation)
    if header.kind not in kinds:
        raise Refused("backup-kind", path=str(path), kind=header.kind, wanted=", ".join(kinds))
    if any(one.schema > SCHEMA for one in header.nodes):
        raise Refused("backup-newer", path=str(path), version=header.version)
    return header


def lines(path: Path) -> Iterator[bytes]:
    """What stands between header and checksum, of a file that was checked."""
    with path.open("rb") as file:
        file.readline()
        line = file.readline()
        for following in file:
            yield line
            line = following


def _header(path: Path) -> Header:
    try:
        with path.open("rb") as file:
            first = file.readline()
        outside = msgspec.json.decode(first, type=_Outside)
        if outside.format > FORMAT:
            raise Refused("backup-newer", path=str(path), version=outside.version)
        return msgspec.json.decode(first, type=Header)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("backup-unreadable", path=str(path)) from None


def _whole(path: Path) -> None:
    digest, last = hashlib.sha256(), b""
    with path.open("rb") as file:
        for line in file:
            digest.update(last)
            last = line
    try:
        whole = msgspec.json.decode(last, type=_End).sha256 == digest.hexdigest()
    except (msgspec.DecodeError, UnicodeDecodeError):
        whole = False
    if not whole:
        raise Refused("backup-damaged", path=str(path))
