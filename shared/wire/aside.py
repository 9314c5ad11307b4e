"""Letters that were put aside: kept sealed until somebody takes them up again or drops them, or their time is up."""

from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import NAMESPACE_OID, UUID, uuid5

import msgspec

from shared.contracts.letters import LetterBody
from shared.eventlog.keystore import Keys
from shared.personal import ASIDE
from shared.rules import Refused
from shared.service import Arrived
from shared.wire.handover import Content

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)  # or nested without end


class Aside(msgspec.Struct, frozen=True):
    """The body of its row in `parked`: it may be about a person."""

    sender: str
    """Sending node."""
    subject: UUID
    """What it is about, as far as that can be read: its key goes when that is forgotten."""
    content: bytes
    """What was inside, as it was signed; sealed where the node keeps what is about persons."""


class _Kind(msgspec.Struct):
    type: Annotated[str, msgspec.Meta(pattern="^[a-z0-9.-]{1,60}$")]  # nothing else is shown to people


def kept(keys: Keys | None, sender: str, content: bytes) -> bytes:
    """The row's body. It may make and commit a key: not for an event loop."""
    subject = _subject(content)
    if keys is not None:
        whose = (subject, ASIDE)
        content = keys.provide([whose]).seal(whose, content, _place(sender, subject)) or b""
    return msgspec.json.encode(Aside(sender, subject, content))


def again(keys: Keys | None, parked: bytes, came: datetime) -> Arrived:
    """A letter that came and was put aside (`parked`: the row's body), for a retry.

    Raises:
        Refused: `letter-unreadable`: this program still cannot read it, or what it is about was forgotten.
    """
    try:
        aside = msgspec.json.decode(parked, type=Aside)
        content = msgspec.json.decode(_opened(keys, aside) or b"", type=Content)
        return as_arrived(aside.sender, content, came)
    except UNREADABLE:
        raise Refused("letter-unreadable") from None


def _opened(keys: Keys | None, aside: Aside) -> bytes | None:
    whose = (aside.subject, ASIDE)
    if keys is None:
        return aside.content
    return keys.fetch([whose]).reveal(whose, aside.content, _place(aside.sender, aside.subject))


def as_arrived(sender: str, content: Content, came: datetime) -> Arrived:
    """The letter, written when it came at the latest: by whatever clock its sender has."""
    body = msgspec.json.decode(content.body, type=LetterBody)
    return Arrived(sender.partition(".")[0], content.subject, body, min(content.at, came), content.trace)


def kind(opened: bytes) -> str:
    """The letter's kind, as far as it can be read."""
    with suppress(*UNREADABLE):
        return msgspec.json.decode(msgspec.json.decode(opened, type=Content).body, type=_Kind).type
    return ""


def _subject(opened: bytes) -> UUID:
    with suppress(*UNREADABLE):
        return msgspec.json.decode(opened, type=Content).subject
    return uuid5(NAMESPACE_OID, opened.hex())


def _place(sender: str, subject: UUID) -> bytes:
    return f"parked|{sender}|{subject}".encode()
