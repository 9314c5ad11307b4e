"""Read models of participants, consents and interviews: given events, what the queries answer."""

from collections.abc import Generator
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
import pytest

from services.intake.domain import consent, interview, participant
from services.intake.views import alike, break_glass, consents, interviews, participants
from shared.rules import NotFound
from tests.services.intake.examples import (
    AGREED,
    FINDINGS,
    NOON,
    OTHER,
    PERSON,
    PROFILE,
    TERMS,
    THIRD,
)
from tests.support.projected import Seen, in_team, seen


def like(**changes: Any) -> participant.Registered:
    return participant.Registered(msgspec.structs.replace(PROFILE, **changes), None)


@pytest.fixture
def people() -> Generator[Seen]:
    with seen(participants, break_glass) as view:
        yield view.given(PERSON, participant.Registered(PROFILE, None))


def found(view: Seen, name: str = "", contact: str = "") -> list[UUID]:
    return [one.id for one in view.ask(participants.search, name, contact)]


def test_a_participant_is_found_by_the_start_of_a_name_or_by_contact(people: Seen) -> None:
    assert (
        found(people, "mevrouw b")
        == found(people, "", "+31 72-5550102")
        == found(people, "x", "0725550102")
        == [PERSON]
    )
    assert found(people, "bakker") == found(people, "", "0725550103") == found(people) == []


def test_foreign_numbers_and_addresses_are_compared_as_they_are() -> None:
    assert alike.contact_key("+49 30 123") == "4930123"
    assert alike.contact_key("0031 6 1234 5678") == alike.contact_key("06-12345678")
    assert alike.contact_key("A.Bakker@Example.org") == "abakkerexampleorg"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (like(name_to_use="Corrie"), True),
        (like(contact="elders", birth_year=None, area=""), True),
        (like(contact="elders", birth_year=1950), False),
        (like(contact="elders", area="GM0307"), False),
        (like(contact="elders", name_to_use="Corrie"), False),
    ],
)
def test_a_possible_duplicate_is_shown(people: Seen, other: participant.Registered, same: bool) -> None:
    people.given(OTHER, other)
    assert people.ask(participants.compared, PERSON).possible_duplicates == ((OTHER,) if same else ())


def test_without_birth_year_and_area_a_name_is_enough(people: Seen) -> None:
    people.given(OTHER, like(contact="elders", birth_year=None, area="", age_band=None, life_event=None))
    assert people.ask(participants.compared, OTHER).possible_duplicates == (PERSON,)


def test_a_team_sees_its_own_people_only(people: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    people.given(OTHER, participant.Registered(PROFILE, "noord"))
    assert people.ask(lambda connection, _: participants.page(connection, in_team("noord"), None, 9))[0].id == OTHER
    with pytest.raises(NotFound, match="participant-unknown"):
        people.ask(lambda connection, _: participants.one(connection, in_team("noord"), PERSON))


def test_participants_are_paged_newest_first(people: Seen) -> None:
    people.given(OTHER, like()).given(THIRD, like())
    first = people.ask(participants.page, None, 2)
    rest = people.ask(participants.page, (first[-1].registered_at, first[-1].id), 2)
    assert [one.id for one in (*first, *rest)] == sorted([PERSON, OTHER, THIRD], reverse=True)


def test_an_ended_participant_is_shown_as_ended(people: Seen) -> None:
    assert people.given(PERSON, participant.Ended("")).ask(participants.one, PERSON).ended_at is not None


def test_consents_are_listed_and_give_grounds() -> None:
    with seen(consents) as view:
        view.given(AGREED, consent.Given(TERMS)).given(OTHER, consent.Given(TERMS), consent.Withdrawn(NOON, ()))
        first = view.ask(consents.of_participant, PERSON, None, 1)
        rest = view.ask(consents.of_participant, PERSON, (first[0].since, first[0].id), 9)
        assert {one.id: one.withdrawn_at for one in (*first, *rest)} == {AGREED: None, OTHER: NOON}
        assert view.ask(consents.one, AGREED).evidence.asked_by == "Ann"
        ground = view.ask(consents.ground, OTHER)
        assert ground
        assert (ground.withdrawn, ground.until) == (True, TERMS.until)
        assert view.ask(consents.ground, None) is None
        with pytest.raises(NotFound, match="consent-unknown"):
            view.ask(consents.one, THIRD)


def test_a_team_sees_its_own_peoples_consents_and_interviews_only() -> None:
    talk = interview.InterviewRecorded(PERSON, date(2026, 11, 1), "Ann", FINDINGS)
    with seen(participants, consents, interviews, break_glass) as view:
        view.given(PERSON, participant.Registered(PROFILE, "noord"))
        view.on(consents).given(AGREED, consent.Given(TERMS)).on(interviews).given(OTHER, talk)
        own, other = in_team("noord"), in_team("zuid")
        assert view.ask_as(own, consents.one, AGREED).id == AGREED
        assert view.ask_as(own, consents.ground, AGREED) is not None
        assert view.ask_as(own, interviews.one, OTHER).id == OTHER
        assert len(view.ask_as(own, consents.of_participant, PERSON, None, 9)) == 1
        assert len(view.ask_as(own, interviews.of_participant, PERSON, None, 9)) == 1
        assert view.ask_as(other, consents.ground, AGREED) is None
        assert not view.ask_as(other, consents.of_participant, PERSON, None, 9)
        assert not view.ask_as(other, interviews.of_participant, PERSON, None, 9)
        for question, id_ in ((consents.one, AGREED), (interviews.one, OTHER)):
            with pytest.raises(NotFound, match="-unknown"):
                view.ask_as(other, question, id_)


def test_interviews_are_listed_newest_first() -> None:
    with seen(interviews) as view:
        for day, id_ in enumerate((AGREED, OTHER), 1):
            view.given(id_, interview.InterviewRecorded(PERSON, date(2026, 11, day), "Ann", FINDINGS))
        first = view.ask(interviews.of_participant, PERSON, None, 1)
        assert [one.id for one in first] == [OTHER]
        rest = view.ask(interviews.of_participant, PERSON, (first[0].held_on, first[0].id), 9)
        assert (rest[0].id, rest[0].purpose) == (AGREED, "prevention")
        assert view.ask(interviews.one, OTHER).asked_for == "Een maatje"
