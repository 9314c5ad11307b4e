"""The words every rule speaks: a refusal is a code with parameters, never a sentence.

Sentences stand in `services/<name>/words/{en,nl}.toml` (code = "text with {parameters}") and are chosen at the edge.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class Refused(Exception):  # noqa: N818  (it is an answer, not a fault)
    """A rule says no. `code` is kebab-case; `parameters` fill the sentence and are shown to the caller: never personal data."""

    status: ClassVar[int] = 409
    """The HTTP status this answer has (RFC 9110)."""

    def __init__(self, code: str, **parameters: Any) -> None:
        super().__init__(code)
        self.code = code
        self.parameters: Mapping[str, Any] = parameters

    def __str__(self) -> str:
        return f"{self.code} {dict(self.parameters)}" if self.parameters else self.code


class NotFound(Refused):
    """What was asked for is not there, or not there for this caller."""

    status = 404


class Forbidden(Refused):
    """The caller is known and may not do this."""

    status = 403


class Unauthenticated(Refused):
    """The caller is not known: no token, or one that does not hold."""

    status = 401


class Invalid(Refused):
    """The input is wrong. `faults` lists every one: (field in camelCase, code, parameters)."""

    status = 422

    def __init__(self, faults: list[tuple[str, str, Mapping[str, Any]]]) -> None:
        super().__init__("invalid", fields=", ".join(field for field, _, _ in faults))
        self.faults = faults


class Unavailable(Refused):
    """A part that is needed is away; nothing was changed; trying again is right."""

    status = 503
