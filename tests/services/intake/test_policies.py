"""Policies: an event in, own commands out."""

from uuid import UUID

from services.intake.domain import consent, erasure, outgoing_referral
from services.intake.domain.consent import ReliedOnTooLate, Withdrawn
from services.intake.domain.outgoing_events import ConsentWithdrawn
from services.intake.domain.outgoing_referral import WithdrawConsent
from services.intake.policies import (
    when_consent_withdrawn_then_cancel_is_asked,
    when_consent_withdrawn_then_partner_is_asked_to_forget,
    when_referral_requested_then_consent_is_relied_on,
)
from shared.eventlog.types import Step
from tests.services.intake.examples import AGREED, NOON, REFERRAL, REQUESTED
from tests.support.projected import recorded


def test_when_a_referral_is_requested_its_consent_knows() -> None:
    steps = when_referral_requested_then_consent_is_relied_on.then(recorded(REQUESTED, REFERRAL))
    assert steps == [Step(consent, AGREED, consent.RelyOn(REFERRAL))]


def test_when_consent_is_withdrawn_every_referral_on_it_is_taken_back() -> None:
    other = UUID(int=9)
    steps = when_consent_withdrawn_then_cancel_is_asked.then(recorded(Withdrawn(NOON, (REFERRAL, other)), AGREED))
    assert steps == [Step(outgoing_referral, one, WithdrawConsent(NOON)) for one in (REFERRAL, other)]


def test_when_it_was_relied_on_too_late_that_referral_is_taken_back() -> None:
    steps = when_consent_withdrawn_then_cancel_is_asked.then(recorded(ReliedOnTooLate(REFERRAL, NOON), AGREED))
    assert steps == [Step(outgoing_referral, REFERRAL, WithdrawConsent(NOON))]


def test_when_consent_is_withdrawn_the_partner_is_asked_to_forget() -> None:
    then = when_consent_withdrawn_then_partner_is_asked_to_forget.then
    asked = Step(erasure, erasure.asked_about(REFERRAL), erasure.Ask(REFERRAL, "welzin", NOON))
    assert then(recorded(ConsentWithdrawn(NOON, "welzin"), REFERRAL)) == [asked]
    assert then(recorded(ConsentWithdrawn(NOON), REFERRAL)) == [], "recorded before it was asked, by whom is not known"
