from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from shared.wire.connection import Connection, connect
from shared.wire.hints import Hint, heard, tell
from tests.shared.wire.parts import until
from tests.support.nats import NatsServer, nats_server

REFERRAL = UUID(int=7)
ACCOUNTS = """
accounts {
  ORG_WELZIN {users: [{user: node, password: x}], exports: [{stream: "changed.>", accounts: [GATEWAY]}]}
  ORG_CARREFOUR {users: [{user: other, password: x}]}
  GATEWAY {
    users: [{user: gateway, password: x}]
    imports: [{stream: {account: ORG_WELZIN, subject: "changed.>"}, to: "orgs.welzin.changed.>"}]
  }
}
"""


@asynccontextmanager
async def user(server: NatsServer, name: str) -> AsyncGenerator[Connection]:
    url = server.url.replace("//", f"//{name}:x@")
    nc = await connect(url, seed=None, name=name, inbox_prefix=f"_INBOX.{name}")
    yield nc
    await nc.close()


async def test_the_gateway_hears_which_record_changed_and_of_whom() -> None:
    async with (
        nats_server(ACCOUNTS) as server,
        user(server, "node") as node,
        user(server, "gateway") as gateway,
        heard(gateway, "welzin") as hints,
    ):
        await tell(node, Hint("intake", "referral", REFERRAL))
        assert await hints.get() == Hint("intake", "referral", REFERRAL)


async def test_a_malformed_hint_is_passed_over_and_another_organisation_is_not_heard() -> None:
    async with (
        nats_server(ACCOUNTS) as server,
        user(server, "node") as node,
        user(server, "other") as other,
        user(server, "gateway") as gateway,
        heard(gateway, "welzin") as hints,
    ):
        await tell(other, Hint("intake", "referral", UUID(int=1)))
        await other.flush()
        await node.publish("changed.intake.referral", b"{")
        await node.publish("changed.intake.referral", b'{"id": "nobody"}')
        await tell(node, Hint("intake", "referral", REFERRAL))
        assert await hints.get() == Hint("intake", "referral", REFERRAL)
        assert hints.empty()


async def test_telling_while_the_broker_is_away_harms_nobody() -> None:
    async with nats_server(ACCOUNTS) as server, user(server, "node") as node:
        server.kill()

        async def lost() -> bool:
            return not node.is_connected

        await until(lost)
        await tell(node, Hint("intake", "referral", REFERRAL))
