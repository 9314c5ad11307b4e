"""How often one caller may ask, and how many connections they may have."""

import pytest

from gateway.allowance import Allowances, Rate, Seats, TooMany
from gateway.bounds import BUCKETS, CONNECTIONS, CONNECTIONS_EACH

RATE = Rate(a_second=2, at_once=3)


class Clock:
    """Seconds, as the test tells them."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_at_once_and_then_so_many_a_second() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    for _ in range(3):
        allowances.spend("ann", RATE)
    with pytest.raises(TooMany) as refused:
        allowances.spend("ann", RATE)
    assert refused.value.parameters == {"seconds": 1}
    clock.now += 0.5
    allowances.spend("ann", RATE)
    with pytest.raises(TooMany):
        allowances.spend("ann", RATE)


def test_a_pause_fills_the_bucket_and_no_more() -> None:
    clock = Clock()
    allowances = Allowances(clock)
    allowances.spend("ann", RATE)
    clock.now += 3600
    for _ in range(3):
        allowances.spend("ann", RATE)
    with pytest.raises(TooMany):
        allowances.spend("ann", RATE)


def test_one_callers_flood_takes_nothing_from_another() -> None:
    allowances = Allowances(Clock())
    for _ in range(3):
        allowances.spend("ann", RATE)
    with pytest.raises(TooMany):
        allowances.spend("ann", RATE)
    allowances.spend("bea", RATE)


def test_only_so_many_callers_are_remembered_and_who_asked_longest_ago_is_forgotten() -> None:
    allowances = Allowances(Clock())
    for _ in range(3):
        allowances.spend("ann", RATE)
    for number in range(BUCKETS - 1):
        allowances.spend(f"address {number}", RATE)
    with pytest.raises(TooMany):
        allowances.spend("ann", RATE)
    for number in range(BUCKETS):
        allowances.spend(f"another {number}", RATE)
    assert len(allowances) == BUCKETS
    allowances.spend("ann", RATE)


def test_a_caller_has_so_many_connections_and_gets_another_when_one_is_closed() -> None:
    seats = Seats()
    for _ in range(CONNECTIONS_EACH):
        seats.open()
        seats.sit("ann")
    with pytest.raises(TooMany, match="too-many-connections"):
        seats.sit("ann")
    seats.sit("bea")
    seats.leave("ann")
    seats.sit("ann")


def test_all_together_have_so_many_connections() -> None:
    seats = Seats()
    for _ in range(CONNECTIONS):
        seats.open()
    with pytest.raises(TooMany, match="too-many-connections"):
        seats.open()
    seats.leave(None)
    seats.open()
