"""Who is asking is proved once a request or message, and no longer than the token holds."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from litestar import Litestar, Request, get

from gateway.allowance import Allowances, Seats
from gateway.clients.node import Node
from gateway.documents.registered import registered
from gateway.inquiry import Gateway, Inquiry
from gateway.loaders import Nodes
from shared.identity import Issuer, Role
from shared.register import Register
from shared.rules import Unauthenticated
from shared.tokens import Believed
from shared.wire.answering import Answering
from shared.wire.calls import Caller
from shared.wire.connection import connect
from tests.support.nats import nats_server
from tests.support.registers import PARTIES, contents

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


class World(msgspec.Struct):
    """What changes around a caller."""

    now: datetime
    believed: Believed


@pytest.fixture
def world() -> World:
    return World(NOON, Register(contents()).issuers)


@pytest.fixture
async def inquiry(world: World) -> AsyncIterator[Inquiry]:
    async with nats_server() as nats:
        connection = await connect(nats.url, seed=None, name="test", inbox_prefix="_INBOX.test")
        gateway = Gateway(
            connection=connection,
            road=Caller(connection),
            issuers=lambda: world.believed,
            organisations=dict,
            clock=lambda: world.now,
            production=False,
            documents=registered(),
            allowances=Allowances(),
            seats=Seats(),
        )
        issuer = Issuer("humanitas", PARTIES["humanitas"], production=False)
        yield Inquiry(
            gateway=gateway,
            authorization=f"Bearer {issuer.token([Role.COORDINATOR], user='ann', now=NOON, hours=1)}",
            address="192.0.2.1",
            language="en",
            idempotency_key=None,
            nodes=Nodes(gateway.road),
        )
        await connection.close()


async def test_a_key_that_is_no_longer_believed_opens_nothing_from_the_next_message_on(
    world: World, inquiry: Inquiry
) -> None:
    inquiry.spend()
    world.believed = {}
    assert inquiry.scope.user == "ann"
    inquiry.spend()
    with pytest.raises(Unauthenticated):
        _ = inquiry.scope


async def test_a_token_that_ends_meanwhile_opens_nothing_more(world: World, inquiry: Inquiry) -> None:
    inquiry.spend()
    world.now += timedelta(hours=2)
    with pytest.raises(Unauthenticated, match="token-expired"):
        _ = inquiry.scope


class Told(msgspec.Struct):
    """By which program a node was asked."""

    program: str


@get("/v1/program", sync_to_thread=False)
def program(request: Request[Any, Any, Any]) -> Told:
    return Told(request.headers.get("user-agent", ""))


async def test_a_node_is_told_by_which_program_it_is_asked(inquiry: Inquiry) -> None:
    connection = inquiry.gateway.connection
    answering = Answering(connection, "orgs.humanitas.rpc.intake", "intake", Litestar([program]), {})
    serving = asyncio.create_task(answering.run())
    await answering.ready.wait()
    for said in ("dossier/3.2", ""):
        inquiry.program = said
        node = Node(inquiry.nodes, "humanitas", "intake", inquiry._headers)  # noqa: SLF001  (what every client sends)
        assert await node.get("/v1/program", Told) == Told(said)
    serving.cancel()
