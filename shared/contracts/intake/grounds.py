"""On what ground something of a person is kept or told, as the API of intake takes and gives it."""

from enum import StrEnum

from msgspec import Struct


class SpecialException(StrEnum):
    """Why special categories may be used without explicit consent (GDPR article 9, paragraph 2, under b, g and h)."""

    SOCIAL_PROTECTION = "social-protection"
    PUBLIC_INTEREST = "public-interest"
    CARE = "care"


class Law(StrEnum):
    """Under which municipalities help people. No text: that could tell of a person, and would stay when that person is forgotten."""

    WMO_2015 = "wmo-2015"
    """Wet maatschappelijke ondersteuning 2015."""
    JEUGDWET = "jeugdwet"
    PARTICIPATIEWET = "participatiewet"
    WGS = "wgs"
    """Wet gemeentelijke schuldhulpverlening."""
    WPG = "wpg"
    """Wet publieke gezondheid."""


class LegalTask(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A government body's ground: a task that a law gives. Everybody else works on consent."""

    law: Law
    exception: SpecialException | None = None
    """Without one nothing of a special category is kept, nor told to others."""
