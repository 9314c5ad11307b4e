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


@pytest.mark.parametrize(
    ("folder", "code", "does"),
    [
        (COMMON, "call-malformed", ("Update", "Werk")),
        (COMMON, "not-allowed-here", ("/v1/openapi.json", "/v1/openapi.json")),
        (COMMON, "link-unknown", ("Look", "Kijk")),
        (COMMON, "node-failed", ("repair", "Herstel")),
        (COMMON, "not-valid", ("Correct", "Verbeter")),
        (Path("deploy/words"), "story-differs", ("kring doctor", "kring doctor")),
        (Path("deploy/words"), "nats-server-missing", ("make setup", "make setup")),
    ],
)
def test_a_refusal_says_what_to_do(folder: Path, code: str, does: tuple[str, str]) -> None:
    assert all(
        word in Sentences(folder).say(code, language, {}) for language, word in zip(LANGUAGES, does, strict=True)
    )
