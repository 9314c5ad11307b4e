"""Webhooks: every event arrives, signed, in order and at least once, whatever happens to the endpoint, the broker or the node."""

import base64
import hashlib
import hmac
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event

from shared.wire import webhooks
from tests.flows.integrators import KEEPER, PUBLISHER, count, registrar, taken, tell, told
from tests.flows.webhooks import NAME, endpoint, following, hook, receiver, said
from tests.support.nats import free_port
from tests.support.network import network
from tests.support.waiting import eventually

EVENTS = int(os.environ.get("EVENTS", "300"))
"""How many are there before the webhook is granted."""


@pytest.mark.timeout(120 + EVENTS / 10)
async def test_the_guides_receiver_misses_nothing_over_its_own_absence_and_a_wiped_broker(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, EVENTS)
        port = free_port()
        secret = hook(net, f"http://127.0.0.1:{port}/")
        await eventually(lambda: said(net), ("failing", "unreachable", 1), within=20)
        async with receiver(tmp_path, secret, port) as store:
            net.nodes[KEEPER].integrators.retry(NAME)
            await eventually(lambda: count(store), EVENTS, within=20 + EVENTS / 20)
        await tell(net, 10)
        await eventually(lambda: said(net), ("failing", "unreachable", 1), within=20)
        async with receiver(tmp_path, secret, port) as store:
            net.nodes[KEEPER].integrators.retry(NAME)
            await eventually(lambda: count(store), EVENTS + 10, within=20)
            net.nats.kill()
            net.nats.wipe()
            await tell(net, 10)
            await net.nats.start()
            await eventually(lambda: count(store), EVENTS + 20, within=30 + EVENTS / 20)
            assert taken(store) == await told(net)


