"""Pages of lists at a node with 1,000 referrals and 100 participants and at one with 100 times as many, asked as the gateway asks."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from deploy import demo
from shared.eventlog.masterkey import Master
from shared.signing import MASTER
from tests.bench import history
from tests.bench.measure import line, ratio
from tests.bench.office import Office, offices

SMALL, LARGE = "humanitas", "welzin"
SIZES = {SMALL: 1_000, LARGE: 100_000}
"""Referrals by organisation; participants are a tenth of that."""
WARM, PAGES = 20, 200
FIRST, MOST = 20, 100
"""Rows of a page, and of the largest one that can be asked."""
AIM = 1.3
ALL, PEOPLE = 1.0, 0.1
"""Rows of a list for each referral that there is."""
LATE = 0.75
"""Where in a list a late page begins."""
LISTS = {
    "a page of incoming referrals": ("/v1/referrals", "direction=in", ALL, 0.0),
    "a late page of incoming referrals": ("/v1/referrals", "direction=in", ALL, LATE),
    "a page of the referrals that wait": ("/v1/referrals", "direction=in&status=received", ALL, 0.0),
    "a page of participants": ("/v1/participants", "", PEOPLE, 0.0),
    "a late page of participants": ("/v1/participants", "", PEOPLE, LATE),
}


async def compare(folder: Path) -> None:
    """Measure and print."""
    data = folder / "inbox"
    register = demo.prepare(data)
    for organisation, size in SIZES.items():
        own = data / organisation
        master = Master((own / "keys" / MASTER).read_text().strip())
        await history.written(f"{organisation}.intake", f"sqlite:///{own / 'intake.db'}", size, master)
    async with offices(data, register) as network, network.node(SMALL, whole=False):
        begin = time.perf_counter()
        async with network.node(LARGE, whole=False) as node:
            rate = node.log.position / (time.perf_counter() - begin)
            line(f"rebuild: {node.log.position:,} events when a node starts without its views", f"{rate:>10,.0f} /s\n")
            large, small = network.office(LARGE), network.office(SMALL)
            for what, (path, query, share, late) in LISTS.items():
                rows = [int(share * SIZES[one]) for one in (LARGE, SMALL)]
                places = zip((large, small), rows, strict=True)
                pages = [await _page(office, path, query, int(late * count)) for office, count in places]
                await _one(what, pages, rows)


async def _one(what: str, pages: "Sequence[_Page]", rows: Sequence[int]) -> None:
    ours, least = await _in_turns(*pages)
    line(f"{what}, of {rows[0]:,}, p50", f"{ours * 1e3:>10.2f} ms")
    line(f"{what}, of {rows[1]:,}, p50", f"{least * 1e3:>10.2f} ms")
    ratio(ours / least, "times as long", most=AIM)


class _Page:
    """One list at one place."""

    def __init__(self, office: Office, path: str, query: str) -> None:
        self._office, self._path, self._query = office, path, query

    async def seconds(self) -> float:
        begin = time.perf_counter()
        found = await self._office.get(self._path, self._query)
        taken = time.perf_counter() - begin
        assert len(found["items"]) == FIRST
        return taken


async def _page(office: Office, path: str, query: str, row: int) -> _Page:
    """The page that begins after so many rows, found as anybody finds it: by turning the ones before."""
    place = ""
    for turned in range(0, row, MOST):
        found = await office.get(path, f"{query}&first={min(MOST, row - turned)}{place}")
        place = f"&after={found['next']}"
    return _Page(office, path, f"{query}&first={FIRST}{place}")


async def _in_turns(large: _Page, small: _Page) -> tuple[float, float]:
    times = [(await large.seconds(), await small.seconds()) for _ in range(WARM + PAGES)][WARM:]
    ours, least = zip(*times, strict=True)
    return statistics.median(ours), statistics.median(least)
