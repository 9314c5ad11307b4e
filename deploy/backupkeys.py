"""The file of keys that goes with a backup or an export: the organisation's own, and those of what it keeps about persons."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

import msgspec

from deploy import archive
from deploy.archive import Kind
from deploy.places import Place, Secret, check_secret, secrets
from shared.backup import Section, lines, rows
from shared.eventlog.keytables import TABLES, merge
from shared.settings import Settings


def write(settings: Settings, path: Path, organisation: str, copies: Iterable[Path]) -> None:
    """Make the file, of copies that `copied` has made."""
    archive.write(
        path, archive.header(Kind.KEYS, organisation), chain(secrets(settings, organisation), content(copies))
    )


def content(copies: Iterable[Path]) -> Iterator[bytes]:
    """The lines of those copies that there are."""
    for copy in copies:
        if copy.exists():
            with copy.open("rb") as file:
                yield from file


def copied(place: Place, copy: Path) -> None:
    """Copy one node's keys of persons."""
    with place.keys() as connection, copy.open("wb") as file:
        file.writelines(lines(connection, place.node, TABLES))


def read(settings: Settings, organisation: str, path: Path | None) -> tuple[list[tuple[Path, str]], list[Section]]:
    """The secrets of a file of keys with where each belongs, and the keys of what is kept about persons."""
    if path is None:
        return [], []
    archive.check(path, organisation, Kind.KEYS)
    found, personal = list[tuple[Path, str]](), list[Section]()
    for line in archive.lines(path):
        one = msgspec.json.decode(line, type=Secret | Section)
        if isinstance(one, Section):
            personal.append(one)
        else:
            found.append(check_secret(settings, organisation, one))
    return found, personal


def merged(place: Place, personal: Iterable[Section]) -> None:
    """Take over into a node's keys what the file holds of them; who was forgotten on either side stays so."""
    mine = [one for one in personal if one.node == place.node]
    found = [[row for one in mine if one.table == table.name for row in rows(one, table)] for table in TABLES]
    with place.keys() as connection:
        merge(connection, *found)
