"""Both sides of one referral and the letters between them: delayed, crossing, handed over twice. In the end both agree."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from msgspec.structs import replace

from services.intake import letters
from services.intake.domain import correction, erasure, incoming_referral, outgoing_referral
from services.intake.domain import referral_progress as progress
from services.intake.domain.consent import Direction
from services.intake.domain.correction import about
from services.intake.domain.incoming_state import Referral as Received
from services.intake.domain.outgoing_events import HandedOver, Reported
from services.intake.domain.outgoing_state import Referral as Sent
from services.intake.domain.referral_progress import DecidedBy, Reason, Standing, told
from services.intake.domain.referral_status import FINAL, NEXT, Status
from services.intake.domain.sending import Facts
from services.intake.views.referral_record import answer
from shared.contracts.letters import LetterBody
from shared.eventlog.types import Recorded, Step
from shared.rules import Refused
from shared.service import Arrived, Letter
from tests.services.intake.examples import FACTS, GROUND, LETTER, NOON, OUTCOME, REFERRAL, WISH
from tests.support.projected import recorded

ONE_WAY = replace(FACTS, ground=replace(GROUND, direction=Direction.SEND))
"""The person did not agree that the partner reports back."""
MOVED = replace(about(LETTER), contact="06 12 34 56 78", area="WK030702")
HELD = letters.kept_as("humanitas", REFERRAL)
reasons = some.sampled_from([reason for reason in Reason if reason is not Reason.NOT_NOW])
deciders = some.sampled_from(list(DecidedBy))
senders = some.one_of(
    some.just(outgoing_referral.Request(FACTS, WISH)),
    some.just(outgoing_referral.EnterInError()),
    some.just(outgoing_referral.WithdrawConsent(NOON)),
    some.just(outgoing_referral.NoteOverdue()),
    some.builds(outgoing_referral.Cancel, reasons, deciders),
    some.builds(correction.Correct, some.sampled_from([about(LETTER), MOVED]), some.just(NOON)),
)
receivers = some.one_of(
    some.builds(incoming_referral.Accept, some.sampled_from(["Ann", "Bea"])),
    some.just(incoming_referral.Start()),
    some.builds(incoming_referral.Hold, reasons, deciders, some.none() | some.integers(1, 9)),
    some.builds(incoming_referral.Decline, reasons, deciders),
    some.builds(incoming_referral.Fail, reasons, deciders),
    some.builds(incoming_referral.Cancel, reasons, deciders),
    some.just(incoming_referral.Complete(OUTCOME)),
    some.just(incoming_referral.ConfirmCancel()),
    some.just(incoming_referral.AttemptContact()),
    some.just(incoming_referral.Remind()),
    some.just(incoming_referral.NoteOverdue()),
)


class Side:
    """One organisation: one record, and a queue of numbered letters to the other."""

    def __init__(self, slug: str, partner: str, decider: Any, record: UUID) -> None:
        self.slug, self.partner, self.decider, self.record = slug, partner, decider, record
        self.state: Any = decider.initial
        self.stream: list[Recorded[Any]] = []
        self.waiting: deque[tuple[int, Letter]] = deque()
        self.written = self.taken = 0

    def run(self, command: Any) -> None:
        for event in self.decider.decide(command, self.state):
            self.state = self.decider.evolve(self.state, event)
            self.stream.append(recorded(event, self.record, len(self.stream) + 1))
            for letter in letters.letters(self.stream[-1], self.state, (self.partner,)):
                assert letter.to == self.partner
                self.written += 1
                self.waiting.append((self.written, letter))

    def ask(self, command: Any) -> None:
        """A person asks; a rule may say no."""
        with suppress(Refused):
            self.run(command)

    def follow(self, steps: Sequence[Step]) -> None:
        """Consequences are never refused. What is asked about an erasure is another record's."""
        for step in steps:
            if step.decider is erasure:
                continue
            assert (step.decider, step.stream) == (self.decider, self.record)
            self.run(step.command)


def wire(body: LetterBody) -> LetterBody:
    """As JSON, there and back."""
    read: LetterBody = msgspec.json.decode(msgspec.json.encode(body), type=LetterBody)
    return read


def hand_over(sender: Side, receiver: Side, *, receipt: bool) -> None:
    """The next letter of a link; without its receipt the sender will hand it over again.

    Like the wire this takes a number once: of the wire itself `tests/shared/wire/test_arrivals.py` proves it
    (`test_a_letter_is_recorded_once_however_often_it_comes`).
    """
    number, letter = sender.waiting[0]
    goes = letters.sendable(letter, sender.state)
    if goes:
        sender.follow(letters.handed(letter))
    if number == receiver.taken + 1:
        receiver.taken = number
        if goes:
            receiver.follow(letters.arrived(Arrived(sender.slug, letter.subject, wire(letter.body), NOON, "")))
    if receipt:
        sender.waiting.popleft()
        if goes:
            sender.follow(letters.delivered(letter))


