"""What does not fit is said in the caller's language."""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Meta

from shared.misfits import misfit
from shared.sentences import COMMON, Sentences


class Visit(msgspec.Struct, forbid_unknown_fields=True):
    """Something with one field."""

    guests: int


@pytest.mark.parametrize(
    ("value", "kind", "code", "said"),
    [
        ("x", int | None, "type-other", "Geef hier een heel getal, niets (null)."),
        (5, str, "type-other", "Geef hier tekst."),
        ("x", float, "type-other", "Geef hier een getal."),
        ("x", bool, "type-other", "Geef hier true of false."),
        ("x", list[int], "type-other", "Geef hier een lijst."),
        ("x", Visit, "type-other", "Geef hier een object met velden."),
        ("x", date, "type-other", "Geef hier een datum zoals 2026-01-31."),
        ("x", datetime, "type-other", "Geef hier een moment zoals 2026-01-31T12:00:00Z."),
        ("x", UUID, "type-other", "Geef hier een UUID zoals 0190b6f2-7c1e-7000-8000-000000000001."),
        ({}, Visit, "field-missing", None),
        ({"guests": 1, "dogs": 2}, Visit, "field-strange", "Dit veld is er hier niet. Laat het weg."),
        (
            "abc",
            Annotated[str, Meta(max_length=2)],
            "length-most",
            "Dit is te lang: er past hooguit 2. Maak het korter.",
        ),
        (
            [],
            Annotated[list[int], Meta(min_length=1)],
            "length-least",
            "Dit is te kort: er is minstens 1 nodig. Vul meer in.",
        ),
        (9, Annotated[int, Meta(le=5)], "number-most", "Dit is te hoog. Geef 5 of minder."),
        (0, Annotated[int, Meta(ge=1)], "number-least", "Dit is te laag. Geef 1 of meer."),
        ("b", Annotated[str, Meta(pattern="^a$")], "form-other", None),
        ("2026-01-31T12:00:00", Annotated[datetime, Meta(tz=True)], "time-zone-missing", None),
        (3, Annotated[int, Meta(multiple_of=2)], "not-valid", None),
    ],
)
def test_a_common_misfit_has_a_dutch_sentence_and_another_is_shown_as_it_is(
    value: Any, kind: Any, code: str, said: str | None
) -> None:
    with pytest.raises(msgspec.ValidationError) as fault:
        msgspec.convert(value, kind)
    _, found, given = misfit(str(fault.value))
    sentence = Sentences(COMMON).say(found, "nl", given)
    assert found == code != sentence
    assert said in (None, sentence)
    assert ("Expected" in sentence) == (code == "not-valid")


def test_a_misfit_names_the_field_that_it_is_about() -> None:
    with pytest.raises(msgspec.ValidationError) as fault:
        msgspec.convert({}, Visit)
    assert misfit(str(fault.value))[0] == "guests"
