"""One organisation's webhooks, each in a task of its own: an endpoint that is dead or slow holds up nothing else."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from shared.grants import Grant
from shared.wire.connection import Connection
from shared.wire.endpoint import Endpoint
from shared.wire.webhooks import Answered


class Deliveries:
    """Begin and end with `follow`."""

    def __init__(self, nc: Connection, keys: Path) -> None:
        self._nc = nc
        self._keys = keys
        self._running: dict[Grant, tuple[Endpoint, asyncio.Task[None]]] = {}

    def follow(self, grants: Iterable[Grant]) -> None:
        """Deliver to the webhooks among these, and to no others any more."""
        wanted = {grant for grant in grants if grant.webhook}
        for grant in self._running.keys() - wanted:
            self._running.pop(grant)[1].cancel()
        for grant in wanted - self._running.keys():
            endpoint = Endpoint(self._nc, grant, self._keys)
            self._running[grant] = endpoint, asyncio.create_task(endpoint.run())

    async def close(self) -> None:
        """End all."""
        ended = [task for _, task in self._running.values()]
        self.follow(())
        await asyncio.gather(*ended, return_exceptions=True)

    def answered(self, grant: Grant) -> Answered | None:
        """What its endpoint said last."""
        found = self._running.get(grant)
        return found[0].answered if found else None

    def retry(self, grant: Grant) -> None:
        """Try again now what waits."""
        if found := self._running.get(grant):
            found[0].retry()
