"""Codes as sentences."""

from pathlib import Path

import pytest

from shared.sentences import COMMON, LANGUAGES, Sentences, preferred

PARTS = [COMMON, *sorted(Path("services").glob("*/words")), Path("gateway/words"), Path("deploy/words")]


@pytest.mark.parametrize("folder", PARTS, ids=str)
def test_every_code_has_a_sentence_in_both_languages(folder: Path) -> None:
    sentences = Sentences(folder)
    assert sentences.codes("en") == sentences.codes("nl") != frozenset()


def test_no_part_says_again_what_all_say() -> None:
    common = Sentences(COMMON).codes("en")
    again = {code for folder in PARTS[1:] for code in Sentences(folder).codes("en") & common}
    assert again == {"route-unknown"}  # what there is at an address differs from part to part


def test_a_parameter_may_be_a_code_that_has_words_of_its_own(tmp_path: Path) -> None:
    for language in LANGUAGES:
        (tmp_path / f"{language}.toml").write_text(
            'no = "{state:status} not {rule:status}, {missing}"\nstatus-on-hold = "wacht"\n'
        )
    said = Sentences(tmp_path).say("no", "nl", {"state": "on-hold", "rule": "on-hold, draft"})
    assert said == "wacht not wacht, draft, missing"
    assert Sentences(tmp_path).say("unheard-of", "nl", {}) == "unheard-of"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [(None, "en"), ("", "en"), ("nl-NL,en;q=0.5", "nl"), ("fr, nl", "nl"), ("fr", "en"), ("*", "en")],
)
def test_the_first_language_that_kring_speaks_is_spoken(accepted: str | None, language: str) -> None:
    assert preferred(accepted) == language
