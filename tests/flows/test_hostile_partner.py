"""A partner with real keys that sends whatever it likes: it gets a code, the node stays up, and the others' letters go on."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.findings import findings
from shared.health import Health
from shared.wire.arrivals import FULL
from shared.wire.handover import LARGEST, MOST, Receipt, Sealed
from shared.wire.outbox import Link, LinkState
from shared.wire.relay import RelayState
from tests.flows.enemies import UNKNOWN, Enemy, at_the_gate
from tests.support.correspondents import DAY

CODES = {"", "gap", "key", "signature", "fault", "full", "malformed", "too-large", "sender-unknown", "not-here", "busy"}
GARBAGE = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
async def enemy(tmp_path: Path) -> AsyncIterator[Enemy]:
    async with at_the_gate(tmp_path) as made:
        yield made


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
shaped = st.tuples(
    st.sampled_from(["alpha.intake", "beta.intake", "gamma.intake", "", "x" * 200]) | anything,
    st.uuids().map(str) | anything,
    st.just("beta.intake") | anything,
    st.lists(st.tuples(st.integers(-(2**63), 2**64 - 1), st.text(max_size=120), st.binary(max_size=50)), max_size=3)
    | anything,
    st.uuids().map(str) | anything,
)


async def test_whatever_bytes_come_they_are_answered_with_a_code_and_leave_nothing(enemy: Enemy) -> None:
    cases = [
        b"",
        b"\x00",
        b"\xc1" * 50,
        b"\xdd\xff\xff\xff\xff",
        b"\x91" * 5_000,
        b"\x81" * 5_000,
        b"x" * (LARGEST + 1),
    ]

    @GARBAGE
    @given(st.binary(max_size=200) | anything.map(msgspec.msgpack.encode) | shaped.map(msgspec.msgpack.encode))
    def collect(data: bytes) -> None:
        cases.append(data)

    collect()
    for some in (cases[start : start + 6] for start in range(0, len(cases), 6)):
        for receipt in await asyncio.gather(*map(enemy.send, some)):
            assert receipt.code in CODES
            assert not receipt.highest
    await enemy.others_go_on()
    assert await enemy.beta.parked() == []


async def test_letters_of_another_link_number_or_route_are_refused_and_the_right_one_is_taken(enemy: Enemy) -> None:
    for wrong, code in (
        (enemy.letter(2), "gap"),
        (enemy.letter(2**62), "gap"),
        (enemy.letter(2**64 - 1), "gap"),
        (enemy.letter(1, log=uuid4()), "signature"),
        (enemy.letter(1, sender="alpha.network"), "signature"),
        (enemy.letter(1, receiver="gamma.intake"), "signature"),
        (Sealed(1, "another", enemy.letter(1).box), "key"),
        (Sealed(1, enemy.letter(1).key, enemy.letter(2).box), "signature"),
    ):
        assert await enemy.send(enemy.batch(wrong)) == Receipt(enemy.beta.office.log.id, 0, code)
    one, two = enemy.letter(1), enemy.letter(2)
    assert (await enemy.send(enemy.batch(one, one, two, one, two))).highest == 2
    assert len(await enemy.beta.parked()) == 2
    await enemy.others_go_on()


@pytest.mark.parametrize(
    "inside",
    [
        UNKNOWN.replace(b"sonnet.v1", b"\\u001b[2Jcome here"),
        UNKNOWN.replace(b"sonnet.v1", b"s" * 100_000),
        UNKNOWN.replace(b"2026-01-05T00:00:00Z", b"2026-01-05T00:00:00"),
        b'{"body":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b"[" * 100_000,
    ],
    ids=["control characters", "a long name", "no time zone", "deep", "deeper"],
)
async def test_what_is_inside_is_put_aside_and_shown_without_its_tricks(enemy: Enemy, inside: bytes) -> None:
    assert (await enemy.send(enemy.batch(enemy.letter(1, inside)))).highest == 1
    [aside] = await enemy.beta.parked()
    assert aside.type in ("", "sonnet.v1")
    await enemy.others_go_on()


async def test_a_flood_of_letters_of_an_unknown_kind_stops_at_a_bound_and_goes_on_when_somebody_has_looked(
    enemy: Enemy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.wire.arrivals.FULL", FULL // 5)
    letters, receipt, sent = [enemy.letter(number) for number in range(1, MOST + 1)], Receipt(uuid4(), 0), 0
    while sent < 50_000:
        begin = receipt.highest or 0
        if not receipt.code:
            letters = [enemy.letter(number) for number in range(begin + 1, begin + MOST + 1)]
        some = await asyncio.gather(*(enemy.send(enemy.batch(*letters)) for _ in range(1 if not receipt.code else 8)))
        sent, receipt = sent + MOST * len(some), some[-1]
    assert receipt.code in ("full", "busy")
    assert (await enemy.send(enemy.batch())).highest == FULL // 5
    await enemy.others_go_on()
    monkeypatch.setattr("shared.wire.arrivals.FULL", FULL)
    assert (await enemy.send(enemy.batch(*letters))).highest == FULL // 5 + MOST


async def test_a_new_link_with_every_letter_comes_to_an_end(enemy: Enemy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.wire.arrivals.IDENTITIES", 20)
    codes = []
    for _ in range(25):
        enemy.log = uuid4()
        codes.append((await enemy.send(enemy.batch(enemy.letter(1)))).code)
    assert codes == [""] * 20 + ["full"] * 5
    await enemy.others_go_on()


def test_a_sender_whose_letters_find_no_room_is_told_what_to_do() -> None:

    link = LinkState(Link("beta.intake", uuid4()), 3, 7, "full", DAY)
    health = Health("alpha.intake", True, RelayState.FOLLOWING, 0, [link], 0, None)
    [(code, given)] = findings(health)
    assert (code, given["waiting"]) == ("doctor-link-full", 7)
