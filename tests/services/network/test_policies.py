"""An event in, this node's own commands out."""

from typing import TypeVar

from services.network.domain import klik, participant
from services.network.policies import (
    when_klik_is_left_then_it_ends,
    when_participant_ended_then_they_are_gone,
    when_participant_registered_then_they_are_known,
    when_yes_is_said_then_both_join,
)
from shared.contracts.intake import ParticipantEnded, ParticipantRegistered
from shared.eventlog.types import Followed, Step
from tests.services.network.examples import ANN, BOB, CAS, NOON, PAIR, said
from tests.support.projected import recorded

E = TypeVar("E")


def followed(event: E) -> Followed[E]:
    return Followed(event, CAS, "intake", ANN, NOON, CAS, 1, "0" * 32)


def test_whom_intake_registers_the_network_knows() -> None:
    policy = when_participant_registered_then_they_are_known
    assert (ParticipantRegistered,) == policy.FOLLOWS
    for team in (None, "noord"):
        told = participant.Know(NOON, team)
        assert policy.then(followed(ParticipantRegistered(ANN, team))) == (Step(participant, ANN, told),)


def test_whom_intake_ends_is_gone() -> None:
    policy = when_participant_ended_then_they_are_gone
    assert (ParticipantEnded,) == policy.FOLLOWS
    assert policy.then(followed(ParticipantEnded(ANN))) == (Step(participant, ANN, participant.End(NOON)),)


def test_a_yes_concerns_both() -> None:
    join = participant.Join(PAIR, NOON)
    steps = when_yes_is_said_then_both_join.then(recorded(said(ANN, BOB), PAIR))
    assert steps == (Step(participant, ANN, join), Step(participant, BOB, join))
    assert (klik.YesSaid,) == when_yes_is_said_then_both_join.FOLLOWS


def test_a_klik_that_is_left_ends() -> None:
    steps = when_klik_is_left_then_it_ends.then(recorded(participant.KlikLeft(PAIR, NOON), ANN))
    assert steps == (Step(klik, PAIR, klik.End(ANN, NOON)),)
    assert (participant.KlikLeft,) == when_klik_is_left_then_it_ends.FOLLOWS
