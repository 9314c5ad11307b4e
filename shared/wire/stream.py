"""An organisation's stream EVENTS: make it, append to it in fenced atomic batches, read its end, follow it.

A node's user needs to publish on `events.*.<service>.>`, `$JS.API.STREAM.INFO.EVENTS`, `$JS.API.STREAM.CREATE.EVENTS`,
`$JS.API.STREAM.MSG.GET.EVENTS`, `$JS.API.CONSUMER.CREATE.EVENTS.>` and `$JS.API.CONSUMER.MSG.NEXT.EVENTS.>`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
from nats.errors import ConnectionReconnectingError, Error, NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from shared.wire.connection import Connection

NAME = "EVENTS"
BATCH = 500
"""Messages in one batch, at most (the server allows 1,000)."""
TIMEOUT = 5.0
"""Seconds that the broker has for an answer."""
_CONFIG = {
    "name": NAME,
    "subjects": ["events.>"],
    "storage": "file",
    "retention": "limits",
    "allow_atomic": True,
    "allow_msg_ttl": True,
    "allow_rollup_hdrs": True,
    "allow_direct": True,
}
_STREAM_NOT_FOUND, _MESSAGE_NOT_FOUND = 10059, 10037
_UNAVAILABLE = 503
_STALE = (10071, 10164)
"""Wrong last sequence; the second form is given when the fence was moved while the batch was open."""


class Away(Exception):  # noqa: N818  (a state of the world, not a fault)
    """The broker cannot be reached, or does not answer; nothing was appended."""


class StorageLost(Away):
    """The broker is there, the stream is not: it was never made, or its storage was lost."""


class Stale(Exception):  # noqa: N818
    """Somebody else appended behind the fence; nothing was appended. Read the end again."""


class OutcomeUnknown(Exception):  # noqa: N818
    """The broker did not answer in time: appended or not. Read the end before going on."""


class Rejected(Exception):  # noqa: N818
    """The broker does not take it, for a reason that trying again does not change. `code` is JetStream's `err_code`."""

    def __init__(self, code: int, description: str) -> None:
        super().__init__(f"{code} {description}")
        self.code = code


class Message(msgspec.Struct, frozen=True):
    """A message to append."""

    subject: str
    headers: Mapping[str, str]
    data: bytes


class _Fault(msgspec.Struct):
    code: int = 0
    err_code: int = 0
    description: str = ""


class Stored(msgspec.Struct):
    """A message as it stands in the stream."""

    subject: str
    seq: int
    data: bytes = b""


class Reply(msgspec.Struct):
    """What JetStream answers."""

    error: _Fault | None = None


class _Info(Reply):
    created: datetime | None = None


class _Found(Reply):
    message: Stored | None = None


class _Appended(Reply):
    seq: int = 0


R = TypeVar("R", bound=Reply)