SomeSide = TypeVar("SomeSide", bound=Side)


class Acting(RuleBasedStateMachine, Generic[SomeSide]):
    """Both sides of one referral at work, each doing anything at any time; how letters go, who inherits says."""

    def __init__(self, side: Callable[[str, str, Any, UUID], SomeSide]) -> None:
        super().__init__()
        self.sender = side("humanitas", "welzin", outgoing_referral, REFERRAL)
        self.receiver = side("welzin", "humanitas", incoming_referral, HELD)
        self.sides = (self.sender, self.receiver)

    @initialize()
    def it_begins(self) -> None:
        self.sender.run(outgoing_referral.Request(FACTS, WISH))

    @rule(command=senders)
    def the_sender_acts(self, command: outgoing_referral.Command) -> None:
        self.sender.ask(command)

    @rule(command=receivers)
    def the_receiver_acts(self, command: incoming_referral.Command) -> None:
        self.receiver.ask(command)


class BothSides(Acting[Side]):
    """Letters go once or twice; some of the referrals begin as drafts."""

    def __init__(self) -> None:
        super().__init__(Side)

    @initialize(draft=some.booleans(), facts=some.sampled_from([FACTS, ONE_WAY]))
    def it_begins(self, draft: bool = False, facts: Facts = FACTS) -> None:
        self.sender.run(outgoing_referral.Draft(WISH) if draft else outgoing_referral.Request(facts, WISH))

    @rule(receipt=some.booleans())
    def a_letter_goes(self, receipt: bool) -> None:
        if self.sender.waiting:
            hand_over(self.sender, self.receiver, receipt=receipt)

    @rule(receipt=some.booleans())
    def an_answer_goes(self, receipt: bool) -> None:
        if self.receiver.waiting:
            hand_over(self.receiver, self.sender, receipt=receipt)

    @invariant()
    def each_side_only_goes_where_the_table_goes(self) -> None:
        for side in (self.sender, self.receiver):
            statuses = [entry.status for entry in answer(side.stream).timeline] if side.stream else []
            for before, now in pairwise(statuses):
                allowed = {*NEXT[Status(before)], Status(before), Status.ENTERED_IN_ERROR}
                assert Status(now) in allowed

    @invariant()
    def what_was_taken_back_here_never_arrives_there(self) -> None:
        handed = any(isinstance(one.event, HandedOver) for one in self.sender.stream)
        assert handed or not self.receiver.stream

    @invariant()
    def accepted_always_means_an_owner(self) -> None:
        working = {Status.ACCEPTED, Status.IN_PROGRESS, Status.ON_HOLD, Status.COMPLETED, Status.FAILED}
        for side in (self.sender, self.receiver):
            if isinstance(side.state, Sent | Received) and side.state.standing.status in working:
                assert side.state.standing.owner

    def teardown(self) -> None:
        """When everything has been delivered, both tell the same."""
        while self.sender.waiting or self.receiver.waiting:
            for one, other in ((self.sender, self.receiver), (self.receiver, self.sender)):
                if one.waiting:
                    hand_over(one, other, receipt=True)
        if isinstance(self.receiver.state, Received):
            assert isinstance(self.sender.state, Sent)
            _agree(self.sender, self.receiver)
        elif isinstance(self.sender.state, Sent):
            assert self.sender.state.standing.status in {Status.DRAFT, *FINAL}


def _agree(sender: Side, receiver: Side) -> None:
    there, here = receiver.state, sender.state
    assert here.standing == told(there.standing, report_back=there.report_back)
    assert here.cancel_asked == (there.asked is not None)
    assert there.letter in (None, here.letter) or here.consent_withdrawn
    assert _changes(_said(receiver)) == _changes(_heard(sender))


def _said(receiver: Side) -> Iterator[Standing]:
    """Where it stood after each news, as its sender may read it."""
    state: Any = receiver.decider.initial
    for one in receiver.stream:
        state = receiver.decider.evolve(state, one.event)
        if isinstance(one.event, progress.News):
            yield told(state.standing, report_back=state.report_back)


def _heard(sender: Side) -> Iterator[Standing]:
    """Where it stands by each news alone; the sender itself may have entered it in error before."""
    standing = Standing(Status.REQUESTED)
    for one in sender.stream:
        if isinstance(one.event, Reported):
            standing = progress.after(standing, one.event.news)
            yield standing


def _changes(standings: Iterable[Standing]) -> list[Standing]:
    """What is told again tells the sender nothing new."""
    found = list(standings)
    return [one for one, before in zip(found, [None, *found], strict=False) if one != before]


TestBothSides = BothSides.TestCase
TestBothSides.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
