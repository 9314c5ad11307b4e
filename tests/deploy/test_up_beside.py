"""Two Krings run beside each other on one machine: each with its own folder, port, broker and organisations."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.test_up import Kring

OFFER = """mutation {
  offerProgramme(input: {id: "01930000-0000-7000-8000-000000000001", name: "Maatje", kind: BUDDY}) { name }
}"""
QUERY = "{ programmes(first: 5) { nodes { name } } }"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[Kring, Kring]]:
    both = Kring(tmp_path / "one"), Kring(tmp_path / "other")
    yield both
    for one in both:
        if one.running is not None:
            one.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="as the other tests of a whole Kring")
def test_ctrl_c_while_it_starts_stops_it_and_says_no_more_than_that(two: tuple[Kring, Kring]) -> None:
    kring, _ = two
    kring.begin()
    kring.hear("starting intake")
    code, last = kring.stop()
    assert (code, last.splitlines()) == (0, ["stopping", f"stopped; everything is kept in {kring.data}"])
    assert kring.processes() == {}


@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="as the other tests of a whole Kring")
def test_a_second_copy_runs_beside_the_first_and_neither_sees_the_other(two: tuple[Kring, Kring]) -> None:
    one, other = two
    for kring in two:
        kring.start()
    assert one.ask("welzin", OFFER)["offerProgramme"]["name"] == "Maatje"
    assert [len(kring.ask("welzin", QUERY)["programmes"]["nodes"]) for kring in two] == [1, 0]
    assert one.stop()[0] == 0
    assert other.health()["ready"], "it goes on"
