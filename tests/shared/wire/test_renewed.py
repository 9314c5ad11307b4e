"""A renewed certificate is shown without a restart; what does not fit together is not."""

import asyncio
import re
import signal
import ssl
from contextlib import closing
from datetime import UTC, datetime
from os import kill
from pathlib import Path

import pytest
import structlog

from deploy import tlsauthority
from deploy.brokers import Server
from shared.rules import Refused
from shared.settings import Settings
from shared.wire import tls
from tests.shared.wire.serving import connected, number, serving
from tests.support.certificates import certificate, certificates
from tests.support.nats import free_port
from tests.support.waiting import eventually


async def test_a_renewed_certificate_is_shown_at_every_port_after_a_reload_and_nobody_is_disconnected(
    tmp_path: Path,
) -> None:
    settings, shown = certificates(tmp_path / "tls"), certificate(tmp_path / "tls")
    inside, own = (f"127.0.0.1:{free_port()}" for _ in range(2))
    all_round = Server(cluster=inside, routes=(f"tls://{inside}",), leafnodes=own, tls=shown)
    async with serving(tmp_path, all_round) as server:
        ports = (server.port, *(int(address.rpartition(":")[2]) for address in (inside, own)))
        nc = await connected(server.url, shown.authority)
        before = {await number(port, shown.authority) for port in ports}
        tlsauthority.prepare(settings, ["kring.local"], datetime.now(UTC))
        assert {await number(port, shown.authority) for port in ports} == before
        kill(server.pid, signal.SIGHUP)

        async def shown_still() -> set[str]:
            return before & {await number(port, shown.authority) for port in ports}

        await eventually(shown_still, set())
        await nc.flush()
        assert nc.stats["reconnects"] == 0
        await nc.close()


@pytest.fixture
def shown(tmp_path: Path) -> tuple[tls.Shown, tls.Pair, Settings]:
    settings = certificates(tmp_path / "tls")
    files = tls.pair(settings, "gateway")
    assert files is not None
    return tls.Shown(files), files, settings


async def leaving(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with closing(writer):
        await reader.read()


async def test_half_a_renewal_spoils_nothing(shown: tuple[tls.Shown, tls.Pair, Settings]) -> None:
    showing, files, settings = shown
    authority = tls.authority(settings)
    assert authority is not None
    async with await asyncio.start_server(leaving, "127.0.0.1", 0, ssl=showing.context) as server:
        port = server.sockets[0].getsockname()[1]
        before, key = await number(port, authority), files.key.read_bytes()
        tlsauthority.prepare(settings, ["kring.local"], datetime.now(UTC))
        renewed = files.key.read_bytes()
        files.key.write_bytes(key)
        with structlog.testing.capture_logs() as said:
            showing.look()
            assert await number(port, authority) == before
            files.key.write_bytes(renewed)
            showing.look()
            showing.look()
        assert await number(port, authority) != before
    assert [one.get("code") for one in said] == ["tls-key-differs", None]
    assert re.search("gateway.crt$", said[0]["path"])


def test_what_is_renewed_while_it_is_read_the_first_time_is_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = certificates(tmp_path / "tls")
    files = tls.pair(settings, "gateway")
    assert files is not None
    read = tls.showing

    def renewed_meanwhile(pair: tls.Pair) -> ssl.SSLContext:
        found = read(pair)
        tlsauthority.prepare(settings, ["kring.local"], datetime.now(UTC))
        return found

    monkeypatch.setattr(tls, "showing", renewed_meanwhile)
    shown = tls.Shown(files)
    monkeypatch.undo()
    with structlog.testing.capture_logs() as said:
        shown.look()
    assert [one["log_level"] for one in said] == ["info"]


def test_what_is_missing_of_certificates_is_named(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, tls=tmp_path / "tls")
    with pytest.raises(Refused, match="tls-authority-missing"):
        tls.authority(settings)
    assert tls.authority(Settings(data=tmp_path)) is None
    assert tls.pair(settings, "gateway") is None
    certificates(tmp_path / "tls")
    (tmp_path / "tls" / "gateway.key").unlink()
    with pytest.raises(Refused, match="tls-half"):
        tls.pair(settings, "gateway")
