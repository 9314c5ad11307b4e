"""`kring backup`, `restore`, `export` and `import`: an organisation's logs in one file, its keys in another."""

import argparse
from pathlib import Path

from deploy import backups
from deploy.archive import Header
from deploy.cli.parsers import Commands, Run, command
from shared.settings import Settings


def add(commands: Commands) -> None:
    """Add these commands."""
    sunday, moves, keys = "welzin-sunday.kring", "welzin-moves.kring", "--keys welzin-keys.kring"
    copied = "copy an organisation's logs to a file, while it runs or not"
    _add(commands, "backup", copied, _backup, f"kring backup welzin {sunday} {keys}")
    back = "put an organisation that is stopped back as it was in a backup; partners then hear what was lost"
    _add(commands, "restore", back, _restore, f"kring restore welzin {sunday}")
    leaves = "copy an organisation that is stopped, to go on elsewhere; here it takes nothing any more"
    _add(commands, "export", leaves, _export, f"kring export welzin {moves} {keys}")
    comes = "go on here with an organisation that was exported elsewhere"
    _add(commands, "import", comes, _import, f"kring import welzin {moves} {keys}")


def _add(commands: Commands, name: str, what: str, run: Run, example: str) -> None:
    one = command(commands, name, what, run, example=example)
    one.add_argument("organisation", help="its short name")
    one.add_argument(
        "file", type=Path, help="where the logs are; keep it as you keep the databases: it is about people"
    )
    one.add_argument("--keys", type=Path, metavar="FILE", help="where the keys are; never beside the logs")


def _backup(given: argparse.Namespace, settings: Settings) -> None:
    _tell(backups.backup(settings, given.organisation, given.file, given.keys))
    print(f"The backup is in {given.file}.")


def _restore(given: argparse.Namespace, settings: Settings) -> None:
    aside = backups.restore(settings, given.organisation, given.file, given.keys)
    print(
        f"{given.organisation} is as it was in the backup. Start Kring: what was lost since then shows on both sides."
    )
    for one in aside:
        print(f"  the former database is kept as {one}; remove it when all is well")


def _export(given: argparse.Namespace, settings: Settings) -> None:
    _tell(backups.export(settings, given.organisation, given.file, given.keys))
    print(
        f"{given.organisation} takes nothing here any more. Elsewhere: kring import {given.organisation} {given.file.name}"
    )


def _import(given: argparse.Namespace, settings: Settings) -> None:
    backups.take(settings, given.organisation, given.file, given.keys)
    print(f"{given.organisation} goes on here. Start Kring.")


def _tell(header: Header) -> None:
    for one in header.nodes:
        print(f"  {one.node}: {one.position} events")
