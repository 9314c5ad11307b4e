"""A letter that was altered, copied, replayed, signed by another or came too late: refused, reported, and nothing has changed."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from structlog.testing import capture_logs

from shared.backup import TABLES
from shared.contracts.letters import ReferralAccepted
from shared.eventlog.log import utc_now
from shared.findings import findings
from shared.health import Health
from shared.wire.handover import Batch, Content, Receipt, Sealed
from shared.wire.relay import RelayState
from shared.wire.seal import Route, seal
from tests.flows.enemies import Enemy, at_the_gate
from tests.support.correspondents import DAY

SAMPLED = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
AT_ONCE = 6
REFUSED = {"signature", "key", "gap", "malformed", "too-large", "sender-unknown", "not-here"}


@pytest.fixture
async def enemy(tmp_path: Path) -> AsyncIterator[Enemy]:
    async with at_the_gate(tmp_path) as made:
        yield made


def note(text: str, **more: Any) -> bytes:
    """What beta would keep a copy of."""
    body = msgspec.Raw(msgspec.json.encode(ReferralAccepted(owner=text)))
    return msgspec.json.encode(Content(body, uuid4(), DAY, "", **more))


async def everything(enemy: Enemy) -> list[Any]:
    """All rows of beta's log, tracking, outbox and what stands aside."""

    def rows(connection: Connection) -> list[Any]:
        return [(table.name, *row) for table in TABLES for row in connection.execute(select(table))]

    return await enemy.beta.office.log.query(rows)


async def all_refused(enemy: Enemy, messages: Iterable[bytes], codes: set[str] = REFUSED) -> set[str]:
    """Each is answered with one of these codes, and beta stays as it was; gives the codes that came."""
    before, sent, came = await everything(enemy), list(messages), set[str]()
    for some in (sent[start : start + AT_ONCE] for start in range(0, len(sent), AT_ONCE)):
        receipts = await asyncio.gather(*map(enemy.send, some))
        assert [one for one in receipts if one.highest] == []
        came |= {one.code for one in receipts}
    assert came <= codes
    assert await everything(enemy) == before
    return came


def altered(data: bytes, place: int, bit: int) -> bytes:
    """One bit is another."""
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def outside(message: bytes, letter: Sealed, log: bytes) -> Sequence[int]:
    """Places in a message that are not inside its letter's box, nor in the last field: which log its sender has today."""
    box, today = message.index(letter.box), message.rindex(log)
    return [*range(box), *range(box + len(letter.box), today)]


