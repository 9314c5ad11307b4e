"""On what ground something of a person is kept or told: they agreed, or the law gives a task (GDPR article 6).

A government body works on its legal task: who depends on it cannot freely agree, so consent does not repair a missing task. A voluntary
organisation has no such task, and works on consent.
"""

from enum import StrEnum

from msgspec import Struct

from services.intake.domain.agreed_data import SPECIAL
from shared.rules import Refused


class Exception9(StrEnum):
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


class LegalTask(Struct, frozen=True):
    """A task that a law gives."""

    law: Law
    exception: Exception9 | None = None
    """None: nothing of a special category."""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Fields of a letter that it does not let go."""
        return () if self.exception else tuple(SPECIAL)

    @property
    def report_back(self) -> bool:
        """The task is done when it is known what came of it."""
        return True


def check(task: LegalTask | None, *, government: bool) -> None:
    """Refuse the other kind of organisation's ground: `ground-task-missing`, `ground-not-government`."""
    if government and task is None:
        raise Refused("ground-task-missing")
    if task is not None and not government:
        raise Refused("ground-not-government")
