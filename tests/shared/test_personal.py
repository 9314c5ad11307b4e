"""What is about a person is marked in its type, and what is of a special category too: every field was thought about."""

from collections.abc import Iterator
from importlib import import_module
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from services.intake.domain.referral_progress import Letter
from shared.contracts.letters import ReferralRequested
from shared.eventlog.registry import registry_of
from shared.personal import CARE, Category, Special, Subject, special
from shared.register import SERVICES

SPECIAL = {
    ("About", "language"): Category.ORIGIN,
    ("Profile", "under_guardianship"): Category.HEALTH,
    ("Representative", "capacity"): Category.HEALTH,
    ("Letter", "accessibility"): Category.HEALTH,
    ("Letter", "language"): Category.ORIGIN,
    ("Profile", "language"): Category.ORIGIN,
    ("Profile", "life_event"): Category.HEALTH,
}
"""Special categories, and what tells one: what somebody needs to take part, an illness, a language that says where
somebody is from, guardianship."""
ORDINARY = {
    "About": {"name_to_use", "contact_way", "contact", "contact_not", "area"},
    "Representative": {"name", "contact_way", "contact"},
    "Evidence": {"form", "text_version", "asked_on", "asked_by", "agreed_by"},
    "FileConsent": {"form", "text_version", "asked_on", "asked_by", "agreed_by", "explicit"},
    "Findings": {"asked_for", "question_behind_it", "suitable_now", "suitable_why", "purpose", "next_steps"},
    "Interests": {"likes", "company", "times", "distance_km"},
    "Letter": {"name_to_use", "contact_way", "contact", "contact_not", "need", "hopes", "area", "wait_told", "note"},
    "Outcome": {"what_happened", "helped", "own_words", "next_need"},
    "Profile": {
        "name_to_use",
        "contact_way",
        "contact",
        "contact_not",
        "area",
        "age_band",
        "birth_year",
        "living_situation",
        "hopes",
        "strengths",
        "representative",
    },
}
"""The rest. Of free text the form says: no diagnoses, no third persons."""


def personal() -> Iterator[tuple[str, str, Category | None]]:
    """Every field of every struct that an event of any service keeps of a person."""
    for service in SERVICES:
        decoders = registry_of(import_module(f"services.{service}.main").SERVICE.deciders).decoders
        for decoder in decoders.values():
            yield from _within(decoder.type, inside=False)


def _within(hint: Any, *, inside: bool) -> Iterator[tuple[str, str, Category | None]]:
    """Walk to what is marked with a `Subject`, and there through every field."""
    if get_origin(hint) is Annotated:
        here = inside or any(isinstance(one, Subject) and one.purpose == CARE for one in hint.__metadata__)
        yield from _within(get_args(hint)[0], inside=here)
    elif get_origin(hint) in (Union, UnionType):
        for one in get_args(hint):
            yield from _within(one, inside=inside)
    elif isinstance(hint, type) and issubclass(hint, Struct):
        for name, field in get_type_hints(hint, include_extras=True).items():
            if inside and name in hint.__struct_fields__:
                yield hint.__name__, name, special(hint).get(name)
            if name in hint.__struct_fields__:
                yield from _within(field, inside=inside)


def test_every_field_about_a_person_is_special_or_known_not_to_be() -> None:
    found = {(struct, name): category for struct, name, category in personal()}
    marked = {place: category for place, category in found.items() if category}
    ordinary = {(struct, name) for struct, names in ORDINARY.items() for name in names}
    assert marked == SPECIAL
    assert {place for place in found if place not in SPECIAL} == ordinary


def test_what_is_special_in_the_file_is_special_on_the_wire() -> None:
    assert special(ReferralRequested) == special(Letter)


def test_a_mark_says_its_category() -> None:
    class Told(Struct):
        plain: str
        told: Annotated[str | None, Special(Category.HEALTH)] = None

    assert special(Told) == {"told": Category.HEALTH}
