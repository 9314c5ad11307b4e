"""What goes wrong, and when: follows from the seed alone, so that a failure can be played again."""

import random
from enum import StrEnum

import msgspec

from shared.register import SERVICES

BROKER, GATEWAY = "nats-server", "gateway"
PARTS = (BROKER, *SERVICES, GATEWAY)
GAP = (1.0, 2.4)
"""Seconds between two disturbances."""


class What(StrEnum):
    """A disturbance."""

    KILL = "kill"
    """SIGKILL, and started again after `lasts` seconds."""
    PAUSE = "pause"
    """SIGSTOP for `lasts` seconds: what was asked meanwhile is done late, what was sent is answered late."""
    RESTART = "restart"
    """SIGTERM, and started again."""
    WIPE = "wipe"
    """The broker is killed and its storage deleted."""
    ZOMBIE = "zombie"
    """The owner stands still, its locks are taken away, a second process takes over for `lasts` seconds; then the first wakes up."""
    TWIN = "twin"
    """Each node of the service gets a second relay for `lasts` seconds."""
    REPEAT = "repeat"
    """For `lasts` seconds letters are copied from the wire; then they are delivered again, the last first, twice."""


class Action(msgspec.Struct, frozen=True):
    """One disturbance, `at` seconds from the start."""

    at: float
    what: What
    part: str
    lasts: float


_DECK = (
    *((What.KILL, part) for part in PARTS for _ in range(2)),
    (What.KILL, "intake"),
    *((What.PAUSE, part) for part in (BROKER, "intake", "events", "network")),
    (What.RESTART, "intake"),
    (What.RESTART, BROKER),
    (What.WIPE, BROKER),
    *((What.ZOMBIE, service) for service in SERVICES),
    (What.TWIN, "intake"),
    (What.TWIN, "events"),
    (What.REPEAT, "intake"),
)
"""All of it comes round before anything comes again: a short run meets everything."""
_LASTS = {
    What.KILL: (0.0, 0.8),
    What.PAUSE: (0.5, 7.0),
    What.RESTART: (0.0, 0.2),
    What.WIPE: (0.0, 0.5),
    What.ZOMBIE: (3.0, 6.0),
    What.TWIN: (2.0, 6.0),
    What.REPEAT: (2.0, 5.0),
}


def plan(seed: int, seconds: float) -> tuple[Action, ...]:
    """The disturbances of a run."""
    chance = random.Random(seed)
    actions: list[Action] = []
    deck: list[tuple[What, str]] = []
    at = chance.uniform(*GAP)
    while at < seconds:
        if not deck:
            deck = list(_DECK)
            chance.shuffle(deck)
        what, part = deck.pop()
        actions.append(Action(round(at, 3), what, part, round(chance.uniform(*_LASTS[what]), 3)))
        at += chance.uniform(*GAP)
    return tuple(actions)
