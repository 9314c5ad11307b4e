"""What was wrong of a person is put right wherever a referral told of it, also when a side is restored from a backup."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shared.eventlog.parked import listed
from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.upkeep import Upkeep
from tests.flows.comparing import remove_last
from tests.flows.test_erasure import holding
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.flows.test_restore import backed_up, restored
from tests.support.network import Network, Problem, network
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

NETWORK, EVENTS = "humanitas.network", "humanitas.events"
WRONG, RIGHT = "06-Verkeerd-Marker", "06-Goed-Marker"


async def corrected(net: Network, person: str, contact: str) -> None:
    son = {"name": "Jan", "way": "phone", "contact": "06", "capacity": "mentor"}
    told: dict[str, Any] = {"nameToUse": "Truus", "contact": {"way": "phone", "value": contact}, "area": "GM0361"}
    told |= {"birthYear": 1950, "representative": son, "fileConsent": {"explicit": True}}
    await net.ask(SENDER, "POST", f"/v1/participants/{person}/correct", told)


async def contact_at_welzin(net: Network, path: str) -> Any:
    return (await net.ask(RECEIVER, "GET", path))["letter"]["contact"]["value"]


async def whats(net: Network, node: str, path: str) -> list[str]:
    return [entry["what"] for entry in (await net.ask(node, "GET", path))["timeline"]]


async def in_care(net: Network) -> tuple[str, str, str]:
    """Somebody whom WELZIN helps, with a contact that is wrong: their id, the referral's, and its path at WELZIN."""
    person, offered = await participant(net, "Truus"), await programme(net)
    await corrected(net, person, WRONG)
    reference = await refer(net, person, offered, await consent(net, person))
    path = f"/v1/referrals/{(await arrived(net, reference))['id']}"
    await net.ask(RECEIVER, "POST", f"{path}/accept", {"owner": "Wim"})
    await status(net, reference, "accepted")
    assert await contact_at_welzin(net, path) == WRONG
    return person, reference, path


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_correction_reaches_who_was_told_and_is_confirmed(tmp_path: Path, engine: str) -> None:
    databases = {slug: postgres_url() for slug in ("humanitas", "welzin")} if engine == "postgres" else {}
    async with network(tmp_path, SENDER, RECEIVER, databases=databases) as net:
        person, reference, path = await in_care(net)
        await corrected(net, person, RIGHT)
        await eventually(lambda: contact_at_welzin(net, path), RIGHT)
        ours = f"/v1/referrals/{reference}"
        await eventually(lambda: _last(net, SENDER, ours), ["corrected", "handed-over", "correction-confirmed"])
        assert (await whats(net, RECEIVER, path))[-1] == "corrected"
        assert (await net.ask(SENDER, "GET", ours))["letter"]["contact"]["value"] == RIGHT
        assert holding(net.nats.storage, RIGHT) == []
        assert [await net.nodes[node].log.query(listed) for node in (SENDER, RECEIVER)] == [[], []]


async def _last(net: Network, node: str, path: str) -> list[str]:
    return (await whats(net, node, path))[-3:]


async def test_a_receiver_restored_from_before_a_correction_hears_it_again(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, _, path = await in_care(net)
        await backed_up(net, "welzin", tmp_path / "sunday.kring")
        await corrected(net, person, RIGHT)
        await eventually(lambda: contact_at_welzin(net, path), RIGHT)
        await restored(net, "welzin", tmp_path / "sunday.kring")
        assert await contact_at_welzin(net, path) == WRONG
        await eventually(lambda: contact_at_welzin(net, path), RIGHT)


async def test_a_correction_that_the_receiver_lost_is_told_again_when_both_compare(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, reference, path = await in_care(net)
        await corrected(net, person, RIGHT)
        ours = f"/v1/referrals/{reference}"
        await eventually(lambda: _last(net, SENDER, ours), ["corrected", "handed-over", "correction-confirmed"])
        await remove_last(net, RECEIVER, path.rpartition("/")[2])
        assert await contact_at_welzin(net, path) == WRONG
        await eventually(lambda: _compares(net, path))
        assert "steps-lost" in await whats(net, SENDER, ours)


async def _compares(net: Network, path: str) -> bool:
    """What happens every day by itself: Humanitas tells how everything stands."""
    await Upkeep({"humanitas": net.nodes[SENDER]}).digest(SENDER, "welzin")
    return bool(await contact_at_welzin(net, path) == RIGHT)


def of_team(net: Network, team: str) -> str:
    """A coordinator of one of Humanitas' teams."""
    issuer = Issuer.open(net.data, "humanitas", production=False)
    return issuer.token([Role.COORDINATOR], user="ann", now=datetime.now(UTC), team=team)


async def _seen(net: Network, node: str, person: str, team: str) -> bool:
    try:
        await net.ask(node, "GET", f"/v1/participants/{person}", token=of_team(net, team))
    except Problem as problem:
        return problem.code != "participant-unknown"
    return True


async def test_a_file_that_is_moved_is_the_other_teams_in_every_service(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, NETWORK, EVENTS) as net:
        body = {"id": str(uuid7()), "nameToUse": "Truus", "contact": {"way": "phone", "value": "06"}}
        person = str((await net.ask(SENDER, "POST", "/v1/participants", body, token=of_team(net, "noord")))["id"])
        for node in (NETWORK, EVENTS):
            await eventually(lambda: _seen(net, node, person, "noord"))  # noqa: B023
        await net.ask(SENDER, "POST", f"/v1/participants/{person}/move", {"team": "zuid"}, token=of_team(net, "noord"))
        for node in (SENDER, NETWORK, EVENTS):
            await eventually(lambda: _seen(net, node, person, "zuid"))  # noqa: B023
            assert not await _seen(net, node, person, "noord")
