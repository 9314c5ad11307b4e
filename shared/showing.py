"""What an answer shows of persons, as its types declare it, and so what the access log says of it.

A struct of a contract that is about a person has a property `person`: their id, or None where nothing of anybody is (left) in it. A route
is recorded when its answer holds such a struct, at any depth, when it reads what is under a person's address, and when it says itself what
it does (`opt={"action": …}`).
"""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, cast, get_args
from uuid import UUID

import msgspec
from msgspec.structs import fields

from shared.contracts.access import AccessAction, AccessGround
from shared.eventlog.types import Accessed, Seen
from shared.identity import OrgScope, Role

ACTION = "action"
"""A route's word for what it does, in its `opt`, where that is more than showing its answer."""
OF_PERSON = "/v1/participants/{id"
"""How the address begins of what is about one person: they are named also when there was nothing to show."""
_PROGRAM = re.compile(r"[\w.+-]{1,32}(/[\w.+-]{1,16})?", re.ASCII)


def recorded(method: str, address: str, answer: Any, named: Mapping[str, Any]) -> bool:
    """Whether what a route answers is written in the access log. `named`: the route's `opt`."""
    of_person = method == "GET" and address.startswith(OF_PERSON)
    return ACTION in named or of_person or shows(answer)


@lru_cache(maxsize=1024)
def shows(answer: Any) -> bool:
    """Whether an answer of this type may show something of a person."""
    return any(about_person(kind) for kind in structs(answer))


def about_person(struct: type) -> bool:
    """Whether a contract's struct says that it is about a person."""
    return isinstance(getattr(struct, "person", None), property)


def structs(answer: Any) -> Collection[type]:
    """All structs that a value of this type may hold."""
    found: dict[type, None] = {}
    waiting = [answer]
    while waiting:
        kind = waiting.pop()
        waiting += get_args(kind)
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in found:
            found[kind] = None
            waiting += [field.type for field in fields(kind)]
    return found


def persons(content: Any) -> Iterator[Seen]:
    """The persons in an answer; each struct about one is looked into as well, as it may hold what is about another."""
    match content:
        case msgspec.Struct():
            if about_person(type(content)):
                yield from _seen(content)
            for name in content.__struct_fields__:
                yield from persons(getattr(content, name))
        case tuple() | list():
            for one in cast("Collection[Any]", content):
                yield from persons(one)
        case _:
            return


def _seen(struct: Any) -> Iterator[Seen]:
    subject: UUID | None = struct.person
    record = getattr(struct, "id", None)
    if subject is not None:
        yield Seen(subject, record if record != subject else None)


def action(answer: Any, named: Mapping[str, Any]) -> AccessAction:
    """What a route does: its own word, or listing or reading as its answer is a page or not."""
    usual = AccessAction.LIST if "items" in getattr(answer, "__struct_fields__", ()) else AccessAction.READ
    return AccessAction(named.get(ACTION, usual))


def client(scheme: str, agent: str | None) -> str:
    """The road a request came by, and the name and version that the caller's program gives itself, if it is a plain one."""
    program = _PROGRAM.match(agent or "")
    return f"{scheme} {program[0]}" if program else scheme


def ground(scope: OrgScope, roles: Collection[Role]) -> AccessGround:
    """Why somebody saw this; `roles`: those that may come in at the route."""
    if scope.person is not None:
        return AccessGround.OWN_FILE
    if scope.roles.intersection(roles or scope.roles) == frozenset({Role.PRIVACY_OFFICER}):
        return AccessGround.OVERSIGHT
    return AccessGround.CARE


def entries(done: Accessed, seen: Collection[Seen], opened: Collection[UUID]) -> Iterator[Accessed]:
    """One entry, and one more for persons whose file was opened by breaking the glass."""
    broken = tuple(one for one in seen if one.subject in opened)
    usual = tuple(one for one in seen if one.subject not in opened)
    if usual or not broken:
        yield msgspec.structs.replace(done, persons=usual)
    if broken:
        yield msgspec.structs.replace(done, persons=broken, ground=AccessGround.BREAK_GLASS)
