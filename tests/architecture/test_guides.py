"""What the operator's guide says to type is understood."""

import re
import shlex

import pytest

from deploy.cli.main import _parser
from tests.architecture.house import ROOT

GUIDE = (ROOT / "docs" / "guide-operator.md").read_text()
LINES = "\n".join(re.findall(r"```sh\n(.*?)```", GUIDE, re.DOTALL)).splitlines()
TYPED = [
    *(found.group(1) for line in LINES if (found := re.search(r"(?:^|-- |--rm )\s*(kring [a-z].*)$", line))),
    *(one for one in re.findall(r"`(kring [a-z][^`…]* [^`…]*)`", GUIDE.replace("\n", " ")) if "doctor" not in one),
]


@pytest.mark.parametrize("typed", sorted(set(TYPED)))
def test_a_command_of_the_operators_guide_is_understood(typed: str) -> None:
    assert callable(_parser().parse_args(shlex.split(typed)[1:]).run)


def test_the_operators_guide_has_commands_and_names_files_that_are_there() -> None:
    assert len(TYPED) > 10
    for path in re.findall(r"`(deploy/[\w./-]+)`", GUIDE):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize("paper", ["security.md", "privacy.md", "benchmarks.md"])
def test_the_code_that_a_paper_names_is_there(paper: str) -> None:
    named = re.findall(
        r"`((?:deploy|docs|gateway|services|shared|tests)/[\w./*-]+)`", (ROOT / "docs" / paper).read_text()
    )
    assert len(named) > 5
    assert [path for path in named if not list(ROOT.glob(path.rstrip("/")))] == []
