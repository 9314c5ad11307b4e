"""Every route of the services and of the gateway, and every field of its schema that asks a node, with who may use it as declared there."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from msgspec import Struct
from strawberry.types.base import StrawberryObjectDefinition

from gateway.app import application as web
from gateway.doors import DECLARED
from gateway.main import routes as gateway_routes
from gateway.schema.access import Declared
from gateway.schema.schema import schema
from shared.access import Access, Whose
from shared.http import application, declared
from shared.identity import Role
from shared.register import SERVICES
from shared.settings import Settings

PAIRS = ("own team", "other team", "other organisation")
"""Whose record a caller asks for; a caller of another organisation asks with that one's token."""


class Door(Struct, frozen=True):
    """A way in: a route of a service or of the gateway, or a field of a type."""

    place: str
    """Service, `gateway` or type."""
    name: str
    access: Access | None
    gateway: bool = False
    """At the gateway: it asks the nodes of the token's own organisation, and needs no token where nothing is asked for."""

    def expected(self, role: Role | None) -> tuple[str, ...]:
        """What somebody with that role (None: without a token) gets, for each of `PAIRS`."""
        assert self.access is not None
        if role is None or (self.gateway and not self.access.token):
            return ("denied" if self.access.token else "allowed",) * len(PAIRS)
        if self.access.roles and role not in self.access.roles:
            return ("denied",) * len(PAIRS)
        other = "allowed" if self.access.reach(role) is Whose.ORGANISATION else "filtered"
        return "allowed", other, "elsewhere" if self.gateway else "denied"

    def word(self, role: Role | None) -> str:
        """The same as the table says it."""
        word = WORDS[self.expected(role)]
        return BY_LINK[role] if word == "team" and role in BY_LINK else word


WORDS: Mapping[tuple[str, ...], str] = {
    ("allowed", "filtered", "denied"): "team",
    ("allowed", "filtered", "elsewhere"): "team",
    ("allowed", "allowed", "denied"): "all",
    ("allowed", "allowed", "elsewhere"): "all",
    ("allowed", "allowed", "allowed"): "open",
    ("denied", "denied", "denied"): "-",
}

BY_LINK = {Role.PARTICIPANT: "self", Role.EVENING_HOST: "evening"}
"""What a link is about, in place of a team."""


def routes() -> Iterator[Door]:
    """Methods and paths; OPTIONS, which Litestar answers with the list of methods, is left out."""
    for service in SERVICES:
        for route in application(import_module(f"services.{service}.main").SERVICE).routes:
            for handler in getattr(route, "route_handlers", ()):
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    yield Door(service, f"{method} {route.path}", declared(handler))


def at_gateway() -> Iterator[Door]:
    """The gateway's own routes, those of the start page too."""
    nothing: Any = SimpleNamespace(production=False)
    made = web(gateway_routes(nothing, Settings(data=Path()), nothing), production=False)
    for route in made.routes:
        for handler in getattr(route, "route_handlers", ()):
            for method in sorted(handler.http_methods - {"OPTIONS"}):
                yield Door("gateway", f"{method} {route.path}", handler.opt.get(DECLARED), gateway=True)


def fields() -> Iterator[Door]:
    """Fields that have a resolver; the others show what their object holds."""
    made = schema(production=False)
    for name, kind in made.schema_converter.type_map.items():
        definition = kind.definition
        if isinstance(definition, StrawberryObjectDefinition) and not definition.is_input:
            for field in definition.fields:
                if field.base_resolver is not None:
                    said = [one.declared for one in field.extensions if isinstance(one, Declared)]
                    shown = made.config.name_converter.get_graphql_name(field)
                    yield Door(name, shown, said[0] if said else None, gateway=True)


def table() -> str:
    """All of them, as Markdown."""
    return f"{_HEAD}\n## Routes\n{_rows(routes())}\n## Routes of the gateway\n{_rows(at_gateway())}\n## Fields\n{_rows(fields())}"


def _rows(doors: Iterator[Door]) -> str:
    columns = (None, *Role)
    head = ["", "", *("no token" if role is None else role.value for role in columns)]
    lines = [head, ["---"] * len(head)]
    lines += sorted([one.place, f"`{one.name}`", *map(one.word, columns)] for one in doors)
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)


_HEAD = """# Who gets what

Made from the declarations at routes and fields: `python -m tests.access > tests/access/table.md`. tests/access calls every pair.

| word | record of the own team | of another team of the organisation | with another organisation's token |
|---|---|---|---|
| team | allowed | filtered: as if it were not there | a route: denied; at the gateway: asked elsewhere |
| self | a participant's own: allowed | another person's: filtered | a route: denied; at the gateway: asked elsewhere |
| evening | the evening that the link is for: allowed | another evening: filtered | a route: denied; at the gateway: asked elsewhere |
| all | allowed | allowed | a route: denied; at the gateway: asked elsewhere |
| open | allowed | allowed | allowed at the gateway; a visitor's question is allowed, a service's route denies the token |
| - | denied | denied | denied |

Elsewhere: the gateway asks the nodes of the token's own organisation only, and there is no such record.
Who has no team works for the whole organisation: what says `team` is then allowed for every team.
Numbers (`counts`) are of all teams together: a rule refuses them (409) to a coordinator who has a team.
"""
