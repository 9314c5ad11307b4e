"""How old somebody is, as far as a birth year tells: between two ages. Which of the two counts is said at each rule.

Where a rule would keep somebody out, or ask more of them, they are taken to be as old as they can be; where it protects them, as young.
"""

from typing import Protocol, TypeAlias

from services.intake.domain.profile import Profile
from shared.rules import Refused

ADULT = 18
OWN_SAY = 16
"""From this age on somebody agrees for themselves (GDPR article 8; Uitvoeringswet AVG, article 5)."""
UNDER_18 = "under-18"
"""The age band."""
PARTICIPANT, REPRESENTATIVE = "participant", "representative"
"""Who says yes."""
Ages: TypeAlias = tuple[int, int | None]
"""From, and until (both included); None: no end."""


class Represented(Protocol):
    """A file, as far as it says who decides."""

    @property
    def birth_year(self) -> int | None: ...
    @property
    def under_guardianship(self) -> bool: ...
    @property
    def representative(self) -> object: ...


def check_represented(file: Represented, year: int) -> None:
    """Refuse a file without the representative that it needs: `representative-missing`."""
    if file.representative is None and _needs_representative(file, year):
        raise Refused("representative-missing", age=OWN_SAY)


def may_agree(file: Represented, year: int) -> frozenset[str]:
    """Whose yes counts."""
    who = {REPRESENTATIVE} if file.representative is not None else set[str]()
    return frozenset(who if _needs_representative(file, year) else {PARTICIPANT, *who})


def _needs_representative(file: Represented, year: int) -> bool:
    """Surely under 16 this whole year, or under guardianship."""
    young = file.birth_year is not None and year - file.birth_year < OWN_SAY
    return young or file.under_guardianship


def minor(profile: Profile, year: int) -> bool:
    """Not surely 18 this whole year; who told nothing of an age is taken for an adult."""
    if profile.birth_year is None:
        return profile.age_band == UNDER_18
    return year < adult_from(profile.birth_year)


def adult_from(birth_year: int) -> int:
    """The first year in which somebody is surely 18, from its first day."""
    return birth_year + ADULT + 1


def fits(birth_year: int | None, age_band: str | None, ages: Ages, year: int) -> bool:
    """Whether somebody can be of these ages this year: at some day of it."""
    start, end = ages
    if birth_year is None:
        return not (age_band == UNDER_18 and start >= ADULT)
    return year - birth_year >= start and (end is None or year - birth_year - 1 <= end)


def words(ages: Ages) -> str:
    """As people write them."""
    start, end = ages
    return f"{start}+" if end is None else f"{start}-{end}"
