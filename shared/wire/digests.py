"""A digest is filled in when it is handed over: how each stream stands that is shared with its reader, by what was said before it.

Numbers make it exact. The reader has recorded every letter with a lower number; of a stream that has one with a higher number something
is still to be said, so it is left out and comes with the next digest. States are read first, higher numbers after them: what is said in
between is left out as well.
"""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import msgspec
from sqlalchemy import Connection, select

from shared.contracts.letters import Digest, ReferralTold, Shared
from shared.rules import Refused
from shared.wire.drafts import Draft, Drafts
from shared.wire.handover import Office
from shared.wire.outbox import STANDING, Link, Row, letters_out

MOST = 500
"""Streams that one letter names at most."""
ROOM = 64 * 1024
"""Bytes that they may take in it."""


class Digests:
    """Fills in the digests of one node."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self.drafts = Drafts(office)

    async def draft(self, link: Link, row: Row) -> Draft | None:
        """The letter of a row, and a digest with as much in it as it takes. Raises like `Drafts.draft`."""
        draft = await self.drafts.draft(link.receiver, row.stream, row.version)
        if draft is None or not isinstance(draft.letter.body, Digest):
            return draft
        body = await self._filled(link, row.number, draft.letter.to, draft.letter.body)
        return msgspec.structs.replace(draft, letter=msgspec.structs.replace(draft.letter, body=body))

    async def _filled(self, link: Link, number: int, partner: str, empty: Digest) -> Digest:
        ids = await self._office.log.query(partial(self._listed, partner, empty.after))
        found, taken, room = dict[UUID, Shared](), 0, ROOM
        for reference, stream in ids:
            one = await self._one(link, reference, stream)
            room -= len(msgspec.json.encode(one))
            if room < 0 and taken:
                break
            taken += 1
            found |= {stream: one} if one else {}
        moving = await self._office.log.query(partial(_said_after, link, number))
        shared = tuple(one for stream, one in found.items() if stream not in moving)
        until = ids[taken - 1][0] if taken and (taken < len(ids) or taken == MOST) else None
        return msgspec.structs.replace(empty, until=until, shared=shared)

    def _listed(self, partner: str, after: UUID | None, connection: Connection) -> Sequence[tuple[UUID, UUID]]:
        return self._office.letters.listed(connection, partner, after, MOST)

    async def _one(self, link: Link, reference: UUID, stream: UUID) -> Shared | None:
        """How one stands; None when this program cannot tell."""
        try:
            draft = await self.drafts.draft(link.receiver, stream, STANDING)
        except Refused:
            return None
        if draft is None or not isinstance(draft.letter.body, ReferralTold):
            return None
        return Shared(reference, msgspec.structs.replace(draft.letter.body, outcome=None))


def _said_after(link: Link, number: int, connection: Connection) -> set[UUID]:
    """Streams about which a later letter of the link is waiting, or on its way."""
    later = (letters_out.c.receiver == link.receiver, letters_out.c.log == link.log, letters_out.c.number > number)
    return set(connection.scalars(select(letters_out.c.stream).where(*later)))
