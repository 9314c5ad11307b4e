"""Consent is taken back: every partner that was told hears it, destroys what it has no ground of its own for, and says so."""

from pathlib import Path
from typing import Any

import pytest

from shared.eventlog.parked import listed
from tests.flows.test_erasure import MARKER, asked, holding
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.flows.test_restore import backed_up, restored, theirs
from tests.support.network import Network, network
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually


async def withdraw(net: Network, agreed: str) -> None:
    await net.ask(SENDER, "POST", f"/v1/consents/{agreed}/withdraw")


async def answers(net: Network) -> dict[str, str | None]:
    """What Humanitas was answered about each referral."""
    items = await asked(net, SENDER, "out")
    return {one["referral"]: one["ground"] or ("forgotten" if one["answeredAt"] else None) for one in items}


async def accepted(net: Network, reference: str) -> str:
    """WELZIN takes it up; gives its path there."""
    path = f"/v1/referrals/{(await arrived(net, reference))['id']}"
    await net.ask(RECEIVER, "POST", f"{path}/accept", {"owner": "Wim"})
    await status(net, reference, "accepted")
    return path


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_what_was_not_taken_up_goes_at_once_and_the_rest_by_a_persons_word(tmp_path: Path, engine: str) -> None:
    databases = {slug: postgres_url() for slug in ("humanitas", "welzin")} if engine == "postgres" else {}
    async with network(tmp_path, SENDER, RECEIVER, databases=databases) as net:
        person, offered = await participant(net, MARKER), await programme(net)
        agreed = await consent(net, person)
        helped, kept, waits = [await refer(net, person, offered, agreed, need=f"help for {MARKER}") for _ in range(3)]
        path, keeping = await accepted(net, helped), await accepted(net, kept)
        await arrived(net, waits)
        await withdraw(net, agreed)
        await eventually(lambda: answers(net), {helped: None, kept: None, waits: "forgotten"})
        await status(net, waits, "cancelled")
        assert [one["answeredAt"] is None for one in await asked(net, RECEIVER, "in")].count(True) == 2
        await net.ask(RECEIVER, "POST", f"{path}/forget")
        await net.ask(RECEIVER, "POST", f"{keeping}/refuse-erasure", {"ground": "own-consent"})
        await eventually(lambda: answers(net), {helped: "forgotten", kept: "own-consent", waits: "forgotten"})
        assert (await net.ask(RECEIVER, "GET", path))["letter"] is None
        assert (await net.ask(RECEIVER, "GET", keeping))["letter"]["nameToUse"] == MARKER
        await _stays_with_us(net, person, helped)
        assert [await net.nodes[node].log.query(listed) for node in (SENDER, RECEIVER)] == [[], []]


async def _stays_with_us(net: Network, person: str, helped: str) -> None:
    """The person is still ours: the file, and what was asked for them."""
    assert (await net.ask(SENDER, "GET", f"/v1/participants/{person}"))["nameToUse"] == MARKER
    ours = await status(net, helped, "cancelled")
    assert (ours["letter"]["nameToUse"], ours["need"]) == (MARKER, f"help for {MARKER}")


async def test_nothing_is_left_at_a_partner_that_has_no_ground_of_its_own(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER, databases={}) as net:
        person, offered = await participant(net, MARKER), await programme(net)
        agreed = await consent(net, person)
        reference = await refer(net, person, offered, agreed, need=f"help for {MARKER}")
        path = await accepted(net, reference)
        assert holding(net.data / "welzin", MARKER), "the search finds what is there"
        await withdraw(net, agreed)
        await eventually(lambda: _wanted(net))
        await net.ask(RECEIVER, "POST", f"{path}/forget")
        await eventually(lambda: answers(net), {reference: "forgotten"})
        assert holding(net.data / "welzin", MARKER) == []
        assert holding(net.data / "humanitas", MARKER), "the person is still ours"


async def _wanted(net: Network) -> Any:
    """WELZIN's list of what it is to decide about."""
    return [one for one in await asked(net, RECEIVER, "in") if one["answeredAt"] is None]


async def test_a_partner_that_was_restored_from_before_is_asked_again_and_answers(tmp_path: Path) -> None:
    """A withdrawal and an erasure, also of what was closed: no step of the referral says that somebody was erased."""
    async with network(tmp_path, SENDER, RECEIVER) as net:
        offered = await programme(net)
        people = [await participant(net, name) for name in (MARKER, "Toon")]
        agreed = [await consent(net, person) for person in people]
        closed, helped = [await refer(net, *of) for of in zip(people, (offered, offered), agreed, strict=True)]
        paths = [await accepted(net, one) for one in (closed, helped)]
        await theirs(net, closed, "start", "complete")
        await backed_up(net, "welzin", tmp_path / "welzin.kring")
        await withdraw(net, agreed[0])
        await net.ask(SENDER, "POST", f"/v1/participants/{people[1]}/erase")
        await eventually(lambda: _awaited(net), 2)
        await restored(net, "welzin", tmp_path / "welzin.kring")
        await eventually(lambda: _awaited(net), 2)
        await net.ask(RECEIVER, "POST", f"{paths[0]}/refuse-erasure", {"ground": "own-consent"})
        await net.ask(RECEIVER, "POST", f"{paths[1]}/forget")
        await eventually(lambda: answers(net), {closed: "own-consent", helped: "forgotten"})
        assert [await net.nodes[node].log.query(listed) for node in (SENDER, RECEIVER)] == [[], []]


async def _awaited(net: Network) -> int:
    return len(await _wanted(net))


async def test_who_kept_it_is_asked_again_when_the_person_wants_to_be_forgotten(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net, MARKER), await programme(net)
        agreed = await consent(net, person)
        reference = await refer(net, person, offered, agreed)
        path = await accepted(net, reference)
        await withdraw(net, agreed)
        await eventually(lambda: _wanted(net))
        await net.ask(RECEIVER, "POST", f"{path}/refuse-erasure", {"ground": "own-consent"})
        await eventually(lambda: answers(net), {reference: "own-consent"})
        await net.ask(SENDER, "POST", f"/v1/participants/{person}/erase")
        await eventually(lambda: _wanted(net))
        await net.ask(RECEIVER, "POST", f"{path}/forget")
        await eventually(lambda: answers(net), {reference: "forgotten"})
        assert holding(net.data, MARKER) == []
