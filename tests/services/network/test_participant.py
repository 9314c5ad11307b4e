"""Rules of a participant of the network: interests, and leaving nothing behind."""

from uuid import UUID

from msgspec.structs import replace

from services.network.domain import participant
from services.network.domain.participant import (
    ClearInterests,
    End,
    Ended,
    Interests,
    InterestsCleared,
    InterestsSet,
    Join,
    KlikJoined,
    KlikLeft,
    Know,
    Known,
    SetInterests,
)
from tests.services.network.examples import NOON, PAIR
from tests.support.given import given

WALKING = Interests(likes="walking", company="one other", times="mornings", distance_km=5)
OTHER = UUID(int=7)


def test_who_is_registered_becomes_known_once() -> None:
    given(participant).when(Know(NOON, "noord")).then(Known(NOON, "noord"))
    given(participant, Known(NOON)).when(Know(NOON)).then()
    given(participant, Known(NOON), Ended(NOON)).when(Know(NOON)).then()


def test_interests_are_set_as_a_whole() -> None:
    known = given(participant, Known(NOON), InterestsSet(WALKING, NOON))
    cycling = replace(WALKING, likes="cycling", distance_km=None)
    known.when(SetInterests(cycling, NOON)).then(InterestsSet(cycling, NOON))
    known.when(SetInterests(WALKING, NOON)).then()


def test_interests_are_cleared_once() -> None:
    given(participant, Known(NOON), InterestsSet(WALKING, NOON)).when(ClearInterests(NOON)).then(InterestsCleared(NOON))
    cleared = (Known(NOON), InterestsSet(WALKING, NOON), InterestsCleared(NOON))
    given(participant, *cleared).when(ClearInterests(NOON)).then()


def test_a_distance_is_a_number_of_kilometres() -> None:
    known = given(participant, Known(NOON))
    for distance in (-1, 501):
        wrong = replace(WALKING, distance_km=distance)
        known.when(SetInterests(wrong, NOON)).refused("invalid", fields="distanceKm")


def test_who_is_not_known_has_no_interests() -> None:
    for history in ((), (Known(NOON), Ended(NOON))):
        given(participant, *history).when(SetInterests(WALKING, NOON)).refused("participant-unknown")
        given(participant, *history).when(ClearInterests(NOON)).refused("participant-unknown")


def test_who_ends_leaves_every_klik() -> None:
    history = (Known(NOON), KlikJoined(PAIR, NOON), KlikJoined(OTHER, NOON))
    given(participant, *history).when(Join(PAIR, NOON)).then()
    given(participant, *history).when(End(NOON)).then(KlikLeft(PAIR, NOON), KlikLeft(OTHER, NOON), Ended(NOON))


def test_a_yes_that_crossed_the_end_is_undone() -> None:
    given(participant, Known(NOON), Ended(NOON)).when(Join(PAIR, NOON)).then(KlikLeft(PAIR, NOON))
    given(participant, Known(NOON), Ended(NOON), KlikLeft(PAIR, NOON)).when(End(NOON)).then()
    given(participant, KlikLeft(PAIR, NOON)).when(Know(NOON)).then(Known(NOON))


def test_an_end_heard_first_holds() -> None:
    given(participant).when(End(NOON)).then(Ended(NOON))


def test_a_klik_is_joined_once() -> None:
    given(participant, Known(NOON)).when(Join(PAIR, NOON)).then(KlikJoined(PAIR, NOON))
