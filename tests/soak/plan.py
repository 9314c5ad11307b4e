"""What goes wrong, and when: follows from the seed alone, so that a failure can be played again."""

import random
from enum import StrEnum

import msgspec

from shared.register import SERVICES

BROKER, GATEWAY = "nats-server", "gateway"
PARTS = (BROKER, *SERVICES, GATEWAY)
GAP = (0.7, 2.1)
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
    DELAY = "delay"
    """For `lasts` seconds each batch of letters is held back by itself: some arrive after the sender gave up, and after later ones."""


KILLED, REFUSED, FOLLOWED = "processes killed", "commits of zombies refused", "second relays that followed the stream"
AGAIN, LATE = "letters handed over again", "batches after their sender gave them up"
PROOF = {
    What.KILL: KILLED,
    What.PAUSE: "processes that stood still",
    What.RESTART: "processes that ended when they were asked to",
    What.WIPE: "storages deleted",
    What.ZOMBIE: REFUSED,
    What.TWIN: FOLLOWED,
    What.REPEAT: AGAIN,
    What.DELAY: LATE,
}
"""What there must be some of, or the disturbance never came about."""


class Action(msgspec.Struct, frozen=True):
    """One disturbance, `at` seconds from the start."""

    at: float
    what: What
    part: str
    lasts: float


_LETTERS = "intake"
"""The only service that writes letters to others."""
_DECK = (
    *((What.KILL, part) for part in PARTS for _ in range(4)),
    *((What.PAUSE, part) for part in PARTS),
    *((What.RESTART, part) for part in PARTS),
    (What.WIPE, BROKER),
    *((What.ZOMBIE, service) for service in SERVICES),
    *((What.TWIN, service) for service in SERVICES),
    (What.REPEAT, _LETTERS),
    (What.DELAY, _LETTERS),
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
    What.DELAY: (6.0, 9.0),
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
