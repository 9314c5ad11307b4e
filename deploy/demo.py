"""The demo network: five organisations and their agreements. Names are from reports; numbers are made up."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from uuid import UUID

from deploy.registrar import Registrar
from shared.register import Register

ORGANISATIONS = (
    ("humanitas", "Humanitas", "GM0361", "urn:nld:kvknr:00000001"),
    ("welzin", "WELZIN", "GM0307", "urn:nld:kvknr:00000002"),
    ("carrefour", "Carrefour", "GM0171", "urn:nld:kvknr:00000003"),
    ("gemeente-alkmaar", "Gemeente Alkmaar", "GM0361", "urn:nld:oin:00000000000000000361"),
    ("gemeente-noordoostpolder", "Gemeente Noordoostpolder", "GM0171", "urn:nld:oin:00000000000000000171"),
)
"""Slug, name, municipality, official number. Carrefour and WELZIN have no agreement: the demo shows what that means."""
AGREEMENTS = (
    ("humanitas", "welzin"),
    ("welzin", "humanitas"),
    ("humanitas", "gemeente-alkmaar"),
    ("gemeente-alkmaar", "humanitas"),
    ("carrefour", "gemeente-noordoostpolder"),
    ("gemeente-noordoostpolder", "carrefour"),
)
"""Who may refer to whom."""
SINCE = date(2026, 1, 1)


def prepare(data: Path, changed: Callable[[], None] = lambda: None) -> Register:
    """The demo network's register, made or completed; what stands already is left as it is."""
    registrar = Registrar(data, changed)
    register = registrar.begin()
    for slug, name, area, source in ORGANISATIONS:
        if slug not in register.organisations:
            register = registrar.add_organisation(slug, name=name, area=area, source=source, demo=True)
    known = {(one.sender, one.receiver) for one in register.contents.agreements}
    for number, (sender, receiver) in enumerate(AGREEMENTS, 1):
        if (sender, receiver) not in known:
            register = registrar.agree(UUID(int=number), sender, receiver, SINCE)
    return register
