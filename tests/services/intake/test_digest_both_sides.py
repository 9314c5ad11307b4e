"""Both sides of one referral compare at any time. Where nothing was lost nothing is ever named; what was lost is, and then both agree."""

from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import invariant, rule
from msgspec.structs import replace

from services.intake import letters
from services.intake.domain import digest, incoming_events, outgoing_events
from services.intake.domain.referral_status import UNANSWERED
from shared.contracts import letters as kinds
from shared.eventlog.types import Recorded, Step
from shared.rules import NotFound
from shared.service import Arrived, Letter
from tests.services.intake.examples import NOON, REFERRAL
from tests.services.intake.test_both_sides import Acting, Side, wire

LOST = (outgoing_events.StepsLost, incoming_events.StepsLost)
FOUND = (outgoing_events.FoundAtPartner, incoming_events.FoundAtPartner)


def named(stream: list[Recorded[Any]]) -> int:
    return sum(isinstance(one.event, LOST + FOUND) for one in stream)


def compare(side: Side) -> None:
    """A digest takes its number; what is in it follows when it is handed over."""
    side.written += 1
    body = kinds.Digest(answer=False, after=None)
    side.waiting.append((side.written, Letter(side.partner, digest.kept_with(side.partner), body)))


def filled(side: Side, body: kinds.Digest) -> kinds.Digest:
    """As `shared.wire.digests` does: not where a later letter waits."""
    told = letters.told(side.record, side.state)
    moving = any(not isinstance(letter.body, kinds.Digest) for _, letter in side.waiting)
    there = getattr(side.state, "delivered", True)
    if told is None or moving or not there or not isinstance(told.body, kinds.ReferralTold):
        return body
    return replace(body, shared=(kinds.Shared(told.subject, replace(told.body, outcome=None)),))


def hand_over(side: Side, other: Side) -> bool:
    """The next letter, if there is one; what cannot be taken is parked."""
    if not side.waiting:
        return False
    _, letter = side.waiting.popleft()
    body = filled(side, letter.body) if isinstance(letter.body, kinds.Digest) else letter.body
    if letters.sendable(letter, side.state):
        side.follow(letters.handed(letter))
        steps = letters.arrived(Arrived(side.slug, letter.subject, wire(body), NOON, ""))
        with suppress(NotFound):
            other.follow([step for step in steps if step.decider is not digest])
        _receipt(side, letters.delivered(letter))
    return True


def _receipt(side: Side, steps: Any) -> None:
    with suppress(NotFound):
        side.follow([step for step in steps if isinstance(step, Step) and step.decider is not digest])


class Comparing(Acting[Side]):
    """Anybody does anything, and compares, at any time."""

    def __init__(self) -> None:
        super().__init__(Side)

    @rule(which=some.integers(0, 1))
    def a_letter_goes(self, which: int) -> None:
        hand_over(self.sides[which], self.sides[1 - which])

    @rule(which=some.integers(0, 1))
    def one_compares(self, which: int) -> None:
        compare(self.sides[which])

    def settle(self) -> None:
        while hand_over(*self.sides) or hand_over(self.sides[1], self.sides[0]):
            pass


class NothingLost(Comparing):
    @invariant()
    def nothing_is_named(self) -> None:
        assert named(self.sides[0].stream) == named(self.sides[1].stream) == 0


class SomethingLost(Comparing):
    @rule(which=some.integers(0, 1), left=some.integers(0, 4))
    def a_side_loses_its_last_events(self, which: int, left: int) -> None:
        self.settle()
        self.compare_until_both_agree()
        side = self.sides[which]
        side.stream = side.stream[:left] if left else []
        side.state = side.decider.initial
        for one in side.stream:
            side.state = side.decider.evolve(side.state, one.event)

    def compare_until_both_agree(self) -> None:
        found = [self.found() for _ in range(3)]
        assert found[-1] == 0, "they never agree"

    def found(self) -> int:
        """How much both sides name when each compares once."""
        before = sum(named(side.stream) for side in self.sides)
        for side in self.sides:
            compare(side)
            self.settle()
        return sum(named(side.stream) for side in self.sides) - before

    def teardown(self) -> None:
        self.settle()
        self.compare_until_both_agree()
        ours, theirs = self.sides[0].state, self.sides[1].state
        known = [state for state in (ours, theirs) if letters.told(REFERRAL, state) and getattr(state, "handed", True)]
        assert len(known) in {0, 2} or not getattr(ours, "delivered", True)
        if len(known) == 2:
            assert (
                ours.standing.status == theirs.standing.status
                or {
                    ours.standing.status,
                    theirs.standing.status,
                }
                <= UNANSWERED
            )


TestNothingLost = NothingLost.TestCase
TestNothingLost.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestSomethingLost = SomethingLost.TestCase
TestSomethingLost.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
