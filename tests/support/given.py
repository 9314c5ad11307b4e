"""Given what happened, when somebody asks something, then this follows: the one grammar for rules."""

from collections.abc import Sequence
from functools import reduce
from typing import Any

from shared.eventlog.types import Decider
from shared.rules import Refused


class Then:
    """What came of a command: events, or a refusal."""

    def __init__(self, came: Sequence[Any] | Refused) -> None:
        self.came = came

    def then(self, *events: Any) -> None:
        """Exactly these events follow (none: it was already so)."""
        assert self.came == list(events)

    def refused(self, code: str, **parameters: Any) -> None:
        """A rule says no, by this code and at least these parameters."""
        assert isinstance(self.came, Refused), f"not refused: {self.came}"
        assert self.came.code == code
        assert {name: self.came.parameters.get(name) for name in parameters} == parameters


class Given:
    """A record in some state."""

    def __init__(self, decider: Decider, state: Any) -> None:
        self.decider = decider
        self.state = state

    def when(self, command: Any) -> Then:
        """Ask something."""
        try:
            return Then(list(self.decider.decide(command, self.state)))
        except Refused as refused:
            return Then(refused)


def given(decider: Decider, *events: Any) -> Given:
    """Start with what happened to one record."""
    return Given(decider, reduce(decider.evolve, events, decider.initial))
