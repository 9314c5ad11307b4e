"""The schema is the contracts, bounded, and committed as text."""

import subprocess
import sys
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from structlog.testing import capture_logs

from gateway.bounds import ALIASES, DEPTH
from gateway.errors import SENTENCES
from gateway.portal.pages import story
from gateway.schema.schema import Schema, schema
from shared import trace

ROOT = Path(__file__).parents[2]
OPEN, CLOSED = schema(production=False), schema(production=True)


def test_the_printed_schema_is_the_committed_one() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "gateway.schema"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    committed = (ROOT / "gateway" / "schema.graphql").read_text("utf-8")
    assert printed.stdout == committed, "run: python -m gateway.schema > gateway/schema.graphql"


def test_every_question_of_the_start_page_fits_the_schema() -> None:
    steps = story()["step"]
    assert isinstance(steps, list)
    told = build_schema((ROOT / "gateway" / "schema.graphql").read_text("utf-8"))
    for step in steps:
        assert validate(told, parse(step["query"])) == [], step["title"]


@pytest.mark.parametrize(
    ("question", "code"),
    [
        pytest.param("{ me { user }", "question-malformed", id="unfinished"),
        pytest.param("{ me { shoeSize } }", "question-malformed", id="unknown field"),
        pytest.param("{ participant(id: 7) { id } }", "question-malformed", id="no UUID"),
        pytest.param(
            'mutation { acceptReferral(id: "018f4e4e-7a3c-7000-8000-000000000001", input: {owner: "a", x: 1}) { id } }',
            "question-malformed",
            id="unknown field of an input",
        ),
        pytest.param(
            "{" + " ".join(f"me{n}: me {{ user }}" for n in range(ALIASES + 1)) + "}",
            "question-too-large",
            id="aliases",
        ),
        pytest.param("{" + " me { user }" * 300 + "}", "question-too-large", id="tokens"),
    ],
)
async def test_a_question_that_cannot_be_asked_is_refused_with_a_code(question: str, code: str) -> None:
    assert code in await _codes(OPEN, question)


async def test_a_deeper_question_than_allowed_is_refused() -> None:
    fits = "{ referrals { nodes { details { participant { consents { nodes { evidence { form } } } } } } } }"
    assert "question-too-large" not in await _codes(OPEN, fits)
    assert "question-too-large" in await _codes(OPEN, "{ referrals " * (DEPTH + 2) + "{ id }" + " }" * (DEPTH + 2))


async def _codes(asked: Schema, question: str) -> set[str]:
    errors = (await asked.execute(question)).errors or []
    return {(error.extensions or {})["code"] for error in errors}


async def test_the_schema_is_not_told_in_production() -> None:
    assert (await OPEN.execute("{ __schema { queryType { name } } }")).errors is None
    assert (await CLOSED.execute("{ __schema { queryType { name } } }")).errors
    misspelt = await CLOSED.execute("{ participantx { nodes { id } } }")
    assert misspelt.errors
    assert "participants" not in misspelt.errors[0].message


async def test_what_nobody_foresaw_is_shown_as_a_number_only() -> None:
    with capture_logs() as logged, trace.continued(None) as current:
        result = await OPEN.execute("{ me { user } }", context_value=object())
    assert result.errors
    [error] = result.errors
    extensions = error.extensions or {}
    assert extensions["code"] == "unexpected"
    assert extensions["params"]["reference"] == current, "by which every line of the log about it is found"
    assert current in error.message
    assert [entry["reference"] for entry in logged] == [current]
    assert "object" not in error.message
    assert error.original_error is None


def test_both_languages_have_the_same_sentences() -> None:
    assert SENTENCES.codes("en") == SENTENCES.codes("nl")
