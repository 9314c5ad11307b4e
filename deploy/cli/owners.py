"""`kring parked`, `kring digest` and `kring rebuild`: asked of the process that owns a node, the only one in its database."""

import argparse
import asyncio
from datetime import UTC, datetime

import msgspec

from deploy.cli.parsers import ORGANISATION, Commands, command, group
from shared import control
from shared.findings import moment
from shared.register import SERVICES, Register
from shared.rules import Refused
from shared.service import Agreement
from shared.settings import Settings

LONG = 600.0
"""Seconds that a rebuild may take."""


class _Parked(msgspec.Struct):
    node: str
    id: int
    source: str
    type: str
    reason: str
    at: str


def add(commands: Commands) -> None:
    """Add these commands."""
    parked = group(
        commands, "parked", "what could not be taken and waits for a person", example="kring parked list welzin.intake"
    )
    what = {"list": "show what is parked", "retry": "try it again", "drop": "throw it away for good"}
    for name, meaning in what.items():
        number = "" if name == "list" else " 3"
        one = command(parked, name, meaning, _parked, example=f"kring parked {name} welzin.intake{number}")
        one.set_defaults(op=f"parked.{name}")
        optional = "?" if name == "list" else None
        one.add_argument("node", nargs=optional, help="ORGANISATION.SERVICE" + (" (all)" if optional else ""))
        if name != "list":
            one.add_argument("id", type=int, help="its number in the list")
    _add_digest(commands)
    rebuild = command(
        commands,
        "rebuild",
        "make a node's read models again from its log",
        _rebuild,
        example="kring rebuild welzin.intake",
    )
    rebuild.add_argument("node", help="ORGANISATION.SERVICE")


def _add_digest(commands: Commands) -> None:
    digest = command(
        commands,
        "digest",
        "compare now with partners how all stands that is shared; it happens every day by itself",
        _digest,
        example="kring digest humanitas welzin",
    )
    digest.add_argument("organisation", help=ORGANISATION)
    digest.add_argument("partner", nargs="?", help="with this one only")


def _digest(given: argparse.Namespace, settings: Settings) -> None:
    """Raises `Refused("digest-disagrees")`."""
    began = datetime.now(UTC)
    answer = _ask(settings, f"{given.organisation}.intake", "digest", partner=given.partner)
    found = msgspec.convert(answer, list[Agreement])
    for one in found:
        print(f"{one.partner:30} {_stands(one, began)}")
    if not found and given.partner is None:
        print(f"{given.organisation} shares nothing with anybody yet")
    open_ = [one for one in found if not one.agreed or one.agreed < began]
    if open_ or (given.partner and not found):
        raise Refused("digest-disagrees", count=len(open_) or 1)


def _stands(one: Agreement, began: datetime) -> str:
    last = f"; both agreed last on {moment(one.agreed)}" if one.agreed else ""
    if one.differing:
        return f"{one.differing} referrals differ: their timelines say what was lost{last}"
    return "agrees" if one.agreed and one.agreed >= began else f"has not answered{last}"


def _parked(given: argparse.Namespace, settings: Settings) -> None:
    if given.op != "parked.list":
        _ask(settings, given.node, given.op, id=given.id)
        print(f"done: {given.id}")
        return
    rows = _ask(settings, given.node, given.op) if given.node else _everywhere(settings)
    for row in msgspec.convert(rows, list[_Parked]):
        where = "" if given.node else f"{row.node:28} "
        print(f"{where}{row.id:>6}  {row.at}  {row.source:8} {row.type}: {row.reason}")
    if not rows:
        print(f"nothing is parked{f' at {given.node}' if given.node else ''}")


def _everywhere(settings: Settings) -> list[object]:
    """What is parked at all nodes of all services."""
    answers = [asyncio.run(control.ask(settings.data, service, "parked.list", timeout=LONG)) for service in SERVICES]
    return [row for answer in answers for row in answer]


def _rebuild(given: argparse.Namespace, settings: Settings) -> None:
    _ask(settings, given.node, "rebuild")
    print(f"the read models of {given.node} were made again from its log")


def _ask(settings: Settings, node: str, op: str, **arguments: object) -> object:
    Register.open(settings.data).node(node)
    service = node.partition(".")[2]
    return asyncio.run(control.ask(settings.data, service, op, timeout=LONG, node=node, **arguments))
