"""Codes as sentences, in Dutch (B1) and English, from catalogues.

A folder has an `en.toml` and a `nl.toml`: code = "sentence with {parameter}".
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "nl")
COMMON = Path(__file__).parent / "words"
"""Sentences that every part needs."""


class Sentences:
    """The sentences of some folders together; a later folder's sentence wins."""

    def __init__(self, *folders: Path) -> None:
        self._catalogues = {language: _read(language, folders) for language in LANGUAGES}

    def say(self, code: str, language: str, parameters: Mapping[str, Any]) -> str:
        """What to tell a person: what happened and what to do. A code without a sentence is shown as it is.

        `{state:status}` in a sentence shows the words of the code `status-<state>`, also for each of several with commas between.
        """
        catalogue = self._catalogues[language]
        words = {
            name: _Word(value, catalogue) if isinstance(value, str) else value for name, value in parameters.items()
        }
        return catalogue.get(code, code).format_map(_Shown(words))

    def codes(self, language: str) -> frozenset[str]:
        """The codes that have a sentence."""
        return frozenset(self._catalogues[language])


def preferred(accepted: str | None) -> str:
    """The first of Kring's languages that an `Accept-Language` header names (RFC 9110, section 12.5.4; the order only); else English."""
    for asked in (accepted or "").split(","):
        language = asked.split(";")[0].split("-")[0].strip().lower()
        if language in LANGUAGES:
            return language
    return LANGUAGES[0]


class _Word:
    """A parameter that may be a code of its own."""

    def __init__(self, value: str, catalogue: Mapping[str, str]) -> None:
        self._value = value
        self._catalogue = catalogue

    def __format__(self, kind: str) -> str:
        if not kind:
            return str(self._value)
        return ", ".join(self._catalogue.get(f"{kind}-{one}", one) for one in self._value.split(", "))


class _Shown(dict[str, Any]):
    """A parameter that is not given shows its name instead of breaking the answer."""

    def __missing__(self, name: str) -> str:
        return name


def _read(language: str, folders: tuple[Path, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for folder in folders:
        found |= tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))
    return found
