"""Every refusal has a sentence in both languages, and the words of the contract are those of the rules."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from services.intake.domain import consent, erasure, programme
from services.intake.domain import referral_progress as progress
from services.intake.domain.referral_status import Status
from services.intake.main import SERVICE
from shared.contracts import intake as contract
from shared.sentences import COMMON, LANGUAGES, Sentences

SOURCES = sorted(SERVICE.words.parent.glob("**/*.py"))
RAISED = re.compile(r'(?:Refused|NotFound)\(\s*"([a-z-]+)"|\("[A-Za-z]+", "([a-z-]+)", \{')
PARAMETER = re.compile(r"\{(\w+)\}")


def codes() -> set[str]:
    found = (match for source in SOURCES for match in RAISED.finditer(source.read_text("utf-8")))
    return {match[1] or match[2] for match in found}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_a_sentence(language: str) -> None:
    assert len(codes()) > 25
    assert codes() <= Sentences(COMMON, SERVICE.words).codes(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_status_and_reason_has_its_words(language: str) -> None:
    named = {f"status-{status}" for status in Status} | {f"reason-{reason}" for reason in progress.Reason}
    named |= {f"ground-{ground}" for ground in erasure.Ground}
    assert named <= Sentences(SERVICE.words).codes(language)


def test_both_languages_say_the_same_of_the_same() -> None:
    lines = [
        {
            line.partition(" = ")[0]: set(PARAMETER.findall(line))
            for line in Path(SERVICE.words / f"{language}.toml").read_text("utf-8").splitlines()
            if " = " in line and not line.startswith("#")
        }
        for language in LANGUAGES
    ]
    assert lines[0] == lines[1]


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (Status, contract.ReferralStatus),
        (progress.Reason, contract.ReferralReason),
        (progress.DecidedBy, contract.DecidedBy),
        (consent.Direction, contract.ConsentDirection),
        (programme.Openness, contract.ProgrammeStatus),
        (erasure.Ground, contract.ErasureGround),
    ],
)
def test_the_contract_and_the_rules_use_the_same_words(rules: type[StrEnum], told: type[StrEnum]) -> None:
    assert [str(one) for one in rules] == [str(one) for one in told]
