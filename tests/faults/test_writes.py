"""Killed or failing at a write, sync or truncate: a sample of `make faults`, with a place of every kind."""

import random
from collections.abc import Iterator

import pytest

from tests.faults import nodes
from tests.faults.strace import Place, Program, missing

SAMPLE = (
    ("pwrite64", "/intake.db", "KILL"),
    ("fsync", "/intake.db", "KILL"),
    ("pwrite64", "/intake.keys.db", "KILL"),
    ("ftruncate", "/intake.keys.db", "EIO"),
    ("fsync", "/intake.db", "EIO"),
    ("write", "/intake.lock", "EIO"),
    ("pwrite64", "/intake.db", "ENOSPC+"),
)
"""The call, the file that it is about, and what happens. Which of these calls is drawn by lot, always the same one."""
WHY_NOT = missing()
pytestmark = [pytest.mark.timeout(120), pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)]


@pytest.fixture(scope="module")
def working() -> Iterator[Program]:
    """A node at work."""
    with nodes.READY() as ready:
        yield ready


@pytest.fixture(scope="module")
def calls(working: Program) -> list[tuple[str, int, str]]:
    """What an undisturbed run calls."""
    return nodes.calls(working)


def test_keys_that_could_not_be_kept_once_are_kept_with_the_next_command(
    working: Program, calls: list[tuple[str, int, str]]
) -> None:
    first = next(number for name, number, about in calls if name == "fsync" and "/intake.keys.db-wal" in about)
    assert nodes.attempt(working, Place("fsync", first, "EIO"))


@pytest.mark.parametrize(("call", "file", "fault"), SAMPLE)
def test_what_was_acknowledged_is_there_whatever_call_it_was_hit_at(
    working: Program, calls: list[tuple[str, int, str]], call: str, file: str, fault: str
) -> None:
    numbers = [number for name, number, about in calls if name == call and file in about]
    place = Place(call, random.Random(f"{call}{file}{fault}").choice(numbers), fault)
    assert nodes.attempt(working, place), f"there was no {place}"
