"""One trace id follows a request: from the caller's header into the sender's log, by letter into the partner's, and back to the caller."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import httpx
from msgspec.structs import replace

from gateway.main import run
from services.intake.domain.incoming_events import Received
from services.intake.domain.outgoing_events import Requested
from services.intake.letters import kept_as
from shared.identity import Role
from shared.ids import uuid7
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme
from tests.support.nats import free_port
from tests.support.network import Network, network
from tests.support.waiting import eventually

REFER = "mutation ($input: ReferInput!) { refer(input: $input) { id } }"


@asynccontextmanager
async def gateway(net: Network) -> AsyncIterator[httpx.AsyncClient]:
    """A gateway beside the nodes, and a client of it."""
    stop, port = asyncio.Event(), free_port()
    running = asyncio.create_task(run(replace(net.settings, port=port), stop))
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:

        async def listens() -> bool:
            with suppress(httpx.TransportError):
                return (await http.get("/healthz")).status_code > 0
            return False

        await eventually(listens)
        yield http
        stop.set()
        await running


async def test_a_traceparent_stands_on_both_sides_events_and_on_the_answer(tmp_path: Path) -> None:
    trace = secrets.token_hex(16)
    async with network(tmp_path, SENDER, RECEIVER) as net, gateway(net) as http:
        person, offered = await participant(net), await programme(net)
        asked = {"id": str(uuid7()), "participant": person, "to": "welzin", "programme": offered, "need": "company"}
        asked["consent"] = await consent(net, person)
        said = {
            "authorization": f"Bearer {net.token('humanitas', Role.COORDINATOR)}",
            "traceparent": f"00-{trace}-00f067aa0ba902b7-01",
        }
        answer = await http.post("/graphql", json={"query": REFER, "variables": {"input": asked}}, headers=said)
        assert answer.json() == {"data": {"refer": {"id": asked["id"]}}}
        assert answer.headers["traceresponse"].split("-")[1] == trace
        await arrived(net, asked["id"])
        reference = UUID(asked["id"])
        ours = await net.nodes[SENDER].log.read(reference)
        theirs = await net.nodes[RECEIVER].log.read(kept_as("humanitas", reference))
        assert [one.trace for one in ours if isinstance(one.event, Requested)] == [trace]
        assert [one.trace for one in theirs if isinstance(one.event, Received)] == [trace]
