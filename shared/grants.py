"""Grants: what of an organisation's stream an integrator (a system of somebody else) may follow. They stand in the signed register."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec

from shared.rules import Refused

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{1,39}\Z")]
Filter = Annotated[str, msgspec.Meta(pattern=r"^events\.(public|own)(\.([a-z0-9-]+|\*)){0,2}\.([a-z0-9-]+|\*|>)\Z")]
"""NATS subjects, under one visibility; `*` stands for one word, `>` at the end for all that follow."""
_HOST = r"https://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])|http://(127\.0\.0\.1|localhost)"
_PORT = r":([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
Webhook = Annotated[str, msgspec.Meta(pattern=rf"^({_HOST})({_PORT})?(/[!\"$-~]*)?\Z", max_length=1000)]
"""A web address; without TLS only on this machine. It stands in the register, which every partner has: nothing in it may be secret."""
CONSUMER = "integrator-"
"""How the name of every integrator's consumer begins."""


class Grant(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One integrator of one organisation: it asks the broker for its events with an nkey, or they are sent to its webhook."""

    id: UUID
    organisation: str
    name: Name
    filter: Filter
    start: datetime | None
    """From when on; None: from the first event."""
    nkey: str | None = None
    """Public key with which it connects to NATS."""
    webhook: Webhook | None = None
    """Where its events are sent."""

    @property
    def consumer(self) -> str:
        """Its durable consumer at the broker; never the same for two grants."""
        return f"{CONSUMER}{self.id.hex}"

    @property
    def inbox(self) -> str:
        """Prefix of the only subjects it may listen on."""
        return f"_INBOX.{self.consumer}"

    @property
    def account(self) -> str:
        """Its account at the broker."""
        return f"INTEGRATOR_{self.id.hex.upper()}"


class Credentials(msgspec.Struct, frozen=True, rename="camel"):
    """All that its client needs to connect: the file that `kring integrator add` writes (docs/guide-integrator.md)."""

    url: str
    seed: str
    """The nkey's secret seed."""
    organisation: str
    stream: str
    consumer: str
    inbox_prefix: str
    filter: str
    start: datetime | None


def granted(grants: Iterable[Grant], organisation: str) -> tuple[Grant, ...]:
    """The grants of one organisation."""
    return tuple(grant for grant in grants if grant.organisation == organisation)


def check_webhook(url: str) -> None:
    """Raises `Refused`: `webhook-credentials`, `webhook-insecure`, `webhook-invalid`."""
    with suppress(msgspec.ValidationError):
        msgspec.convert(url, Webhook)
        return
    if "@" in url.partition("//")[2].partition("/")[0]:
        raise Refused("webhook-credentials")
    raise Refused("webhook-insecure" if url.startswith("http://") else "webhook-invalid", url=url)


def matches(pattern: str, subject: str) -> bool:
    """Whether a filter takes a subject, as NATS sees it."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        given = given[: len(wanted)] if len(given) > len(wanted) else []
    return len(wanted) == len(given) and all(one in ("*", word) for one, word in zip(wanted, given, strict=True))
