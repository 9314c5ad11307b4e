"""On what ground the file itself is kept (GDPR articles 6 and 9): the person agreed that it is, or a law gives a task.

It covers all that the organisation keeps to help the person: interviews, what they like to do, and kliks too. Letters name grounds of
their own. Taking this consent back is what ending and erasing a file are.
"""

from typing import TypeAlias

from services.intake.domain.consent import Evidence
from services.intake.domain.grounds import LegalTask
from services.intake.domain.profile import Profile, Representative
from shared.personal import special
from shared.rules import Refused

TEXT = "2026-1"
"""Version of the text by which people are asked now; docs/privacy.md has it."""


class FileConsent(Evidence, frozen=True):
    """The person agreed that a file is kept of them; what shows it."""

    explicit: bool = False
    """What the file holds of special categories was asked for by name, and agreed to expressly (article 9, paragraph 2, under a)."""


FileGround: TypeAlias = LegalTask | FileConsent


def check_covers(ground: FileGround | None, profile: Profile) -> FileGround:
    """Refuse what may not be kept on this ground: `ground-exception-missing`, `ground-missing`, `ground-not-explicit`."""
    kept = ", ".join(special_in(profile))
    match ground:
        case LegalTask(exception=None) if kept:
            raise Refused("ground-exception-missing", fields=kept)
        case FileConsent(explicit=False) if kept:
            raise Refused("ground-not-explicit", fields=kept)
        case None:
            raise Refused("ground-missing")
        case _:
            return ground


def special_in(profile: Profile) -> tuple[str, ...]:
    """The fields that tell something of a special category, as the API names them. Who has a representative tells so."""
    own = [_camel(name) for name in special(Profile) if getattr(profile, name)]
    return (*own, "representative") if profile.representative and special(Representative) else tuple(own)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
