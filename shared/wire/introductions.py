"""A new partner gets what every partner has: the latest letter of each stream that `Letters.introduced` names (the directory)."""

from shared.eventlog.types import Change, Unit
from shared.wire.drafts import Drafts
from shared.wire.handover import Office
from shared.wire.outbox import LATEST, Link, acquainted, met, numbered, parted, receiver


class Introductions:
    """Introduces one node to its partners, once each."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._drafts = Drafts(office)

    async def make(self) -> set[Link]:
        """Introduce the node to partners that are new, forget those that are none any more; gives the links that got letters.

        Raises:
            Refused: `unknown-event-type`, when this program does not know all events of what would be shown.
        """
        log, slug = self._office.log, self._office.slug
        partners, known = set(self._office.register().partners(slug)), await log.query(acquainted)
        changes: list[Change] = [parted(one) for one in known - partners]
        links: set[Link] = set()
        for partner in sorted(partners - known):
            changes.append(met(partner))
            for stream in await log.query(self._office.letters.introduced):
                for letter in await self._drafts.latest(stream, partner):
                    link = Link(receiver(letter), log.id)
                    links.add(link)
                    changes += numbered(link, stream, LATEST)
        if changes:
            await log.write(Unit(by="system", changes=changes))
        return links
