"""A partner's node that was restored from a backup is told how everything stands that both know, once for each of its restores.

It compares, names on its side what it lost, and answers where the two differ (`Letters.arrived`).
"""

from uuid import UUID

from shared.eventlog.log import Log
from shared.eventlog.types import Change, Tracking, Unit
from shared.wire.handover import Office, upstream
from shared.wire.outbox import STANDING, Link, numbered


class Retelling:
    """Tells the partners of one node."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def tell(self, node: str, log: UUID) -> Link | None:
        """Tell a node whose log has this identity now; gives the link that got letters, None when there is nothing to tell."""
        own, told = self._office.log, Tracking(f"told:{node}:{log}", 1)
        if own.tracked(told.application_name) or not _was_another(own, node, log):
            return None
        link, changes = Link(node, own.id), list[Change]()
        for stream in await own.query(lambda connection: self._office.letters.shared(connection, node)):
            changes += numbered(link, stream, STANDING)
        await own.write(Unit(by="system", tracking=told, changes=changes))
        return link if changes else None


def _was_another(own: Log, node: str, log: UUID) -> bool:
    """Whether the node wrote under another identity before."""
    return any(name != upstream(node, log) for name in own.upstreams(upstream(node, "")))
