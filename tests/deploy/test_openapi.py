"""The committed OpenAPI documents are what the services show."""

import re
from pathlib import Path

import msgspec
import pytest

from deploy.openapi import document
from shared.register import SERVICES
from tests.access.declared import routes

SINGLE = {"access-log", "break-glass", "directory", "evening", "retention"}
"""Of which there is one."""


@pytest.mark.parametrize("service", SERVICES)
def test_the_committed_document_is_todays(service: str) -> None:
    committed = Path("docs/openapi", f"{service}.json").read_text()
    assert committed == document(service), "python -m deploy.openapi docs/openapi"


@pytest.mark.parametrize("service", SERVICES)
def test_every_path_is_versioned_and_plural_kebab_case(service: str) -> None:
    paths = msgspec.json.decode(document(service))["paths"]
    nouns = [path.split("/")[2] for path in paths]
    assert all(path.startswith("/v1/") and path == path.lower().replace("_", "-") for path in paths if "{" not in path)
    assert all(noun.endswith("s") or noun in SINGLE for noun in nouns), nouns


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_says_its_token_its_refusals_and_its_headers(service: str) -> None:
    told = msgspec.json.decode(document(service))
    doors = {re.sub(r":\w+}", "}", door.name): door.access for door in routes() if door.place == service}
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            may = doors[f"{method.upper()} {path}"]
            assert may is not None
            assert ("security" in operation) == may.token, path
            assert {"4XX", "5XX"} == {status for status in operation["responses"] if status >= "4"}, path
            headers = {one.get("$ref", "").rpartition("/")[2] for one in operation["parameters"]} - {""}
            assert headers == {"Accept-Language"} | ({"Idempotency-Key"} if method != "get" else set()), path


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_document_refers_to_is_in_it(service: str) -> None:
    text = document(service)
    told = msgspec.json.decode(text)
    for place in set(re.findall(r'"\$ref": "#/components/([^"]+)"', text)):
        kind, _, name = place.partition("/")
        assert name in told["components"][kind], place
    assert told["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert list(told["components"]["responses"]["Problem"]["content"]) == ["application/problem+json"]
