"""A partner that may only answer, or whose agreement has ended, asks to refer all the same: it is put aside, and nobody was referred."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec.structs import replace

from deploy.registrar import Registrar
from services.intake.domain import outgoing_referral
from services.intake.domain.outgoing_referral import Request
from shared.contracts.letters import ReferralAccepted, ReferralRequested
from shared.eventlog.log import utc_now
from shared.eventlog.parked import Parked, listed
from shared.rules import Refused
from shared.upkeep import Upkeep
from shared.wire.handover import Content
from tests.flows.enemies import Enemy, at_the_gate
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.flows.test_rotation import look
from tests.services.intake.examples import FACTS, GROUND, WISH
from tests.services.intake.served_intake import ASKED
from tests.support.correspondents import DAY
from tests.support.network import Network, network
from tests.support.waiting import eventually


@pytest.fixture
async def enemy(tmp_path: Path) -> AsyncIterator[Enemy]:
    async with at_the_gate(tmp_path) as made:
        yield made


def inside(body: Any) -> bytes:
    """Of a letter."""
    return msgspec.json.encode(Content(msgspec.Raw(msgspec.json.encode(body)), uuid4(), DAY, ""))


def request(need: str) -> ReferralRequested:
    """Please take care of somebody."""
    return replace(ASKED, need=need)


async def test_who_may_only_answer_takes_its_number_and_is_put_aside(enemy: Enemy) -> None:
    keys = enemy.world.keys
    enemy.world.register = keys.agreed(("beta", "alpha"), ("beta", "gamma"), ("gamma", "beta"))
    asks, answers = enemy.letter(1, inside(request("mine"))), enemy.letter(2, inside(ReferralAccepted(owner="Ann")))
    assert (await enemy.send(enemy.batch(asks, answers))).highest == 2
    assert await enemy.beta.copies() == ["Ann"], "what answers is taken"
    [aside] = await enemy.beta.parked()
    assert (aside.source, aside.type, aside.reason) == ("letters", "referral-requested.v1", "letter-no-agreement")
    with pytest.raises(Refused, match="letter-no-agreement"):
        await enemy.beta.arrivals.steps(aside.body, aside.at)
    enemy.world.register = keys.agreed(("alpha", "beta"))
    [step] = await enemy.beta.arrivals.steps(aside.body, aside.at)
    assert step.command.text == "mine"


async def test_who_may_refer_is_taken_and_who_has_no_agreement_at_all_is_not(enemy: Enemy) -> None:
    enemy.world.register = enemy.world.keys.agreed(("alpha", "beta"))
    assert (await enemy.send(enemy.batch(enemy.letter(1, inside(request("one")))))).highest == 1
    enemy.world.register = enemy.world.keys.agreed()
    assert (await enemy.send(enemy.batch(enemy.letter(2, inside(request("two")))))).highest == 2
    assert await enemy.beta.copies() == ["one"]
    assert len(await enemy.beta.parked()) == 1


async def _forced(net: Network, offered: str) -> UUID:
    """Humanitas' node asks although its own rules would not let it: its program was changed."""
    forced, until = uuid4(), utc_now() + timedelta(days=9)
    facts = replace(FACTS, ground=replace(GROUND, until=until), at=utc_now())
    asks = Request(facts, replace(WISH, programme=UUID(offered)))
    await net.nodes[SENDER].log.run(outgoing_referral, forced, asks, by="user:mallory")
    return forced


async def _aside(net: Network) -> list[Parked]:
    return await net.nodes[RECEIVER].log.query(listed)


async def _referrals(net: Network) -> list[str]:
    """The references of what WELZIN was asked."""
    page = await net.ask(RECEIVER, "GET", "/v1/referrals?direction=in")
    return [one["reference"] for one in page["items"]]


def _end(net: Network) -> None:
    """Of every agreement under which Humanitas refers to WELZIN."""
    for one in net.watcher.register.contents.agreements:
        if (one.sender, one.receiver) == ("humanitas", "welzin"):
            Registrar(net.data).end(one.id, "welzin", utc_now().date())
    look(net, SENDER, RECEIVER)


async def test_after_an_agreement_has_ended_nobody_is_referred_and_what_is_shared_goes_on(tmp_path: Path) -> None:
    """What was asked in time and came too late stands aside as well; under a new agreement it can be taken up."""
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net), await programme(net)
        before = await refer(net, person, offered, await consent(net, person))
        held = (await arrived(net, before))["id"]
        _end(net)
        forced = await _forced(net, offered)
        [aside] = await eventually(partial(_aside, net))
        assert (aside.type, aside.reason) == ("referral-requested.v1", "letter-no-agreement")
        assert await _referrals(net) == [before]
        await net.ask(RECEIVER, "POST", f"/v1/referrals/{held}/accept", {"owner": "Bea"})
        await status(net, before, "accepted")

        upkeep = Upkeep({"welzin": net.nodes[RECEIVER]})
        with pytest.raises(Refused, match="letter-no-agreement"):
            await upkeep.parked_retry(RECEIVER, aside.id)
        Registrar(net.data).agree(uuid4(), "humanitas", "welzin", datetime.now(UTC).date())
        look(net, SENDER, RECEIVER)
        await upkeep.parked_retry(RECEIVER, aside.id)
        assert set(await _referrals(net)) == {before, str(forced)}
        assert await _aside(net) == []
