"""Given events, what the views answer."""

from uuid import UUID

import pytest

from services.network.domain import klik, participant
from services.network.domain.klik import ContactChanged, Ended
from services.network.views import kliks, participants
from shared.contracts.network import Interests, KlikAnswer, ParticipantAnswer, YesAnswer
from shared.rules import NotFound
from tests.services.network.examples import ANN, BOB, CAS, KLIK, NOON, PAIR, formed, said
from tests.support.projected import in_team, seen


def test_a_participant_has_the_interests_set_last() -> None:
    walking = participant.InterestsSet(participant.Interests(likes="walking", distance_km=5), NOON)
    cycling = participant.InterestsSet(participant.Interests(likes="cycling"), NOON)
    with seen(participants) as view:
        view.given(ANN, participant.Known(NOON))
        assert view.ask(participants.one, ANN) == ParticipantAnswer(ANN, NOON, None)
        view.given(ANN, walking, cycling)
        assert view.ask(participants.one, ANN) == ParticipantAnswer(ANN, NOON, Interests(likes="cycling"))
        view.given(ANN, participant.InterestsCleared(NOON))
        assert view.ask(participants.one, ANN) == ParticipantAnswer(ANN, NOON, None)


def test_who_ends_is_gone_with_all_that_was_known() -> None:
    with seen(participants) as view:
        view.given(ANN, participant.Known(NOON)).given(BOB, participant.Known(NOON), participant.Ended(NOON))
        assert view.ask(participants.known, ANN, BOB) == {ANN}
        with pytest.raises(NotFound, match="participant-unknown"):
            view.ask(participants.one, BOB)


def test_a_team_sees_its_own_people_and_their_kliks_only() -> None:
    own, other = in_team("noord"), in_team("zuid")
    with seen(participants, kliks) as view:
        view.given(ANN, participant.Known(NOON, "noord")).given(BOB, participant.Known(NOON, "zuid"))
        view.given(CAS, participant.Known(NOON)).on(kliks).given(PAIR, formed())
        assert [one.id for one in view.ask_as(own, participants.page, None, 9).items] == [ANN]
        assert view.ask_as(other, participants.one, BOB).id == BOB
        for person in (ANN, CAS):
            with pytest.raises(NotFound, match="participant-unknown"):
                view.ask_as(other, participants.one, person)
        assert view.ask_as(own, participants.known, ANN, BOB) == {ANN, BOB}
        assert [one.other for one in view.ask_as(own, kliks.page, ANN, None, 9).items] == [BOB]
        assert view.ask_as(other, kliks.page, ANN, None, 9).items == []
        assert view.ask_as(other, kliks.between, ANN, BOB) == YesAnswer(None)
        assert [one.id for one in view.ask(participants.page, None, 9).items] == [ANN, BOB, CAS]


def test_participants_come_in_pages() -> None:
    with seen(participants) as view:
        for person in (ANN, BOB, CAS):
            view.given(person, participant.Known(NOON))
        first = view.ask(participants.page, None, 2)
        assert ([one.id for one in first.items], first.next) == ([ANN, BOB], str(BOB))
        assert [one.id for one in view.ask(participants.page, BOB, 2).items] == [CAS]


def test_in_a_klik_each_sees_the_others_contact() -> None:
    with seen(kliks) as view:
        view.given(PAIR, said(ANN, BOB, "mail"))
        assert view.ask(kliks.between, ANN, BOB) == YesAnswer(None)
        view.given(PAIR, formed(one_contact="mail", two_contact="06"))
        assert view.ask(kliks.between, ANN, BOB) == YesAnswer(KlikAnswer(KLIK, BOB, "06", NOON))
        assert view.ask(kliks.between, BOB, ANN) == YesAnswer(KlikAnswer(KLIK, ANN, "mail", NOON))
        view.given(PAIR, ContactChanged(BOB, "mail too", NOON))
        assert view.ask(kliks.page, ANN, None, 20).items == [KlikAnswer(KLIK, BOB, "mail too", NOON)]
        assert view.ask(kliks.page, BOB, None, 20).items == [KlikAnswer(KLIK, ANN, "mail", NOON)]


@pytest.mark.parametrize("end", [Ended(KLIK, ANN, NOON), klik.Blocked(KLIK, BOB, NOON)])
def test_an_ended_klik_is_seen_by_neither(end: Ended | klik.Blocked) -> None:
    with seen(kliks) as view:
        view.given(PAIR, formed(), end).given(klik.pair(ANN, CAS), formed(two=CAS))
        assert [one.other for one in view.ask(kliks.page, ANN, None, 20).items] == [CAS]
        assert view.ask(kliks.page, BOB, None, 20).items == []


def test_kliks_come_in_pages() -> None:
    with seen(kliks) as view:
        for number, other in enumerate((BOB, CAS), start=1):
            one = klik.Formed(klik=UUID(int=number), one=ANN, one_contact="", two=other, two_contact="", at=NOON)
            view.given(klik.pair(ANN, other), one)
        first = view.ask(kliks.page, ANN, None, 1)
        assert ([one.other for one in first.items], first.next) == ([BOB], str(UUID(int=1)))
        assert [one.other for one in view.ask(kliks.page, ANN, UUID(int=1), 1).items] == [CAS]
