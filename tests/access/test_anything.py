"""Whatever is sent to any route, with a token or without: no fault of ours, and nobody's data for who may not see it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation.modes import GenerationMode

from deploy import demo
from deploy.natsconf import accounts
from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.host import Host
from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.register import SERVICES
from shared.settings import Settings
from tests.support.nats import free_port, nats_server
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXAMPLES: Mapping[str | None, int] = {"humanitas": 2, "welzin": 1, None: 1}
"""Good requests to each route by each caller, and as many bad ones by those of the organisation itself."""
NASTY = ("%00", "%FF", "'", "9" * 400, "0001-01-01", "9999-12-31T23:59:59Z")
"""Values of a parameter that a database, a clock or a decoder may choke on, percent-encoded."""
MARKER = "Zilvervos"
PARTICIPANT = {"nameToUse": MARKER, "contact": {"way": "email", "value": f"{MARKER}@example.org"}, "hopes": MARKER}


class Doors(msgspec.Struct):
    """Humanitas' three services over HTTP: the data folder, and each one's address."""

    data: Path
    addresses: Mapping[str, str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Doors]:
    """On PostgreSQL: it takes less than SQLite does."""
    data, ports = tmp_path_factory.mktemp("data"), {name: free_port() for name in SERVICES}
    register = demo.prepare(data)
    for slug in register.organisations.keys() - {"humanitas"}:
        for key in (data / slug / "keys").glob("*.nk"):
            key.unlink()
    async with nats_server(f"system_account: SYS\n{accounts(register)}") as nats, AsyncExitStack() as stack:
        told: Any = {f"{name}_port": port for name, port in ports.items()}
        stated = Settings(data=data, nats_url=nats.url, databases={"humanitas": postgres_url()}, **told)
        for service in (INTAKE, EVENTS, NETWORK):
            host = Host(service, stated)
            stack.push_async_callback(_ended, asyncio.create_task(host.run()))
            await eventually(partial(host.nodes.get, "humanitas"), within=20)
        yield Doors(data, {name: f"http://127.0.0.1:{port}/humanitas" for name, port in ports.items()})


async def _ended(running: "asyncio.Task[None]") -> None:
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


def headers(data: Path, organisation: str | None) -> dict[str, str]:
    if organisation is None:
        return {}
    issuer = Issuer.open(data, organisation, production=False)
    token = issuer.token([Role.COORDINATOR], user="ann", now=datetime.now(UTC))
    return {"authorization": f"Bearer {token}"}


@pytest.mark.timeout(180)
async def test_nothing_that_is_sent_makes_a_route_fail_or_tell(doors: Doors) -> None:
    async with httpx.AsyncClient(headers=headers(doors.data, "humanitas")) as http:
        made = await http.post(f"{doors.addresses['intake']}/v1/participants", json=PARTICIPANT | {"id": str(uuid7())})
        assert made.status_code == 201, made.text
    found: list[str] = []
    for caller in EXAMPLES:
        who = headers(doors.data, caller)
        for service, address in doors.addresses.items():
            found += await asyncio.to_thread(_faults, service, address, who, caller)
    assert found == []


async def test_no_value_of_a_parameter_makes_a_route_fail(doors: Doors) -> None:
    found: list[str] = []
    async with httpx.AsyncClient(headers=headers(doors.data, "humanitas")) as http:
        for service, address in doors.addresses.items():
            for path in _nasty(service):
                answer = await http.get(address + path)
                if answer.status_code >= 500:
                    found.append(f"{service} {path}: {answer.text}")
    assert found == []


async def test_a_text_with_nul_is_named(doors: Doors) -> None:
    async with httpx.AsyncClient(headers=headers(doors.data, "humanitas")) as http:
        answer = await http.get(f"{doors.addresses['events']}/v1/places?area=%00")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "area")
    assert answer.json()["errors"][0]["code"] == "text-unprintable"


def _nasty(service: str) -> Iterator[str]:
    document = msgspec.json.decode(Path("docs/openapi", f"{service}.json").read_bytes())
    for path, methods in document["paths"].items():
        given = methods.get("get", {}).get("parameters", ())
        whole = path.replace("{id}", str(uuid7())).replace("{organisation}", "humanitas")
        needed = "&".join(f"{one['name']}=2026-01-01" for one in given if one["in"] == "query" and one.get("required"))
        for value in NASTY:
            yield from (f"{whole}?{needed}&{one['name']}={value}" for one in given if one["in"] == "query")
            yield from (
                path.replace("{organisation}", value).replace("{id}", str(uuid7()))
                for one in given
                if one["in"] == "path"
            )


def _faults(service: str, address: str, who: Mapping[str, str], caller: str | None) -> list[str]:
    document = schemathesis.openapi.from_path(f"docs/openapi/{service}.json")
    modes = GenerationMode if caller == "humanitas" else [GenerationMode.POSITIVE]
    found: list[str] = []
    with httpx.Client(headers=who) as http:
        for one in document.get_all_operations():
            assert isinstance(one, Ok), one
            operation = one.ok()
            for mode in modes:
                try:
                    _tried(operation.as_strategy(generation_mode=mode), partial(_sent, http, address, caller), caller)
                except AssertionError as fault:
                    found.append(f"{operation.label} by {caller}: {fault}")
    return found


def _tried(cases: Any, send: Callable[[schemathesis.Case[Any]], None], caller: str | None) -> None:
    """Some of them; where a good request has nothing in it that could be wrong, there are no bad ones."""
    few = settings(
        max_examples=EXAMPLES[caller],
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )

    @few
    @given(cases)
    def each(case: schemathesis.Case[Any]) -> None:
        send(case)

    with suppress(Unsatisfiable):
        each()


def _sent(http: httpx.Client, address: str, caller: str | None, case: schemathesis.Case[Any]) -> None:
    request = case.as_transport_kwargs(base_url=address)
    request.pop("cookies", None)
    if "data" in request:
        request["content"] = request.pop("data")
    answer = http.request(**request)
    assert answer.status_code < 500, (request, answer.text)
    assert caller == "humanitas" or MARKER not in answer.text, (request, answer.text)
