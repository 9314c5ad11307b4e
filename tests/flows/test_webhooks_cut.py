"""Webhooks when the node dies half way, and over TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from shared.wire.endpoint import trusted
from tests.flows.integrators import KEEPER, PUBLISHER, grant, tell, told
from tests.flows.webhooks import NAME, endpoint, hook, keeper, said, waiting
from tests.support.network import network
from tests.support.waiting import eventually


@pytest.mark.timeout(120)
async def test_a_node_killed_after_it_sent_an_event_sends_it_again_under_the_same_id(tmp_path: Path) -> None:
    async with network(tmp_path, PUBLISHER) as net, endpoint() as here:
        async with keeper(net) as process:
            here.answering.clear()
            hook(net, here.url)
            await tell(net, 3)
            await eventually(lambda: len(here.got), 1, within=20)
            process.kill()
            await process.wait()
        here.answering.set()
        async with keeper(net):
            await eventually(lambda: len(here.got), 4, within=40)
        assert here.ids[1] == here.ids[0]
        assert here.got[1].body == here.got[0].body
        assert here.subjects[1:] == await told(net)


async def test_where_no_webhook_is_granted_not_even_the_certificates_are_read(tmp_path: Path) -> None:
    trusted.cache_clear()
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint() as here:
        grant(net, "asleep")
        await eventually(lambda: waiting(net, "asleep"), 0)
        assert trusted.cache_info().currsize == 0
        hook(net, here.url)
        await eventually(lambda: waiting(net, NAME), 0)
        assert trusted.cache_info().currsize == 1


def certificate(folder: Path) -> tuple[Path, Path]:
    """Of localhost, which vouches for itself; and its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    (folder / "tls.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )
    return folder / "tls.crt", folder / "tls.key"


async def test_events_go_only_where_the_certificate_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    async with network(tmp_path, KEEPER, PUBLISHER) as net, endpoint(context) as here:
        assert here.url.startswith("https://")
        hook(net, here.url)
        await tell(net, 2)
        await eventually(lambda: said(net), ("failing", "tls", 1))
        assert not here.got
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "tls.crt"))
        trusted.cache_clear()
        try:
            hook(net, here.url, "again")
            await eventually(lambda: len(here.got), 2)
        finally:
            trusted.cache_clear()
        assert await said(net, "again") == ("fine", "204", 0)
        assert await said(net, NAME) == ("failing", "tls", 1)
