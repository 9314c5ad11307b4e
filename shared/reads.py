"""Who saw what of one person, for that person's file: what one caller saw in the same way on one day is told once, with how often."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import BigInteger, Connection, distinct, func, select, type_coerce

from shared.contracts.access import AccessAction, AccessGround
from shared.contracts.file import Read
from shared.eventlog.accesses import accesses, seen
from shared.eventlog.columns import MICROSECOND
from shared.identity import OrgScope

_DAY = timedelta(days=1) // MICROSECOND
_SAME = ("by", "roles", "team", "client", "action", "what", "ground")
_GROUPED = (type_coerce(accesses.c.at, BigInteger) // _DAY, *(accesses.c[name] for name in _SAME))
_COUNT = func.count(distinct(accesses.c.number)).label("count_")
_FIRST, _LAST = func.min(accesses.c.at).label("first"), func.max(accesses.c.at).label("last")


def of_person(connection: Connection, _: OrgScope, person: UUID) -> Sequence[Read]:
    """Everything, oldest first. Whether the caller may see it, who asks has found out; days are UTC's."""
    query = select(_COUNT, _FIRST, _LAST, *_GROUPED[1:]).join(seen, seen.c.entry == accesses.c.number)
    query = query.where(seen.c.subject == person).group_by(*_GROUPED).order_by(_FIRST, accesses.c.what)
    return [
        Read(
            at=row.first,
            until=row.last,
            count=row.count_,
            by=row.by,
            roles=tuple(row.roles.split(",")) if row.roles else (),
            team=row.team,
            client=row.client,
            action=AccessAction(row.action),
            what=row.what,
            ground=AccessGround(row.ground),
        )
        for row in connection.execute(query)
    ]
