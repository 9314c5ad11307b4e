"""What passes between two nodes: a batch of sealed letters, and the receipt that answers it. An empty batch is a knock: "I am here"."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.eventlog.log import Log
from shared.register import Register
from shared.service import Letters
from shared.succession import NodeKeys
from shared.wire.connection import Connection
from shared.wire.seal import LetterKeys, Ring, Route

MOST = 100
"""Letters in a batch."""
LARGEST = 512 * 1024
"""Bytes in a batch."""

Text = Annotated[str, msgspec.Meta(max_length=100)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True)
class Office:
    """What a node's letters work with."""

    node: str
    """`<slug>.<service>`."""
    log: Log
    letters: Letters
    keys: Ring
    register: Callable[[], Register]
    """The register of organisations as it is now."""
    nats: Connection

    @property
    def slug(self) -> str:
        """The organisation."""
        return self.node.partition(".")[0]

    @property
    def signing(self) -> LetterKeys:
        """The node's own letter keys, as the register names them. Raises `Refused("letter-keys-missing")`."""
        return self.keys.signing(self.register().node(self.node))

    def known(self) -> Mapping[str, Mapping[str, NodeKeys]]:
        """The keys, by service, of who may write to it: its organisation and the partners, as the register has them now."""
        register = self.register()
        return {slug: register.organisation(slug).nodes for slug in (self.slug, *register.partners(self.slug))}

    @property
    def service(self) -> str:
        """Which of the organisation's services this node is."""
        return self.node.partition(".")[2]


class Sealed(msgspec.Struct, frozen=True, array_like=True):
    """One letter."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    key: Text
    """Which of the receiver's keys it is sealed for."""
    box: bytes


class Batch(msgspec.Struct, frozen=True, array_like=True):
    """Letters of one link, in order."""

    sender: Text
    log: UUID
    """The sending node's log id under which they are numbered."""
    receiver: Text
    letters: Annotated[tuple[Sealed, ...], msgspec.Meta(max_length=MOST)]
    now: UUID
    """The sending node's log id today: another one than before says that it was restored."""

    def route(self, one: Sealed) -> Route:
        """What stands outside one of its letters."""
        return Route(self.sender, self.log, self.receiver, one.number, one.key)


class Receipt(msgspec.Struct, frozen=True, array_like=True):
    """What the receiving node has recorded of a link."""

    log: UUID
    """The receiving node's log id: another one than before says that it was restored."""
    highest: Annotated[int, msgspec.Meta(ge=0)] | None
    """Every letter up to this number; None when the batch was not looked into."""
    code: Annotated[str, msgspec.Meta(pattern="^[a-z-]{0,40}$")] = ""
    """Why the next one was not taken: `gap`, `key`, `signature`, `fault`, `full`; of the whole batch: `malformed`, `too-large`,
    `sender-unknown`, `not-here`, `busy`. It is shown to people: a partner may not write what it likes there."""


class Content(msgspec.Struct, frozen=True):
    """What is inside a letter."""

    body: msgspec.Raw
    """A `LetterBody`; kept raw, because a partner may run a later version that knows more kinds."""
    subject: UUID
    at: Instant
    """When the event was recorded from which the letter follows, by the sender's clock."""
    trace: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{32})?$")]
    expires: Instant | None = None


def subject(sender: str, receiver: str) -> str:
    """The NATS subject on which one node hands letters to another."""
    own, to, service = sender.partition(".")[0], *receiver.split(".", 1)
    return f"letters.{own}.{service}" if own == to else f"to.{to}.letters.{service}"


def upstream(sender: str, log: UUID | str) -> str:
    """The tracking name of a link at its receiver."""
    return f"letters:{sender}:{log}"
