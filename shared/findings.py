"""What a node's health comes to: findings for a person, gauges for Prometheus."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.health import Health
from shared.metrics import Value
from shared.service import Agreement
from shared.wire.integrators import Following
from shared.wire.refusals import DATED
from shared.wire.relay import RelayState
from shared.wire.webhooks import State

Finding = tuple[str, Mapping[str, Any]]
"""The code of a sentence that says what is wrong and what to do, and what fills it."""
LATE, MANY = timedelta(days=1), 10_000
"""An integrator is late when an event has waited so long for it, or more than so many wait."""
ADVISED = frozenset(
    {
        *("gap", "key", "signature", "fault", "full", "malformed", "too-large", "sender-unknown", "not-here", "busy"),
        *("receipt-malformed", "letter-too-large"),
    }
)
"""What keeps letters from going, for which there is an own advice: codes of a receipt (`shared.wire.handover`), and of this side."""
UNAGREED = timedelta(days=2)
"""Partners compare every day; after so long without agreeing somebody has to look."""


def findings(health: Health) -> Iterator[Finding]:
    """What is wrong with a node; nothing when all is well."""
    node = health.node
    if not health.ready:
        yield "doctor-not-ready", {"node": node}
    if health.relay is not RelayState.FOLLOWING:
        yield f"doctor-relay-{health.relay}", {"node": node}
    if health.inbox is False:
        yield "doctor-inbox-away", {"node": node}
    if health.parked:
        yield "doctor-parked", {"node": node, "count": health.parked}
    for link in health.links:
        given = {"node": node, "receiver": link.link.receiver, "waiting": link.waiting, "code": link.stuck}
        state = "waiting" if link.stuck is None else link.stuck if link.stuck in ADVISED else "stuck"
        yield f"doctor-link-{state}", given
    for alarm in health.alarms:
        told = {"sender": alarm.organisation, "count": alarm.count, "code": alarm.code, "at": moment(alarm.at)}
        yield f"doctor-letters-{'unproven' if alarm.code in DATED else 'refused'}", {"node": node} | told
    for one in health.integrators:
        yield from _behind(node.partition(".")[0], one)
    for agreement in health.digests:
        yield from _compared(node, agreement)


def moment(at: datetime | None) -> str:
    """A time as the clock on this machine's wall has it; `-` for none."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}" if at else "-"


def _behind(organisation: str, one: Following) -> Iterator[Finding]:
    given = {"organisation": organisation, "name": one.name, "waiting": "?" if one.waiting is None else one.waiting}
    said = one.webhook
    if said and said.state is not State.FINE:
        told = {"answer": said.answer, "since": moment(said.since), "tries": said.tries, "again": moment(said.again)}
        yield f"doctor-webhook-{said.state}", given | told
    elif (one.waiting or 0) > MANY or (one.since and datetime.now(UTC) - one.since > LATE):
        yield "doctor-integrator-late", given | {"since": moment(one.since)}


def _compared(node: str, one: Agreement) -> Iterator[Finding]:
    given = {"node": node, "organisation": node.partition(".")[0], "partner": one.partner}
    if one.differing:
        yield "doctor-digest-differs", given | {"count": one.differing}
    elif unagreed(one) > UNAGREED:
        yield "doctor-digest-overdue", given | {"since": moment(one.agreed or one.began)}


def unagreed(one: Agreement) -> timedelta:
    """For how long two partners have not agreed about what they share."""
    return datetime.now(UTC) - (one.agreed or one.began)


def gauges(health: Health) -> dict[str, Value]:
    """By the names of `shared.metrics.GAUGES` and `NAMED`."""
    return {
        "kring_relay_lag_events": health.behind,
        "kring_relay_following": health.relay is RelayState.FOLLOWING,
        "kring_inbox_following": health.inbox,
        "kring_letters_waiting": sum(link.waiting for link in health.links),
        "kring_letters_oldest_seconds": (datetime.now(UTC) - health.oldest).total_seconds() if health.oldest else 0.0,
        "kring_links_stuck": sum(link.stuck is not None for link in health.links),
        "kring_integrators_lag_events": max(
            (one.waiting for one in health.integrators if one.waiting is not None), default=None
        ),
        "kring_integrator_waiting": {one.name: one.waiting for one in health.integrators if one.waiting is not None},
        "kring_parked": health.parked,
        "kring_digest_age_seconds": max((unagreed(one).total_seconds() for one in health.digests), default=None),
        "kring_digest_differences": sum(one.differing for one in health.digests) if health.digests else None,
        **health.gauges,
    }