def read(message: bytes) -> Any:
    """What a message says: an id in small or in capital letters is the same id."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.msgpack.decode(message, type=Batch)
    return None


async def test_a_letter_with_any_bit_of_its_box_altered_is_refused_and_changes_nothing(enemy: Enemy) -> None:
    letter = enemy.letter(1, note("altered"))
    cases: list[bytes] = []

    @SAMPLED
    @given(st.integers(0, len(letter.box) - 1), st.integers(0, 7))
    def collect(place: int, bit: int) -> None:
        cases.append(enemy.batch(msgspec.structs.replace(letter, box=altered(letter.box, place, bit))))

    collect()
    assert await all_refused(enemy, cases) == {"signature"}
    assert (await enemy.send(enemy.batch(letter))).highest == 1, "as it was, it is taken"


async def test_a_letter_with_any_bit_of_its_outside_altered_is_refused_and_changes_nothing(enemy: Enemy) -> None:
    letter = enemy.letter(1, note("altered"))
    message = enemy.batch(letter)
    places = outside(message, letter, str(enemy.log).encode())
    cases = [altered(message, place, bit) for place in places for bit in range(8)]
    came = await all_refused(enemy, [one for one in cases if read(one) != read(message)])
    assert came >= {"signature", "malformed", "sender-unknown", "not-here", "key"}


async def test_any_piece_of_a_message_is_refused_and_changes_nothing(enemy: Enemy) -> None:
    message = enemy.batch(enemy.letter(1, note("cut")))
    cuts = {*range(0, len(message), 61), *range(150), *range(len(message) - 60, len(message))}
    assert await all_refused(enemy, [message[:cut] for cut in sorted(cuts)]) == {"malformed"}


def overheard(enemy: Enemy, sender: str, receiver: str, number: int = 1) -> tuple[Route, Sealed]:
    """An honest letter of one to another, as it went over the wire."""
    keys, log = enemy.world.keys.letters, uuid4()
    to = keys[receiver]
    route = Route(f"{sender}.intake", log, f"{receiver}.intake", number, to.id)
    return route, Sealed(number, to.id, seal(note("overheard"), route, keys[sender], to))


def batch(route: Route, letter: Sealed, **other: Any) -> bytes:
    """With this outside, but for what is said otherwise."""
    stated: dict[str, Any] = {"sender": route.sender, "log": route.log, "receiver": route.receiver, "now": route.log}
    return msgspec.msgpack.encode(Batch(letters=(letter,), **stated | other))


async def test_a_letter_copied_into_another_route_or_link_is_refused_and_changes_nothing(enemy: Enemy) -> None:
    cases: list[bytes] = []
    for sender, receiver in (("gamma", "beta"), ("gamma", "alpha"), ("beta", "alpha"), ("beta", "gamma")):
        route, letter = overheard(enemy, sender, receiver)
        cases += [
            batch(route, letter),
            batch(route, letter, receiver="beta.intake"),
            batch(route, letter, sender="alpha.intake", receiver="beta.intake"),
            batch(route, letter, sender="alpha.intake", log=enemy.log, receiver="beta.intake"),
        ]
    assert await all_refused(enemy, cases) == {"sender-unknown", "signature", "key"}


async def test_a_letter_signed_by_another_organisation_is_refused_and_changes_nothing(enemy: Enemy) -> None:
    keys = enemy.world.keys.letters
    route = Route("alpha.intake", enemy.log, "beta.intake", 1, keys["beta"].id)
    forged = [
        Sealed(1, route.key, seal(note("forged"), route, keys[other], keys["beta"])) for other in ("beta", "gamma")
    ]
    assert await all_refused(enemy, [enemy.batch(one) for one in forged]) == {"signature"}


async def test_a_letter_that_was_taken_is_taken_once_however_often_it_comes_again(enemy: Enemy) -> None:
    letters = [enemy.letter(number, note(f"letter {number}")) for number in (1, 2, 3)]
    for letter in letters:
        await enemy.send(enemy.batch(letter))
    before = await everything(enemy)
    for again in ([letters[0]], letters, letters[::-1], [letters[1]] * 50):
        for _ in range(5):
            assert await enemy.send(enemy.batch(*again)) == Receipt(enemy.beta.office.log.id, 3)
    assert await everything(enemy) == before
    former, enemy.log = enemy.log, uuid4()
    assert (await enemy.send(enemy.batch(*letters))).code == "signature", "not under another name of the same log"
    assert await everything(enemy) == before
    enemy.log = former
    assert await enemy.beta.copies() == ["letter 1", "letter 2", "letter 3"]


async def test_a_letter_that_comes_too_late_changes_nothing_but_its_number(enemy: Enemy) -> None:
    before = await everything(enemy)
    late = enemy.letter(1, note("late", expires=utc_now() - timedelta(microseconds=1)))
    assert (await enemy.send(enemy.batch(late))).highest == 1
    changed = [row for row in await everything(enemy) if row not in before]
    assert [(row[0], row[2]) for row in changed] == [("tracking", 1)]
    assert await enemy.beta.copies() == []


async def test_what_no_honest_node_sends_shows_in_log_metrics_and_findings(enemy: Enemy) -> None:
    letter = enemy.letter(1)
    with capture_logs() as lines:
        for _ in range(3):
            await enemy.send(enemy.batch(msgspec.structs.replace(letter, box=altered(letter.box, 7, 7))))
        await enemy.send(b"nonsense")
        await enemy.send(enemy.batch(enemy.letter(9)))
    said = [(one["sender"], one["code"]) for one in lines if one["event"] == "letters were refused"]
    assert said == [("alpha", "signature"), ("alpha", "malformed")], "once each, and a gap is no alarm"
    [alarm] = enemy.beta.arrivals.refusals.lately()
    assert (alarm.organisation, alarm.count, alarm.code) == ("alpha", 1, "malformed"), (
        "an older register explains the other"
    )
    health = Health("beta.intake", True, RelayState.FOLLOWING, 0, [], 0, None, alarms=[alarm])
    [(code, given)] = findings(health)
    assert (code, given["sender"], given["count"]) == ("doctor-letters-refused", "alpha", 1)
