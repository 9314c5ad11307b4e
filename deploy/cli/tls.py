"""`kring tls init`: certificates for trying Kring out with TLS."""

import argparse
import asyncio
from contextlib import suppress
from datetime import UTC, datetime

from deploy import supervisor, tlsauthority
from deploy.cli.parsers import Commands, command, group
from shared import control
from shared.rules import Unavailable
from shared.settings import Settings


def add(commands: Commands) -> None:
    """Add this command."""
    example = "kring tls init --names kring.local 192.168.1.20"
    certificates = group(commands, "tls", "certificates, with which Kring speaks TLS", example=example)
    what = "make an authority and certificates for trying out, or renew those that end soon (not in production)"
    init = command(certificates, "init", what, _init, example=example)
    own = "by which this machine is asked, beside localhost and 127.0.0.1"
    init.add_argument("--names", nargs="+", default=[], metavar="NAME", help=f"names and addresses {own}")


def _init(given: argparse.Namespace, settings: Settings) -> None:
    made = tlsauthority.prepare(settings, given.names, datetime.now(UTC))
    for names, what in ((made.renewed, "made now, for a year"), (made.kept, "there already")):
        if names:
            print(f"{', '.join(names)}: {what}")
    if made.begun:
        print(
            f"{made.authority} is the authority. Give it to whoever must believe it: your browser, integrators (SSL_CERT_FILE)."
        )
        print("Start Kring again: it speaks TLS from then on, https for people.")
    elif made.renewed:
        _told(settings)


def _told(settings: Settings) -> None:
    """Gateway and services see renewed certificates by themselves."""
    with suppress(Unavailable):
        asyncio.run(control.ask(settings.data, supervisor.PROCESS, "reload"))
        print("the running broker took them over; gateway and services do within some seconds")
