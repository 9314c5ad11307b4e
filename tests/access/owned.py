"""What belongs to one team, and bodies of requests about it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct

OWN = "noord"
PLACE = {"name": "De Kandelaar", "address": "Kerkstraat 1", "area": "GM0307"}
PROGRAMME = {"name": "Samen eten", "kind": "ACTIVITY", "areas": ["GM0307"]}
EVIDENCE = {"form": "ORAL", "textVersion": "1", "askedOn": "2026-01-05", "askedBy": "Ann"}
UNTIL = (datetime.now(UTC) + timedelta(days=365)).isoformat()
WHY = {"reason": "AT_CAPACITY", "decidedBy": "ORGANISATION"}
INTERVIEW = {
    "heldOn": "2026-01-05",
    "by": "Ann",
    "askedFor": "Een maatje",
    "suitableNow": True,
    "purpose": "PREVENTION",
}
SERIES = {
    "title": "Koffie",
    "kind": "EVENING",
    "rule": "FREQ=WEEKLY",
    "firstDate": "2026-02-02",
    "start": "10:00:00",
    "minutes": 90,
}


class Owned(Struct, frozen=True, kw_only=True):
    """What belongs to one team (and a place, a series and a programme, which belong to none)."""

    person: str
    friend: str
    closed: str
    """Somebody whose file is closed."""
    consent: str
    interview: str
    draft: str
    sent: str
    received: str
    place: str
    series: str
    programme: str
    wanted: str
    """The partner's programme."""
    link: str
    evening_link: str
    glass: str
    """The file of `person`, opened by somebody of a third team."""


def person(id_: str) -> dict[str, Any]:
    return {"id": id_, "nameToUse": "Mevrouw Bakker", "contact": {"way": "EMAIL", "value": f"{id_}@example.org"}}


def consent(one: Owned, recipient: str = "welzin") -> dict[str, Any]:
    return {"id": one.consent, "recipient": recipient, "until": UNTIL, "evidence": EVIDENCE}


def refer(one: Owned, id_: str, **more: Any) -> dict[str, Any]:
    asked = {"id": id_, "participant": one.person, "to": "welzin", "programme": one.wanted, "consent": one.consent}
    return {**asked, "need": "Iemand om mee te wandelen", **more}


def told(id_: str) -> dict[str, Any]:
    """All that is said of somebody, without the id."""
    return {name: said for name, said in person(id_).items() if name != "id"}
