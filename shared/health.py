"""How a node is, as `kring status`, `/healthz`, metrics and the doctor are told."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, func, select

from shared.eventlog.parked import parked
from shared.service import Agreement, Service
from shared.wire.integrators import Following
from shared.wire.outbox import LinkState, links
from shared.wire.refusals import Alarm
from shared.wire.relay import RelayState


class Health(msgspec.Struct, frozen=True):
    """How a node is: what is up, what is behind. No personal data."""

    node: str
    ready: bool
    relay: RelayState
    behind: int | None
    """Events that the stream does not have yet; None while that is not known."""
    links: Sequence[LinkState]
    parked: int
    inbox: bool | None
    """Whether the organisation's stream is read; None where no policy follows it."""
    integrators: Sequence[Following] = ()
    """How far the organisation's integrators are; only at its node of intake, which keeps their consumers."""
    digests: Sequence[Agreement] = ()
    """Where the daily comparison stands with each of today's partners with whom something is shared."""
    alarms: Sequence[Alarm] = ()
    """Whose letters were refused within a day, as no honest node sends such."""
    gauges: Mapping[str, float] = {}
    """What its service has measured besides, by names of `shared.metrics.GAUGES`."""
    oldest: datetime | None = None
    """Since when the oldest letter waits that a partner has not recorded; None where none does."""


class Standing(msgspec.Struct, frozen=True):
    """What a node's database says of its health; true until another group is written, so that an idle node's is not asked."""

    groups: int
    links: Sequence[LinkState]
    parked: int
    digests: Sequence[Agreement] = ()
    gauges: Mapping[str, float] = {}


def looked_up(groups: int, service: Service, connection: Connection) -> Standing:
    """Ask the database. `groups`: how many had been written then."""
    waiting = [one for one in links(connection) if one.waiting or one.stuck]
    aside = connection.execute(select(func.count()).select_from(parked)).scalar_one()
    return Standing(groups, waiting, aside, service.letters.agreements(connection), service.gauges(connection))
