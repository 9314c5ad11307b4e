"""Whatever is sent to any route, with a token or without: no fault of ours, and nobody's data for who may not see it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
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
INTRUDERS: Sequence[tuple[str | None, Role]] = (
    (None, Role.COORDINATOR),
    ("welzin", Role.COORDINATOR),
    ("humanitas", Role.HOST),
)
"""A visitor, another organisation's, and one who hosts: none of them may be shown the person who is marked."""
OWN = ("humanitas", Role.COORDINATOR)
KINDS = ("participants", "referrals", "consents")
"""What an address goes on to name by its id."""
NASTY = ("%00", "%FF", "'", "9" * 400, "0001-01-01", "9999-12-31T23:59:59Z")
"""Values of a parameter that a database, a clock or a decoder may choke on, percent-encoded."""
MARKER = "Zilvervos"
PARTICIPANT = {"nameToUse": MARKER, "contact": {"way": "email", "value": f"{MARKER}@example.org"}, "hopes": MARKER}
CONSENT = {
    "recipient": "welzin",
    "until": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
    "evidence": {"form": "oral", "textVersion": "1", "askedOn": "2026-01-05", "askedBy": MARKER},
}
Ids = Mapping[str, str]
"""Of what is marked, by its kind."""


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


def headers(data: Path, organisation: str | None, role: Role = Role.COORDINATOR) -> dict[str, str]:
    if organisation is None:
        return {}
    issuer = Issuer.open(data, organisation, production=False)
    token = issuer.token([role], user="ann", now=datetime.now(UTC))
    return {"authorization": f"Bearer {token}"}


@pytest.mark.timeout(180)
async def test_nothing_that_is_sent_makes_a_route_fail_or_tell(doors: Doors) -> None:
    found: list[str] = []
    async with httpx.AsyncClient(headers=headers(doors.data, *OWN)) as http:
        made = await _marked(http, doors.addresses)
        for caller in INTRUDERS:
            found += await _everywhere(doors, caller, made)
        await _shown(http, doors.addresses, made)
    assert found + await _everywhere(doors, OWN, {}) == []


async def _everywhere(doors: Doors, caller: tuple[str | None, Role], made: Ids) -> list[str]:
    who = headers(doors.data, *caller)
    return [
        f"{caller}: {fault}"
        for service, address in doors.addresses.items()
        for fault in await asyncio.to_thread(_faults, service, address, who, made)
    ]


async def _marked(http: httpx.AsyncClient, addresses: Mapping[str, str]) -> Ids:
    """A person, with a consent, a referral and interests; all of them are shown to who may see them."""
    made = {kind: str(uuid7()) for kind in KINDS}
    person = f"/v1/participants/{made['participants']}"
    draft = {"participant": made["participants"], "to": "welzin", "programme": str(uuid7()), "send": False}
    bodies: Sequence[tuple[str, str, Mapping[str, Any]]] = (
        ("participants", "/v1/participants", PARTICIPANT),
        ("consents", f"{person}/consents", CONSENT),
        ("referrals", "/v1/referrals", draft | {"need": MARKER}),
    )
    for kind, path, body in bodies:
        answer = await http.post(addresses["intake"] + path, json={**body, "id": made[kind]})
        assert answer.status_code == 201, answer.text
    await eventually(partial(_told, http, f"{addresses['network']}{person}/interests"), within=20)
    await _shown(http, addresses, made)
    return made


async def _told(http: httpx.AsyncClient, address: str) -> bool:
    return (await http.put(address, json={"likes": MARKER})).status_code == 200


async def _shown(http: httpx.AsyncClient, addresses: Mapping[str, str], made: Ids) -> None:
    """It is there, and nobody took anything of it away."""
    person = f"/v1/participants/{made['participants']}"
    paths = (person, f"{person}/consents", f"/v1/referrals/{made['referrals']}", f"{person}/file")
    for address in (*(addresses["intake"] + path for path in paths), addresses["network"] + person):
        answer = await http.get(address)
        assert MARKER in answer.raise_for_status().text


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
        given = [one for one in methods.get("get", {}).get("parameters", ()) if "$ref" not in one]
        whole = path.replace("{id}", str(uuid7())).replace("{organisation}", "humanitas")
        needed = "&".join(f"{one['name']}=2026-01-01" for one in given if one["in"] == "query" and one.get("required"))
        for value in NASTY:
            yield from (f"{whole}?{needed}&{one['name']}={value}" for one in given if one["in"] == "query")
            yield from (
                path.replace("{organisation}", value).replace("{id}", str(uuid7()))
                for one in given
                if one["in"] == "path"
            )


def _faults(service: str, address: str, who: Mapping[str, str], made: Ids) -> list[str]:
    """Good and bad requests to each route; about what is marked too where that may not be told."""
    document = schemathesis.openapi.from_path(f"docs/openapi/{service}.json")
    found: list[str] = []
    with httpx.Client(headers=who) as http:
        for one in document.get_all_operations():
            assert isinstance(one, Ok), one
            operation = one.ok()
            for mode in GenerationMode:
                try:
                    _tried(operation.as_strategy(generation_mode=mode), partial(_sent, http, address, made))
                except AssertionError as fault:
                    found.append(f"{operation.label}: {fault}")
    return found


def _tried(cases: Any, send: Callable[[schemathesis.Case[Any]], None]) -> None:
    """One of them; where a good request has nothing in it that could be wrong, there are no bad ones."""
    few = settings(
        max_examples=1,
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


def _sent(http: httpx.Client, address: str, made: Ids, case: schemathesis.Case[Any]) -> None:
    """As it was thought up, and about what is marked."""
    request = case.as_transport_kwargs(base_url=address)
    request.pop("cookies", None)
    request["headers"] = {name: said for name, said in request["headers"].items() if name.lower() != "authorization"}
    if "data" in request:
        request["content"] = request.pop("data")
    kind = case.path.split("/")[2]
    about = [case.path.replace("{id}", made[kind], 1)] if kind in made and "{id}" in case.path else []
    for url in (request["url"], *(address + path for path in about if "{" not in path)):
        answer = http.request(**request | {"url": url})
        assert answer.status_code < 500, (request, answer.text)
        assert not made or MARKER not in answer.text, (url, request, answer.text)
