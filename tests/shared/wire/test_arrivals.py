"""What arrives is recorded once and in order, or answered with a code; whatever comes, the node stays up."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from nats.errors import NoRespondersError

from shared.contracts.letters import ReferralAccepted, Void
from shared.wire.arrivals import AT_ONCE
from shared.wire.handover import LARGEST, MOST, Batch, Content, Receipt, Sealed, upstream
from shared.wire.seal import Route, seal
from tests.shared.wire.conftest import World
from tests.support import notes
from tests.support.correspondents import DAY, Correspondent, at_work, connected

SUBJECT = UUID(int=5)


class Hand:
    """Writes letters by hand, as alpha's node."""

    def __init__(self, world: World, beta: Correspondent) -> None:
        self.log = uuid4()
        self.world = world
        self.beta = beta
        self.keys = world.keys.letters
        self.nats: Any = None

    def letter(self, number: int, content: bytes, sign: str = "alpha", key: str = "beta") -> Sealed:
        """One sealed letter."""
        route = Route("alpha.intake", self.log, "beta.intake", number, self.keys[key].id)
        return Sealed(number, route.key, seal(content, route, self.keys[sign], self.keys["beta"]))

    def says(self, number: int, text: str, **more: Any) -> Sealed:
        """A letter with a text."""
        return self.letter(number, content(ReferralAccepted(owner=text), **more))

    async def send(self, *letters: Sealed, **other: Any) -> Receipt:
        """Hand them over."""
        batch: dict[str, Any] = {
            "sender": "alpha.intake",
            "log": self.log,
            "receiver": "beta.intake",
            "now": self.log,
        } | other
        return await self.ask(msgspec.msgpack.encode(Batch(letters=letters, **batch)))

    async def ask(self, data: bytes, subject: str = "to.beta.letters.intake") -> Receipt:
        """Send a message."""
        answer = await self.nats.request(subject, data, timeout=5)
        return msgspec.msgpack.decode(answer.data, type=Receipt)

    async def gets(self, highest: int | None, code: str, *letters: Sealed, **other: Any) -> None:
        """Send, and compare the answer."""
        assert await self.send(*letters, **other) == Receipt(self.beta.office.log.id, highest, code)


def content(body: Any, **more: Any) -> bytes:
    """What is inside."""
    inside: dict[str, Any] = {"subject": SUBJECT, "at": DAY, "trace": "cd" * 16} | more
    return msgspec.json.encode(Content(body=msgspec.Raw(msgspec.json.encode(body)), **inside))


@pytest.fixture
async def hand(world: World, beta: Correspondent) -> Any:
    """Alpha's pen, and beta at work."""
    pen = Hand(world, beta)
    pen.nats = await connected(world.nats, world.keys, "alpha")
    async with at_work(beta.arrivals):
        await asyncio.sleep(0.05)
        yield pen
    await pen.nats.close()


async def test_the_answer_is_the_receipt_and_names_the_log(hand: Hand, beta: Correspondent) -> None:
    await hand.gets(2, "", hand.says(1, "one"), hand.says(2, "two"))
    assert await beta.copies() == ["one", "two"]


async def test_a_letter_is_recorded_once_however_often_it_comes(hand: Hand, beta: Correspondent) -> None:
    one, two = hand.says(1, "one"), hand.says(2, "two")
    await asyncio.gather(*(hand.gets(2, "", one, one, two) for _ in range(5)))
    assert await beta.copies() == ["one", "two"]


async def test_a_gap_is_told_and_nothing_behind_it_is_taken(hand: Hand, beta: Correspondent) -> None:
    await hand.gets(1, "gap", hand.says(1, "one"), hand.says(3, "three"), hand.says(2, "two"))
    assert await beta.copies() == ["one"]


async def test_what_is_not_authentic_consumes_no_number(hand: Hand, beta: Correspondent) -> None:
    body = content(ReferralAccepted(owner="false"))
    await hand.gets(0, "signature", hand.letter(1, body, sign="gamma"))
    await hand.gets(0, "key", hand.letter(1, body, key="gamma"))
    await hand.gets(0, "signature", Sealed(1, hand.keys["beta"].id, hand.says(2, "two").box))
    await hand.gets(1, "signature", hand.says(1, "one"), Sealed(2, hand.keys["beta"].id, b""))
    assert await beta.copies() == ["one"]


async def test_a_letter_of_one_log_does_not_count_in_another(hand: Hand, beta: Correspondent) -> None:
    one = hand.says(1, "one")
    await hand.gets(0, "signature", one, log=uuid4())
    await hand.gets(1, "", one)
    hand.log = uuid4()
    await hand.gets(1, "", hand.says(1, "after a restore"))
    assert await beta.copies() == ["one", "after a restore"]


