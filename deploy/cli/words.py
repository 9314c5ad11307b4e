"""Sentences of the command line, in the language of the person at the terminal."""

import os
from pathlib import Path

from shared.rules import Refused
from shared.sentences import COMMON, Sentences, preferred

WORDS = Path(__file__).parents[1] / "words"


def language() -> str:
    """As the environment says (LC_ALL, LANG)."""
    return preferred((os.environ.get("LC_ALL") or os.environ.get("LANG") or "").replace("_", "-"))


def say(refused: Refused) -> str:
    """What is wrong, and what to do."""
    return Sentences(COMMON, WORDS).say(refused.code, language(), refused.parameters)
