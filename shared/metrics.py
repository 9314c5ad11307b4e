"""What a process counts, as Prometheus reads it (text exposition format 0.0.4).

Labels are a service, an outcome and, for gauges only, an organisation and an integrator's name: never a person, a record or an address.
Counting is by commit, not by command, so that it costs next to nothing.
"""

from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from shared.rules import Refused

MEDIA_TYPE = "text/plain; version=0.0.4"
"""Of this format; who answers adds the encoding."""
GAUGES: Mapping[str, str] = {
    "kring_relay_lag_events": "Events that the organisation's stream does not have yet.",
    "kring_relay_following": "1 while the relay follows its log; 0 while it is away, ahead or at fault.",
    "kring_inbox_following": "1 while the organisation's stream is read; none where no policy follows it.",
    "kring_letters_waiting": "Letters that partners have not recorded yet.",
    "kring_letters_oldest_seconds": "For how long the oldest of these has waited; 0 where there is none.",
    "kring_links_stuck": "Links to partners that cannot go on until somebody looks.",
    "kring_integrators_lag_events": "Events that the organisation's slowest integrator has not taken; none where there is none.",
    "kring_parked": "What could not be taken and waits for a person.",
    "kring_retention_erased": "Closed files that the daily work has erased so far.",
    "kring_retention_kept": "Closed files whose time had come at the last daily work, and that stay for a referral that is open.",
    "kring_digest_age_seconds": "Since we agreed about all that is shared with the partner with whom that is longest ago.",
    "kring_digest_differences": "Referrals that a comparison with partners found to differ, until both agree again.",
}
"""By name, what is measured of each node when it is asked."""
NAMED: Mapping[str, str] = {"kring_integrator_waiting": "Events that an integrator of the organisation has not taken."}
"""By name, what is measured of each of several things of a node."""
Value = float | Mapping[str, float] | None
"""What one gauge of a node says: for `NAMED` a value by name; None is left out."""
disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the series and say nothing that the scraper does not know
_BY = ("service", "outcome")
_STATE = ("service", "state")
_GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Outcome(Protocol):
    """What came of a unit, as far as it is counted: an outcome of the log has events, all else is an exception."""

    @property
    def events(self) -> Sequence[object]: ...


class Meter:
    """The counters of one process."""

    def __init__(self, service: str = "") -> None:
        self._service = service
        own = CollectorRegistry()
        self._commands = Counter("kring_commands", "Units of commands, by what came of them.", _BY, registry=own)
        self._calls = Counter("kring_calls", "Calls that were answered, by class of HTTP status.", _BY, registry=own)
        self._group = Histogram(
            "kring_group_units", "Units written with one commit.", ["service"], buckets=_GROUPS, registry=own
        ).labels(service)
        self._commit = Histogram(
            "kring_commit_seconds", "Deciding and writing a group.", ["service"], buckets=_SECONDS, registry=own
        ).labels(service)
        self._call = Histogram(
            "kring_call_seconds", "Answering a call.", ["service"], buckets=_SECONDS, registry=own
        ).labels(service)
        self._letters = Counter(
            "kring_letters_refused",
            "Batches of letters that no honest node sends, by why they were refused.",
            ("service", "code"),
            registry=own,
        )
        self._dropped = Counter("kring_letters_dropped", "Letters put aside too long ago.", ["service"], registry=own)
        self._refused = Gauge(
            "kring_register_refused", "1 while the register on disk is not the one in use.", ["service"], registry=own
        ).labels(service)
        self._own = own

    def committed(self, answers: Sequence[Outcome | Exception], seconds: float) -> None:
        """A group was decided and written, or refused."""
        self._group.observe(len(answers))
        self._commit.observe(seconds)
        for outcome, count in Tally(map(_outcome, answers)).items():
            self._commands.labels(self._service, outcome).inc(count)

    def answered(self, status: int, seconds: float) -> None:
        """A call got this HTTP status."""
        self._call.observe(seconds)
        self._calls.labels(self._service, f"{status // 100}xx").inc()

    def letters_refused(self, code: str) -> None:
        """Letters were refused, with this code."""
        self._letters.labels(self._service, code).inc()

    def letters_dropped(self, count: int) -> None:
        """Letters stood aside until their time was up."""
        self._dropped.labels(self._service).inc(count)

    def register_looked_at(self, *, refused: bool) -> None:
        """The register on disk is in use, or was refused and the one before is."""
        self._refused.set(refused)

    def text(self, nodes: Mapping[str, Mapping[str, Value]], failed: int) -> str:
        """All that is known now. `nodes` gives each organisation's gauges by their names."""
        return generate_latest(_Now(self._own, self._gauges(nodes, failed))).decode()

    def _gauges(self, nodes: Mapping[str, Mapping[str, Value]], failed: int) -> Iterator[Metric]:
        owned = GaugeMetricFamily("kring_nodes", "Nodes of this process: held, or not to be had.", labels=_STATE)
        owned.add_metric((self._service, "held"), len(nodes))
        owned.add_metric((self._service, "failed"), failed)
        yield owned
        for name, meaning in GAUGES.items():
            family = GaugeMetricFamily(name, meaning, labels=("service", "organisation"))
            for organisation, values in nodes.items():
                value = values.get(name)
                if isinstance(value, float | int):
                    family.add_metric((self._service, organisation), value)
            yield family
        for name, meaning in NAMED.items():
            family = GaugeMetricFamily(name, meaning, labels=("service", "organisation", "name"))
            for organisation, values in nodes.items():
                each = values.get(name)
                for one, value in each.items() if isinstance(each, Mapping) else ():
                    family.add_metric((self._service, organisation, one), value)
            yield family


class _Now(CollectorRegistry):
    """The counters, and gauges that were read just now."""

    def __init__(self, counters: CollectorRegistry, gauges: Iterable[Metric]) -> None:
        super().__init__()
        self._counters = counters
        self._gauges = gauges

    def collect(self) -> Iterator[Metric]:
        yield from self._counters.collect()
        yield from self._gauges


def _outcome(answer: Outcome | Exception) -> str:
    match answer:
        case Refused():
            return "refused"
        case Exception():
            return "failed"
        case _:
            return "recorded" if answer.events else "unchanged"


def together(texts: Iterable[str]) -> str:
    """Several processes' texts as one: a metric's samples stand together under one head, as the format asks."""
    families: dict[str, list[str]] = {}
    for text in texts:
        samples: list[str] = []
        for line in text.splitlines():
            if line.startswith("# HELP "):
                samples = families.setdefault(line, [])
            else:
                samples.append(line)
    return "".join(f"{line}\n" for head, lines in families.items() for line in (head, *dict.fromkeys(lines)))
