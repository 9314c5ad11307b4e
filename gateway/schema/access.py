"""Who may use a field: declared at every field that asks a node for something, in the words that the node's routes use.

It is a courtesy (a refusal before anything is asked): the node authorises every call itself. What fields without a declaration
show came with their object, through the field that gave it.
"""

from collections.abc import Callable, Iterable
from inspect import isawaitable
from typing import Any

from strawberry.extensions import FieldExtension

from gateway.schema.paging import Info
from shared.access import KNOWN, PUBLIC, Access, Whose, access
from shared.identity import Role


class Declared(FieldExtension):
    """One field's declaration."""

    def __init__(self, declared: Access) -> None:
        self.declared = declared

    def resolve(self, next_: Callable[..., Any], source: Any, info: Info, **given: Any) -> Any:
        """Raises `Refused`: what `verify` says of the token, and `role-missing`."""
        self._check(info)
        return next_(source, info, **given)

    async def resolve_async(self, next_: Callable[..., Any], source: Any, info: Info, **given: Any) -> Any:
        """Raises `Refused`: what `verify` says of the token, and `role-missing`."""
        self._check(info)
        answer = next_(source, info, **given)
        return await answer if isawaitable(answer) else answer  # a subscription's answer is what it will give

    def _check(self, info: Info) -> None:
        if self.declared.token:
            self.declared.check(info.context.scope)


def allows(*roles: Role, whose: Whose = Whose.ORGANISATION, over: Iterable[Role] = ()) -> list[FieldExtension]:
    """For who has one of these roles."""
    return [Declared(access(*roles, whose=whose, over=over))]


OPEN: list[FieldExtension] = [Declared(PUBLIC)]
"""For everybody, without a token too."""
ANYBODY_KNOWN: list[FieldExtension] = [Declared(KNOWN)]
"""For everybody with a token."""
COORDINATORS = allows(Role.COORDINATOR, whose=Whose.TEAM)