class Stream:
    """EVENTS in the account of this connection. Every method raises `Away` (or `StorageLost`) when the broker is."""

    def __init__(self, nc: Connection) -> None:
        self._nc = nc

    async def ensure(self) -> datetime:
        """Make the stream where it is not; gives when it was made, by the broker's clock."""
        info = await self._ask(f"STREAM.INFO.{NAME}", {}, _Info)
        if info.error is not None and info.error.err_code == _STREAM_NOT_FOUND:
            info = await self._ask(f"STREAM.CREATE.{NAME}", _CONFIG | {"num_replicas": self._nc.replicas}, _Info)
        _check(info)
        if info.created is None:
            raise Rejected(0, "a stream without a time of creation")
        return info.created

    async def last(self, subject: str) -> Stored | None:
        """The last message on these subjects, as the stream's leader has it."""
        found = await self._ask(f"STREAM.MSG.GET.{NAME}", {"last_by_subj": subject}, _Found)
        if found.error is not None and found.error.err_code == _MESSAGE_NOT_FOUND:
            return None
        _check(found)
        return found.message

    async def append(self, messages: Sequence[Message], *, fenced: str, fence: int) -> int:
        """Append all or nothing, if the last message on the subjects `fenced` is still number `fence` (0: none).

        Gives the number of the last message.

        Raises:
            Stale: it is not; nothing was appended.
            OutcomeUnknown: no answer.
            Rejected: the broker takes no such batch.
        """
        batch = uuid4().hex
        fences = {
            "Nats-Expected-Last-Subject-Sequence": str(fence),
            "Nats-Expected-Last-Subject-Sequence-Subject": fenced,
        }
        *first, last = [
            (message.subject, _numbered(message.headers, batch, number, fences if number == 1 else {}), message.data)
            for number, message in enumerate(messages, 1)
        ]
        try:
            await self._nc.publish_all(first)
        except Error as fault:
            raise Away(type(fault).__name__) from fault
        subject, headers, data = last
        return await self._commit(subject, headers | {"Nats-Batch-Commit": "1"}, data)

    async def _commit(self, subject: str, headers: dict[str, str], data: bytes) -> int:
        try:
            reply = await self._nc.request(subject, data, headers=headers, timeout=TIMEOUT)
        except NoRespondersError as fault:
            raise StorageLost("no stream takes these subjects") from fault
        except (NatsTimeoutError, ConnectionReconnectingError) as fault:
            raise OutcomeUnknown from fault
        except Error as fault:
            raise Away(type(fault).__name__) from fault
        appended = msgspec.json.decode(reply.data, type=_Appended)
        _check(appended)
        return appended.seq

    async def consumer(self, name: str, subjects: Sequence[str], since: datetime | None) -> None:
        """Make a reader of these subjects that remembers nothing and takes no acknowledgements; idle for 5 minutes it goes away."""
        config: dict[str, Any] = {
            "name": name,
            "filter_subjects": list(subjects),
            "ack_policy": "none",
            "deliver_policy": "by_start_time" if since else "all",
            "replay_policy": "instant",
            "inactive_threshold": 300_000_000_000,
            "mem_storage": True,
            "num_replicas": 1,
        }
        if since:
            config["opt_start_time"] = since
        _check(await self._ask(f"CONSUMER.CREATE.{NAME}.{name}", {"stream_name": NAME, "config": config}, Reply))

    async def request(self, consumer: str, *, most: int, seconds: int, inbox: str) -> None:
        """Ask for the next messages, to be sent to an inbox as they come, until there were `most` or the time is over."""
        asked = msgspec.json.encode({"batch": most, "expires": seconds * 1_000_000_000})
        try:
            await self._nc.publish(f"$JS.API.CONSUMER.MSG.NEXT.{NAME}.{consumer}", asked, reply=inbox)
        except Error as fault:
            raise Away(type(fault).__name__) from fault

    async def call(self, what: str, request: Mapping[str, Any], reply: type[R]) -> R:
        """Ask JetStream's API something else about the stream. Raises `Rejected` too."""
        answer = await self._ask(what, request, reply)
        _check(answer)
        return answer

    async def _ask(self, what: str, request: Mapping[str, Any], reply: type[R]) -> R:
        try:
            message = await self._nc.request(
                f"$JS.API.{what}", msgspec.json.encode(request) if request else b"", timeout=TIMEOUT
            )
        except Error as fault:
            raise Away(type(fault).__name__) from fault
        return msgspec.json.decode(message.data, type=reply)


def _numbered(headers: Mapping[str, str], batch: str, number: int, fences: Mapping[str, str]) -> dict[str, str]:
    return {**headers, "Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number), **fences}


def _check(reply: Reply) -> None:
    if (fault := reply.error) is None:
        return
    if fault.err_code in _STALE:
        raise Stale
    if fault.err_code == _STREAM_NOT_FOUND:
        raise StorageLost("the stream is not there")
    if fault.code == _UNAVAILABLE:
        raise Away(fault.description)
    raise Rejected(fault.err_code, fault.description)
