"""What is handed over: never what may not be sent, never nothing without a word."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from nats.aio.msg import Msg

from shared.wire.handover import Batch
from shared.wire.outbox import acquainted
from shared.wire.seal import unseal
from tests.shared.wire.conftest import World
from tests.support import notes
from tests.support.correspondents import Correspondent, at_work
from tests.support.waiting import eventually

NOW = datetime.now(UTC)


async def test_a_letter_taken_back_before_it_left_goes_as_void(alpha: Correspondent, beta: Correspondent) -> None:
    kept, withdrawn = await alpha.write("kept"), await alpha.write("withdrawn")
    await alpha.office.log.run(notes, withdrawn, notes.Withdraw(), by="user:ann")
    async with at_work(alpha.links, beta.arrivals):
        await alpha.write("later")
        await beta.has("kept", "later")
        await eventually(lambda: alpha.told(kept), ["Written", "HandedOver", "Delivered"])
    assert await alpha.told(withdrawn) == ["Written", "Withdrawn"]


async def test_a_letter_that_may_have_been_received_goes_on_whatever_happens_to_it(
    alpha: Correspondent, world: World
) -> None:
    note = await alpha.write("on its way")
    async with at_work(alpha.links):
        await eventually(lambda: alpha.told(note), ["Written", "HandedOver"])
    await alpha.office.log.run(notes, note, notes.Withdraw(), by="user:ann")
    beta = await world.open("beta")
    async with at_work(alpha.links, beta.arrivals):
        await beta.has("on its way")


async def test_what_has_expired_leaves_empty_even_when_it_was_handed_over_before(
    world: World, beta: Correspondent
) -> None:
    clock = [NOW]
    alpha = await world.open("alpha", clock=lambda: clock[0])
    seen: list[str] = []

    async def take(message: Msg) -> None:
        batch = msgspec.msgpack.decode(message.data, type=Batch)
        for one in batch.letters:
            opened = unseal(one.box, batch.route(one), world.keys.letters["beta"], world.keys.letters["alpha"])
            seen.append(msgspec.json.decode(opened)["body"]["type"])
        clock[0] += timedelta(hours=1)  # and no answer that makes sense
        await message.respond(b"")

    async def first_two() -> list[str]:
        return seen[:2]

    await beta.office.nats.subscribe("letters.alpha.intake", cb=take)
    await beta.office.nats.flush()
    await alpha.write("soon", expires=NOW + timedelta(minutes=1))
    async with at_work(alpha.links):
        await eventually(first_two, ["referral-accepted.v1", "void.v1"])
        await eventually(alpha.stuck, "receipt-malformed")


async def test_an_expired_letter_only_takes_its_number(alpha: Correspondent, beta: Correspondent) -> None:
    await alpha.write("too late", expires=NOW - timedelta(seconds=1))
    await alpha.write("in time", expires=NOW + timedelta(hours=1))
    async with at_work(alpha.links, beta.arrivals):
        await beta.has("in time")
        await eventually(alpha.acknowledged, 2)
    assert await beta.parked() == []


async def test_a_link_shows_why_it_is_stuck_and_goes_on_when_that_is_mended(
    alpha: Correspondent, beta: Correspondent, world: World
) -> None:
    right, keys = world.register, world.keys.letters
    keys["beta"], true = keys["gamma"], keys["beta"]
    world.register = world.keys.register("alpha", "beta")
    keys["beta"] = true
    async with at_work(alpha.links, beta.arrivals):
        await alpha.write("hello")
        await eventually(alpha.stuck, "key")
        since = (await alpha.link()).since
        assert since is not None
        assert datetime.now(UTC) - since < timedelta(seconds=30)
        world.register = right
        await beta.has("hello")
        await eventually(alpha.stuck, None)


async def test_a_letter_that_may_not_be_handed_over_now_is_not_lost_but_shown_as_stuck(
    alpha: Correspondent, beta: Correspondent
) -> None:
    async with at_work(alpha.links, beta.arrivals):
        await alpha.write("refuse-handing")
        await eventually(alpha.stuck, "not-now")
    assert await beta.copies() == []


async def test_an_unknown_receiver_stands_as_stuck(alpha: Correspondent) -> None:
    async with at_work(alpha.links):
        await alpha.write("hello", to="nobody")
        await eventually(alpha.stuck, "organisation-unknown")


async def test_a_receipt_that_is_refused_or_fails_is_parked_and_the_link_goes_on(
    alpha: Correspondent, beta: Correspondent
) -> None:
    async with at_work(alpha.links, beta.arrivals):
        for text in ("refuse-receipt", "break-receipt", "fine"):
            await alpha.write(text)
        await beta.has("refuse-receipt", "break-receipt", "fine")
        await eventually(alpha.acknowledged, 3)
    refused, broken = await alpha.parked()
    assert (refused.source, refused.reason, broken.reason) == ("receipts", "no-receipt", "fault")
    [step] = await alpha.links.steps(refused.body)
    assert isinstance(step.command, notes.Deliver)


async def test_a_letter_that_nothing_leads_to_any_more_only_takes_its_number(
    alpha: Correspondent, beta: Correspondent
) -> None:
    await alpha.write("forgotten")
    alpha.letters.silent = True
    async with at_work(alpha.links, beta.arrivals):
        await eventually(alpha.acknowledged, 1)
    assert await beta.copies() == []
    assert await beta.parked() == []


async def test_letters_that_do_not_fit_into_one_message_go_in_several(
    alpha: Correspondent, beta: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.wire.post.LARGEST", 10_000)
    texts = [str(number) for number in range(10)]
    await asyncio.gather(*(alpha.write(text) for text in texts))
    async with at_work(alpha.links, beta.arrivals):
        await beta.has(*texts)


async def test_a_letter_too_large_for_any_message_is_shown_as_stuck(
    alpha: Correspondent, beta: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.wire.post.LARGEST", 2_000)
    await alpha.write("hello")
    async with at_work(alpha.links, beta.arrivals):
        await eventually(alpha.stuck, "letter-too-large")
    assert await beta.copies() == []


async def test_what_this_program_does_not_know_is_neither_sent_nor_lost(world: World, beta: Correspondent) -> None:
    alpha = await world.open("alpha")
    note = await alpha.write("of a later version")
    await alpha.office.log.close()
    database = sqlite3.connect(world.folder / "alpha.db")
    database.execute("UPDATE events SET type = 'test.note-sung.v1'")
    database.commit()
    database.close()
    alpha = await world.open("alpha")
    alpha.letters.shown = [note]
    async with at_work(alpha.links, beta.arrivals):
        await eventually(alpha.stuck, "unknown-event-type")
        assert (await alpha.link()).waiting == 1


async def test_what_a_receipt_leads_to_and_the_links_move_are_one_commit(
    alpha: Correspondent, beta: Correspondent
) -> None:
    log = alpha.office.log
    async with at_work(alpha.links, beta.arrivals):
        await eventually(lambda: log.query(acquainted), {"beta"})
        before = log.groups
        note = await alpha.write("hello")
        await eventually(alpha.acknowledged, 1)
        assert await alpha.told(note) == ["Written", "HandedOver", "Delivered"]
    assert log.groups - before == 3  # the note, handed over, received


async def test_the_receipts_of_one_batch_are_recorded_together(alpha: Correspondent, beta: Correspondent) -> None:
    log, texts = alpha.office.log, [str(number) for number in range(50)]
    await asyncio.gather(*(alpha.write(text) for text in texts))
    before = log.groups
    async with at_work(alpha.links, beta.arrivals):
        await beta.has(*texts)
        await eventually(alpha.acknowledged, 50)
    assert log.groups - before < 10
