"""The relay killed, or cut off, while it speaks: a sample of `make faults`."""

import random
from collections.abc import Iterator

import pytest

from tests.faults import relays
from tests.faults.strace import Place, Program, missing

WHY_NOT = missing()
SPOKEN = 7
"""How often it speaks to the broker at least, the connecting included."""


@pytest.fixture(scope="module")
def relaying() -> Iterator[Program]:
    """A node at work whose events go to the stream."""
    with relays.READY() as ready:
        yield ready


@pytest.mark.timeout(120)
@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)
@pytest.mark.parametrize("fault", relays.FAULTS)
def test_the_stream_has_everything_once_wherever_the_relay_was_hit(relaying: Program, fault: str) -> None:
    place = Place(relays.SEND, random.Random(fault).randint(2, SPOKEN), fault)
    assert relays.attempt(relaying, place), f"there was no {place}"
