"""Who asks a real gateway: with a role, of a team, or by a link."""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from shared.identity import Evening, Holder, Issuer, Role
from shared.ids import uuid7
from shared.linkkeys import PARTICIPANT_STAYS, LinkKey
from tests.access.owned import OWN, Owned
from tests.access.questions import COMING
from tests.gateway.running import Running

_users = count()


def holder(role: Role | None, pair: str, one: Owned) -> Holder | None:
    """What a link is about where the role comes by one."""
    own = pair != "other team"
    match role:
        case Role.PARTICIPANT:
            return Holder(link=uuid7(), person=UUID(one.person if own else one.friend))
        case Role.EVENING_HOST:
            return Holder(link=UUID(one.evening_link), evening=Evening(UUID(one.series if own else one.place), COMING))
        case _:
            return None


def token_of(
    running: Running, role: Role | None, organisation: str, team: str = OWN, by: Holder | None = None
) -> str | None:
    """Each time of somebody else: nobody asks too often."""
    now = datetime.now(UTC)
    if role is None:
        return None
    if by is not None:
        return LinkKey.open(running.settings.data, organisation).token(by, now=now, until=now + PARTICIPANT_STAYS)
    issuer = Issuer.open(running.settings.data, organisation, production=False)
    return issuer.token([role], user=f"user{next(_users)}", now=now, team=team)
