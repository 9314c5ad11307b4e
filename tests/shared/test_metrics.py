from prometheus_client.parser import text_string_to_metric_families

from shared.metrics import GAUGES, Meter, together
from shared.rules import Refused


class Done:
    def __init__(self, *events: object) -> None:
        self.events = events


def samples(text: str) -> dict[tuple[str, ...], float]:
    """By name and label values, as Prometheus reads them."""
    return {
        (one.name, *(value for _, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def test_commands_are_counted_by_what_came_of_them() -> None:
    meter = Meter("intake")
    meter.committed([Done(1), Done(1, 2), Done(), Refused("no"), OSError()], 0.002)
    found = samples(meter.text({}, 0))
    counts = {key[1]: value for key, value in found.items() if key[0] == "kring_commands_total"}
    assert counts == {"recorded": 2, "unchanged": 1, "refused": 1, "failed": 1}
    assert found["kring_group_units_sum", "intake"] == 5
    assert found["kring_commit_seconds_bucket", "0.0025", "intake"] == 1
    assert found["kring_commit_seconds_bucket", "0.001", "intake"] == 0


def test_calls_are_counted_by_class_of_status() -> None:
    meter = Meter("intake")
    for status in (200, 201, 404, 500):
        meter.answered(status, 0.01)
    found = samples(meter.text({}, 0))
    assert [found["kring_calls_total", kind, "intake"] for kind in ("2xx", "4xx", "5xx")] == [2, 1, 1]


def test_what_a_node_does_not_know_is_left_out() -> None:
    found = samples(Meter("intake").text({"welzin": {"kring_parked": 2, "kring_inbox_following": None}}, 3))
    assert found["kring_parked", "welzin", "intake"] == 2
    assert (found["kring_nodes", "intake", "held"], found["kring_nodes", "intake", "failed"]) == (1, 3)
    assert not any(key[0] in GAUGES and key[0] != "kring_parked" for key in found)


def test_several_processes_texts_become_one_with_each_metric_under_one_head() -> None:
    nodes = {"welzin": dict.fromkeys(GAUGES, 1.0)}
    text = together([Meter(service).text(nodes, 0) for service in ("intake", "events")])
    heads = [line for line in text.splitlines() if line.startswith("# TYPE")]
    assert len(heads) == len(set(heads))
    found = samples(text)
    assert {key for key in found if key[0] == "kring_parked"} == {
        ("kring_parked", "welzin", "intake"),
        ("kring_parked", "welzin", "events"),
    }


def test_a_register_that_is_not_used_is_seen() -> None:
    meter = Meter("intake")
    assert samples(meter.text({}, 0))["kring_register_refused", "intake"] == 0
    meter.register_looked_at(refused=True)
    assert samples(meter.text({}, 0))["kring_register_refused", "intake"] == 1
