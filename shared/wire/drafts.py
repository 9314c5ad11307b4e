"""Letters made again from the event they follow from, at the time of sending: what was erased since is not in them."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec

from shared.eventlog.registry import Registry
from shared.eventlog.types import Decider, Recorded, Unknown
from shared.rules import Refused
from shared.service import Letter
from shared.wire.handover import Office
from shared.wire.outbox import LATEST, STANDING, receiver


class Draft(msgspec.Struct, frozen=True):
    """A letter, and what it follows from."""

    letter: Letter
    recorded: Recorded[Any]
    decider: Any
    """The `Decider` of its stream."""


class Drafts:
    """Makes the letters of one node."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def draft(self, to: str, stream: UUID, version: int) -> Draft | None:
        """The letter to a node that follows from an event; None when nothing does (any more).

        Raises:
            Refused: `unknown-event-type`, when this program does not know all of the stream's events.
        """
        recorded = await self._office.log.read(stream, version=version if version > LATEST else None)
        if version == STANDING:
            return self._standing(recorded)
        for one, letters in self._letters(recorded, to.partition(".")[0]):
            for letter in letters:
                if receiver(letter) == to:
                    return Draft(letter, one, _decider(self._office.log.registry, one))
            if version != LATEST:
                break
        return None

    async def latest(self, stream: UUID, partner: str) -> Sequence[Letter]:
        """The letters to a partner that follow from the last event that gave any. Raises like `draft`."""
        recorded = await self._office.log.read(stream)
        return next((letters for _, letters in self._letters(recorded, partner) if letters), ())

    def _letters(
        self, recorded: Sequence[Recorded[Any]], partner: str
    ) -> Iterator[tuple[Recorded[Any], Sequence[Letter]]]:
        """A partner's letters by event, newest first."""
        states = self._states(recorded)
        for one, state in zip(reversed(recorded), reversed(states), strict=True):
            letters = self._office.letters.letters(one, state, (partner,))
            yield one, [letter for letter in letters if letter.to == partner]

    def _standing(self, recorded: Sequence[Recorded[Any]]) -> Draft | None:
        if not recorded:
            return None  # it was lost here
        letter = self._office.letters.told(recorded[0].stream, self._states(recorded)[-1])
        return Draft(letter, recorded[-1], _decider(self._office.log.registry, recorded[-1])) if letter else None

    def _states(self, recorded: Sequence[Recorded[Any]]) -> Sequence[Any]:
        """The stream's state after each event."""
        states: list[Any] = []
        for number, one in enumerate(recorded):
            decider = _decider(self._office.log.registry, one)
            states.append(decider.evolve(states[-1] if number else decider.initial, one.event))
        return states


def _decider(registry: Registry, recorded: Recorded[Any]) -> Decider:
    if isinstance(recorded.event, Unknown):
        raise Refused("unknown-event-type", stream=str(recorded.stream))
    return registry.deciders[recorded.event.__struct_config__.tag]
