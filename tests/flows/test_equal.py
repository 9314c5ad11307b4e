"""Refusing consent, or taking it back, changes neither place nor service: two people who differ in nothing else are treated alike.

One person lives in several worlds that are alike to the last id and second, but for what they say about sharing with one partner.
All that every route of every service then answers is compared.
"""

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.events.domain import participant as known_at_events
from services.network.domain import participant as known_at_network
from shared.eventlog.types import Step
from shared.identity import Role
from tests.access import records
from tests.access.declared import routes
from tests.access.examples import EXAMPLES
from tests.access.records import OWN, Records, Site, headers, holder, person_body, refer, site
from tests.services.intake.served_intake import CONSENT, TALK
from tests.support.served import NOON

ABOUT_SHARING = {
    "GET /v1/participants/{id:uuid}/consents",
    "GET /v1/consents/{id:uuid}/receipt",
    "GET /v1/referrals",
    "GET /v1/referrals/position",
    "GET /v1/referrals/{id:uuid}",
    "GET /v1/erasures",
    "GET /v1/access-log",
    "POST /v1/access-log-searches",
    "GET /v1/participants/{id:uuid}/access-log",
}
"""What differs by its nature: the consents and referrals themselves, what a partner was asked, and who looked at them."""
APART = ("consents", "referrals", "erasures", "reads", "history")
"""The same, as parts of the whole file at intake."""
OF_ALL_TEAMS = {"GET /v1/counts"}
"""Refused to somebody of one team: asked by who works for the whole organisation."""
THEIRS = ("person", "consent", "interview", "sent")
"""Records of the person, beside those of others."""
KLIK = UUID("01930000-0000-7000-8000-000000000109")
READERS = {(door.place, door.name): door.access for door in routes()}
WHO = headers(Role.COORDINATOR, OWN)


async def asked(running: Site, path: str, body: Any = None, code: str | None = None) -> None:
    """Done; or refused with the code that is given."""
    answer = await running.ask(WHO, "intake", "POST", path, body)
    came = answer.json()["code"] if answer.status_code >= 400 else None
    assert came == code, answer.text


async def agrees(running: Site, made: Records) -> None:
    await asked(running, f"/v1/participants/{made.person}/consents", CONSENT | {"id": str(made.consent)})
    await asked(running, "/v1/referrals", refer(made, made.sent))


async def refuses(running: Site, made: Records) -> None:
    await asked(running, "/v1/referrals", refer(made, made.sent) | {"consent": None}, "consent-missing")


async def takes_back_at_once(running: Site, made: Records) -> None:
    await asked(running, f"/v1/participants/{made.person}/consents", CONSENT | {"id": str(made.consent)})
    await asked(running, f"/v1/consents/{made.consent}/withdraw")
    await asked(running, "/v1/referrals", refer(made, made.sent), "consent-withdrawn")


async def takes_back_later(running: Site, made: Records) -> None:
    await agrees(running, made)
    await asked(running, f"/v1/consents/{made.consent}/withdraw")


async def world(folder: Path, says: Any, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Any]:
    """What every route answers about somebody who says this, among others."""
    monkeypatch.setattr(records, "_number", count(1))
    async with site(folder) as running:
        await running.made(OWN)
        of = {name: UUID(f"01930000-0000-7000-8000-00000000010{number}") for number, name in enumerate(THEIRS)}
        made = msgspec.structs.replace(await running.made(OWN), **of)
        await asked(running, "/v1/participants", person_body(made.person))
        await asked(running, f"/v1/participants/{made.person}/interviews", TALK | {"id": str(made.interview)})
        await _known_at_network(running, made)
        await running.nodes["events"].take([Step(known_at_events, made.person, known_at_events.Know(NOON, OWN))])
        await says(running, made)
        await running.made(OWN)
        return {f"{place} {name}": await _shown(running, place, name, made) for place, name in compared()}


async def _known_at_network(running: Site, made: Records) -> None:
    """They like something, and have a klik."""
    await running.nodes["network"].take([Step(known_at_network, made.person, known_at_network.Know(NOON, OWN))])
    likes = {"likes": "wandelen"}
    await running.ask(WHO, "network", "PUT", f"/v1/participants/{made.person}/interests", likes)
    for who, whom in ((made.person, made.friend), (made.friend, made.person)):
        yes = {"id": str(KLIK), "participant": str(who), "other": str(whom), "contact": "06"}
        await running.ask(WHO, "network", "POST", "/v1/kliks/yes", yes)


def _folder(within: Path, says: Any) -> Path:
    folder = within / str(says.__name__)
    folder.mkdir()
    return folder


def compared() -> list[tuple[str, str]]:
    """Routes that show something, and the search."""
    every = [(place, name) for place, examples in EXAMPLES.items() for name in examples]
    looks = [(place, name) for place, name in every if name.startswith("GET /v1/") or name.endswith("-searches")]
    assert {name for _, name in looks} >= ABOUT_SHARING, "what is left out is there"
    return [(place, name) for place, name in looks if name not in ABOUT_SHARING]


def _who(place: str, name: str, made: Records) -> Mapping[str, str]:
    """A coordinator where they may look, else the first role that may."""
    access = READERS[place, name]
    assert access is not None
    role = Role.COORDINATOR if not access.roles or Role.COORDINATOR in access.roles else min(access.roles)
    return headers(role, None if name in OF_ALL_TEAMS else OWN, holder=holder(role, made))


async def _shown(running: Site, place: str, name: str, made: Records) -> Any:
    path, body, _ = EXAMPLES[place][name](made)
    answer = await running.ask(_who(place, name, made), place, name.partition(" ")[0], path, body)
    assert answer.status_code == 200, f"{name}: a refusal would equal another: {answer.text}"
    told = answer.json() if "json" in answer.headers.get("content-type", "") else answer.text
    if place == "intake" and name.endswith("/file"):
        told = {part: said for part, said in answer.json().items() if part not in APART}
    return told


@pytest.mark.parametrize("says", [refuses, takes_back_at_once, takes_back_later])
async def test_who_does_not_agree_is_treated_as_who_does(
    tmp_path: Path, says: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike, other = [await world(_folder(tmp_path, one), one, monkeypatch) for one in (agrees, says)]
    for name, told in alike.items():
        assert other[name] == told, name
    people = alike["intake GET /v1/participants"]["items"]
    assert len(people) > 4, "there are others to be before or after"


async def test_a_world_that_differs_in_service_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def is_sent_away(running: Site, made: Records) -> None:
        await asked(running, f"/v1/participants/{made.person}/end", {"reason": "said no"})

    alike, other = [await world(_folder(tmp_path, one), one, monkeypatch) for one in (agrees, is_sent_away)]
    assert alike != other
