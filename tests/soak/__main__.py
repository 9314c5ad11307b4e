"""`make soak MINUTES=10 SEED=1`: kills at any moment, and afterwards everything acknowledged is there, once, in order."""

import argparse
import asyncio
import logging
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

import structlog

from tests.soak.run import Run, soak
from tests.soak.shortfall import shortfalls

_SHOWN = 40


def main() -> int:
    """Run for as long as asked; exit code 1 when anything differs, or when too little was tried to tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--lanes", type=int, default=96, help="people at work at the same time")
    parser.add_argument("--pace", type=float, default=0.2, help="seconds that each rests between two commands")
    given = parser.parse_args()
    seed = secrets.randbelow(10**6) if given.seed is None else given.seed
    folder = Path(tempfile.mkdtemp(prefix=f"kring-soak-{seed}-"))
    print(f"soak: {given.minutes:g} minutes, seed {seed}, in {folder}", flush=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # of our own second relays
    begun = time.monotonic()
    run = asyncio.run(soak(folder, seed, given.minutes * 60, lanes=given.lanes, pace=given.pace))
    _tell(run, time.monotonic() - begun)
    if run.wrong or shortfalls(run):
        print(
            f"FAILED; again with: make soak MINUTES={given.minutes:g} SEED={seed}; all but PostgreSQL's is kept in {folder}"
        )
        return 1
    shutil.rmtree(folder)
    return 0


def _tell(run: Run, took: float) -> None:
    for (what, of), times in (*sorted(run.done.items()), *sorted(run.came.items())):
        print(f"  {what:<8} {of:<48} {times:>5}")
    nodes = run.books.nodes.values()
    events, letters = sum(len(book.events) for book in nodes), sum(sum(book.sent.values()) for book in nodes)
    streams = sum(len(stream) for stream in run.books.streams.values())
    print(f"  {run.kills} processes killed in {took:.0f} s; all quiet {run.quiet:.1f} s after the last disturbance")
    served = ", ".join(f"{part} {times}" for part, times in sorted(run.served.items()))
    print(f"  {run.commands} commands acknowledged ({served}), {run.again} of them asked more than once")
    print(f"  {events} events in the logs, {streams} in the streams, {letters} letters")
    for line in run.wrong[:_SHOWN]:
        print(f"  WRONG {line}")
    for line in shortfalls(run):
        print(f"  SHORT {line}")
    if not run.wrong:
        print(
            "  0 lost, 0 twice, 0 out of order; both sides of every referral agree; every read model shows what its log says"
        )


if __name__ == "__main__":
    sys.exit(main())
