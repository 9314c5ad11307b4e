"""A real mail server that keeps what it is sent."""

import logging
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

from tests.support.nats import free_port

SENDER = "noreply@example.nl"


class Mailbox:
    """What came in; `refuses` is answered in place of taking an address, `leaves` when the sender says goodbye."""

    def __init__(self) -> None:
        self.mails: list[Message] = []
        self.to: list[list[str]] = []
        self.refuses = self.leaves = ""
        self.port = free_port()
        self.logins: list[tuple[bytes, bytes]] = []

    @property
    def url(self) -> str:
        """As KRING_SMTP_URL has it."""
        return f"smtp://127.0.0.1:{self.port}?from={SENDER}"

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Envelope, address: str, _options: Any) -> str:  # noqa: N802
        """Take one address, or not."""
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Envelope) -> str:  # noqa: N802
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content))
        self.to.append(list(envelope.rcpt_tos))
        return "250 OK"

    async def handle_QUIT(self, server: Any, _session: Any, _envelope: Envelope) -> str:  # noqa: N802
        """Say goodbye, or hang up without a word."""
        if self.leaves == "silent":
            server.transport.abort()
        return self.leaves or "221 Bye"

    def authenticate(self, *given: Any) -> AuthResult:
        """Let in who gives the right password."""
        told = given[-1]
        assert isinstance(told, LoginPassword)
        self.logins.append((told.login, told.password))
        return AuthResult(success=told.password == b"p@ss")


@contextmanager
def mailbox(tls: ssl.SSLContext | None = None, *, begun: bool = False, login: bool = False) -> Generator[Mailbox]:
    """It takes mail while the block lasts: with TLS from the first byte, or `begun` with STARTTLS."""
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # the server's own: it holds every address
    box = Mailbox()
    told: dict[str, Any] = {"authenticator": box.authenticate} if login else {}
    given: dict[str, Any] = {"tls_context": tls} if begun else {"ssl_context": tls}
    server = Controller(box, "127.0.0.1", box.port, auth_require_tls=False, **told, **given)
    server.start()
    try:
        yield box
    finally:
        server.stop()
