"""Rules of consent."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import msgspec

from services.intake.domain import consent
from services.intake.domain.consent import Give, Given, ReliedOn, ReliedOnTooLate, RelyOn, Withdraw, Withdrawn, evolve
from tests.services.intake.examples import LATER, NOON, REFERRAL, TERMS
from tests.support.given import given

EVERYBODY = frozenset({"humanitas", "welzin"})
OTHER = UUID(int=9)


def test_consent_is_for_one_recipient_that_exists() -> None:
    given(consent).when(Give(TERMS, EVERYBODY)).then(Given(TERMS))
    given(consent).when(Give(TERMS, frozenset({"humanitas"}))).refused("organisation-unknown", organisation="welzin")


def test_consent_has_a_period() -> None:
    backwards = msgspec.structs.replace(TERMS, until=NOON)
    given(consent).when(Give(backwards, EVERYBODY)).refused("consent-period")
    longest = msgspec.structs.replace(TERMS, until=NOON + consent.LONGEST)
    given(consent).when(Give(longest, EVERYBODY)).then(Given(longest))


def test_consent_does_not_last_for_ever() -> None:
    last_moment = datetime(9999, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=-5)))
    for until in (NOON + consent.LONGEST + timedelta(seconds=1), last_moment):
        for_ever = msgspec.structs.replace(TERMS, until=until)
        given(consent).when(Give(for_ever, EVERYBODY)).refused("consent-period")


def test_consent_is_not_asked_for_tomorrow() -> None:
    assert TERMS.evidence is not None
    tomorrow = msgspec.structs.replace(TERMS.evidence, asked_on=NOON.date() + timedelta(days=1))
    asked = msgspec.structs.replace(TERMS, evidence=tomorrow)
    given(consent).when(Give(asked, EVERYBODY)).refused("consent-in-future")


def test_given_twice_is_once() -> None:
    again = msgspec.structs.replace(TERMS, since=NOON + timedelta(minutes=1))
    given(consent, Given(TERMS)).when(Give(again, EVERYBODY)).then()


def test_an_id_belongs_to_one_consent() -> None:
    other = msgspec.structs.replace(TERMS, recipient="carrefour")
    given(consent, Given(TERMS)).when(Give(other, EVERYBODY)).refused("consent-exists")


def test_a_referral_relies_on_it_once() -> None:
    given(consent, Given(TERMS)).when(RelyOn(REFERRAL)).then(ReliedOn(REFERRAL))
    given(consent, Given(TERMS), ReliedOn(REFERRAL)).when(RelyOn(REFERRAL)).then()


def test_withdrawing_names_every_referral_that_relies_on_it() -> None:
    relied = (Given(TERMS), ReliedOn(REFERRAL), ReliedOn(OTHER))
    given(consent, *relied).when(Withdraw(LATER)).then(Withdrawn(LATER, (REFERRAL, OTHER)))
    given(consent, *relied, Withdrawn(LATER, ())).when(Withdraw(LATER)).then()


def test_a_referral_that_was_being_sent_meanwhile_is_named_too() -> None:
    events = (Given(TERMS), Withdrawn(LATER, ()))
    given(consent, *events).when(RelyOn(REFERRAL)).then(ReliedOnTooLate(REFERRAL, LATER))
    state = given(consent, *events).state
    assert evolve(state, ReliedOnTooLate(REFERRAL, LATER)) == state


def test_what_was_not_given_cannot_be_taken_back() -> None:
    given(consent).when(Withdraw(NOON)).refused("consent-unknown")
