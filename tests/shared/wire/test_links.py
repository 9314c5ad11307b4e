"""Letters arrive: in order, once, whatever is away meanwhile."""

import asyncio
from datetime import UTC, datetime
from itertools import repeat

import pytest

from shared.eventlog.types import Unit
from shared.wire.outbox import LATEST, Link, acknowledged, links, numbered
from tests.shared.wire.conftest import World
from tests.support import notes
from tests.support.correspondents import Correspondent, at_work
from tests.support.notes import EVERYBODY
from tests.support.waiting import eventually

NOW = datetime.now(UTC)


async def test_a_letter_arrives_and_its_receipt_is_recorded(alpha: Correspondent, beta: Correspondent) -> None:
    async with at_work(alpha.links, beta.arrivals):
        note = await alpha.write("hello")
        await beta.has("hello")
        await eventually(lambda: alpha.told(note), ["Written", "HandedOver", "Delivered"])
    [copy] = await beta.office.log.read(notes.COPIES)
    assert (copy.by, copy.trace, copy.event.sender) == ("partner:alpha", "ab" * 16, "alpha")


async def test_letters_arrive_in_order_however_many(alpha: Correspondent, beta: Correspondent) -> None:
    texts = [str(number) for number in range(230)]
    await asyncio.gather(*(alpha.write(text) for text in texts))
    async with at_work(alpha.links, beta.arrivals):
        await beta.has(*texts)
        await alpha.write("last")
        await beta.has(*texts, "last")
        await eventually(alpha.acknowledged, 231)


async def test_what_cannot_be_shown_to_new_partners_keeps_no_letter(
    alpha: Correspondent, beta: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(alpha.letters, "shown")
    async with at_work(alpha.links, beta.arrivals):
        await alpha.write("hello")
        await beta.has("hello")
        await eventually(alpha.acknowledged, 1)


async def test_while_the_receiver_is_away_letters_wait_and_its_knock_brings_them_at_once(
    alpha: Correspondent, beta: Correspondent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even when a pause has become as long as this test may last."""
    monkeypatch.setattr("shared.wire.links.pauses", lambda: repeat(60.0))
    async with at_work(alpha.links, alpha.arrivals):
        async with at_work(beta.arrivals):
            await alpha.write("zero")
            await eventually(alpha.acknowledged, 1)
        await beta.office.nats.flush()
        note = await alpha.write("one")
        await eventually(lambda: alpha.told(note), ["Written", "HandedOver"])
        state = await alpha.link()
        assert (state.waiting, state.stuck) == (1, None)
        async with at_work(beta.arrivals):
            await asyncio.sleep(0.05)
            assert await beta.copies() == ["zero"]
            async with at_work(beta.links):
                await beta.has("zero", "one")


async def oldest(one: Correspondent) -> datetime | None:
    return one.links.oldest(await one.office.log.query(links))


async def test_it_is_known_since_when_the_oldest_letter_waits_after_a_restart_too(
    beta: Correspondent, world: World
) -> None:
    alpha = await world.open("alpha")
    note = await alpha.write("one")
    [written] = await alpha.office.log.read(note)
    await alpha.office.log.close()
    alpha = await world.open("alpha")
    await alpha.write("two")
    async with at_work(alpha.links, alpha.arrivals):
        await eventually(lambda: oldest(alpha), written.at)
        async with at_work(beta.arrivals, beta.links):
            await beta.has("one", "two")
            await eventually(lambda: oldest(alpha), None)


async def test_what_tells_how_a_stream_stands_today_waits_since_its_first_try(alpha: Correspondent) -> None:
    link, note = Link("beta.intake", alpha.office.log.id), await alpha.write("old")
    changes = [*numbered(link, note, LATEST), acknowledged(link, 1)]
    await alpha.office.log.write(Unit(by="system", changes=changes))
    before = datetime.now(UTC)
    async with at_work(alpha.links):
        since = await eventually(lambda: oldest(alpha))
        assert before <= since
        alpha.links.register_changed()
        await asyncio.sleep(0.3)
        assert await oldest(alpha) == since


async def test_both_ways_at_once(alpha: Correspondent, beta: Correspondent) -> None:
    async with at_work(alpha.links, beta.links, alpha.arrivals, beta.arrivals):
        await asyncio.gather(
            *(alpha.write(str(one)) for one in range(20)), *(beta.write(str(one), "alpha") for one in range(20))
        )
        await beta.has(*map(str, range(20)))
        await alpha.has(*map(str, range(20)))


async def test_letters_survive_that_nats_is_killed_and_its_storage_lost(
    alpha: Correspondent, beta: Correspondent, world: World
) -> None:
    async with at_work(alpha.links, beta.arrivals):
        await alpha.write("before")
        await beta.has("before")
        world.nats.kill()
        world.nats.wipe()
        await alpha.write("during")
        await world.nats.start()
        await beta.has("before", "during")


async def test_a_restarted_sender_goes_on(beta: Correspondent, world: World) -> None:
    alpha = await world.open("alpha")
    await alpha.write("one")
    await alpha.office.log.close()
    alpha = await world.open("alpha")
    await alpha.write("two")
    async with at_work(alpha.links, beta.arrivals):
        await beta.has("one", "two")


async def test_a_receiver_that_lost_what_it_had_gets_it_again(alpha: Correspondent, world: World) -> None:
    beta = await world.open("beta")
    async with at_work(alpha.links, alpha.arrivals):
        async with at_work(beta.arrivals):
            await alpha.write("one")
            await alpha.write("two")
            await eventually(alpha.acknowledged, 2)
        await beta.office.log.close()
        (world.folder / "beta.db").unlink()
        beta = await world.open("beta")
        async with at_work(beta.arrivals, beta.links):
            await beta.has("one", "two")
            await eventually(alpha.acknowledged, 2)


async def test_a_receiver_restored_without_a_word_is_noticed_at_the_next_letter(
    alpha: Correspondent, beta: Correspondent
) -> None:
    async with at_work(alpha.links, beta.arrivals):
        note = await alpha.write("one")
        await eventually(lambda: alpha.told(note), ["Written", "HandedOver", "Delivered"])
        claims = Unit(by="system", changes=(acknowledged(Link("beta.intake", alpha.office.log.id), 9),))
        await alpha.office.log.write(claims)
        for text in map(str, range(2, 11)):
            await alpha.write(text)
        await beta.has("one", *map(str, range(2, 11)))


async def test_a_new_partner_gets_the_latest_of_what_is_shown_to_all(alpha: Correspondent, world: World) -> None:
    gamma = await world.open("gamma")
    alpha.letters.shown = [await alpha.write("shown", to=EVERYBODY), await alpha.write("for beta")]
    async with at_work(alpha.links, gamma.arrivals):
        await asyncio.sleep(0.1)
        assert await gamma.copies() == []
        for _ in range(2):
            world.register = world.keys.register("alpha", "beta", "gamma")
            alpha.links.register_changed()
            await gamma.has("shown")
        world.register = world.keys.register("alpha", "beta")
        alpha.links.register_changed()
        await asyncio.sleep(0.1)
        world.register = world.keys.register("alpha", "beta", "gamma")
        alpha.links.register_changed()
        await gamma.has("shown", "shown")


async def test_an_idle_node_has_no_task_for_its_links(alpha: Correspondent, beta: Correspondent) -> None:
    async with at_work(alpha.links, beta.links, alpha.arrivals, beta.arrivals):
        await alpha.write("hello")
        await beta.has("hello")
        await asyncio.sleep(0.1)
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]  # type: ignore[union-attr]  # (our own coroutines)
        assert not [name for name in names if "_drain" in name]
