"""What a file says of a participant. Only a name to use and a way of contact are needed."""

from typing import Annotated

from msgspec import Struct

from shared.personal import Category, Special


class Representative(Struct, frozen=True):
    """Who decides for the person, or with them. `capacity`: parent, guardian (voogd), curator or mentor."""

    name: str
    contact_way: str
    contact: str
    capacity: Annotated[str, Special(Category.HEALTH)]


class Profile(Struct, frozen=True, kw_only=True):
    """What the person told. Strengths, not diagnoses."""

    name_to_use: str
    contact_way: str
    contact: str
    contact_not: str
    language: Annotated[str, Special(Category.ORIGIN)] = ""
    area: str = ""
    age_band: str | None = None
    birth_year: int | None = None
    living_situation: str = ""
    life_event: Annotated[str | None, Special(Category.HEALTH)] = None
    hopes: str = ""
    strengths: str = ""
    under_guardianship: Annotated[bool, Special(Category.HEALTH)] = False
    """Under curatorship or mentorship."""
    representative: Representative | None = None
