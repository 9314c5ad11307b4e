"""The access log, as every service's API gives it: who saw what of whom, when, with what, on whose behalf, on which ground (NEN 7513).

| method and path | roles | answer |
|---|---|---|
| GET /v1/access-log | privacy officer | query participant, action, since, until, after, first -> AccessPage |
| POST /v1/access-log-searches | privacy officer | SearchAccesses -> 200 AccessPage (by user: a body, as an account may be a mail address) |
| GET /v1/participants/{id}/access-log | privacy officer, the participant | after, first -> AccessPage |

It holds reading, searching and exporting, and changes of who may; what was changed of a person, and by whom, is in the record itself.
Entries are kept five years. When a person is forgotten, entries about them stay and say no more whom they are about.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from shared.contracts.text import Name

LAST = 2**53 - 1
"""No entry has a higher number: up to here they are exact in JSON (RFC 8259, section 6)."""


class AccessAction(StrEnum):
    """What was done."""

    READ = "read"
    LIST = "list"
    SEARCH = "search"
    """That it happened, and who was found; never what was asked."""
    EXPORT = "export"
    BREAK_GLASS = "break-glass"
    """Somebody opened the file of another team, with a reason."""
    AUTHORISATION = "authorisation"
    """Who may see what was changed."""
    RESTORE = "restore"
    """The records were put back from a backup: what was seen between it and now is not in this log any more."""


class AccessGround(StrEnum):
    """On which ground."""

    CARE = "care"
    """The organisation, and in it the team, helps this person or was asked to."""
    BREAK_GLASS = "break-glass"
    OWN_FILE = "own-file"
    """It is the person's own."""
    OVERSIGHT = "oversight"
    """The task that the law gives a privacy officer."""
    UPKEEP = "upkeep"
    """Keeping the system: backups, moves, agreements, logins."""


class SearchAccesses(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What somebody did. Lists go on `after` an entry's number."""

    by: Name
    """`user:<subject>` or `system`."""
    participant: UUID | None = None
    action: AccessAction | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: Annotated[int, Meta(ge=1, le=LAST)] | None = None
    first: Annotated[int, Meta(ge=1, le=100)] = 20


class AccessedPerson(Struct, frozen=True, rename="camel"):
    """Of whom something was shown."""

    participant: UUID | None
    """Of a referral that came in its own id, as the person is known by nothing else; null: forgotten since."""
    record: UUID | None
    """Which consent, interview or referral about them; null: their file, or forgotten since."""


class AccessEntry(Struct, frozen=True, kw_only=True, rename="camel"):
    """Something was seen."""

    number: int
    """In this service's log, without gaps."""
    at: datetime
    action: AccessAction
    what: str
    """The route by which (`GET /v1/participants/{id}`); of a change of authorisation, what changed."""
    by: str
    """`user:<subject>` or `system`."""
    roles: tuple[str, ...]
    team: str | None
    client: str
    """How it came (`nats`: by the gateway, `http`: directly), and the name and version that the program gives itself."""
    organisation: str
    """On whose behalf, by slug."""
    ground: AccessGround
    persons: tuple[AccessedPerson, ...]
    """In one person's log only that person."""

    @property
    def person(self) -> None:
        """Reading the log is recorded, as being about whom it was asked for; not about everybody in it."""
        return


class AccessPage(Struct, frozen=True, rename="camel"):
    """Newest first. `next` is given to `after`; null at the end."""

    items: tuple[AccessEntry, ...]
    next: str | None = None
