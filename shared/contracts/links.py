"""Links: a link and a code let somebody in who has no account.

A link is an id to put in an address of one's own pages; it opens nothing by itself. Whoever sends it together with its code gets a token,
to be sent as any other. A wrong code, a link that is over and one that never was are answered alike (`link-closed`).
"""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from shared.rules import Invalid

_BETWEEN = re.compile(r"[\s-]")
"""What people put between the digits that they copy."""


class MakeLink(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A new link; `id` is a UUIDv7 made by the caller."""

    id: UUID


class Enter(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """The code that goes with a link; spaces and hyphens do not matter."""

    code: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 20})]


class Entered(msgspec.Struct, frozen=True, rename="camel"):
    """A token for who came by a link."""

    token: str
    expires_at: datetime


def digits(code: str, number: int) -> str:
    """The bare digits of a code of so many. Raises `Invalid` (`code-digits`): such a slip is not counted as a wrong code."""
    bare = _BETWEEN.sub("", code)
    if not (len(bare) == number and bare.isascii() and bare.isdigit()):
        raise Invalid([("code", "code-digits", {"number": number})])
    return bare
