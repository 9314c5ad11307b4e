"""What msgspec says of a value that does not fit, as a code with parameters, so that it can be said in Dutch too."""

import re
from collections.abc import Mapping
from typing import Any

Misfit = tuple[str, str, Mapping[str, Any]]
"""Where: a field's name within the place that the message is about, or nothing. A code. What fills its sentence."""
_SAID: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(said), code)
    for said, code in (
        (r"Object missing required field `(?P<field>.+)`", "field-missing"),
        (r"Object contains unknown field `(?P<field>.+)`", "field-strange"),
        (r"Expected `datetime` with a timezone component", "time-zone-missing"),
        (r"Expected `.+` of length <= (?P<limit>\d+)", "length-most"),
        (r"Expected `.+` of length >= (?P<limit>\d+)", "length-least"),
        (r"Expected `.+` <= (?P<limit>\S+)", "number-most"),
        (r"Expected `.+` >= (?P<limit>\S+)", "number-least"),
        (r"Expected `.+` matching regex '(?P<form>.+)'", "form-other"),
        (r"Expected `(?P<expected>.+)`, got `.+`", "type-other"),
        (r"Invalid RFC3339 encoded (?P<expected>datetime|date|time)", "type-other"),
        (r"Invalid (?P<expected>UUID)", "type-other"),
    )
)


def misfit(said: str) -> Misfit:
    """Read a message; one that is not known is shown as it is (`not-valid`)."""
    for pattern, code in _SAID:
        if found := pattern.fullmatch(said):
            given = found.groupdict()
            field = given.pop("field", "")
            if "expected" in given:
                given["expected"] = given["expected"].lower().replace(" | ", ", ")
            return field, code, given
    return "", "not-valid", {"problem": said.rstrip(".")}
