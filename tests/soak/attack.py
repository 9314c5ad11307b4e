"""A plan carried out on a network, and what really came of it."""

import asyncio
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

from nats.errors import Error

from shared.rules import Unavailable
from tests.soak.mischief import twin, zombie
from tests.soak.parts import Network, Part
from tests.soak.plan import KILLED, PROOF, Action, What
from tests.soak.post import delay, repeat

AWAY = (Unavailable, Error, OSError)
"""The broker is away: no moment for mischief that needs it."""
PATIENCE = 120.0
"""Seconds in which such mischief is begun again until it has come about."""
_Deed = Callable[[Network, Part, float, random.Random], Awaitable[Counter[str]]]


class Attack:
    """What is done to a network."""

    def __init__(self, network: Network) -> None:
        self.done: Counter[tuple[What, str]] = Counter()
        """Disturbances carried out, by kind and part."""
        self.came: Counter[tuple[What, str]] = Counter()
        """What came of them."""
        self.fell: list[str] = []
        self._network = network

    async def carry_out(self, actions: Sequence[Action]) -> None:
        """Carry out a plan; a process is disturbed in one way at a time."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for action in actions:
                await asyncio.sleep(max(0.0, begun + action.at - time.monotonic()))
                tasks.create_task(self._act(action))

    def look(self, part: Part) -> None:
        """See that nothing ended it but us."""
        if fallen := part.fell():
            self.fell.append(fallen)

    async def _act(self, action: Action) -> None:
        part = self._network.parts[action.part]
        match action.what:
            case What.TWIN:
                came = await self._beside(twin, part, action)
            case What.REPEAT:
                came = await self._beside(repeat, part, action)
            case What.DELAY:
                came = await self._beside(delay, part, action)
            case _:
                async with part.busy:
                    self.look(part)
                    came = await self._upon(part, action)
        self.done[action.what, action.part] += 1
        for what, times in came.items():
            self.came[action.what, what] += times

    async def _upon(self, part: Part, action: Action) -> Counter[str]:
        """Something done to the process itself."""
        match action.what:
            case What.ZOMBIE:
                return await zombie(self._network, part, action.lasts)
            case What.PAUSE:
                part.signal(signal.SIGSTOP)
                await asyncio.sleep(action.lasts)
                stood = part.stands_still()
                part.signal(signal.SIGCONT)
                return Counter({PROOF[What.PAUSE]: stood})
            case What.RESTART:
                await part.stop()
                await asyncio.sleep(action.lasts)
                part.start()
                return Counter({PROOF[What.RESTART]: 1})
            case _:
                return await self._kill(part, action)

    async def _kill(self, part: Part, action: Action) -> Counter[str]:
        came = Counter({KILLED: part.kill()})
        storage = self._network.data / "network" / "nats"
        if action.what is What.WIPE and storage.exists():
            shutil.rmtree(storage)
            came[PROOF[What.WIPE]] = 1
        await asyncio.sleep(action.lasts)
        part.start()
        return came

    async def _beside(self, deed: _Deed, part: Part, action: Action) -> Counter[str]:
        """Something done while the processes go on; begun again where nothing came of it."""
        end, came = time.monotonic() + PATIENCE, Counter[str]()
        chance = random.Random(action.at)
        while not came[PROOF[action.what]] and time.monotonic() < end:
            try:
                came += await deed(self._network, part, action.lasts, chance)
            except AWAY:
                await asyncio.sleep(0.5)
        return came
