"""Which types a service's log knows, by name, and which decider each belongs to."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, get_args
from weakref import WeakValueDictionary

import msgspec

from shared.eventlog import restored
from shared.eventlog.protection import fields
from shared.eventlog.recorded import name_of
from shared.eventlog.types import Change, Decider, Recorded, View

Projection = Callable[[Recorded[Any]], list[Change]]
Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Turns an old version's data (its `type` in it) into the next version's."""


class Registry:
    """The event types of a service's deciders, what every log may hold, and the views that follow them."""

    def __init__(self, deciders: Iterable[Decider], views: Sequence[View] = ()) -> None:
        self.views = views
        self.project = projection(views)
        self.deciders: dict[str, Decider] = {}
        self.decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self.upcasts: dict[str, Upcast] = {}
        self.personal = False
        """Whether an event holds something about a person."""
        every: list[Decider] = [restored, *deciders]
        for decider in every:
            upcasts: Mapping[str, Upcast] = getattr(decider, "UPCASTS", {})
            self.upcasts.update(upcasts)
            for event in get_args(decider.Event) or (decider.Event,):
                self._add(name_of(event), event, decider)

    def knows(self, name: str) -> bool:
        """Whether this program can read events of that name."""
        return name in self.decoders or name in self.upcasts

    def stored_as(self, kinds: Iterable[type]) -> list[str]:
        """The names under which events of some types may stand in a log: today's, and those of earlier versions."""
        return [*map(name_of, kinds), *self.upcasts]

    def noun(self, event: object) -> str:
        """What an event is about: its decider's `NOUN`, or else the module's name in kebab-case."""
        decider = self.deciders[name_of(event)]
        named: str | None = getattr(decider, "NOUN", None)
        return named or str(getattr(decider, "__name__", "")).rpartition(".")[2].replace("_", "-")

    def _add(self, name: str, event: type, decider: Decider) -> None:
        if name in self.decoders:
            msg = f"two event types are named {name}"
            raise ValueError(msg)
        self.decoders[name] = msgspec.json.Decoder(event)
        self.deciders[name] = decider
        self.personal = self.personal or bool(fields(event))


_made: WeakValueDictionary[tuple[int, ...], Registry] = WeakValueDictionary()
"""By the identities of deciders and views, which are not given to others while their registry is there."""


def registry_of(deciders: Iterable[Decider], views: Iterable[View] = ()) -> Registry:
    """The registry of these deciders and views: one for all nodes of a service, as nothing in it changes."""
    every, shown = tuple(deciders), tuple(views)
    name = (*map(id, every), 0, *map(id, shown))
    made = _made.get(name)
    if made is None:
        made = _made[name] = Registry(every, shown)
    return made


def projection(views: Iterable[View]) -> Projection:
    """What changes in these views by an event: only those are asked that follow its type."""
    following: dict[type, list[View]] = {}
    for view in views:
        for kind in view.FOLLOWS:
            following.setdefault(kind, []).append(view)

    def project(recorded: Recorded[Any]) -> list[Change]:
        return [change for view in following.get(type(recorded.event), ()) for change in view.project(recorded)]

    return project
