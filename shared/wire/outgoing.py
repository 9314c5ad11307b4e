"""A letter on its way, what is inside it, and since when it waits."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from shared.contracts.letters import Void
from shared.eventlog.columns import EPOCH
from shared.wire.drafts import Draft
from shared.wire.handover import Content
from shared.wire.outbox import LATEST, Link, LinkState, Row

_VOID = msgspec.Raw(msgspec.json.encode(Void()))
_NOBODY = UUID(int=0)


class Outgoing(msgspec.Struct):
    """A letter on its way: its row, what it follows from (None: nothing any more), and whether only its number may go."""

    row: Row
    draft: Draft | None
    void: bool


def content(outgoing: Outgoing) -> bytes:
    """What is inside the letter. A void says nothing, not even of whom."""
    if outgoing.draft is None or outgoing.void:
        return msgspec.json.encode(Content(_VOID, _NOBODY, EPOCH, ""))
    letter, recorded = outgoing.draft.letter, outgoing.draft.recorded
    body = msgspec.Raw(msgspec.json.encode(letter.body))
    return msgspec.json.encode(Content(body, letter.subject, recorded.at, recorded.trace, letter.expires))


class Waits:
    """Since when the oldest letter of each link waits: known from the tries to hand it over, so that no history is read for it."""

    def __init__(self) -> None:
        self._since: dict[Link, tuple[int, datetime]] = {}

    def tried(self, link: Link, going: Sequence[Outgoing], now: datetime) -> None:
        """These are handed over now: the first waits since its event, or, where it tells how a stream stands today, since its first try."""
        if not going:
            self.over(link)
            return
        row, draft = going[0].row, going[0].draft
        number, since = self._since.get(link, (0, now))
        if draft is not None and row.version > LATEST:
            since = draft.recorded.at
        elif number != row.number:
            since = now
        self._since[link] = row.number, since

    def over(self, link: Link) -> None:
        """The letter was taken."""
        self._since.pop(link, None)

    def oldest(self, states: Iterable[LinkState]) -> datetime | None:
        """Of all that waits; None where nothing does. A letter that cannot even be made waits since its link is stuck."""
        known = ((self._since[one.link][1] if one.link in self._since else one.since) for one in states if one.waiting)
        return min(filter(None, known), default=None)
