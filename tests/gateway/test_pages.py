"""The start page's files, also where no browser is: they name nothing of another site."""

import re
from pathlib import Path

import pytest

FOLDER = Path("gateway/portal")
NAMESPACE = "http://www.w3.org/2000/svg"
"""A name, which nobody fetches."""


@pytest.mark.parametrize("name", ["start.html", "start.css", "start.js", "icon.svg"])
def test_no_file_of_the_page_loads_anything_from_elsewhere(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8").replace(NAMESPACE, "")
    assert re.findall(r"\b[a-z]+://\S*|[\"'(=]//\S*|@import\b.*|\bimport\(.*", text) == []


def test_the_page_has_no_other_files() -> None:
    told = {path.name for path in FOLDER.iterdir() if path.suffix not in {".py", ".toml"} and path.is_file()}
    assert told == {"start.html", "start.css", "start.js", "icon.svg"}
