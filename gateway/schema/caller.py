"""Who the caller is to Kring."""

from datetime import datetime
from uuid import UUID

import strawberry

from gateway.schema.access import ANYBODY_KNOWN
from gateway.schema.paging import Info
from shared.identity import Role

strawberry.enum(Role, description="What somebody does in their organisation.")


@strawberry.type(description="Who you are to Kring, by your token.")
class Me:
    """A verified caller."""

    organisation: str
    user: str
    team: str | None
    roles: list[Role]
    expires: datetime
    participant: UUID | None
    """The participant who came by their own link."""


@strawberry.type
class CallerQuery:
    """Asking about oneself."""

    @strawberry.field(description="Who you are to Kring, by your token.", extensions=ANYBODY_KNOWN)
    def me(self, info: Info) -> Me:
        """Read the token."""
        scope = info.context.scope
        return Me(
            organisation=scope.organisation,
            user=scope.user,
            team=scope.team,
            roles=sorted(scope.roles),
            expires=scope.expires,
            participant=scope.person,
        )
