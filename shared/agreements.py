"""What organisations agree with each other, and what each of them signs: an agreement of two, a covenant of many."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec

Slug = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
LARGEST_COVENANT = 100
"""Members, with those who left; a larger one makes the broker's configuration slow to check (facts.md)."""


class Ended(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One party's word that an agreement has ended."""

    at: date
    by: Slug
    signature: str


class Agreement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Permission for `sender` to refer to `receiver`, in force once both signed it; answers go back under the same."""

    id: UUID
    sender: Slug
    receiver: Slug
    since: date
    signatures: Mapping[Slug, str]
    ended: Ended | None = None

    @property
    def signed(self) -> bool:
        """Whether both parties signed."""
        return {self.sender, self.receiver} <= self.signatures.keys()

    def words(self, ended: date | None = None) -> bytes:
        """What a party signs: the agreement, or its end."""
        end = f"|ended {ended}" if ended else ""
        return f"kring.agreement.v1|{self.id}|{self.sender}|{self.receiver}|{self.since}{end}".encode()


class Left(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One member's word that it has left a covenant."""

    at: date
    by: Slug
    among: tuple[Slug, ...]
    """Who were members with it: letters about what is still open go between them as before."""
    signature: str = ""


class Covenant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The same permission among all its members: each signs once."""

    id: UUID
    name: str
    since: date
    members: Annotated[Mapping[Slug, str], msgspec.Meta(max_length=LARGEST_COVENANT)]
    """Signature by member."""
    left: tuple[Left, ...] = ()
    """Everybody's leaving, also of who came back."""

    def words(self, member: str, left: Left | None = None) -> bytes:
        """What a member signs: that it is one, or that it has left."""
        end = f"|left {left.at}|{','.join(left.among)}" if left else ""
        return f"kring.covenant.v1|{self.id}|{self.since}|{member}{end}".encode()

    @property
    def known(self) -> frozenset[str]:
        """Who is a member or was one: the broker has routes for all of them."""
        return frozenset(self.members) | {one.by for one in self.left}
