"""A new master key for an organisation: its keys of persons are wrapped anew, and nothing else is touched."""

import asyncio
import os
from pathlib import Path

from deploy.keys import exchanged
from deploy.places import held
from shared import control
from shared.eventlog.keytables import rewrap
from shared.eventlog.masterkey import Master
from shared.register import SERVICES, Register
from shared.rules import NotFound, Unavailable
from shared.settings import Settings
from shared.signing import MASTER, MASTER_BYTES, text

LONG = 600.0
"""Seconds that a running owner may take."""


def renew(settings: Settings, organisation: str) -> None:
    """Make a new master key, wrap every key with it, and forget the old one. Interrupted, it is finished by doing it again.

    Where the setting KRING_MASTER_… names the key, that is to hold the new one and the old one, and its file is left alone.
    Raises `Refused`: `organisation-unknown`, `keys-missing`, `master-key-wrong`, `database-…`.
    """
    Register.open(settings.data).organisation(organisation)
    stated, path = settings.masters.get(organisation), settings.data / organisation / "keys" / MASTER
    secrets = stated.split(",") if stated else _begun(path)
    for service in SERVICES:
        _rewrap(settings, f"{organisation}.{service}", Master(" ".join(secrets)))
    if not stated:
        exchanged(path, secrets[:1])


def _begun(path: Path) -> list[str]:
    """The new key before the old one, in the file too: a crash from here on loses neither."""
    try:
        secrets = path.read_text().split()
    except OSError:
        raise Unavailable("keys-missing", path=str(path)) from None
    if len(secrets) == 1:
        secrets.insert(0, text(os.urandom(MASTER_BYTES)))
        exchanged(path, secrets)
    return secrets


def _rewrap(settings: Settings, node: str, master: Master) -> None:
    organisation, _, service = node.partition(".")
    try:
        asyncio.run(control.ask(settings.data, service, "rewrap", timeout=LONG, node=node))
    except (NotFound, Unavailable) as refused:
        if refused.code not in ("node-unknown", "process-away"):
            raise
        with held(settings, organisation, service) as place, place.keys() as connection:
            rewrap(connection, node, master)
