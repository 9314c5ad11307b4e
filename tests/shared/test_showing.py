"""What an answer shows of persons, read from its types; and what is said of who saw it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from shared.contracts.access import AccessAction, AccessGround, AccessPage
from shared.contracts.intake import Contact, ContactWay, LetterAnswer, ReferralAnswer
from shared.eventlog.types import Accessed, Seen
from shared.identity import Role, visitor
from shared.showing import ACTION, action, client, entries, ground, persons, recorded, shows
from tests.support.projected import in_team

ANN, BOB, LETTER = UUID(int=1), UUID(int=2), UUID(int=3)
DONE = Accessed(action="list", what="GET /v1/x", by="user:ann", client="nats", organisation="here", ground="care")
COORDINATORS = frozenset({Role.COORDINATOR})


class File(Struct):
    id: UUID
    gone: bool = False

    @property
    def person(self) -> UUID | None:
        return None if self.gone else self.id


class Told(Struct):
    id: UUID
    about: UUID
    files: list[File]

    @property
    def person(self) -> UUID:
        return self.about


class Page(Struct):
    items: tuple[Told, ...]
    next: str | None = None


class Place(Struct):
    id: UUID
    person: UUID | None = None
    """A field is no declaration."""


def test_an_answer_shows_persons_when_a_struct_anywhere_in_it_says_so() -> None:
    assert shows(File)
    assert shows(Page)
    assert shows(Page | None)
    assert not shows(Place)
    assert not shows(None)


def test_a_letter_that_leaves_the_need_out_is_about_somebody_all_the_same() -> None:
    contact = Contact(ContactWay.PHONE, "06", "")
    letter = LetterAnswer(
        name_to_use="Truus",
        contact=contact,
        need="",
        hopes="bezoek",
        language="nl",
        area="",
        accessibility="",
        wait_told="",
        note="",
    )
    held: dict[str, Any] = dict.fromkeys(ReferralAnswer.__struct_fields__) | {"id": LETTER, "need": "", "timeline": ()}
    for kept, about in ((letter, [Seen(LETTER)]), (None, [])):
        assert list(persons(ReferralAnswer(**held | {"letter": kept}))) == about


def test_everybody_in_an_answer_is_seen_with_which_record_and_who_is_gone_is_not() -> None:
    page = Page((Told(LETTER, ANN, [File(BOB), File(ANN, gone=True)]),))
    assert list(persons(page)) == [Seen(ANN, LETTER), Seen(BOB)]


def test_what_is_read_under_a_persons_address_or_says_what_it_does_is_recorded_whatever_it_answers() -> None:
    assert recorded("GET", "/v1/participants/{id}/anything", None, {})
    assert recorded("POST", "/v1/things", Place, {ACTION: AccessAction.EXPORT})
    assert not recorded("POST", "/v1/participants/{id}/erase", Place, {})
    assert not recorded("GET", "/v1/places", Place, {})


def test_a_page_is_a_list_and_all_else_is_read_unless_the_route_says_otherwise() -> None:
    assert action(Page, {}) == action(AccessPage, {}) == "list"
    assert action(File, {}) == "read"
    assert action(Page, {ACTION: AccessAction.SEARCH}) == "search"


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (None, "http"),
        ("curl/8.5.0", "http curl/8.5.0"),
        ("Mozilla/5.0 (X11; Linux) Mrs Bakker", "http Mozilla/5.0"),
        ("Ünïcode", "http"),
        ("x" * 99, f"http {'x' * 32}"),
    ],
)
def test_of_a_program_only_a_plain_name_and_version_are_kept(agent: str | None, said: str) -> None:
    assert client("http", agent) == said


def test_a_coordinator_sees_on_the_ground_of_care() -> None:
    assert ground(in_team("noord"), COORDINATORS) is AccessGround.CARE
    assert ground(visitor("humanitas", datetime(2026, 1, 5, tzinfo=UTC)), ()) is AccessGround.CARE


def test_a_list_with_an_opened_file_is_two_entries_as_their_grounds_differ() -> None:
    one, other = entries(DONE, [Seen(ANN), Seen(BOB)], {BOB})
    assert (one.ground, one.persons, other.ground, other.persons) == ("care", (Seen(ANN),), "break-glass", (Seen(BOB),))
    [alone] = entries(DONE, [Seen(BOB)], {BOB})
    assert alone.ground == "break-glass"
    [nobody] = entries(DONE, [], {BOB})
    assert (nobody.ground, nobody.persons) == ("care", ())
