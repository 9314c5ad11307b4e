"""TLS to the broker: who is believed, what is said to whom, and that nobody on the way hears it."""

import asyncio
import shutil
import ssl
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from deploy.brokers import Server
from shared.rules import Refused, Unavailable
from shared.wire import connection, tls
from tests.shared.wire.serving import connected, opened, serving
from tests.support.brokers import Line
from tests.support.certificates import certificate
from tests.support.nats import free_port, nats_server
from tests.support.waiting import eventually

SECRET = b"Grandma Duck is lonely"


async def test_what_is_said_to_a_broker_with_a_certificate_nobody_on_the_way_hears(tmp_path: Path) -> None:
    shown = certificate(tmp_path / "tls")
    heard = {}
    for scheme, with_it in (("tls", shown), ("nats", None)):
        async with serving(tmp_path / scheme, Server(tls=with_it)) as server:
            line = Line(server.port)
            await line.mend()
            nc = await connected(f"{scheme}://127.0.0.1:{line.port}", shown.authority)
            await nc.publish("letters.welzin", SECRET)
            await nc.flush()
            await nc.close()
            await line.cut()
            heard[scheme] = bytes(line.heard)
    for word in (b"PUB", b"CONNECT", b"INFO", b"letters.welzin", SECRET):
        assert word in heard["nats"]
        assert word not in heard["tls"]


async def test_the_least_is_tls_1_2_and_1_3_is_spoken(tmp_path: Path) -> None:
    shown = certificate(tmp_path / "tls")
    async with serving(tmp_path, Server(tls=shown)) as server:
        for newest, spoken in ((ssl.TLSVersion.TLSv1_3, "TLSv1.3"), (ssl.TLSVersion.TLSv1_2, "TLSv1.2")):
            believing = ssl.create_default_context(cafile=shown.authority)
            believing.maximum_version = newest
            async with opened(server.port, believing) as writer:
                assert writer.get_extra_info("ssl_object").version() == spoken
        old = ssl.create_default_context(cafile=shown.authority)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises(ssl.SSLError):
            async with opened(server.port, old):
                pass


LONG_AGO = timedelta(days=400)
DOUBTS = {
    "another authority's": ("tls-authority", "tls://127.0.0.1:{port}", "tls", "other"),
    "one that has ended": ("tls-expired", "tls://127.0.0.1:{port}", "old", "old"),
    "one for another name": ("tls-name", "tls://127.1:{port}", "tls", "tls"),
    "none": ("tls-plain", "tls://127.0.0.1:{port}", None, "tls"),
    "one that is not asked for": ("tls-wanted", "nats://127.0.0.1:{port}", "tls", "tls"),
}


@pytest.mark.parametrize("case", DOUBTS)
async def test_a_broker_is_told_nothing_that_shows_a_certificate_like(tmp_path: Path, case: str) -> None:
    code, url, shows, believes = DOUBTS[case]
    made = {"tls": certificate(tmp_path / "tls"), "other": certificate(tmp_path / "other")}
    made["old"] = certificate(tmp_path / "old", ago=LONG_AGO)
    async with serving(tmp_path, Server(tls=made[shows] if shows else None)) as server:
        line = Line(server.port)
        await line.mend()
        with pytest.raises(Unavailable) as refused:
            await connected(url.format(port=line.port), made[believes].authority, 3.0 if code == "tls-wanted" else 0.5)
        await line.cut()
    assert refused.value.code == code
    assert refused.value.parameters["authority"] == str(made[believes].authority)
    assert str(line.port) in refused.value.parameters["url"]
    assert b"CONNECT" not in line.heard


async def test_without_an_authority_of_its_own_the_machines_list_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = certificate(tmp_path / "tls")
    async with serving(tmp_path, Server(tls=shown)) as server:
        with pytest.raises(Unavailable, match="tls-authority"):
            await connected(server.url, None, 0.5)
        tls._believing.cache_clear()  # noqa: SLF001  (read once a process)
        monkeypatch.setenv("SSL_CERT_FILE", str(shown.authority))
        await (await connected(server.url, None)).close()
    tls._believing.cache_clear()  # noqa: SLF001


