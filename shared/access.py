"""Who may do something: declared at each route of a node and at each field of the gateway's schema, and checked there."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from shared.identity import OrgScope, Role
from shared.rules import Forbidden


class Whose(StrEnum):
    """Whose records are reached."""

    TEAM = "team"
    """The caller's team's: others' are as if they were not there. Who has no team reaches the whole organisation's."""
    ORGANISATION = "organisation"
    """Everybody's of the organisation: what belongs to no team, such as a programme."""
    SELF = "self"
    """The participant's own: others' are as if they were not there."""
    EVENING = "evening"
    """What is of the one meeting that the caller hosts."""


@dataclass(frozen=True, slots=True)
class Access:
    """A declaration: `roles` that may (none: everybody), `whose` records, and whether a token is needed at all.

    Who came by a link reaches what the link is about, whatever a route lets others reach: see `reach`.
    """

    roles: frozenset[Role] = frozenset()
    whose: Whose = Whose.ORGANISATION
    token: bool = True
    over: frozenset[Role] = frozenset()
    """Who reaches the whole organisation's where others reach their team's."""

    def reach(self, role: Role) -> Whose:
        """Whose records somebody with this role reaches here; what is for everybody, everybody reaches."""
        whose = Whose.ORGANISATION if role in self.over else self.whose
        return _BY_LINK.get(role, whose) if self.roles else whose

    def check(self, caller: OrgScope) -> None:
        """Raises `Forbidden("role-missing")`."""
        if self.roles and not self.roles & caller.roles:
            raise Forbidden("role-missing", roles=", ".join(sorted(self.roles)))


_BY_LINK = {Role.PARTICIPANT: Whose.SELF, Role.EVENING_HOST: Whose.EVENING}
PUBLIC = Access(token=False)
"""Everybody, also without a token."""
KNOWN = Access()
"""Everybody with a token of the organisation, whatever their role."""


def access(*roles: Role, whose: Whose = Whose.ORGANISATION, over: Iterable[Role] = ()) -> Access:
    """Only who has one of these roles."""
    return Access(frozenset(roles), whose, over=frozenset(over))
