"""The committed OpenAPI documents are what the services show."""

from pathlib import Path

import msgspec
import pytest

from deploy.openapi import document
from shared.register import SERVICES

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
