"""Rules of a participant's link and its one-time codes."""

from datetime import UTC, datetime, timedelta

from services.intake.domain import participant_link as link
from services.intake.domain.participant_link import (
    CODES,
    MOST,
    TRIES,
    VALID,
    AskCode,
    CodeMade,
    Enter,
    Entered,
    Made,
    Make,
    Missed,
    NoteNotSent,
    NotSent,
    TriedTooOften,
    Withdraw,
    Withdrawn,
)
from tests.services.intake.examples import PERSON, REFERRAL
from tests.support.given import given

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
MADE, CODE = Made(PERSON), CodeMade(NOON)
SOON = NOON + MINUTE


def right(made: datetime | None = NOON, at: datetime = SOON) -> Enter:
    return Enter(made, fits=True, at=at)


def wrong(at: datetime = SOON) -> Enter:
    return Enter(NOON, fits=False, at=at)


def test_a_participant_gets_a_link_and_it_stays_theirs() -> None:
    given(link).when(Make(PERSON)).then(MADE)
    given(link, MADE).when(Make(PERSON)).then()
    given(link, MADE).when(Make(REFERRAL)).refused("link-exists")
    given(link, MADE, Withdrawn()).when(Make(PERSON)).refused("link-exists")


def test_a_link_alone_opens_nothing() -> None:
    given(link, MADE).when(right(None)).refused("link-closed")
    given(link).when(right(None)).refused("link-closed")


def test_a_code_lets_in_once() -> None:
    given(link, MADE, CODE).when(right()).then(Entered(SOON))
    given(link, MADE, CODE, Entered(SOON)).when(right()).refused("link-closed")


def test_a_code_is_valid_for_ten_minutes() -> None:
    given(link, MADE, CODE).when(right(at=NOON + VALID - SECOND)).then(Entered(NOON + VALID - SECOND))
    given(link, MADE, CODE).when(right(at=NOON + VALID)).refused("link-closed")


def test_a_new_code_makes_the_one_before_none() -> None:
    later = CodeMade(SOON)
    given(link, MADE, CODE, later).when(right()).refused("link-closed")
    given(link, MADE, CODE, later).when(right(SOON)).then(Entered(SOON))


def test_five_wrong_tries_make_a_code_none_and_a_new_one_has_five_of_its_own() -> None:
    four = [Missed(SOON)] * (TRIES - 1)
    given(link, MADE, CODE, *four).when(wrong()).then(Missed(SOON))
    given(link, MADE, CODE, *four).when(right()).then(Entered(SOON))
    for last in (right(), wrong()):
        given(link, MADE, CODE, *four, Missed(SOON)).when(last).refused("link-closed")
    given(link, MADE, CODE, *four, Missed(SOON), CodeMade(SOON), *four).when(right(SOON)).then(Entered(SOON))


def test_thirty_wrong_tries_close_a_link_whatever_codes_they_were_for() -> None:
    tried = [event for _ in range(MOST // TRIES) for event in (CODE, *[Missed(SOON)] * TRIES)][:-1]
    given(link, MADE, *tried).when(wrong()).then(Missed(SOON), TriedTooOften())
    given(link, MADE, *tried).when(right()).then(Entered(SOON))
    closed = given(link, MADE, *tried, Missed(SOON), TriedTooOften())
    for command in (right(), wrong()):
        closed.when(command).refused("link-closed")
    closed.when(AskCode(SOON)).refused("link-tried-too-often", most=MOST)
    closed.when(Withdraw()).then()
    closed.when(NoteNotSent(NOON, "mail-away")).then()
    closed.when(Make(PERSON)).refused("link-exists")


def test_who_comes_in_has_thirty_tries_again() -> None:
    tried = [event for _ in range(MOST // TRIES) for event in (CODE, *[Missed(SOON)] * TRIES)][:-1]
    given(link, MADE, *tried, Entered(SOON), CODE).when(wrong()).then(Missed(SOON))


def test_three_codes_an_hour_are_the_most() -> None:
    made = [CodeMade(NOON + number * MINUTE) for number in range(CODES)]
    given(link, MADE, *made[:-1]).when(AskCode(made[-1].at)).then(made[-1])
    given(link, MADE, *made).when(AskCode(NOON + 59 * MINUTE)).refused("codes-too-many", most=3)
    given(link, MADE, *made).when(AskCode(NOON + 60 * MINUTE)).then(CodeMade(NOON + 60 * MINUTE))
    given(link, MADE, *made, Entered(SOON)).when(AskCode(NOON + 59 * MINUTE)).refused("codes-too-many")


def test_a_withdrawn_link_makes_no_codes_and_takes_none() -> None:
    given(link, MADE, CODE).when(Withdraw()).then(Withdrawn())
    given(link, MADE, CODE, Withdrawn()).when(right()).refused("link-closed")
    given(link, MADE, CODE, Withdrawn()).when(AskCode(SOON)).refused("link-unknown")
    given(link, MADE, CODE, Withdrawn()).when(Withdraw()).then()


def test_a_code_that_could_not_be_sent_is_noted() -> None:
    given(link, MADE, CODE).when(NoteNotSent(NOON, "mail-away")).then(NotSent(NOON, "mail-away"))
    given(link, MADE, CODE, NotSent(NOON, "mail-away")).when(right()).then(Entered(SOON))
    given(link, MADE, CODE, Withdrawn()).when(NoteNotSent(NOON, "mail-away")).then()


def test_nothing_can_be_done_with_a_link_that_is_not_there() -> None:
    for command in (AskCode(NOON), NoteNotSent(NOON, "mail-away"), Withdraw()):
        given(link).when(command).refused("link-unknown")
