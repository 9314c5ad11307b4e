"""Events follows intake: known, then forgotten, by id only."""

from typing import TypeVar
from uuid import UUID

import pytest

from services.events.domain import participant
from services.events.domain.participant import Forget, Forgotten, Know, Known, Move, Moved
from services.events.policies import (
    when_participant_ended_then_they_are_forgotten,
    when_participant_moved_then_their_team_is,
    when_participant_registered_then_they_are_known,
)
from services.events.views import participants
from shared.contracts.intake import ParticipantEnded, ParticipantMoved, ParticipantRegistered
from shared.eventlog.types import Followed, Step
from shared.rules import NotFound
from tests.services.events.examples import NOON
from tests.support.given import given
from tests.support.projected import in_team, seen

E = TypeVar("E")
ANN = UUID("01970000-0000-7000-8000-0000000000aa")


def test_who_is_registered_becomes_known_once() -> None:
    given(participant).when(Know(NOON, "noord")).then(Known(NOON, "noord"))
    given(participant, Known(NOON)).when(Know(NOON)).then()


def test_who_ends_is_forgotten_for_good() -> None:
    given(participant, Known(NOON)).when(Forget(NOON)).then(Forgotten(NOON))
    given(participant, Known(NOON), Forgotten(NOON)).when(Know(NOON)).then()
    given(participant, Known(NOON), Forgotten(NOON)).when(Forget(NOON)).then()


def test_an_end_heard_first_holds() -> None:
    given(participant).when(Forget(NOON)).then(Forgotten(NOON))


def followed(event: E) -> Followed[E]:
    return Followed(event, UUID(int=1), "intake", ANN, NOON, UUID(int=2), 1, "0" * 32)


def test_the_policies_turn_intakes_events_into_own_commands() -> None:
    registered, ended = followed(ParticipantRegistered(ANN, "noord")), followed(ParticipantEnded(ANN))
    known = when_participant_registered_then_they_are_known.then(registered)
    assert known == (Step(participant, ANN, Know(NOON, "noord")),)
    assert when_participant_ended_then_they_are_forgotten.then(ended) == (Step(participant, ANN, Forget(NOON)),)


def test_the_policies_follow_intake() -> None:
    assert (ParticipantRegistered,) == when_participant_registered_then_they_are_known.FOLLOWS
    assert (ParticipantEnded,) == when_participant_ended_then_they_are_forgotten.FOLLOWS
    assert participants.VERSION


def test_whose_file_moves_is_another_teams_here_too() -> None:
    given(participant, Known(NOON, "noord")).when(Move("zuid", NOON)).then(Moved("zuid", NOON))
    given(participant, Known(NOON), Moved("zuid", NOON)).when(Forget(NOON)).then(Forgotten(NOON))
    given(participant).when(Move("zuid", NOON)).then()
    moved = when_participant_moved_then_their_team_is.then(followed(ParticipantMoved(ANN, "zuid")))
    assert moved == (Step(participant, ANN, Move("zuid", NOON)),)
    with seen(participants) as view:
        view.given(ANN, Known(NOON, "noord"), Moved("zuid", NOON))
        assert view.ask_as(in_team("zuid"), participants.one, ANN).id == ANN
        with pytest.raises(NotFound):
            view.ask_as(in_team("noord"), participants.one, ANN)
