"""A partner with real keys that answers and knocks as it likes: letters wait, it is said why, and the sender is not kept busy."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from nats.aio.msg import Msg

from shared.contracts.letters import ReferralAccepted
from shared.wire.handover import Content
from shared.wire.links import SHORTEST
from shared.wire.outbox import links
from tests.flows.enemies import Enemy, at_the_gate
from tests.support.correspondents import DAY
from tests.support.waiting import eventually


@pytest.fixture
async def enemy(tmp_path: Path) -> AsyncIterator[Enemy]:
    async with at_the_gate(tmp_path) as made:
        yield made


async def hostile(enemy: Enemy, *answers: Any) -> list[float]:
    """Beta writes two letters to alpha, which answers in turn so; gives when it was asked."""
    asked: list[float] = []

    async def answer(message: Msg) -> None:
        asked.append(asyncio.get_running_loop().time())
        await message.respond(msgspec.msgpack.encode(answers[len(asked) % len(answers)]))

    await enemy.nats.subscribe("letters.beta.intake", cb=answer)
    await enemy.nats.flush()
    for text in ("one", "two"):
        await enemy.beta.write(text, to="alpha")
    await eventually(lambda: asked)
    return asked


async def test_a_receiver_that_takes_back_what_it_said_again_and_again_does_not_keep_the_sender_busy(
    enemy: Enemy,
) -> None:
    log = uuid4()
    asked = await hostile(enemy, [log, 0, ""], [log, 1, ""])
    await asyncio.sleep(2)
    assert len(asked) < 20, "it has gone from a tenth of a second to longer pauses"
    await enemy.others_go_on()


async def test_a_receiver_that_knocks_without_pause_does_not_keep_the_sender_busy(enemy: Enemy) -> None:
    log = uuid4()
    asked = await hostile(enemy, [log, 0, "key"])
    knock = enemy.batch()
    for _ in range(300):
        await enemy.send(knock)
    spent = asked[-1] - asked[0]
    assert len(asked) <= spent / SHORTEST + 5
    await enemy.others_go_on()


async def test_a_partner_that_says_with_every_knock_that_it_was_restored_is_told_once(enemy: Enemy) -> None:
    await enemy.send(enemy.batch(enemy.letter(1)))
    told: list[Any] = []
    real = enemy.beta.links._retelling.tell  # noqa: SLF001  (how often it is asked)

    async def tell(node: str, log: Any) -> Any:
        told.append(node)
        return await real(node, log)

    enemy.beta.links._retelling.tell = tell  # type: ignore[method-assign]  # noqa: SLF001
    for _ in range(200):
        enemy.log = uuid4()
        await enemy.send(enemy.batch())
    assert len([node for node in told if node == "alpha.intake"]) <= 1
    await enemy.others_go_on()


@pytest.mark.parametrize(
    "receipt",
    [
        ["x"],
        [str(uuid4()), -1, ""],
        [str(uuid4()), -(2**63), ""],
        [str(uuid4()), 2**64 - 1, "no\x1b[2J"],
        [str(uuid4()), 0, "k" * 90],
        [str(uuid4()), "1", ""],
        {},
        None,
    ],
)
async def test_a_receipt_that_makes_no_sense_leaves_the_letter_waiting_and_says_so(enemy: Enemy, receipt: Any) -> None:
    await hostile(enemy, receipt)

    async def stuck() -> list[str | None]:

        return [one.stuck for one in await enemy.beta.office.log.query(links) if one.link.receiver == "alpha.intake"]

    await eventually(stuck, ["receipt-malformed"])
    await enemy.others_go_on()


async def test_a_receipt_for_more_than_was_sent_counts_for_what_was_sent(enemy: Enemy) -> None:
    await hostile(enemy, [uuid4(), 2**62, ""])

    async def acknowledged() -> list[int]:

        states = await enemy.beta.office.log.query(links)
        return [one.acknowledged for one in states if one.link.receiver == "alpha.intake"]

    await eventually(acknowledged, [2])
    content = msgspec.json.encode(
        Content(msgspec.Raw(msgspec.json.encode(ReferralAccepted(owner="x"))), uuid4(), DAY, "")
    )
    assert (await enemy.send(enemy.batch(enemy.letter(1, content)))).highest == 1
