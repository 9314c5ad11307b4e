"""No klik between a minor and an adult: the network knows of an age only whether somebody is a minor, from intake, until they are not."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.intake.domain import participant
from services.intake.views import coming_of_age
from shared.eventlog.due import due as deadlines
from shared.eventlog.log import Log
from shared.ids import uuid7
from tests.flows.test_referral import SENDER
from tests.support.network import Network, Problem, network
from tests.support.waiting import eventually

NETWORK = "humanitas.network"
THIS_YEAR = datetime.now(UTC).year
BY = {"name": "Fatma", "way": "phone", "contact": "06 11 11 11 11", "capacity": "parent"}
THEIRS = {"agreedBy": "representative", "explicit": True}


async def registered(net: Network, birth_year: int, **more: Any) -> str:
    """Somebody born then, known to the network too."""
    told = {"id": str(uuid7()), "nameToUse": "Sam", "contact": {"way": "phone", "value": "06"}, "birthYear": birth_year}
    person = str((await net.ask(SENDER, "POST", "/v1/participants", told | more))["id"])
    await eventually(lambda: net.ask(NETWORK, "GET", f"/v1/participants/{person}"))
    return person


async def says_yes(net: Network, who: str, whom: str) -> str:
    """The code of what refuses it, or nothing."""
    yes = {"id": str(uuid7()), "participant": who, "other": whom, "contact": "06"}
    try:
        await net.ask(NETWORK, "POST", "/v1/kliks/yes", yes)
    except Problem as problem:
        return problem.code
    return ""


async def test_a_minor_and_an_adult_make_no_klik_until_the_minor_is_one_no_more(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, NETWORK) as net:
        adult = await registered(net, THIS_YEAR - 40)
        child, friend = [await registered(net, THIS_YEAR - 12, representative=BY, fileConsent=THEIRS) for _ in range(2)]
        for pair in ((child, adult), (adult, child)):
            assert await says_yes(net, *pair) == "klik-minor-and-adult"
        assert await says_yes(net, child, friend) == ""
        events = await net.nodes[NETWORK].log.notifications(0, 500, ["network.participant-known.v1"])
        assert {(str(one.stream), one.event.minor) for one in events} == {(adult, False), (child, True), (friend, True)}
        log = net.nodes[SENDER].log
        await log.run(participant, events[1].stream, participant.ComeOfAge(), by="system")
        await eventually(lambda: says_yes(net, str(events[1].stream), adult), "")


async def test_who_turns_out_to_be_a_minor_has_no_klik_with_an_adult_any_more(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, NETWORK) as net:
        adult, child = [await registered(net, THIS_YEAR - 40) for _ in range(2)]
        assert [await says_yes(net, *pair) for pair in ((child, adult), (adult, child))] == ["", ""]
        await eventually(partial(kliks, net, adult), 1)
        await net.nodes[SENDER].log.run(participant, UUID(child), participant.TellMinor(), by="system")
        await eventually(partial(kliks, net, adult), 0)
        assert await says_yes(net, adult, child) == "klik-minor-and-adult"


async def kliks(net: Network, who: str) -> int:
    return len((await net.ask(NETWORK, "GET", f"/v1/participants/{who}/kliks"))["items"])


async def test_a_minor_is_told_of_once_also_when_the_deadlines_are_made_anew(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, NETWORK) as net:
        child, log = await registered(net, THIS_YEAR - 12, representative=BY, fileConsent=THEIRS), net.nodes[SENDER].log
        assert await due(log) == 1
        for _ in range(2):
            ticking = asyncio.create_task(net.ticker("intake").run())
            await eventually(partial(due, log), 0)
            ticking.cancel()
            await log.rebuild()
        told = [type(one.event) for one in await log.read(UUID(child))]
        assert told == [participant.Registered, participant.MinorTold]


async def due(log: Log) -> int:
    """How many deadlines stand that tell of a minor."""
    tells = select(deadlines).where(deadlines.c.name == coming_of_age.TELLS)
    return len(await log.query(lambda connection: connection.execute(tells).all()))


async def test_a_child_without_a_representative_is_not_registered_and_nothing_is_told(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, NETWORK) as net:
        with pytest.raises(Problem, match="representative-missing"):
            await registered(net, THIS_YEAR - 12)
        assert (await net.ask(SENDER, "GET", "/v1/participants"))["items"] == []
