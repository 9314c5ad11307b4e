"""Who is shown to a person when letters are refused: not an honest partner whose keys are new, and everybody else."""

from datetime import datetime, timedelta

import pytest
from msgspec import Struct
from structlog.testing import capture_logs

from shared.findings import findings
from shared.health import Health
from shared.metrics import Meter
from shared.register import Register
from shared.wire.refusals import CATCHES_UP, DATED, Refusals
from shared.wire.relay import RelayState
from shared.wire.seal import LetterKeys
from tests.shared.wire.conftest import World
from tests.support.correspondents import DAY, Correspondent, at_work, connected, correspondent
from tests.support.waiting import eventually

SECOND, DAYS = timedelta(seconds=1), timedelta(days=1)


class Watched:
    """The refusals of a node whose clock and register a test sets."""

    def __init__(self) -> None:
        self.now, self.keys = DAY, {"alpha": "first", "gamma": "first"}
        self.meter = Meter("intake")
        self.refusals = Refusals("beta.intake", lambda: self.now, self.meter, lambda: dict(self.keys))

    def note(self, *codes: str) -> None:
        for code in codes:
            self.refusals.note("alpha", code)

    def brings(self, **keys: str) -> None:
        """A new register."""
        self.keys |= keys
        self.refusals.register_changed()

    @property
    def shown(self) -> list[tuple[str, str, int]]:
        return [(one.organisation, one.code, one.count) for one in self.refusals.lately()]


def test_an_alarm_is_counted_by_its_code_and_passes_after_a_day() -> None:
    watched = Watched()
    watched.note("malformed", "malformed", "not-here", "gap", "busy")
    text = watched.meter.text({}, failed=0)
    assert 'kring_letters_refused_total{code="malformed",service="intake"} 2.0' in text
    assert "alpha" not in text
    assert watched.shown == [("alpha", "malformed", 2), ("alpha", "not-here", 1)]
    watched.now += DAYS
    assert watched.shown == []


@pytest.mark.parametrize("code", sorted(DATED))
def test_what_an_older_register_may_explain_is_shown_once_it_stays(code: str) -> None:
    watched = Watched()
    with capture_logs() as lines:
        watched.note(code, code)
        assert watched.shown == []
        assert f'kring_letters_refused_total{{code="{code}",service="intake"}} 2.0' in watched.meter.text({}, failed=0)
        watched.now += CATCHES_UP
        assert watched.shown == [("alpha", code, 2)], "one that did not come again too"
        watched.note(code)
    assert [one["log_level"] for one in lines] == ["info", "warning"]
    [alarm] = watched.refusals.lately()
    [(sentence, _)] = findings(Health("beta.intake", True, RelayState.FOLLOWING, 0, [], 0, None, alarms=[alarm]))
    assert sentence == "doctor-letters-unproven"


@pytest.mark.parametrize("code", sorted(DATED))
def test_it_is_forgiven_when_its_sender_has_other_keys_and_not_when_somebody_else_has(code: str) -> None:
    watched = Watched()
    watched.note(code, "malformed")
    watched.brings(gamma="second")
    watched.now += CATCHES_UP
    assert ("alpha", code, 1) in watched.shown
    watched.brings(alpha="second")
    assert watched.shown == [("alpha", "malformed", 1)]


def test_letters_under_the_keys_of_before_are_held_back_for_as_long_as_they_may_be_on_their_way() -> None:
    watched = Watched()
    watched.brings(alpha="second")
    watched.now += CATCHES_UP - SECOND
    watched.note("signature")
    watched.now += DAYS / 2
    assert watched.shown == []
    watched.note("signature")
    watched.now += CATCHES_UP
    assert watched.shown == [("alpha", "signature", 1)], "they went on"


def test_after_a_day_of_silence_the_first_is_held_back_again() -> None:
    watched = Watched()
    watched.note("signature")
    watched.now += DAYS
    watched.note("signature")
    assert watched.shown == []
    watched.now += CATCHES_UP
    assert watched.shown == [("alpha", "signature", 2)]


class Registers(Struct):
    """What two nodes know, and the clock of the second."""

    alpha: Register
    beta: Register
    now: datetime = DAY


async def _open(world: World, slug: str, registers: Registers) -> Correspondent:
    connection = await connected(world.nats, world.keys, slug)
    world.stack.push_async_callback(connection.close)
    register = lambda: getattr(registers, slug)  # noqa: E731
    node = correspondent(slug, world.url(slug), connection, world.keys, register, lambda: registers.now)
    return await world.stack.enter_async_context(node)


async def test_a_partner_whose_new_keys_are_not_known_here_yet_raises_no_alarm(world: World) -> None:
    registers = Registers(world.register, world.register)
    alpha, beta = await _open(world, "alpha", registers), await _open(world, "beta", registers)
    refused = beta.arrivals.refusals
    async with at_work(alpha.links, alpha.arrivals, beta.links, beta.arrivals):
        await alpha.write("one")
        await beta.has("one")
        world.keys.letters["alpha"] = LetterKeys.generate()
        registers.alpha = world.keys.register("alpha", "beta")
        alpha.office.keys.renew()
        alpha.links.register_changed()
        await alpha.write("two")
        await eventually(alpha.stuck, "signature")
        assert refused.lately() == []
        registers.beta = registers.alpha
        refused.register_changed()
        await beta.has("one", "two")
    registers.now += CATCHES_UP
    assert refused.lately() == []
