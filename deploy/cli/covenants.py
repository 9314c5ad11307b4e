"""`kring covenant`: many who may all refer to each other; each signs once."""

import argparse
from datetime import UTC, date, datetime

from deploy.cli.network import name, registrar
from deploy.cli.parsers import ORGANISATION, Commands, command, group
from shared.agreements import LARGEST_COVENANT
from shared.ids import uuid7
from shared.register import Register
from shared.settings import Settings

_MADE = "kring covenant add 'Samen Alkmaar' humanitas welzin gemeente-alkmaar"
_WHAT = (
    f"many who may all refer to each other: each signs once, not once for each other one; at most {LARGEST_COVENANT}"
)
_MORE = "one more: it and all members may refer to each other; only the newcomer signs"
_LESS = "no new referrals between this one and the others under it; what is open goes on"


def add(commands: Commands) -> None:
    """Add these commands."""
    covenants = group(commands, "covenant", _WHAT, example=_MADE)
    command(covenants, "list", "all covenants and their members", _covenants, example="kring covenant list")
    signed = "let all of these refer to each other; signed once with the key of each, which this machine holds"
    new = command(covenants, "add", signed, _found, example=_MADE)
    join = command(covenants, "join", _MORE, _join, example="kring covenant join 'Samen Alkmaar' de-oever")
    leave = command(covenants, "leave", _LESS, _leave, example="kring covenant leave 'Samen Alkmaar' de-oever")
    for parser in (new, join, leave):
        parser.add_argument("covenant", type=name, help="its name, in quotes where it has spaces")
        parser.add_argument("organisation", nargs="+" if parser is new else None, help=ORGANISATION)


def _covenants(_: argparse.Namespace, settings: Settings) -> None:
    for one in Register.open(settings.data).contents.covenants:
        print(f"{one.name}, since {one.since}: {', '.join(sorted(one.members)) or 'nobody'}")
        for gone in one.left:
            if gone.by not in one.members:
                print(f"  {gone.by} left on {gone.at}")


def _found(given: argparse.Namespace, settings: Settings) -> None:
    members = list(dict.fromkeys(given.organisation))
    registrar(settings).covenant(uuid7(), given.covenant, members, _today())
    print(f"{len(members)} organisations may refer to each other from now on.")


def _join(given: argparse.Namespace, settings: Settings) -> None:
    registrar(settings).join(given.covenant, given.organisation)
    print(f"{given.organisation} and the members may refer to each other from now on.")


def _leave(given: argparse.Namespace, settings: Settings) -> None:
    registrar(settings).leave(given.covenant, given.organisation, _today())
    print(f"{given.organisation} has left: no new referrals under the covenant. What is open goes on.")


def _today() -> date:
    return datetime.now(UTC).date()