async def test_a_server_that_asks_for_tls_halfway_is_not_followed_there() -> None:
    async def offering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            writer.write(
                b'INFO {"server_id": "x", "version": "2.15.1", "max_payload": 1048576, "tls_required": true}\r\n'
            )
            await reader.read()

    async with await asyncio.start_server(offering, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable, match="tls-wanted"):
            await connected(f"nats://127.0.0.1:{port}", None, 0.5)


@pytest.mark.parametrize("url", ["nats://nats.example.nl:4222", "nats://127.0.0.1:4222,nats://10.0.0.5:4222"])
async def test_a_broker_outside_this_machine_is_asked_over_tls_only(url: str) -> None:
    with pytest.raises(Refused) as refused:
        await connected(url, None)
    assert (refused.value.code, refused.value.parameters["url"]) == ("nats-url-plain", url.rpartition(",")[2])


async def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("nothing")
    with pytest.raises(Refused) as refused:
        await connected(f"tls://127.0.0.1:{free_port()}", tmp_path / "ca.crt")
    assert (refused.value.code, refused.value.parameters["path"]) == ("tls-unreadable", str(tmp_path / "ca.crt"))


async def test_a_broker_that_comes_back_with_another_certificate_is_tried_less_and_less_until_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "AGAIN", 0.1)
    shown, other = certificate(tmp_path / "tls"), certificate(tmp_path / "other")
    right = {path: path.read_bytes() for path in (shown.certificate, shown.key)}
    async with serving(tmp_path, Server(tls=shown)) as server:
        nc = await connected(server.url, shown.authority)
        shutil.copy(other.certificate, shown.certificate)
        shutil.copy(other.key, shown.key)
        with structlog.testing.capture_logs() as said:
            await server.restart()
            await eventually(lambda: nc.options["reconnect_time_wait"] > 1.0)
            assert nc.doubt == "tls-authority"
            for path, content in right.items():
                path.write_bytes(content)
            await server.restart()
            await eventually(lambda: nc.doubt is None, within=20)
        assert nc.is_connected
        await nc.close()
    assert nc.options["reconnect_time_wait"] == 0.1
    assert [one["server"] for one in said if one.get("code") == "tls-authority"] == [f"127.0.0.1:{server.port}"]


async def test_what_was_doubted_before_the_first_connection_is_forgotten_with_it(tmp_path: Path) -> None:
    shown, other = certificate(tmp_path / "tls"), certificate(tmp_path / "other")
    right = {path: path.read_bytes() for path in (shown.certificate, shown.key)}
    shutil.copy(other.certificate, shown.certificate)
    shutil.copy(other.key, shown.key)
    async with serving(tmp_path, Server(tls=shown)) as server:
        with structlog.testing.capture_logs() as said:
            connecting = asyncio.create_task(connected(server.url, shown.authority, 30.0))
            await eventually(lambda: "tls-authority" in {one.get("code") for one in said})
            for path, content in right.items():
                path.write_bytes(content)
            await server.restart()
            nc = await connecting
        assert (nc.doubt, nc.options["reconnect_time_wait"]) == (None, connection.AGAIN)
        await nc.close()


async def test_a_plain_broker_on_this_machine_still_serves() -> None:
    async with nats_server() as server:
        await (await connected(server.url, None)).close()


async def test_a_broker_that_greeted_before_and_is_silent_now_hangs_and_is_not_doubted() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            await reader.read()

    async with nats_server() as server:
        line = Line(server.port)
        await line.mend()
        nc = await connected(f"nats://127.0.0.1:{line.port}", None)
        with structlog.testing.capture_logs() as said:
            await line.cut()
            async with await asyncio.start_server(silent, "127.0.0.1", line.port):
                await eventually(lambda: "TimeoutError" in {one.get("fault") for one in said})
            assert nc.doubt is None
            await line.mend()
            await eventually(lambda: nc.is_connected)
        await nc.close()
        await line.cut()
