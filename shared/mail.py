"""E-mail by the organisation's own mail server (SMTP, RFC 5321), where one is configured. What is sent holds as little as can be."""

import asyncio
import smtplib
import ssl
from contextlib import ExitStack, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import Struct

from shared.rules import Refused, Unavailable

DEADLINE = 10.0
"""Seconds for each step of the conversation with the server."""
AT_ONCE = 4
"""Mails that a process sends at the same time."""
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_PORTS = {"smtp": 587, "smtps": 465}


class Server(Struct, frozen=True):
    """A mail server, and in whose name is sent."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    tls: bool = False
    """From the first byte (smtps); otherwise TLS is begun with STARTTLS, and without it nothing is sent but on this machine."""

    @staticmethod
    def parse(url: str) -> "Server":
        """`smtp://user:password@mail.example.nl:587?from=noreply@example.nl`, or `smtps://…`. Raises `ValueError`."""
        parts, asked = urlsplit(url), parse_qs(urlsplit(url).query, strict_parsing=True)
        [sender] = asked.pop("from", [])
        if asked or parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.fragment:
            raise ValueError(url)
        _address(sender)
        return Server(
            parts.hostname,
            parts.port or _PORTS[parts.scheme],
            sender,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            tls=parts.scheme == "smtps",
        )


class Post:
    """Sends mail."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send one mail, once. What it refuses with names no address.

        Raises `Refused`: `mail-address` (it is none), `mail-refused` (the server takes no mail for it), and `Unavailable("mail-away")`.
        """
        message = self._message(to, subject, text)
        async with self._turns:
            await asyncio.to_thread(self._hand_over, message)

    def _message(self, to: str, subject: str, text: str) -> EmailMessage:
        message = EmailMessage()
        try:
            message["To"] = _address(to)
        except ValueError:
            raise Refused("mail-address") from None
        message["From"] = _address(self._server.sender)
        message["Subject"] = subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=_address(self._server.sender).domain)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        return message

    def _hand_over(self, message: EmailMessage) -> None:
        with ExitStack() as stack:
            try:
                smtp = self._connected()
                stack.callback(smtp.close)
                self._begin(smtp)
                _send(smtp, message)
            except (OSError, smtplib.SMTPException) as fault:
                raise Unavailable("mail-away", reason=type(fault).__name__) from None
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()  # the mail was taken: how the server says goodbye changes nothing of it

    def _connected(self) -> smtplib.SMTP:
        where = self._server.host, self._server.port
        if self._server.tls:
            return smtplib.SMTP_SSL(*where, context=ssl.create_default_context(), timeout=DEADLINE)
        return smtplib.SMTP(*where, timeout=DEADLINE)

    def _begin(self, smtp: smtplib.SMTP) -> None:
        """What goes wrong here goes wrong for everybody: the address has no part in it."""
        if not self._server.tls and self._server.host not in _HERE:
            smtp.starttls(context=ssl.create_default_context())
        if self._server.user:
            smtp.login(self._server.user, self._server.password)


def _send(smtp: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        smtp.send_message(message)
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError, smtplib.SMTPNotSupportedError):
        raise Refused("mail-refused") from None


def _address(text: str) -> Address:
    """One address and nothing else: no name, no second one, no line of a header. Raises `ValueError`."""
    try:
        found = Address(addr_spec=text.strip())
    except Exception:  # noqa: BLE001  (the library's parser fails in many ways on what is no address)
        raise ValueError from None
    if not found.username:
        raise ValueError
    return found
