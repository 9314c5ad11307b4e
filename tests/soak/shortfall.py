"""What a run was for, and did not do."""

from collections import Counter
from collections.abc import Iterator

from tests.soak.plan import BROKER, PARTS, PROOF, plan
from tests.soak.run import Run

SHORTEST = 60.0
"""Seconds of a run from which it counts; a shorter one is a sample."""
KILLS, COMMANDS = 20, 2_000
"""Processes killed and commands acknowledged in each minute, at least."""


def shortfalls(run: Run) -> list[str]:
    """Everything there was too little of; nothing when the run has shown what it is for."""
    return [] if run.seconds < SHORTEST else [*_amounts(run), *_idle(run), *_mischief(run)]


def _amounts(run: Run) -> Iterator[str]:
    minutes = run.seconds / 60
    for name, found, wanted in (("kills", run.kills, KILLS), ("commands", run.commands, COMMANDS)):
        if found < wanted * minutes:
            yield f"too few {name}: {found} in {minutes:g} minutes, at least {wanted * minutes:g} are wanted"


def _idle(run: Run) -> Iterator[str]:
    for part in PARTS:
        if part != BROKER and not run.served[part]:
            yield f"nothing to do: {part} acknowledged no command"


def _mischief(run: Run) -> Iterator[str]:
    planned = Counter(action.what for action in plan(run.seed, run.seconds))
    for what, times in sorted(planned.items()):
        if not run.came[what, PROOF[what]]:
            yield f"never came about: {what}, planned {times} times; no {PROOF[what]}"
