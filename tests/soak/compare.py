"""The ledger beside the books: what is lost, what is there twice, what is out of order, and what two sides tell differently."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from services.intake.domain import incoming_referral, incoming_state, outgoing_events, outgoing_referral, outgoing_state
from services.intake.letters import kept_as
from shared.eventlog.recorded import name_of
from shared.eventlog.types import Recorded
from tests.soak.books import Book, Books, published
from tests.soak.ledger import Entry, lanes

_NEWS = "intake.referral-"
_EFFECTS = (
    ("intake.participant-registered.v1", "events", "events.participant-known.v1"),
    ("intake.participant-registered.v1", "network", "network.participant-known.v1"),
    ("intake.participant-ended.v1", "events", "events.participant-forgotten.v1"),
    ("intake.participant-ended.v1", "network", "network.participant-ended.v1"),
)
"""What must follow at the organisation's other services."""
_ANSWERED = {
    "intake.incoming-forgotten.v1": ("intake.incoming-consent-withdrawn.v1", "intake.incoming-erasure-asked.v1"),
}
"""What is recorded once for each of these: who takes consent back is first no longer wanted, and then asked about."""


def differences(entries: Sequence[Entry], books: Books) -> list[str]:
    """Everything that is not as it should be; nothing when all is well."""
    return [
        *_recorded(entries, books),
        *_ordered(entries, books),
        *_told(books),
        *_known(books),
        *_delivered(books),
        *_agreed(books),
        *_shown(books),
    ]


def _recorded(entries: Sequence[Entry], books: Books) -> Iterator[str]:
    """What was acknowledged stands in its node's log, and nothing that follows from it stands anywhere twice."""
    traces = {entry.key.hex for entry in entries}
    made: Counter[tuple[str, str, str]] = Counter()
    for node, book in books.nodes.items():
        each = Counter((one.trace, name_of(one.event), one.stream) for one in book.events if one.trace in traces)
        for (trace, name, stream), times in each.items():
            made[node, trace, name] += 1
            if times > max(1, sum(each[trace, asked, stream] for asked in _ANSWERED.get(name, ()))):
                yield f"twice: {name} of {stream} at {node}, {times} times (command {UUID(trace)})"
    for entry in entries:
        if not made[entry.node, entry.key.hex, entry.makes]:
            yield f"lost: {entry.makes} at {entry.node}, acknowledged to {entry.lane} (command {entry.key})"


def _ordered(entries: Sequence[Entry], books: Books) -> Iterator[str]:
    """Logs and streams have no gaps, and what somebody asked first stands first."""
    for node, book in books.nodes.items():
        if [one.position for one in book.events] != list(range(1, len(book.events) + 1)):
            yield f"gap: the positions of {node}"
        versions: dict[UUID, int] = {}
        for one in book.events:
            if one.version != versions.get(one.stream, 0) + 1:
                yield f"gap: {one.stream} of {node} goes from {versions.get(one.stream, 0)} to {one.version}"
            versions[one.stream] = one.version
    places = {(node, one.trace, name_of(one.event)): one for node, book in books.nodes.items() for one in book.events}
    for (lane, node), done in lanes(entries).items():
        stand = [places.get((node, one.key.hex, one.makes)) for one in done]
        for (first, second), asked in zip(pairwise(stand), done, strict=False):
            if first and second and first.position > second.position:
                yield f"out of order: what {lane} asked of {node} after command {asked.key}"


def _told(books: Books) -> Iterator[str]:
    """Each organisation's stream has each public event once and in order."""
    for node, book in books.nodes.items():
        slug, _, name = node.partition(".")
        ours = [one for one in books.streams[slug] if one.subject.split(".")[2] == name]
        there, expected = [one.sequence for one in ours], published(node, book)
        if any(one.log != book.events[0].log for one in ours):
            yield f"stream: {node} has events of another log"
        if there != expected:
            times = Counter(there)
            lost, twice = set(expected) - set(there), [position for position, count in times.items() if count > 1]
            yield (
                f"stream: {node} should have {len(expected)} and has {len(there)}; lost {sorted(lost)[:5]}, "
                f"twice {twice[:5]}, not of the log {sorted(set(there) - set(expected))[:5]}"
            )


