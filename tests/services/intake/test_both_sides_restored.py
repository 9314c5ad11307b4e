"""One referral, and either side put back to an earlier moment at any time: when all letters are through, both agree again."""

from copy import copy, deepcopy
from typing import Any
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import rule

from services.intake import letters
from services.intake.domain import outgoing_state
from services.intake.domain.incoming_state import Referral as Received
from shared.rules import NotFound
from shared.service import Arrived, Letter
from tests.services.intake.examples import NOON, REFERRAL
from tests.services.intake.test_both_sides import Acting, Side, wire


class Restorable(Side):
    """A side that keeps what it has sent, as a link does, and what it has taken from each of the other's identities."""

    def __init__(self, slug: str, partner: str, decider: Any, record: UUID) -> None:
        super().__init__(slug, partner, decider, record)
        self.identity = 0
        self.sent: dict[int, list[Letter]] = {0: []}
        self.acknowledged: dict[int, int] = {0: 0}
        self.had: dict[int, int] = {}
        self.met = 0

    def run(self, command: Any) -> None:
        super().run(command)
        while self.waiting:
            self.sent[self.identity].append(self.waiting.popleft()[1])

    def backup(self) -> Any:
        kept = copy(self.__dict__)
        return {
            name: deepcopy(kept[name]) for name in ("state", "stream", "sent", "acknowledged", "had", "met", "identity")
        }

    def restore(self, backup: Any, identity: int) -> None:
        self.__dict__.update(deepcopy(backup))
        self.identity = identity
        self.sent[identity], self.acknowledged[identity] = [], 0


def meet(one: Restorable, other: Restorable) -> None:
    """What a knock brings: how far the other is, and, when its identity is another one, how the referral stands."""
    for identity in one.sent:
        one.acknowledged[identity] = min(other.had.get(identity, 0), len(one.sent[identity]))
    if one.met != other.identity:
        one.met = other.identity
        if letters.told(REFERRAL, one.state) is not None and getattr(one.state, "delivered", True):
            one.sent[one.identity].append(TELL)


TELL = Letter("", REFERRAL, None)  # type: ignore[arg-type]  # its contents follow when it is handed over


def hand_over(one: Restorable, other: Restorable) -> bool:
    """The next letter of the earliest identity that still has one; false when there is none."""
    meet(one, other)
    for identity in sorted(one.sent):
        number = one.acknowledged[identity] + 1
        if number <= len(one.sent[identity]):
            letter = one.sent[identity][number - 1]
            going = letters.told(REFERRAL, one.state) if letter == TELL else letter
            if going is not None and letters.sendable(going, one.state):
                one.follow(letters.handed(going))
                _take(other, one, going)
                one.follow(letters.delivered(going))
            other.had[identity] = number
            meet(one, other)
            return True
    return False


def _take(side: Restorable, sender: Restorable, letter: Letter) -> None:
    try:
        side.follow(letters.arrived(Arrived(sender.slug, letter.subject, wire(letter.body), NOON, "")))
    except NotFound:
        assert not getattr(side.state, "handed", False)  # parked: lost there, or that it was sent is


class BothSidesRestored(Acting[Restorable]):
    """Anybody does anything at any time, and an operator restores."""

    def __init__(self) -> None:
        super().__init__(Restorable)
        self.backups = [side.backup() for side in self.sides]
        self.identities = 0

    @rule(which=some.integers(0, 1))
    def a_letter_goes(self, which: int) -> None:
        hand_over(self.sides[which], self.sides[1 - which])

    @rule(which=some.integers(0, 1))
    def a_backup_is_made(self, which: int) -> None:
        self.backups[which] = self.sides[which].backup()

    @rule(which=some.integers(0, 1))
    def one_is_restored(self, which: int) -> None:
        self._settle()
        self.identities += 1
        self.sides[which].restore(self.backups[which], self.identities)
        meet(self.sides[1 - which], self.sides[which])

    def _settle(self) -> None:
        """One restore at a time: what the one before it brought about is through."""
        while hand_over(*self.sides) or hand_over(self.sides[1], self.sides[0]):
            pass

    def teardown(self) -> None:
        """When everything has been delivered, both tell the same."""
        self._settle()
        ours, theirs = self.sides[0].state, self.sides[1].state
        if isinstance(theirs, Received) and not isinstance(ours, outgoing_state.Nothing):
            assert (ours.standing.status, ours.standing.owner) == (theirs.standing.status, theirs.standing.owner)
        assert not isinstance(theirs, Received) or not isinstance(ours, outgoing_state.Nothing)


TestBothSidesRestored = BothSidesRestored.TestCase
TestBothSidesRestored.settings = settings(max_examples=40, stateful_step_count=15, deadline=None)
