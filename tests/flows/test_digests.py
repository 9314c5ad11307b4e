"""Every day two organisations compare what they share: nothing vanishes unseen, and news on its way is no difference."""

import asyncio
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import update

from services.intake.domain.digest import Heard, kept_with
from services.intake.letters import kept_as
from shared import upkeep
from shared.contracts.letters import Digest, LetterBody
from shared.eventlog.parked import listed
from shared.rules import NotFound
from shared.upkeep import Upkeep
from shared.wire import aside as aside_letters
from shared.wire.outbox import links_out
from tests.flows.comparing import SIDES, Shared, behind, remove, remove_last, shared_already, two, waiting
from tests.flows.test_referral import RECEIVER, SENDER, arrived, status
from tests.support.network import network
from tests.support.waiting import eventually


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_after_a_lively_time_both_agree_whoever_begins(tmp_path: Path, engine: str) -> None:
    async with two(tmp_path, engine) as sent:
        some = await asyncio.gather(*(sent.send() for _ in range(8)))
        await asyncio.gather(*(sent.does(one, "accept", "start") for one in some[:4]))
        await sent.does(some[0], "complete")
        ask = {"reason": "other", "decidedBy": "organisation"}
        for one in some[3:6]:
            await sent.net.ask(SENDER, "POST", f"/v1/referrals/{one}/cancel", ask)
        await sent.agree(SENDER)
        await sent.agree(RECEIVER)
        for one in some:
            assert await sent.lost(SENDER, one) == await sent.lost(RECEIVER, await sent.there(one)) == ([], [])


@pytest.mark.parametrize("begins", SIDES)
async def test_a_referral_that_its_receiver_lost_is_shown_by_both(tmp_path: Path, begins: str) -> None:
    async with two(tmp_path) as sent:
        kept, gone = [await sent.send() for _ in range(2)]
        await sent.does(kept, "accept")
        await sent.does(gone, "accept")
        there = await sent.there(gone)
        await sent.agree(begins)
        await remove(sent.net, RECEIVER, there)
        await sent.compare(begins)
        await eventually(lambda: sent.lost(RECEIVER, there), (["received", "accepted"], []))
        await eventually(lambda: sent.lost(SENDER, gone), ([], ["received", "accepted"]))
        for node in SIDES:
            assert await sent.found(node) == ["doctor-digest-differs"]
        record = await status(sent.net, gone, "accepted")
        assert (record["owner"], (await arrived(sent.net, gone))["status"]) == ("Wim", "accepted")
        assert await sent.lost(SENDER, kept) == ([], [])
        await sent.agree(begins)


