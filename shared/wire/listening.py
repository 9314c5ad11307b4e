"""A port of this machine, for an HTTP server to listen on."""

import errno
import socket

from shared.rules import Refused

_WAITING = 1024
"""Connections that wait to be taken."""


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Take the port; answers go out at once.

    Connections inherit that. asyncio asks for it by itself only where a socket names its protocol, which this one does not: each
    answer would wait 40 ms for the client's delayed acknowledgement. Raises `OSError`.
    """
    taken = socket.create_server((host, port), backlog=_WAITING)
    taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return taken


def refusal(fault: OSError, port: int, other: str) -> Refused:
    """Why a port could not be taken, with an `other` setting to choose: `port-forbidden` or `port-busy`."""
    code = "port-forbidden" if fault.errno in (errno.EACCES, errno.EPERM) else "port-busy"
    return Refused(code, port=port, other=other, reason=fault.strerror or "?")
