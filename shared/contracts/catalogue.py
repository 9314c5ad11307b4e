"""All events that services publish, by their CloudEvents type: what an integrator can be granted, and what the AsyncAPI document lists."""

from collections.abc import Mapping

from msgspec import Struct

from shared.contracts import events, intake, network, restored

_SERVICES = ("events", "intake", "network")


def _published() -> Mapping[str, type[Struct]]:
    found: dict[str, type[Struct]] = {}
    for module in (events, intake, network, restored):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Struct) and hasattr(kind, "SUBJECT"):
                found[str(kind.__struct_config__.tag)] = kind
    return dict(sorted(found.items()))


def subjects(kind: type[Struct]) -> tuple[str, ...]:
    """The NATS subjects on which events of this kind stand in a stream: one, or one a service."""
    stated = f"events.{kind.SUBJECT}"  # type: ignore[attr-defined]  # every published one has it
    return tuple(sorted({stated.format(service=service) for service in _SERVICES}))


EVENTS = _published()
SUBJECTS = tuple(sorted({subject for kind in EVENTS.values() for subject in subjects(kind)}))
