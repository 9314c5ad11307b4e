"""Who may come in at a route of the gateway itself: said at each of them, in the words that the nodes' routes use.

The gateway decides nothing: what a route asks of nodes they authorise, and each field of GraphQL says its own.
"""

from collections.abc import Mapping

from shared.access import PUBLIC, Access, Whose, access
from shared.identity import Role

DECLARED = "declared"
"""Under which name a route says it."""
OPEN: Mapping[str, Access] = {DECLARED: PUBLIC}
"""For everybody: it tells of nobody, or its fields say who may."""
FILE: Mapping[str, Access] = {
    DECLARED: access(Role.COORDINATOR, Role.PRIVACY_OFFICER, Role.PARTICIPANT, whose=Whose.TEAM)
}
"""A participant's file."""
