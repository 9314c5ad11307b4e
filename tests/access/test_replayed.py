"""A key that was used (`Idempotency-Key`) opens nothing: sent again with another request, it shows nothing of another team's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from shared.identity import Role
from tests.access.declared import routes
from tests.access.examples import EXAMPLES
from tests.access.records import OTHER, OWN, Records, headers, person_body, site

KEY = {"Idempotency-Key": "0190aaaa-0000-7000-8000-00000000feed"}
Request = tuple[str, str, str, Any]
"""Service, method, path, body."""


async def test_a_used_key_shows_nothing_of_another_team_s_whatever_it_is_sent_with(tmp_path: Path) -> None:
    async with site(tmp_path) as running:
        own, theirs = await running.made(OWN), await running.made(OTHER)
        who = headers(Role.COORDINATOR, OWN) | KEY
        for service, path, body in (
            ("intake", f"/v1/participants/{own.person}/correct", _told(own)),
            ("events", f"/v1/series/{own.series}/cancel", None),
            ("network", f"/v1/participants/{own.person}/interests", {"likes": "wandelen"}),
        ):
            method = "PUT" if service == "network" else "POST"
            assert (await running.ask(who, service, method, path, body)).status_code == 200
        tried = list(_requests(own, theirs))
        answers = [(one, await running.ask(who, *one)) for one in tried]
    assert len(tried) > 300
    shown = [f"{one}: {answer.text}" for one, answer in answers for said in _said(theirs, one) if said in answer.text]
    assert shown == [], "\n".join(shown)
    assert [f"{one}: {answer.text}" for one, answer in answers if answer.status_code >= 500] == []


def _told(own: Records) -> dict[str, Any]:
    return {name: said for name, said in person_body(own.person).items() if name != "id"}


def _requests(own: Records, theirs: Records) -> Iterator[Request]:
    """Every change that needs a token, of both; where one brings an id, each of their ids is tried in its place."""
    known = {(door.place, door.name) for door in routes() if door.access and door.access.token}
    for service, examples in EXAMPLES.items():
        for name, example in examples.items():
            method = name.partition(" ")[0]
            if method in ("POST", "PUT") and (service, name) in known:
                for path, body, _ in (example(own), example(theirs)):
                    yield service, method, path, body
                    for id_ in msgspec.structs.astuple(theirs) if isinstance(body, dict) and "id" in body else ():
                        yield service, method, path, body | {"id": str(id_)}


def _said(theirs: Records, asked: Request) -> Iterator[str]:
    """What only the other team is told: who their people are, how to reach them, and who opened a file (`records`)."""
    people = (str(theirs.person), str(theirs.friend))
    told = (*people, *(f"{one}@example.org" for one in (*people, theirs.subject)), "piet")
    yield from (said for said in told if said not in str(asked))