async def test_the_guides_receiver_takes_nothing_that_somebody_else_signed(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        port = free_port()
        async with receiver(tmp_path, "whsec_bm90IHRoZSBzZWNyZXQ=", port) as store:
            hook(net, f"http://127.0.0.1:{port}/")
            await tell(net, 1)
            await eventually(lambda: said(net), ("failing", "401", 1))
            assert count(store) == 0


async def test_a_delivery_is_a_cloudevent_that_any_library_reads_under_a_standard_signature(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        secret = hook(net, here.url)
        await tell(net, 1)
        await eventually(lambda: len(here.got), 1)
        [one] = here.got
        at = one.headers["webhook-timestamp"]
        signing = f"{one.headers['webhook-id']}.{at}.".encode() + one.body
        mac = hmac.new(base64.b64decode(secret.removeprefix("whsec_")), signing, hashlib.sha256).digest()
        assert one.headers["webhook-signature"] == f"v1,{base64.b64encode(mac).decode()}"
        assert abs(datetime.now(UTC).timestamp() - int(at)) < 10
        event = from_http_event(HTTPMessage(headers=dict(one.headers), body=one.body))
        assert event.get_id() == one.headers["webhook-id"]
        assert event.get_type() == "nl.kring.events.place-registered.v1"
        assert event.get_subject() == (await told(net))[0]
        assert event.get_extension("sequence") == "1"
        data = event.get_data()
        assert isinstance(data, dict)
        assert data["name"] == "De Kade"


async def test_what_is_not_taken_comes_again_later_and_later_and_nothing_overtakes_it(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        here.status = 503
        hook(net, here.url)
        await tell(net, 20)
        for tries, seconds in ((1, 25), (2, 100), (3, 400)):
            await eventually(lambda: said(net), ("failing", "503", tries))
            answered = (await following(net)).webhook
            assert round((answered.again - answered.at).total_seconds()) == seconds
            net.nodes[KEEPER].integrators.retry(NAME)
        await eventually(lambda: said(net), ("failing", "503", 4))
        assert len(set(here.ids)) == 1
        assert (await following(net)).waiting == 20
        here.status = 200
        net.nodes[KEEPER].integrators.retry(NAME)
        await eventually(lambda: len(here.got), 24)
        assert here.subjects[4:] == await told(net)
        await eventually(lambda: said(net), ("fine", "200", 0))
        assert (await following(net)).since is None


async def test_it_is_tried_again_by_itself_also_after_it_was_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "TRIES", (0, 0.1, 0.1))
    monkeypatch.setattr(webhooks, "DAILY", 0.1)
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        here.status = 500
        hook(net, here.url)
        await tell(net, 2)
        await eventually(lambda: len(here.got) > 5)
        assert ((await said(net)) or ())[:2] == ("failed", "500")
        here.status = 204
        await eventually(lambda: said(net), ("fine", "204", 0))
        assert list(dict.fromkeys(here.subjects)) == await told(net)


async def test_who_answers_gone_gets_nothing_until_it_is_asked_for(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        here.status = 410
        hook(net, here.url)
        await tell(net, 3)
        await eventually(lambda: said(net), ("gone", "410", 1))
        assert (await following(net)).webhook.again is None
        here.status = 204
        net.nodes[KEEPER].integrators.retry(NAME)
        await eventually(lambda: len(here.got), 4)


async def test_a_redirect_is_not_followed_no_cookie_kept_and_a_long_answer_not_read(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here, endpoint() as elsewhere:
        here.status, here.headers = 307, {"location": elsewhere.url, "set-cookie": "who=you"}
        hook(net, here.url)
        await tell(net, 2)
        await eventually(lambda: said(net), ("failing", "307", 1))
        assert not elsewhere.got
        here.status, here.headers, here.content = 200, {"content-length": "1000000000"}, b"x" * 1_000_000
        net.nodes[KEEPER].integrators.retry(NAME)
        await eventually(lambda: len(here.got), 3)
        assert not any("cookie" in one.headers for one in here.got)


async def test_an_endpoint_that_never_answers_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.wire.endpoint.DEADLINE", 2)
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as deaf, endpoint() as here:
        deaf.answering.clear()
        hook(net, deaf.url, "deaf")
        hook(net, here.url)
        await tell(net, 50)
        await eventually(lambda: len(here.got), 50)
        await eventually(net.nodes[PUBLISHER].relay.lag, 0)
        assert await net.ask(KEEPER, "GET", "/v1/participants") is not None
        assert len(deaf.got) == 1
        await eventually(lambda: said(net, "deaf"), ("failing", "timeout", 1), within=25)


async def test_a_revoked_webhook_gets_nothing_more_and_its_secret_is_gone(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here, endpoint() as other:
        hook(net, here.url)
        hook(net, other.url, "other")
        keys = net.data / "humanitas" / "keys"
        assert len(list(keys.glob("*.whsec"))) == 2
        await tell(net, 1)
        await eventually(lambda: (len(here.got), len(other.got)), (1, 1))
        registrar(net).revoke("humanitas", NAME)
        net.watcher.look()
        net.nodes[KEEPER].register_changed()
        await tell(net, 5)
        await eventually(lambda: len(other.got), 6)
        assert len(here.got) == 1
        assert len(list(keys.glob("*.whsec"))) == 1


async def test_a_register_that_changes_while_an_event_is_on_its_way_makes_nothing_come_twice(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        here.answering.clear()
        hook(net, here.url)
        await tell(net, 5)
        await eventually(lambda: len(here.got), 1)
        hook(net, "http://localhost:1/", "other")
        await eventually(lambda: said(net, "other"), ("failing", "unreachable", 1))
        here.answering.set()
        await eventually(lambda: len(here.got), 5)
        assert here.subjects == await told(net)


async def test_from_now_a_webhook_gets_nothing_older_also_after_the_broker_lost_all(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        await tell(net, 20)
        await eventually(net.nodes[PUBLISHER].relay.lag, 0)
        hook(net, here.url, start=datetime.now(UTC))
        await tell(net, 1)
        await eventually(lambda: len(here.got), 1)
        net.nats.kill()
        net.nats.wipe()
        await net.nats.start()
        await tell(net, 1)
        await eventually(lambda: len(set(here.ids)), 2, within=20)
        assert set(here.subjects) == set((await told(net))[20:])


async def test_without_its_secret_nothing_is_sent_and_that_is_said(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        await tell(net, 1)
        await eventually(net.nodes[PUBLISHER].relay.lag, 0)
        secret = registrar(net).grant_webhook("humanitas", NAME, "events.public.>", None, here.url)
        [path] = (net.data / "humanitas" / "keys").glob("*.whsec")
        path.unlink()
        net.watcher.look()
        net.nodes[KEEPER].register_changed()
        await eventually(lambda: said(net), ("failing", "secret", 1))
        assert not here.got
        path.write_text(secret)
        net.nodes[KEEPER].integrators.retry(NAME)
        await eventually(lambda: len(here.got), 1)
