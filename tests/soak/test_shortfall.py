"""A run that tried too little fails, whatever else it found; a plan brings enough of everything."""

from collections import Counter

import pytest
from msgspec.structs import replace

from shared.register import SERVICES
from tests.soak.books import Books
from tests.soak.plan import BROKER, PARTS, PROOF, What, plan
from tests.soak.run import Run
from tests.soak.shortfall import KILLS, shortfalls

WHOLE = Run(
    seed=1,
    seconds=60.0,
    again=0,
    commands=2000,
    served=Counter(dict.fromkeys(PARTS, 1)),
    done=Counter(),
    came=Counter({(what, PROOF[what]): 1 for what in What} | {(What.KILL, PROOF[What.KILL]): 20}),
    quiet=1.0,
    wrong=[],
    books=Books({}, {}),
    entries=[],
)
"""A minute that tried all it should."""
EVERYTHING = {
    *((what, part) for what in (What.KILL, What.PAUSE, What.RESTART) for part in PARTS),
    *((what, part) for what in (What.ZOMBIE, What.TWIN) for part in SERVICES),
    (What.WIPE, BROKER),
    (What.REPEAT, "intake"),
    (What.DELAY, "intake"),
}


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_one() -> None:
    assert plan(7, 600) == plan(7, 600)
    assert plan(7, 600) != plan(8, 600)
    assert plan(7, 60) == tuple(action for action in plan(7, 600) if action.at < 60)


def test_ten_minutes_bring_200_kills_and_two_of_them_everything_that_can_go_wrong() -> None:
    for seed in range(20):
        for minutes in (1, 2, 10):
            killing = [action for action in plan(seed, minutes * 60) if action.what in (What.KILL, What.WIPE)]
            assert len(killing) >= KILLS * minutes
        assert {(action.what, action.part) for action in plan(seed, 120)} == EVERYTHING


def _never(what: What) -> Run:
    return replace(WHOLE, came=Counter({key: times for key, times in WHOLE.came.items() if key[0] is not what}))


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (replace(WHOLE, commands=1999), "too few commands: 1999 in 1 minutes, at least 2000"),
        (replace(WHOLE, seconds=61.0), "too few commands: 2000"),
        (_never(What.KILL), "too few kills: 0 in 1 minutes, at least 20"),
        (replace(WHOLE, served=Counter({"intake": 1})), "nothing to do: gateway"),
        *((_never(what), f"never came about: {what}, planned ") for what in What),
    ],
)
def test_a_run_that_tried_too_little_fails(run: Run, told: str) -> None:
    assert shortfalls(WHOLE) == []
    assert any(line.startswith(told) for line in shortfalls(run))


def test_a_run_of_less_than_a_minute_is_a_sample() -> None:
    assert shortfalls(replace(WHOLE, seconds=59.0, commands=1, came=Counter())) == []
