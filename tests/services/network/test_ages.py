"""No klik between a minor and an adult; whose file moves is another team's here too."""

from uuid import UUID

from msgspec.structs import replace

from services.network.domain import klik, participant
from services.network.domain.participant import (
    AgeTold,
    Ended,
    KlikJoined,
    KlikLeft,
    Know,
    Known,
    Move,
    Moved,
    TellAge,
)
from services.network.policies import (
    when_age_is_told_then_it_is_known,
    when_participant_moved_then_their_team_is,
    when_participant_registered_then_they_are_known,
)
from services.network.views import participants
from shared.contracts.intake import ParticipantAgeTold, ParticipantMoved, ParticipantRegistered
from shared.eventlog.types import Step
from tests.services.network.examples import ANN, BOB, NOON, PAIR, formed, said, yes
from tests.services.network.test_policies import followed
from tests.support.given import given
from tests.support.projected import in_team, seen


def with_minors(*minors: UUID) -> klik.SayYes:
    return replace(yes(ANN, BOB), minors=frozenset(minors))


def test_a_minor_and_an_adult_make_no_klik_whoever_speaks_first() -> None:
    for so_far in ((), (said(BOB, ANN),), (formed(),)):
        for minor in (ANN, BOB):
            given(klik, *so_far).when(with_minors(minor)).refused("klik-minor-and-adult")


def test_two_minors_may() -> None:
    given(klik, said(BOB, ANN)).when(with_minors(ANN, BOB)).then(formed(one=BOB, two=ANN))


def test_age_and_team_follow_intake_while_somebody_is_known() -> None:
    given(participant).when(Know(NOON, "noord", True)).then(Known(NOON, "noord", True))
    minor = given(participant, Known(NOON, "noord", True))
    minor.when(TellAge(False, NOON)).then(AgeTold(False, NOON))
    minor.when(TellAge(True, NOON)).then()
    given(participant, Known(NOON), AgeTold(True, NOON)).when(TellAge(True, NOON)).then()
    minor.when(Move("zuid", NOON)).then(Moved("zuid", NOON))
    assert given(participant, Known(NOON, "noord", True), Moved("zuid", NOON)).state == minor.state
    for so_far in ((), (Known(NOON), Ended(NOON))):
        given(participant, *so_far).when(TellAge(True, NOON)).then()
        given(participant, *so_far).when(Move("zuid", NOON)).then()


def test_who_turns_out_to_be_a_minor_leaves_the_kliks_they_made_as_an_adult() -> None:
    adult = given(participant, Known(NOON), KlikJoined(PAIR, NOON))
    adult.when(TellAge(True, NOON)).then(AgeTold(True, NOON), KlikLeft(PAIR, NOON))
    minor = given(participant, Known(NOON, minor=True), KlikJoined(PAIR, NOON))
    minor.when(TellAge(True, NOON)).then()
    minor.when(TellAge(False, NOON)).then(AgeTold(False, NOON))


def test_what_intake_tells_is_followed() -> None:
    known = when_participant_registered_then_they_are_known.then(followed(ParticipantRegistered(ANN, None, minor=True)))
    assert known == (Step(participant, ANN, Know(NOON, None, True)),)
    told = when_age_is_told_then_it_is_known.then(followed(ParticipantAgeTold(ANN, minor=False)))
    assert told == (Step(participant, ANN, TellAge(False, NOON)),)
    moved = when_participant_moved_then_their_team_is.then(followed(ParticipantMoved(ANN, "zuid")))
    assert moved == (Step(participant, ANN, Move("zuid", NOON)),)


def test_minors_are_known_and_teams_see_who_moved_to_them() -> None:
    with seen(participants) as view:
        view.given(ANN, Known(NOON, "noord", True), Moved("zuid", NOON)).given(BOB, Known(NOON, "noord"))
        assert view.ask(participants.minors, ANN, BOB) == {ANN}
        assert [one.id for one in view.ask_as(in_team("zuid"), participants.page, None, 9).items] == [ANN]
        view.given(ANN, AgeTold(False, NOON))
        assert view.ask(participants.minors, ANN, BOB, PAIR) == frozenset()