async def test_a_referral_that_its_sender_lost_is_shown_by_both(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        gone = await sent.send()
        await sent.does(gone, "accept")
        await sent.agree()
        await remove(sent.net, SENDER, gone)
        await sent.compare(RECEIVER)
        await eventually(lambda: sent.lost(SENDER, gone), (["requested"], []))
        there = await sent.there(gone)
        await eventually(lambda: sent.lost(RECEIVER, there), ([], ["requested"]))
        await sent.does(gone, "start")
        await sent.agree()


async def test_a_status_altered_at_the_sender_is_named_and_the_receivers_log_decides(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        one = await sent.send()
        await sent.does(one, "accept", "start")
        await remove_last(sent.net, SENDER, one)
        assert (await sent.net.ask(SENDER, "GET", f"/v1/referrals/{one}"))["status"] == "accepted"
        await sent.compare()
        await status(sent.net, one, "in-progress")
        assert await sent.lost(SENDER, one) == (["in-progress"], [])
        there = await sent.there(one)
        await eventually(lambda: sent.lost(RECEIVER, there), ([], ["in-progress"]))
        await sent.agree()


async def test_a_status_altered_at_the_receiver_is_named_and_its_log_decides(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        one = await sent.send()
        await sent.does(one, "accept", "start")
        there = await sent.there(one)
        await remove_last(sent.net, RECEIVER, there)
        await sent.compare()
        await eventually(lambda: sent.lost(RECEIVER, there), (["in-progress"], []))
        await eventually(lambda: sent.lost(SENDER, one), ([], ["in-progress"]))
        await status(sent.net, one, "accepted")
        await sent.agree()


async def test_a_wish_that_the_receiver_lost_is_heard_again(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        one = await sent.send()
        await sent.does(one, "accept")
        there = await sent.there(one)
        ask = {"reason": "other", "decidedBy": "organisation"}
        await sent.net.ask(SENDER, "POST", f"/v1/referrals/{one}/cancel", ask)

        async def asked() -> Any:
            return (await sent.net.ask(RECEIVER, "GET", f"/v1/referrals/{there}"))["cancelAsked"]

        await eventually(asked)
        await remove_last(sent.net, RECEIVER, there)
        assert not await asked()
        await sent.compare()
        await eventually(asked)
        assert await sent.lost(RECEIVER, there) == (["cancel-asked"], [])
        await sent.agree()


async def test_news_on_its_way_and_crossing_digests_are_no_difference(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        some = [await sent.send() for _ in range(6)]
        for one in some:
            await sent.there(one)
        busy = [asyncio.create_task(sent.does(one, "accept", "start", "complete")) for one in some]
        while not all(one.done() for one in busy):
            await asyncio.gather(sent.compare(SENDER), sent.compare(RECEIVER), sent.compare(RECEIVER))
        await asyncio.gather(*busy)
        await sent.agree()
        for one in some:
            assert await sent.lost(SENDER, one) == await sent.lost(RECEIVER, await sent.there(one)) == ([], [])


async def test_a_partner_that_is_away_is_compared_when_it_is_back(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        await sent.does(await sent.send(), "accept")
        await sent.net.stop(RECEIVER)
        asked = asyncio.create_task(sent.compare())
        await sent.net.start(RECEIVER)
        found = await asked
        assert (found.differing, found.agreed) == (0, found.heard)
        assert await sent.net.nodes[RECEIVER].log.query(listed) == []


@pytest.mark.timeout(240)
async def test_a_thousand_referrals_go_in_several_letters_and_one_that_is_lost_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "ANSWERS_WITHIN", 100.0)
    async with network(tmp_path, "humanitas.network") as net:
        ids, sent = await shared_already(net, 1_100), Shared(net)
        there = net.nodes[RECEIVER].log
        found = await sent.compare(RECEIVER)
        assert (found.differing, found.agreed) == (0, found.heard)
        parts = [one for one in await there.read(kept_with("humanitas")) if isinstance(one.event, Heard)]
        assert 3 <= len(parts) <= 15
        gone = kept_as("humanitas", ids[600])
        await remove(net, RECEIVER, str(gone))
        await sent.compare()
        await eventually(lambda: sent.lost(RECEIVER, str(gone)), (["received"], []), within=60)
        await eventually(lambda: sent.differing(SENDER), 1, within=60)
        assert await sent.differing(RECEIVER) == 1


async def test_a_digest_that_is_handed_over_again_changes_nothing(tmp_path: Path) -> None:
    async with two(tmp_path) as sent:
        await sent.does(await sent.send(), "accept")
        await sent.agree()
        there = sent.net.nodes[RECEIVER].log
        async with behind(sent.net, SENDER) as connection:
            position = there.position
            connection.execute(update(links_out).values(acknowledged=0))
        await eventually(lambda: sent.net.nodes[SENDER].log.query(waiting), [])
        assert there.position == position
        assert await sent.found(RECEIVER) == []


async def test_a_partner_that_does_not_know_digests_puts_them_aside_and_all_else_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = reduce(or_, (kind for kind in get_args(LetterBody) if kind is not Digest))
    monkeypatch.setattr(aside_letters, "LetterBody", known)
    monkeypatch.setattr(upkeep, "ANSWERS_WITHIN", 1.0)
    async with two(tmp_path) as sent:
        one = await sent.send()
        await sent.does(one, "accept")
        found = await sent.compare()
        assert (found.heard, found.agreed, found.differing) == (None, None, 0)
        aside = sent.net.nodes[RECEIVER].log
        assert [(one.type, one.reason) for one in await aside.query(listed)] == [("digest.v1", "letter-unreadable")]
        await sent.does(one, "start")
        monkeypatch.setattr(aside_letters, "LetterBody", LetterBody)
        [row] = await aside.query(listed)
        await Upkeep({"welzin": sent.net.nodes[RECEIVER]}).parked_retry(RECEIVER, row.id)  # what it says is long past
        await sent.does(one, "complete")
        await sent.agree()
        assert await sent.lost(SENDER, one) == await sent.lost(RECEIVER, await sent.there(one)) == ([], [])


async def test_who_exchanges_no_letters_has_nothing_to_compare(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        keeper = Upkeep({"humanitas": net.nodes[SENDER]})
        assert await keeper.digest(SENDER) == []
        with pytest.raises(NotFound, match="digest-no-partner"):
            await keeper.digest(SENDER, "humanitas")
