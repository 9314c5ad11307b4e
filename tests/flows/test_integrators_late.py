"""An integrator that never reads costs nobody anything, and shows."""

import os
from pathlib import Path

import msgspec
import pytest

from tests.flows.integrators import KEEPER, PUBLISHER, client, count, grant, taken, tell, told
from tests.flows.webhooks import endpoint, following, hook, waiting
from tests.support.network import network
from tests.support.waiting import eventually

EVENTS = int(os.environ.get("UNREAD", "3000"))
"""How many pile up."""
PATIENCE = 30 + EVENTS / 100
"""Seconds."""


@pytest.mark.timeout(60 + 2 * PATIENCE)
async def test_nobody_notices_an_integrator_that_never_reads(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        grant(net, "asleep")
        async with client(tmp_path, grant(net, "awake")) as store:
            await tell(net, EVENTS)
            await eventually(lambda: count(store), EVENTS, within=PATIENCE)
            assert await net.nodes[PUBLISHER].relay.lag() == 0
            assert taken(store) == await told(net)
        assert await waiting(net, "asleep") == EVENTS
        assert await waiting(net, "awake") == 0
        assert len(msgspec.json.encode(await net.nodes[KEEPER].health())) < 1_000


async def test_since_when_an_integrator_has_not_taken_its_oldest_event_shows(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        grant(net, "asleep")
        assert (await following(net, "asleep")).since is None
        await tell(net, 1)
        await eventually(lambda: waiting(net, "asleep"), 1)
        first = (await following(net, "asleep")).since
        await tell(net, 1)
        await eventually(lambda: waiting(net, "asleep"), 2)
        assert (await following(net, "asleep")).since == first
        grant(net, "new")
        await eventually(lambda: waiting(net, "new"), 2)
        assert (await following(net, "new")).since > first  # it waits no longer than there is a grant


async def test_an_organisations_integrators_show_at_no_other_organisation(tmp_path: Path) -> None:
    other = "welzin.intake"
    async with network(tmp_path, KEEPER, PUBLISHER, other) as net, endpoint() as here:
        grant(net, "asleep")
        hook(net, here.url)
        await tell(net, 1)
        await eventually(lambda: len(here.got), 1)
        assert [one.name for one in (await net.nodes[KEEPER].health()).integrators] == ["asleep", "agenda-site"]
        assert (await net.nodes[other].health()).integrators == []