@pytest.mark.parametrize(
    ("inside", "kind", "reason"),
    [
        (b"", "", "letter-unreadable"),
        (b"\xff\xfe", "", "letter-unreadable"),
        (
            b'{"body":{"type":"sonnet.v1","x":1},"subject":"%s","at":"2026-01-05T00:00:00Z","trace":""}',
            "sonnet.v1",
            "letter-unreadable",
        ),
        (content(ReferralAccepted(owner="x"), trace="not a trace"), "", "letter-unreadable"),
        (content(ReferralAccepted(owner="refuse")), "referral-accepted.v1", "no-thanks"),
        (content(ReferralAccepted(owner="break")), "referral-accepted.v1", "fault"),
    ],
)
async def test_an_authentic_letter_that_cannot_be_taken_is_parked_and_takes_its_number(
    hand: Hand, beta: Correspondent, inside: bytes, kind: str, reason: str
) -> None:
    inside = inside.replace(b"%s", str(SUBJECT).encode())
    await hand.gets(2, "", hand.letter(1, inside), hand.says(2, "next"))
    assert await beta.copies() == ["next"]
    [aside] = await beta.parked()
    assert (aside.source, aside.type, aside.reason) == ("letters", kind, reason)
    assert aside.key == f"{upstream('alpha.intake', hand.log)}:1"


async def test_none_is_passed_over_when_some_of_a_batch_fail(hand: Hand, beta: Correspondent) -> None:
    texts = ["one", "break", "three", "refuse", "break", "break", "seven", "break"]
    await hand.gets(8, "", *[hand.says(number, text) for number, text in enumerate(texts, 1)])
    assert await beta.copies() == ["one", "three", "seven"]
    assert [one.reason for one in await beta.parked()] == ["fault", "no-thanks", "fault", "fault", "fault"]


async def test_a_parked_letter_can_be_tried_again(hand: Hand, beta: Correspondent) -> None:
    await hand.gets(1, "", hand.says(1, "refuse"))
    [aside] = await beta.parked()
    [step] = await beta.arrivals.steps(aside.body, aside.at)
    assert step.command == notes.Copy("alpha", "refuse")


async def test_void_and_expired_letters_only_take_their_number(hand: Hand, beta: Correspondent) -> None:
    await hand.gets(3, "", hand.letter(1, content(Void())), hand.says(2, "old", expires=DAY), hand.says(3, "new"))
    assert await beta.copies() == ["new"]
    assert await beta.parked() == []


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\xc1" * 50, b"\x95\xa0", b'{"sender": 1}', msgspec.msgpack.encode([1, 2, 3, 4, 5])]
)
async def test_a_malformed_message_is_answered_with_a_code(hand: Hand, beta: Correspondent, data: bytes) -> None:
    assert await hand.ask(data) == Receipt(beta.office.log.id, None, "malformed")
    await hand.gets(1, "", hand.says(1, "still there"))


async def test_what_is_too_large_or_too_many_is_answered_with_a_code(hand: Hand) -> None:
    assert (await hand.ask(b"x" * (LARGEST + 1))).code == "too-large"
    await hand.gets(None, "malformed", *[hand.says(1, "one")] * (MOST + 1))
    await hand.gets(None, "malformed", Sealed(0, "", b""))


async def test_nobody_writes_in_anothers_name(hand: Hand, world: World) -> None:
    await hand.gets(None, "sender-unknown", hand.says(1, "one"), sender="gamma.intake")
    await hand.gets(None, "sender-unknown", hand.says(1, "one"), sender="nobody.intake")
    await hand.gets(None, "sender-unknown", hand.says(1, "one"), sender="alpha.network")
    gamma = await connected(world.nats, world.keys, "gamma")
    data = msgspec.msgpack.encode(Batch("alpha.intake", hand.log, "beta.intake", (hand.says(1, "one"),), hand.log))
    answer = await gamma.request("to.beta.letters.intake", data)
    assert msgspec.msgpack.decode(answer.data, type=Receipt).code == "sender-unknown"
    await gamma.close()


async def test_a_batch_for_another_node_is_not_looked_into(hand: Hand) -> None:
    await hand.gets(None, "not-here", hand.says(1, "one"), receiver="gamma.intake")


async def test_a_knock_says_how_far_the_link_is(hand: Hand) -> None:
    await hand.gets(0, "")
    await hand.gets(1, "", hand.says(1, "one"))
    await hand.gets(1, "")


async def test_a_flood_is_sent_back(hand: Hand) -> None:
    answers = await asyncio.gather(
        *(hand.send(*(hand.says(number, "x") for number in range(1, 21))) for _ in range(3 * AT_ONCE))
    )
    assert {answer.code for answer in answers} <= {"", "busy"}
    await hand.gets(20, "")


async def test_a_node_whose_log_is_closed_gives_no_receipt(hand: Hand, beta: Correspondent) -> None:
    await beta.office.log.close()
    with pytest.raises(TimeoutError):
        await hand.nats.request("to.beta.letters.intake", _one(hand), timeout=0.3)


def _one(hand: Hand) -> bytes:
    return msgspec.msgpack.encode(Batch("alpha.intake", hand.log, "beta.intake", (hand.says(1, "one"),), hand.log))


async def test_after_its_end_nobody_answers(world: World, beta: Correspondent) -> None:
    pen = Hand(world, beta)
    pen.nats = await connected(world.nats, world.keys, "alpha")
    async with at_work(beta.arrivals):
        await asyncio.sleep(0.05)
    await beta.office.nats.flush()
    with pytest.raises(NoRespondersError):
        await pen.send()
    await pen.nats.close()
