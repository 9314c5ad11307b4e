"""Every refusal has a sentence in both languages, that shows the same."""

from services.events.main import SERVICE
from tests.support.words import raised, unlike, without_sentence


def test_every_refusal_has_a_sentence_and_every_sentence_its_refusal() -> None:
    assert "rule-without-dates" in raised(SERVICE)
    assert without_sentence(SERVICE) == set()


def test_the_languages_show_the_same() -> None:
    assert unlike(SERVICE) == set()
