"""Mail goes once, to one address, by a server that is safe; what goes wrong names nobody."""

import ssl
from pathlib import Path

import pytest

from shared.mail import Post, Server
from shared.rules import Refused
from tests.support.certificates import certificates
from tests.support.nats import free_port
from tests.support.smtp import SENDER, mailbox

SMIT = "smit@example.org"


async def refused(post: Post, to: str = SMIT) -> Refused:
    with pytest.raises(Refused) as raised:
        await post.send(to, "Uw code", "Uw code is 123456.")
    assert SMIT not in f"{raised.value!r} {raised.value} {raised.value.__cause__!r}"
    return raised.value


async def test_a_mail_arrives_as_it_was_written() -> None:
    with mailbox() as box:
        await Post(Server.parse(box.url)).send(SMIT, "Uw code", "Café: 123456.")
        [mail] = box.mails
        assert (mail["To"], mail["From"], mail["Subject"]) == (SMIT, SENDER, "Uw code")
        assert (mail["Auto-Submitted"], mail["Message-ID"].endswith("@example.nl>")) == ("auto-generated", True)
        payload = mail.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert payload.decode().strip() == "Café: 123456."
        assert box.to == [[SMIT]]


async def test_the_server_is_told_who_sends_when_it_asks() -> None:
    with mailbox(login=True) as box:
        told = box.url.replace("smtp://", "smtp://kring:p%40ss@")
        await Post(Server.parse(told)).send(SMIT, "Uw code", "123456")
        assert (len(box.mails), box.logins) == (1, [(b"kring", b"p@ss")])
        wrong = box.url.replace("smtp://", "smtp://kring:other@")
        assert (await refused(Post(Server.parse(wrong)))).code == "mail-away"


@pytest.mark.parametrize(
    "to",
    [
        "",
        "smit",
        "072 555 01 02",
        "smit@example.org, ander@example.org",
        "smit@example.org\nBcc: ander@example.org",
        "Smit <smit@example.org>",
        "smit@example.org\r\n\r\nhello",
        "@example.org",
        "smit@",
        '""@example.org',
        "(" * 5000,
    ],
)
async def test_what_is_not_one_address_gets_nothing(to: str) -> None:
    with mailbox() as box:
        assert (await refused(Post(Server.parse(box.url)), to)).code == "mail-address"
        assert box.mails == []


@pytest.mark.parametrize("to", ["smit@exämple.org", "smît@example.org", "smit@example.org\u200b", "smit@\ud800.org"])
async def test_an_address_in_other_letters_is_mailed_or_refused(to: str) -> None:
    with mailbox() as box:
        post, code = Post(Server.parse(box.url)), ""
        try:
            await post.send(to, "Uw code", "123456")
        except Refused as refused:
            code = refused.code
        assert (code, len(box.mails)) in {("", 1), ("mail-refused", 0), ("mail-address", 0)}


async def test_an_address_that_the_server_does_not_take_is_said_without_the_address() -> None:
    with mailbox() as box:
        box.refuses = f"550 no mailbox {SMIT} here"
        assert (await refused(Post(Server.parse(box.url)))).code == "mail-refused"


@pytest.mark.parametrize("leaves", ["421 too busy", "silent"])
async def test_a_mail_that_was_taken_is_sent_whatever_the_server_says_after_it(leaves: str) -> None:
    with mailbox() as box:
        box.leaves = leaves
        await Post(Server.parse(box.url)).send(SMIT, "Uw code", "123456")
        assert len(box.mails) == 1


async def test_a_server_that_is_away_is_said() -> None:
    post = Post(Server.parse(f"smtp://127.0.0.1:{free_port()}?from={SENDER}"))
    assert (await refused(post)).parameters == {"reason": "ConnectionRefusedError"}


async def test_without_tls_nothing_is_sent_over_another_machines_line_and_no_address_has_the_blame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with mailbox() as box:
        monkeypatch.setattr("shared.mail._HERE", frozenset[str]())
        assert (await refused(Post(Server.parse(box.url)))).parameters == {"reason": "SMTPNotSupportedError"}
        tls = box.url.replace("smtp://", "smtps://")
        assert (await refused(Post(Server.parse(tls)))).parameters == {"reason": "SSLError"}
        assert box.mails == []


@pytest.mark.parametrize("begun", [True, False])
async def test_a_server_is_believed_that_a_known_authority_vouches_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, begun: bool
) -> None:
    folder = certificates(tmp_path / "tls").certificates
    shown = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shown.load_cert_chain(folder / "gateway.crt", folder / "gateway.key")
    monkeypatch.setattr("shared.mail._HERE", frozenset[str]())
    with mailbox(shown, begun=begun) as box:
        post = Post(Server.parse(box.url if begun else box.url.replace("smtp://", "smtps://")))
        assert (await refused(post)).parameters == {"reason": "SSLCertVerificationError"}
        monkeypatch.setenv("SSL_CERT_FILE", str(folder / "ca.crt"))
        await post.send(SMIT, "Uw code", "123456")
        assert len(box.mails) == 1


@pytest.mark.parametrize(
    "url",
    [
        "smtp://mail.example.nl",
        "http://mail.example.nl?from=a@example.nl",
        "smtp://?from=a@example.nl",
        "smtp://mail.example.nl?from=nobody",
        "smtp://mail.example.nl?from=a@example.nl&cc=b@example.nl",
        "smtp://mail.example.nl/x?from=a@example.nl",
        "smtp://mail.example.nl:99999?from=a@example.nl",
        "smtp://mail.example.nl?from=a@example.nl&from=b@example.nl",
    ],
)
def test_a_server_is_named_with_one_sender_and_nothing_else(url: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Server.parse(url)


def test_a_server_has_the_usual_port() -> None:
    assert Server.parse("smtp://mail.example.nl?from=a@example.nl").port == 587
    assert Server.parse("smtps://mail.example.nl?from=a@example.nl").port == 465
