"""Backup and restore of one organisation, and its move to another machine. Keys go in a file of their own."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import msgspec
from sqlalchemy import Connection, delete

from deploy import archive, backupkeys
from deploy.archive import Header, Kind
from deploy.halfway import putting
from deploy.keys import kept
from deploy.linkkeys import keep_links
from deploy.places import MOVED, Place, held, swapped
from shared import control
from shared.accesslog import upkept
from shared.backup import Part, Section, fill, lines, part
from shared.contracts.access import AccessAction
from shared.eventlog.accesses import added
from shared.eventlog.renewal import renew
from shared.eventlog.tables import about
from shared.eventlog.unfinished import Unfinished, unfinished
from shared.linkkeys import PRIVATE
from shared.register import SERVICES, Register
from shared.rules import NotFound, Refused, Unavailable
from shared.settings import Settings
from shared.wire.outbox import introduced

LONG = 3600.0
"""Seconds that a running owner may take to copy its log."""


def backup(settings: Settings, organisation: str, path: Path, keys: Path | None = None) -> Header:
    """Copy an organisation's logs as they are now, running or not; each node's copy is of one moment.

    Raises `Refused`: `backup-exists`, `backup-nothing`, `backup-unwritable`, `organisation-unknown`, and `database-…`.
    """
    Register.open(settings.data).organisation(organisation)
    _free(path, keys)
    with tempfile.TemporaryDirectory(prefix=".kring-", dir=path.absolute().parent) as folder:
        copies = {service: Path(folder) / service for service in SERVICES}
        parts = [_copied(settings, f"{organisation}.{service}", copy) for service, copy in copies.items()]
        header = archive.header(Kind.BACKUP, organisation, [one for one in parts if one])
        archive.write(path, header, backupkeys.content(copies.values()))
        if keys is not None:
            apart = [copy.with_suffix(".keys") for copy in copies.values()]
            backupkeys.write(settings, keys, organisation, apart)
    return header


def export(settings: Settings, organisation: str, path: Path, keys: Path | None = None) -> Header:
    """Copy a stopped organisation's logs to go on elsewhere; from then on its databases here take nothing.

    Broken off after that has begun, no node is opened here until it is done again with the same files. Raises like `backup`.
    """
    Register.open(settings.data).organisation(organisation)
    folder = settings.data / organisation
    begun = unfinished(folder)
    again = begun is not None and begun.command == "export"
    whole = again and path.exists()
    if not whole:
        _free(path, keys)
    with ExitStack() as stack:
        places = [stack.enter_context(held(settings, organisation, service, half=again)) for service in SERVICES]
        there = [place for place in places if place.known() is not None]
        header = (
            archive.check(path, organisation, Kind.EXPORT)
            if whole
            else _exported(settings, organisation, there, path, keys)
        )
        with putting(folder, "export", header.made):
            for place in there:
                place.leave(header.made)
    return header


def _exported(settings: Settings, organisation: str, places: Sequence[Place], path: Path, keys: Path | None) -> Header:
    for place in places:
        _note(place, AccessAction.EXPORT, "kring export")
    header = archive.header(Kind.EXPORT, organisation, [_looked(place) for place in places])
    archive.write(path, header, (line for place in places for line in _lines(place)))
    if keys is not None:
        with tempfile.TemporaryDirectory(prefix=".kring-", dir=keys.absolute().parent) as folder:
            copies = {place: Path(folder) / place.node for place in places}
            for place, copy in copies.items():
                backupkeys.copied(place, copy)
            backupkeys.write(settings, keys, organisation, copies.values())
    return header


def restore(settings: Settings, organisation: str, path: Path, keys: Path | None = None) -> list[str]:
    """Put a stopped organisation back as it was in a backup, its logs under new identities; gives where its former databases stand.

    Raises `Refused`: `backup-…`, `keys-differ`, `organisation-unknown`, and `database-owned` when it runs. Nothing was touched then.
    """
    header = archive.check(path, organisation, Kind.BACKUP, Kind.EXPORT)

    def renewed(connection: Connection) -> None:
        now = datetime.now(UTC)
        renew(connection, uuid4(), made=header.made, now=now)
        added(
            connection,
            now,
            upkept(AccessAction.RESTORE, f"kring restore, as of {header.made:%Y-%m-%d %H:%M}", organisation),
        )
        connection.execute(delete(introduced))  # partners get the directory anew: what it said since is lost here

    return _put(settings, header, path, keys, renewed, "restore")


def take(settings: Settings, organisation: str, path: Path, keys: Path | None = None) -> list[str]:
    """Go on here with an organisation that was exported elsewhere: the same logs. Raises like `restore`, and `import-exists`."""
    header = archive.check(path, organisation, Kind.EXPORT)
    return _put(settings, header, path, keys, lambda _: None, "import")


def _put(
    settings: Settings,
    header: Header,
    path: Path,
    keys: Path | None,
    then: Callable[[Connection], None],
    command: str,
) -> list[str]:
    """Everything is made beside what stands there, and only then put in its place; secret keys last, as without them nothing runs."""
    organisation, folder = header.organisation, settings.data / header.organisation
    Register.open(settings.data).organisation(organisation)
    found, personal = backupkeys.read(settings, organisation, keys)
    with ExitStack() as stack:
        places = [stack.enter_context(held(settings, organisation, one, half=True)) for one in header.services]
        there = [_there(place, command, unfinished(folder)) for place in places]
        for place in places:
            _stage(place, path, then)
        for place in places:
            backupkeys.merged(place, personal)
        with putting(folder, command, datetime.now(UTC)) as begun:
            aside = swapped(places, there, begun)
            for where, secret in found:
                kept(where, partial(str, secret))
            if any(where.name == PRIVATE for where, _ in found):
                keep_links(settings.data, organisation)  # its public half stands outside the keys
        return aside


def _there(place: Place, command: str, begun: Unfinished | None) -> bool:
    """Whether there is such a database. Raises `import-exists` when it lives here, and not by an import that was broken off."""
    known, again = place.known(), begun is not None and begun.command == command
    if command == "import" and known is not None and MOVED not in known and not again:
        raise Refused("import-exists", node=place.node)
    return known is not None


def _stage(place: Place, path: Path, then: Callable[[Connection], None]) -> None:
    database = place.stage()
    try:
        with database.write() as connection:
            fill(connection, _sections(path, place.node))
            connection.execute(delete(about).where(about.c.key == MOVED))
            then(connection)
    finally:
        database.close()


def _sections(path: Path, node: str) -> Iterator[Section]:
    for line in archive.lines(path):
        section = msgspec.json.decode(line, type=Section)
        if section.node == node:
            yield section


def _copied(settings: Settings, node: str, copy: Path) -> Part | None:
    """One node's copy, made by its owner where it runs; None when there is no such database here."""
    organisation, _, service = node.partition(".")
    try:
        asked = control.ask(settings.data, service, "backup", timeout=LONG, node=node, path=str(copy))
        return msgspec.convert(asyncio.run(asked), Part)
    except (NotFound, Unavailable) as refused:
        if refused.code not in ("node-unknown", "process-away"):
            raise
    with held(settings, organisation, service) as place:
        if place.known() is None:
            return None
        _note(place, AccessAction.EXPORT, "kring backup")
        with copy.open("wb") as file:
            file.writelines(_lines(place))
        backupkeys.copied(place, copy.with_suffix(".keys"))
        return _looked(place)


def _note(place: Place, action: AccessAction, what: str) -> None:
    """Write in the access log of a node that does not run."""
    with place.database.write() as connection:
        added(connection, datetime.now(UTC), upkept(action, what, place.node.partition(".")[0]))


def _looked(place: Place) -> Part:
    with place.database.read() as connection:
        return part(connection, place.node)


def _lines(place: Place) -> Iterator[bytes]:
    with place.database.read() as connection:
        part(connection, place.node)
        yield from lines(connection, place.node)


def _free(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and path.exists():
            raise Refused("backup-exists", path=str(path))
