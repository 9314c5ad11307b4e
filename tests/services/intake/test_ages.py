"""Ages: who needs a representative, who is a minor, and for whom a programme is."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, select

from services.intake.domain import ages, consent, participant
from services.intake.domain.consent import Give
from services.intake.domain.participant import (
    CameOfAge,
    ComeOfAge,
    Corrected,
    Ended,
    Erased,
    MinorTold,
    Registered,
    TellMinor,
)
from services.intake.domain.profile import Profile, Representative
from services.intake.domain.working_days import AMSTERDAM
from services.intake.main import come_of_age, tell_minor
from services.intake.views import coming_of_age
from shared.eventlog.due import clear_due, due, set_due
from shared.eventlog.types import Change, Due, Step
from shared.rules import Refused
from tests.services.intake.examples import FILE_CONSENT, NOON, OTHER, PERSON, PROFILE, TERMS
from tests.services.intake.served_intake import CONSENT, PARTICIPANT, done, humanitas
from tests.services.intake.sweeping import opened
from tests.support.given import given
from tests.support.projected import recorded
from tests.support.served import Served

MOTHER = Representative("Fatma", "phone", "06 11 11 11 11", "parent")
BY = {"name": "Fatma", "way": "phone", "contact": "06 11 11 11 11", "capacity": "parent"}
EVERYBODY = frozenset({"humanitas", "welzin"})
THEIRS = {"agreedBy": "representative", "explicit": True}
TOLD = clear_due(coming_of_age.TELLS, PERSON)


def person(year: int | None, **changes: Any) -> Profile:
    return msgspec.structs.replace(PROFILE, birth_year=year, age_band=None, **changes)


def deadlines(event: participant.Event) -> list[Change]:
    """What an event sets and clears."""
    return list(coming_of_age.project(recorded(event, PERSON)))


def missing(profile: Profile) -> bool:
    with suppress(Refused):
        ages.check_represented(profile, 2026)
        return False
    return True


def test_who_is_surely_under_16_needs_a_representative_and_who_may_be_16_does_not() -> None:
    assert [missing(person(year)) for year in (2009, 2010, 2011, None)] == [False, False, True, False]
    assert not missing(person(2011, representative=MOTHER))


def test_under_guardianship_a_representative_is_needed_at_any_age() -> None:
    assert missing(person(1950, under_guardianship=True))
    assert not missing(person(1950, under_guardianship=True, representative=MOTHER))


def test_whose_yes_counts() -> None:
    both, own, theirs = {"participant", "representative"}, {"participant"}, {"representative"}
    assert ages.may_agree(person(1950), 2026) == own
    assert ages.may_agree(person(2009, representative=MOTHER), 2026) == both
    assert ages.may_agree(person(2012, representative=MOTHER), 2026) == theirs
    assert ages.may_agree(person(2012), 2026) == set()


def test_a_minor_is_protected_until_surely_18() -> None:
    assert [ages.minor(person(year), 2026) for year in (2007, 2008, None)] == [False, True, False]
    assert ages.minor(msgspec.structs.replace(person(None), age_band="under-18"), 2026)
    assert ages.adult_from(2008) == 2027


@pytest.mark.parametrize(
    ("year", "fits"),
    [(2009, False), (2008, True), (1990, True), (1977, True), (1976, True), (1975, True), (1974, False)],
)
def test_who_can_be_of_a_programmes_ages_this_year_fits(year: int, fits: bool) -> None:
    assert ages.fits(year, None, (18, 50), 2026) == fits


def test_whose_age_is_not_known_fits_but_not_a_minor_among_adults() -> None:
    assert ages.fits(None, None, (18, None), 2026)
    assert ages.fits(None, "75-plus", (18, None), 2026)
    assert not ages.fits(None, "under-18", (18, None), 2026)
    assert ages.fits(None, "under-18", (12, 20), 2026)
    assert [ages.words(one) for one in ((18, None), (12, 20))] == ["18+", "12-20"]


def test_consent_is_given_by_whose_yes_counts() -> None:
    assert TERMS.evidence is not None
    evidence = msgspec.structs.replace(TERMS.evidence, agreed_by="representative")
    theirs = msgspec.structs.replace(TERMS, evidence=evidence)
    only = frozenset({"representative"})
    given(consent).when(Give(TERMS, EVERYBODY, only)).refused("consent-by-representative")
    given(consent).when(Give(theirs, EVERYBODY, only)).then(consent.Given(theirs))
    given(consent).when(Give(theirs, EVERYBODY, frozenset({"participant"}))).refused("representative-unknown")


def test_somebody_comes_of_age_once_the_year_is_there() -> None:
    at = datetime(2029, 1, 1, tzinfo=AMSTERDAM)
    comes, never = set_due(coming_of_age.COMES, PERSON, at), clear_due(coming_of_age.COMES, PERSON)
    assert deadlines(Registered(person(2010), None))[:1] == [comes]
    assert deadlines(Corrected(person(2010), ())) == [TOLD, comes]
    assert deadlines(Registered(person(1950), None)) == deadlines(CameOfAge()) == [never]
    for event in (Corrected(None, ()), Corrected(person(None), ()), Erased()):
        assert deadlines(event) == [TOLD, never]
    fallen = Due(coming_of_age.COMES, PERSON, at.astimezone(UTC))
    assert come_of_age(fallen, NOON) == [Step(participant, PERSON, ComeOfAge())]
    given(participant, Registered(person(2010), None)).when(ComeOfAge()).then(CameOfAge())
    given(participant, Registered(person(2010), None), Erased()).when(ComeOfAge()).then()


async def test_views_are_made_again_while_a_minor_is_still_to_be_told_of(tmp_path: Path) -> None:
    log, child = await opened(tmp_path, NOON), person(2010, representative=MOTHER)
    register = participant.Register(child, None, FILE_CONSENT)
    await log.run(participant, PERSON, register, by="ann")
    before = await log.query(_due)
    assert len(before) == 3, "to tell of, to come of age, and the month's numbers"
    assert await log.rebuild() == 1
    assert await log.query(_due) == before
    await log.close()


def _due(connection: Connection) -> list[Any]:
    return [tuple(row) for row in connection.execute(select(due).order_by(due.c.name))]


def test_somebody_comes_of_age_once_unless_the_year_was_corrected_since() -> None:
    of_age = given(participant, Registered(person(2008), None), CameOfAge())
    of_age.when(ComeOfAge()).then()
    of_age.when(TellMinor()).then()
    given(participant, Registered(person(2008), None), CameOfAge(), Corrected(person(2010), ())).when(ComeOfAge()).then(
        CameOfAge()
    )


def test_others_are_told_of_a_minor_once_whenever_they_were_registered() -> None:
    tells = set_due(coming_of_age.TELLS, PERSON, recorded(Erased(), PERSON).at)
    child, band = person(2010), msgspec.structs.replace(PROFILE, birth_year=None, age_band="under-18")
    assert [deadlines(Registered(one, None))[-1] for one in (child, band)] == [tells, tells]
    assert deadlines(MinorTold()) == [TOLD]
    assert tell_minor(Due(coming_of_age.TELLS, PERSON, NOON), NOON) == [Step(participant, PERSON, TellMinor())]
    registered = given(participant, Registered(child, None))
    registered.when(TellMinor()).then(MinorTold())
    for event in (MinorTold(), Corrected(child, ()), Ended(None), Erased()):
        given(participant, Registered(child, None), event).when(TellMinor()).then()


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def test_a_child_is_registered_and_agrees_by_the_representative(node: Served) -> None:
    child = PARTICIPANT | {"birthYear": 2012}
    refused = await node.ask("POST", "/v1/participants", child)
    assert (refused.status_code, refused.json()["code"]) == (409, "representative-missing")
    child |= {"representative": BY}
    assert (await node.ask("POST", "/v1/participants", child)).json()["code"] == "consent-by-representative"
    told = await done(node, "/v1/participants", child | {"fileConsent": THEIRS}, 201)
    assert told["representative"] == BY
    path = f"/v1/participants/{PERSON}/consents"
    assert (await node.ask("POST", path, CONSENT)).json()["code"] == "consent-by-representative"
    evidence = CONSENT["evidence"] | {"agreedBy": "representative"}  # type: ignore[operator]  # it is a mapping
    given_ = await done(node, path, CONSENT | {"evidence": evidence}, 201)
    assert given_["evidence"]["agreedBy"] == "representative"


async def test_a_correction_may_not_leave_somebody_without_the_representative_they_need(node: Served) -> None:
    await done(node, "/v1/participants", PARTICIPANT | {"birthYear": 1950}, 201)
    told = {name: value for name, value in PARTICIPANT.items() if name != "id"} | {"underGuardianship": True}
    refused = await node.ask("POST", f"/v1/participants/{PERSON}/correct", told)
    assert (refused.status_code, refused.json()["code"]) == (409, "representative-missing")
    curator = BY | {"capacity": "curator"}
    corrected = await done(
        node, f"/v1/participants/{PERSON}/correct", told | {"representative": curator, "fileConsent": THEIRS}
    )
    assert (corrected["underGuardianship"], corrected["representative"]["capacity"]) == (True, "curator")
    unknown = await node.ask(
        "POST", "/v1/participants", PARTICIPANT | {"id": str(OTHER), "representative": {"name": "x"}}
    )
    assert unknown.status_code == 422
