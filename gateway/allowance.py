"""How often one caller may ask: a bucket that fills steadily, and from which every request takes one (a token bucket)."""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from gateway.bounds import BUCKETS, CONNECTIONS, CONNECTIONS_EACH
from shared.rules import Refused


class Rate(NamedTuple):
    """How many requests a second, and how many at once after a pause."""

    a_second: float
    at_once: float


KNOWN = Rate(50, 200)
"""Somebody with a token that holds, on all their connections together."""
VISITOR = Rate(10, 100)
"""All who ask without one from the same address."""


class TooMany(Refused):
    """The caller asks too often, or has too much open."""

    status = 429


class Allowances:
    """The buckets of all callers; only so many are kept, and one that is forgotten is full again."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only go up."""
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        """Callers that are remembered."""
        return len(self._buckets)

    def spend(self, caller: str, rate: Rate) -> None:
        """Take one. Raises `TooMany("too-many-requests", seconds)`: after so many whole seconds there is one again."""
        now = self._clock()
        left, since = self._buckets.pop(caller, (rate.at_once, now))
        left = min(rate.at_once, left + (now - since) * rate.a_second)
        taken = left >= 1
        self._buckets[caller] = (left - taken, now)
        if len(self._buckets) > BUCKETS:
            self._buckets.popitem(last=False)
        if not taken:
            raise TooMany("too-many-requests", seconds=math.ceil((1 - left) / rate.a_second))


class Seats:
    """Open websockets: in all, and of each caller who said who they are."""

    def __init__(self) -> None:
        self._all = 0
        self._each: Counter[str] = Counter()

    def open(self) -> None:
        """One more connection. Raises `TooMany("too-many-connections")`."""
        _one_more(self._all, CONNECTIONS)
        self._all += 1

    def sit(self, caller: str) -> None:
        """The connection is this caller's. Raises `TooMany("too-many-connections")`."""
        _one_more(self._each[caller], CONNECTIONS_EACH)
        self._each[caller] += 1

    def leave(self, caller: str | None) -> None:
        """A connection is closed; `caller` if it was somebody's."""
        self._all -= 1
        if caller is not None:
            self._each[caller] -= 1
            self._each += Counter()  # drops who has none left


def _one_more(there_are: int, most: int) -> None:
    if there_are >= most:
        raise TooMany("too-many-connections", most=most)
