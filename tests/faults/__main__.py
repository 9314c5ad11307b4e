"""`make faults`: a node hit at every write, sync and truncate, and a relay at every send, by each fault; two at a time.

`make faults PLACES=nodes/pwrite64:153:KILL` tries one again.
"""

import argparse
import multiprocessing
import sys
from time import monotonic

from tests.faults.strace import missing
from tests.faults.trying import attempt, places

AT_ONCE = 2
EVERY = 100
"""Places after which something is said."""


def main() -> int:
    """Try all places, or those that are given; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("places", nargs="*", metavar="PLACE", help="such as nodes/pwrite64:153:KILL")
    given: list[str] = parser.parse_args().places
    if why := missing():
        print(why)
        return 1
    begin, failed = monotonic(), list[str]()
    wanted = given or list(places())
    missed = 0
    with multiprocessing.get_context("spawn").Pool(AT_ONCE) as pool:
        for number, (place, hit, fault) in enumerate(pool.imap_unordered(attempt, wanted), 1):
            missed += not hit and not fault
            if fault:
                failed.append(place)
                print(f"{fault}\n{place} failed; again with: make faults PLACES={place}", flush=True)
            if number % EVERY == 0:
                print(f"{number} of {len(wanted)}, {monotonic() - begin:.0f} s, {len(failed)} failed", flush=True)
    print(f"{len(wanted)} places in {monotonic() - begin:.0f} s; {missed} were not come to; failed: {failed or 'none'}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
