"""A file that was put right, or is another team's, as views and routes show it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from services.intake.domain.outgoing_events import Drafted
from services.intake.domain.participant import Corrected, Moved, Registered
from services.intake.views import participants, referrals
from tests.services.intake.examples import OTHER, PERSON, PROFILE, REFERRAL, WISH
from tests.services.intake.served_intake import PARTICIPANT, done, humanitas, prepared
from tests.support.projected import in_team, seen
from tests.support.served import Served

CORRECTED = msgspec.structs.replace(PROFILE, contact="06 12 34 56 78")


def test_views_show_what_is_right_and_whose_it_is() -> None:
    with seen(participants) as view:
        view.given(PERSON, Registered(PROFILE, "noord"), Corrected(CORRECTED, ()), Moved("zuid"))
        found = view.ask(participants.search, "", "0612345678")
        assert [(one.contact.value, one.team) for one in found] == [("06 12 34 56 78", "zuid")]
        assert view.ask(participants.search, "", "072 555 01 02") == []
    with seen(referrals) as view:
        view.given(REFERRAL, Drafted(msgspec.structs.replace(WISH, team="noord"))).given(PERSON, Moved("zuid"))
        wanted = (referrals.Wanted(), None, 9)
        assert [one.id for one in view.ask_as(in_team("zuid"), referrals.page, *wanted)] == [REFERRAL]
        assert view.ask_as(in_team("noord"), referrals.page, *wanted) == []


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def test_a_coordinator_puts_a_file_right_as_a_whole(node: Served) -> None:
    await prepared(node)
    told = {name: value for name, value in PARTICIPANT.items() if name != "id"}
    path = f"/v1/participants/{PERSON}"
    corrected = await done(node, f"{path}/correct", told | {"nameToUse": "Mevrouw de Bakker", "area": "GM0361"})
    assert (corrected["nameToUse"], corrected["area"], corrected["id"]) == ("Mevrouw de Bakker", "GM0361", str(PERSON))
    assert (await node.ask("GET", path)).json() == corrected
    missing = await node.ask("POST", f"{path}/correct", {"nameToUse": " "})
    assert (missing.status_code, missing.json()["code"]) == (422, "invalid")
    assert (await node.ask("POST", f"/v1/participants/{OTHER}/correct", told)).json()["code"] == "participant-unknown"


async def test_a_coordinator_hands_a_file_to_another_team(node: Served) -> None:
    await prepared(node)
    assert (await node.ask("POST", f"/v1/participants/{PERSON}/move", {"team": "zuid"})).status_code == 204
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).json()["team"] == "zuid"
    empty = await node.ask("POST", f"/v1/participants/{PERSON}/move", {"team": " "})
    assert empty.json()["code"] == "invalid"
