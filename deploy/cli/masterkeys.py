"""`kring master-key renew`: what wraps the keys of persons."""

import argparse

from deploy.cli.parsers import ORGANISATION, Commands, command, group
from deploy.masterkeys import renew
from shared.settings import Settings


def add(commands: Commands) -> None:
    """Add these commands."""
    keys = group(
        commands,
        "master-key",
        "what wraps the keys of an organisation's participants",
        example="kring master-key renew welzin",
    )
    new = command(
        keys,
        "renew",
        "make a new one and wrap every key with it, while all goes on; do it when somebody leaves who had the old one",
        _renew,
        example="kring master-key renew welzin",
    )
    new.add_argument("organisation", help=ORGANISATION)


def _renew(given: argparse.Namespace, settings: Settings) -> None:
    renew(settings, given.organisation)
    print(
        f"{given.organisation} has a new master key; files of keys made before ('kring backup --keys') open with the old one only."
    )
