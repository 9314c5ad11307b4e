"""How a file is put into words: labels of its fields, words for its codes, days and times, in the reader's language."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.sentences import LANGUAGES, Sentences

WORDS = Path(__file__).parent / "words"
_SENTENCES = Sentences(WORDS)
_KNOWN = {language: _SENTENCES.codes(language) for language in LANGUAGES}
_HERE = ZoneInfo("Europe/Amsterdam")
_OF_PERSON = {"contactWay", "ageBand", "lifeEvent", "capacity", "agreedBy"}
_OF_REFERRAL = {"direction", "status", "reason", "decidedBy"}
_OF_CONSENT = {"purpose", "data", "form", "ground", "law", "exception"}
CODED = frozenset(_OF_PERSON | _OF_REFERRAL | _OF_CONSENT)
"""Fields of what was recorded that hold a code; any other text is somebody's own."""
NAMING = frozenset({"recipient", "partner", "to", "organisation"})
"""Fields that hold an organisation's slug."""
_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Wording:
    """One reader's language, and what organisations are called."""

    def __init__(self, language: str, names: Mapping[str, str]) -> None:
        self.language = language
        self._names = names

    def say(self, code: str, /, **parameters: object) -> str:
        """A sentence or a heading."""
        return _SENTENCES.say(code, self.language, parameters)

    def label(self, field: str) -> str:
        """What a field is called; as it stands in the JSON when it has no words."""
        return self._word(f"field-{field}", field)

    def value(self, field: str, value: object) -> str:
        """A single value in words; empty for what says nothing to a reader: nothing, and numbers that only computers use."""
        match value:
            case None | UUID():
                return ""
            case bool():
                return self.say("yes" if value else "no")
            case Enum():
                return self.word(str(value.value))
            case datetime():
                return self.moment(value)
            case date():
                return self.day(value)
            case list() | tuple():
                return ", ".join(filter(None, (self.value(field, one) for one in value)))
            case _:
                return self._text(field, str(value))

    def word(self, code: str) -> str:
        """A code in words."""
        return self._word(f"word-{code}", code)

    def name(self, slug: str) -> str:
        """What an organisation is called."""
        return self._names.get(slug, slug)

    def who(self, by: str) -> str:
        """Who did something, from `user:<subject>`, `partner:<organisation>`, `policy:<name>` or `system`."""
        kind, _, name = by.partition(":")
        if name.startswith("link:"):
            return self.say("by-link")
        return self.say(f"by-{kind}", name=self.name(name) if kind == "partner" else name)

    def seen(self, route: str) -> str:
        """What was seen by a route, as `GET /v1/participants/{id}`: its words, or those of what it begins with."""
        parts = [part for part in route.partition("/v1/")[2].split("/") if not part.startswith("{")]
        begins = (f"seen-{'-'.join(parts[:length])}" for length in range(len(parts), 0, -1))
        return next((self.say(code) for code in begins if code in _KNOWN[self.language]), route)

    def moment(self, at: datetime) -> str:
        """A day and a time, by the clock in the Netherlands."""
        local = at.astimezone(_HERE)
        return self.say("moment", day=self.day(local.date()), time=f"{local:%H:%M}")

    def day(self, on: date) -> str:
        """A day, with its month as a word."""
        return f"{on.day} {self.say(f'month-{on.month}')} {on.year}"

    def _text(self, field: str, text: str) -> str:
        if _ID.fullmatch(text):
            return ""
        if field in NAMING:
            return self.name(text)
        return self.word(text) if field in CODED else text

    def _word(self, code: str, otherwise: str) -> str:
        return self.say(code) if code in _KNOWN[self.language] else otherwise
