"""What is about a person. A field of type `Personal[str]` is stored encrypted under its subject's key; None once that is destroyed.

The mark is all there is: types say what is protected and whose it is; nothing else may decide what is personal.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, TypeAlias, TypeVar, get_type_hints

T = TypeVar("T")
CARE = "care"
"""Purpose of what is kept to help somebody."""
ASIDE = "aside"
"""Purpose of a letter that was put aside; its subject is what the letter is about."""
EXPIRED, ASKED = "expired", "asked"
"""Purposes without a key: by them the ledger of destroyed keys still says, after a restore, why somebody was forgotten."""


class Subject:
    """Whose data a field is, and what it is kept for; each subject and purpose has a key of its own.

    An event class that says `FORGETS = (Subject(…),)` destroys those keys when it is recorded: what they protected is gone everywhere.
    """

    def __init__(self, field: str | None = None, purpose: str = CARE) -> None:
        """`field`: the field of the same struct that holds the person's id; None: the stream's own id."""
        self.field = field
        self.purpose = purpose


Personal: TypeAlias = Annotated[T | None, Subject()]
"""About whom the stream is. None: erased."""


class Category(StrEnum):
    """Kinds of data that may only be used with explicit consent or a named exception (GDPR article 9)."""

    HEALTH = "health"
    ORIGIN = "origin"


class Special:
    """Marks a field whose value is of a special category, or tells one: `Annotated[str, Special(Category.HEALTH)]`."""

    def __init__(self, category: Category) -> None:
        self.category = category


def special(struct: type) -> Mapping[str, Category]:
    """The fields of a struct type that are marked so, by name."""
    hints = get_type_hints(struct, include_extras=True)
    marks = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {name: mark.category for name, found in marks.items() for mark in found if isinstance(mark, Special)}
