"""Traces for an OpenTelemetry collector: one request followed through call, commit, letter, event and policy."""

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from shared import trace, tracing
from shared.ids import uuid7
from shared.rules import Refused, Unavailable
from tests.support.collector import Collector, Span, collector
from tests.support.network import Network, network
from tests.support.waiting import eventually

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
FIRST = TRACE[:16]
PROGRAMME = {"name": "Samen op pad", "kind": "buddy", "areas": ["GM0307"], "costCents": 0}


async def ask(net: Network, node: str, path: str, body: dict[str, Any]) -> None:
    with trace.continued(f"00-{TRACE}-{SPAN}-01"):
        await net.ask(node, "POST", path, body)


async def relayed(net: Network, node: str) -> bool:
    return await net.nodes[node].relay.lag() == 0


def one(found: Collector, name: str, **attributes: Any) -> Span:
    [span] = [span for span in found.named(name, **attributes) if span.trace == TRACE]
    return span


async def test_a_request_is_followed_to_the_partner_that_took_its_letter(tmp_path: Path) -> None:
    with collector() as found:
        async with network(tmp_path, "welzin.intake", "humanitas.intake") as net:
            with tracing.exporting(found.url, "test"):
                programme = PROGRAMME | {"id": str(uuid7())}
                await ask(net, "welzin.intake", "/v1/programmes", programme)
                directory = f"/v1/directory/welzin/{programme['id']}"
                await eventually(lambda: net.ask("humanitas.intake", "GET", directory))
                await eventually(lambda: relayed(net, "welzin.intake"))
                await net.stop()
        call = one(found, "call", method="POST")
        assert (call.parent, call.attributes["path"], call.process) == (SPAN, "/v1/programmes", "kring-test")
        assert [span.trace for span in found.named("commit", node="welzin.intake") if span.parent == call.id] == [TRACE]
        sent = one(found, "letter sent", receiver="humanitas.intake")
        arrived = one(found, "letter arrived", sender="welzin.intake")
        assert (sent.parent, arrived.parent) == (FIRST, FIRST)
        assert one(found, "commit", node="humanitas.intake").parent == arrived.id
        assert [TRACE in span.links for span in found.named("relay batch", node="welzin.intake")] == [True]


async def test_an_event_is_followed_to_the_policy_of_another_service(tmp_path: Path) -> None:
    participant = {"id": str(uuid7()), "nameToUse": "Truus", "contact": {"way": "phone", "value": "06 12345678"}}
    with collector() as found:
        async with network(tmp_path, "humanitas.intake", "humanitas.events") as net:
            with tracing.exporting(found.url, "test"):
                await ask(net, "humanitas.intake", "/v1/participants", participant)
                await eventually(lambda: net.nodes["humanitas.events"].log.position)
                await net.stop()
        policy = one(found, "policy", node="humanitas.events")
        assert policy.parent == FIRST
        assert policy.attributes["policy"].startswith("when_")
        assert one(found, "commit", node="humanitas.events").parent == policy.id
        assert not [span for span in found.spans if "Truus" in str(span)]


def test_a_trace_that_begins_here_has_its_first_step_as_root() -> None:
    with collector() as found:
        with tracing.exporting(found.url, "gateway"), trace.continued(TRACE), tracing.span("request", first=True):
            assert trace.traceparent() == f"00-{TRACE}-{FIRST}-01"
        [span] = found.spans
        assert (span.trace, span.id, span.parent, span.process) == (TRACE, FIRST, "", "kring-gateway")


def test_a_refusal_is_noted_by_its_code_and_a_fault_by_its_kind_only() -> None:
    with collector() as found:
        with tracing.exporting(found.url, "test"):
            for fault in (Refused("not-yet", name="Truus"), ValueError("Truus")):
                with pytest.raises(type(fault)), tracing.span("commit"):
                    raise fault
        refused, failed = found.spans
        assert (refused.attributes, refused.failed, failed.failed) == ({"refused": "not-yet"}, "", "ValueError")
        assert "Truus" not in str(found.spans)


def test_without_an_address_there_is_nothing_to_pay() -> None:
    with tracing.exporting(None, "test"):
        assert isinstance(tracing.span("commit"), nullcontext)
        assert tracing.span("commit") is tracing.spans("letter sent", [TRACE])


def test_what_is_asked_for_and_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shared.otlp", None)
    monkeypatch.delattr("shared.otlp", raising=False)
    with pytest.raises(Unavailable, match="traces-not-installed"), tracing.exporting("http://127.0.0.1:1", "test"):
        pass
