"""What the README invites to paste is answered: its queries fit the committed schema, its make targets exist."""

import json
import re

import pytest
from graphql import build_schema, parse, validate

from tests.architecture.house import ROOT

README = (ROOT / "README.md").read_text()
QUERIES = [
    *re.findall(r"```graphql\n(.*?)```", README, re.DOTALL),
    *(json.loads(f"{{{one}}}")["query"] for one in re.findall(r"\{(\"query\": .*?)\}'", README)),
]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_of_the_readme_fits_the_schema(query: str) -> None:
    schema = build_schema((ROOT / "gateway" / "schema.graphql").read_text())
    assert not validate(schema, parse(query))


def test_the_readme_has_queries() -> None:
    assert len(QUERIES) == 2


def test_make_knows_what_the_readme_asks_of_it() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"make ([a-z]+)", README)):
        assert f"\n{target}: " in makefile