def _known(books: Books) -> Iterator[str]:
    """Whom intake registered and ended, the other services know and have let go."""
    for node, book in books.nodes.items():
        slug, _, name = node.partition(".")
        if name != "intake":
            continue
        for here, other, there in _EFFECTS:
            ours, theirs = _streams(book, here), _streams(books.nodes[f"{slug}.{other}"], there)
            if ours != theirs:
                told = f"{here} {ours.total()} times at {node}, {there} {theirs.total()} times at {slug}.{other}"
                yield f"inbox: {told}; first {_first(ours - theirs, theirs - ours)}"


def _streams(book: Book, name: str) -> Counter[UUID]:
    """How often it happened to whom."""
    return Counter(one.stream for one in book.events if name_of(one.event) == name)


def _first(missing: Counter[UUID], more: Counter[UUID]) -> str:
    return ", ".join(
        (*(f"missing for {one}" for one in [*missing][:3]), *(f"too often for {one}" for one in [*more][:3]))
    )


def _delivered(books: Books) -> Iterator[str]:
    """Every letter was taken, and none was put aside."""
    for node, book in books.nodes.items():
        yield from (f"parked at {node}: {one}" for one in book.parked)
        for (receiver, name), last in book.sent.items():
            taken = books.nodes[receiver].taken.get(name, 0)
            if taken != last:
                yield f"letters: {node} wrote {last} to {receiver}, which has {taken}"


def _agreed(books: Books) -> Iterator[str]:
    """Both sides of a referral tell the same, and neither knows of one that the other does not."""
    streams = {node: _grouped(book) for node, book in books.nodes.items() if node.endswith(".intake")}
    sides: set[tuple[str, UUID]] = set()
    for node, own in streams.items():
        for id_, events in own.items():
            sent = _folded(outgoing_referral, events)
            if isinstance(sent, outgoing_state.Referral):
                there, kept = f"{sent.wish.to}.intake", kept_as(node.partition(".")[0], id_)
                sides.add((there, kept))
                theirs = streams[there].get(kept, [])
                yield from (f"referral {id_}: {what}" for what in _differ(sent, events, theirs))
    for node, own in streams.items():
        for id_, events in own.items():
            known = _folded(incoming_referral, events) != incoming_referral.initial
            if known and (node, id_) not in sides:
                yield f"referral {id_}: {node} has it, and nobody sent it"


def _shown(books: Books) -> Iterator[str]:
    """Read models show what the log says."""
    for node, book in books.nodes.items():
        for table, rows in book.shown.items():
            before, after = Counter(rows), Counter(book.rebuilt[table])
            for one in (before - after, after - before):
                where = "the log does not say" if one <= before else "only a rebuilt one shows"
                yield from (f"view: {table} of {node}: {where} {row}" for row in [*one][:3])


def _differ(
    sent: outgoing_state.Referral, ours: Sequence[Recorded[Any]], theirs: Sequence[Recorded[Any]]
) -> Iterator[str]:
    heard = [name_of(one.event.news) for one in ours if isinstance(one.event, outgoing_events.Reported)]
    said = [name for one in theirs if (name := name_of(one.event)).startswith(_NEWS)]
    if heard != said:
        yield f"the sender heard {heard}, the receiver said {said}"
    taken = _folded(incoming_referral, theirs)
    delivered = any(isinstance(one.event, outgoing_events.Delivered) for one in ours)
    if delivered != isinstance(taken, incoming_state.Referral):
        yield f"delivered for the sender: {delivered}; there for the receiver: {not delivered}"
    elif isinstance(taken, incoming_state.Referral) and taken.standing.status is not sent.standing.status:
        yield f"{sent.standing.status} for the sender, {taken.standing.status} for the receiver"


def _grouped(book: Book) -> dict[UUID, list[Recorded[Any]]]:
    found: dict[UUID, list[Recorded[Any]]] = {}
    for one in book.events:
        found.setdefault(one.stream, []).append(one)
    return found


def _folded(decider: Any, events: Sequence[Recorded[Any]]) -> Any:
    state = decider.initial
    for one in events:
        state = decider.evolve(state, one.event)
    return state
