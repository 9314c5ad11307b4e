"""Where the comparison with each partner stands, and when the next digest falls due."""

from datetime import timedelta

import pytest

from services.intake import letters
from services.intake.domain import incoming_events as incoming
from services.intake.domain.digest import Heard, Told, kept_with
from services.intake.domain.outgoing_events import HandedOver, Reported
from services.intake.domain.referral_progress import Accepted, Declined, Started
from services.intake.views import digests
from shared.eventlog.due import due
from tests.services.intake.examples import FULL, OTHER, RECEIVED, REFERRAL, THIRD
from tests.services.intake.test_digest import ANSWERED, FOUND
from tests.support.projected import NOON as THEN
from tests.support.projected import seen


def test_agreement_is_remembered_until_something_differs() -> None:
    record = kept_with("humanitas")
    whole = Heard("humanitas", None, None, answer=False)
    with seen(digests) as view:
        view.ask(lambda connection, _: due.create(connection))

        def stands() -> tuple[bool, bool, int]:
            [one] = view.ask(lambda connection, _: letters.agreements(connection))
            return one.heard is not None, one.agreed is not None, one.differing

        view.given(letters.kept_as("humanitas", REFERRAL), RECEIVED)
        assert stands() == (False, False, 0)
        view.given(record, Heard("humanitas", None, OTHER, answer=False))
        assert stands() == (False, False, 0)
        view.given(record, Heard("humanitas", OTHER, None, answer=False), ANSWERED)
        assert stands() == (True, True, 0)
        view.given(REFERRAL, incoming.StepsLost((), (), tell=True), by="partner:humanitas")
        view.given(OTHER, FOUND, by="partner:humanitas")
        assert stands() == (True, False, 2)
        view.given(record, Told(answer=False, hours=24))
        assert stands() == (True, False, 0)
        view.given(record, whole)
        assert stands() == (True, True, 0)


def test_the_next_digest_is_set_once_something_is_shared_and_again_when_one_goes() -> None:
    record = kept_with("humanitas")
    with seen(digests) as view:
        view.ask(lambda connection, _: due.create(connection))
        first = view.given(OTHER, RECEIVED).given(THIRD, RECEIVED).given(REFERRAL, HandedOver())
        rows = lambda connection, _: connection.execute(due.select()).all()  # noqa: E731
        [(name, stream, at)] = first.ask(rows)
        assert (name, stream, at - THEN) == (digests.BEGIN, record, timedelta(hours=24))
        [(_, _, at)] = first.given(record, Told(answer=True, hours=26)).ask(rows)
        assert at - THEN == timedelta(hours=26)


@pytest.mark.parametrize("news", [Accepted("Ann"), Declined(*FULL)])
def test_a_sender_begins_when_its_partner_has_answered(news: Accepted | Declined) -> None:
    with seen(digests) as view:
        view.ask(lambda connection, _: due.create(connection))
        view.given(REFERRAL, Reported("welzin", Started()))
        assert view.ask(lambda connection, _: letters.agreements(connection)) == []
        view.given(REFERRAL, Reported("welzin", news))
        [one] = view.ask(lambda connection, _: letters.agreements(connection))
        assert (one.partner, one.agreed) == ("welzin", None)


def test_what_was_closed_before_both_agreed_is_not_compared_for_ever() -> None:
    with seen(digests) as view:
        view.ask(lambda connection, _: due.create(connection))
        since = lambda connection, _: digests.closed_since(connection, "humanitas")  # noqa: E731
        assert view.ask(since).year == 1970
        view.given(kept_with("humanitas"), Heard("humanitas", None, None, answer=True))
        assert THEN - view.ask(since) == digests.AGAIN
