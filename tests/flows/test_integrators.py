"""Integrators: what is granted arrives, all of it, once and in order; nothing else can be said or heard."""

import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.grants import CONSUMER
from shared.wire.stream import Reply
from tests.flows.integrators import KEEPER, PUBLISHER, asked, client, count, grant, registrar, taken, tell, told
from tests.support.network import network
from tests.support.waiting import eventually

EVENTS = int(os.environ.get("REPLAYED", "3000"))
"""How many are there before the client comes; `make replay` has a hundred thousand."""
PATIENCE = 60 + EVENTS / 100
"""Seconds."""
_logger = logging.getLogger(__name__)


async def takes(store: Path, total: int, when: str) -> None:
    """Wait until the client has so many, and say how long that took: `make replay` shows it."""
    began = time.monotonic()
    await eventually(lambda: count(store), total, within=PATIENCE)
    _logger.info("%s: the client has %d events after %.1f s", when, total, time.monotonic() - began)


@pytest.mark.timeout(4 * PATIENCE)
async def test_the_guides_client_replays_all_follows_live_and_misses_none_over_a_restart_and_a_wiped_broker(
    tmp_path: Path,
) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, EVENTS)
        async with client(tmp_path, grant(net, "agenda-site")) as store:
            await takes(store, EVENTS, "from the first event")
            await tell(net, 10)
            await takes(store, EVENTS + 10, "live")
            await net.nats.restart()
            await tell(net, 10)
            await takes(store, EVENTS + 20, "after a restart of the broker")
            net.nats.kill()
            net.nats.wipe()
            await tell(net, 10)
            await net.nats.start()
            await takes(store, EVENTS + 30, "after the broker lost everything")
            assert taken(store) == await told(net)


async def test_from_now_the_client_gets_nothing_older_also_after_the_broker_lost_all(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, 20)
        await eventually(net.nodes[PUBLISHER].relay.lag, 0)
        async with client(tmp_path, grant(net, "agenda-site", start=datetime.now(UTC))) as store:
            await tell(net, 10)
            await eventually(lambda: count(store), 10, within=20)
            net.nats.kill()
            net.nats.wipe()
            await net.nats.start()
            await tell(net, 1)
            await eventually(lambda: count(store), 11, within=20)
            assert taken(store) == (await told(net))[20:]


async def test_how_far_an_integrator_is_shows_in_its_organisations_health(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, 20)

        async def waiting() -> object:
            return [(one.name, one.waiting) for one in (await net.nodes[KEEPER].health()).integrators]

        assert await waiting() == []
        credentials = grant(net, "agenda-site")
        await eventually(waiting, [("agenda-site", 20)])
        async with client(tmp_path, credentials):
            await eventually(waiting, [("agenda-site", 0)])
        assert (await net.nodes[PUBLISHER].health()).integrators == []


class _Names(Reply):
    consumers: list[str] | None = None


async def test_a_revoked_integrator_is_disconnected_and_its_consumer_goes(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        credentials = grant(net, "agenda-site")
        async with client(tmp_path, credentials) as store:
            await tell(net, 1)
            await eventually(lambda: count(store), 1, within=20)
            registrar(net).revoke("humanitas", "agenda-site")
            again = grant(net, "agenda-site")

            async def consumers() -> set[str]:
                names = (await asked(net, "CONSUMER.NAMES.EVENTS", _Names)).consumers or []
                return {name for name in names if name.startswith(CONSUMER)}

            await eventually(consumers, {again.consumer})
            await tell(net, 1)
            await eventually(net.nodes[PUBLISHER].relay.lag, 0)
            assert count(store) == 1
