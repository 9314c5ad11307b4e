"""Some integrators in a process of their own: the loop of docs/guide-integrator.md, as it stands there, each with its own store.

`python -m tests.bench.following FOLDER COUNT` follows with every credentials file of the folder until each has taken COUNT events, then
prints for each event when it was taken and how long after its recording, in seconds.
"""

import asyncio
import re
import sqlite3
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import uvloop

GUIDE = Path(__file__).parents[2] / "docs" / "guide-integrator.md"


class Taken(msgspec.Struct, array_like=True):
    """One event, at one integrator."""

    at: float
    """Seconds since 1970."""
    lag: float
    """Seconds since it was recorded."""


class _Store(sqlite3.Connection):
    """The guide's store, which also notes when an event is written."""

    taken: list[Taken]
    whole: asyncio.Event
    count: int

    def execute(self, statement: str, parameters: Any = ()) -> sqlite3.Cursor:
        done = super().execute(statement, parameters)
        if statement.startswith("INSERT"):
            now = time.time()
            self.taken.append(Taken(now, now - datetime.fromisoformat(parameters[2]).timestamp()))
            if len(self.taken) == self.count:
                self.whole.set()
        return done


async def _follow(program: dict[str, Any], file: Path, count: int) -> list[Taken]:
    store = sqlite3.connect(file.with_suffix(".db"), factory=_Store)
    store.taken, store.whole, store.count = [], asyncio.Event(), count
    store.executescript(program["TABLES"])
    with file.open("rb") as given:
        following = asyncio.create_task(program["follow"](msgspec.json.decode(given.read()), store))
    await store.whole.wait()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    store.close()
    return store.taken


async def main(files: Sequence[Path], count: int) -> None:
    """Follow with all of them."""
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL) if "def follow(" in block
    )
    program: dict[str, Any] = {"__name__": "guide"}
    exec(compile(code, str(GUIDE), "exec"), program)  # noqa: S102  (our own guide)
    taken = await asyncio.gather(*(_follow(program, file, count) for file in files))
    sys.stdin.read()  # whoever measures closes it when it has looked what this process has spent
    sys.stdout.buffer.write(msgspec.json.encode(taken))


if __name__ == "__main__":
    uvloop.run(main(sorted(Path(sys.argv[1]).glob("*.json")), int(sys.argv[2])))
