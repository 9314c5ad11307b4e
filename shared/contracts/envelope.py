"""An event for others, as it stands in the stream: a CloudEvents 1.0 event in binary mode (attributes are headers, data is the body).

CloudEvents core specification 1.0.2 and the NL GOV profile; attributes are headers `ce-<name>`, percent-encoded as the HTTP binding says
(3.1.3.2). Nothing sensitive may stand in an attribute. `subject` is a random id, `sequence` the position in the source's log `logid`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, unquote
from uuid import UUID, uuid5

import msgspec

from shared.eventlog.recorded import Recorded, name_of

T = TypeVar("T")
LARGEST = 64 * 1024
"""Bytes of data, at most."""
_PLAIN = "".join(map(chr, range(0x21, 0x7F))).replace('"', "").replace("%", "")


class Malformed(Exception):  # noqa: N818  (an answer about what came in)
    """It is not an event as this module writes it. `code` says which part."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Envelope(msgspec.Struct, frozen=True):
    """What stands outside: the attributes that a reader needs."""

    id: UUID
    type: str
    source: str
    time: datetime
    subject: UUID
    sequence: int
    log: UUID
    trace: str


def envelope(recorded: Recorded[Any], event: Any, subject: UUID, source: str) -> tuple[dict[str, str], bytes]:
    """Headers and data of a contract's event that `recorded` becomes.

    Its id follows from the place in the log, so publishing again gives the same event.

    Raises:
        ValueError: the data is larger than `LARGEST` bytes.
    """
    data = msgspec.json.encode(event)
    if len(data) > LARGEST:
        raise ValueError(f"an event of {len(data)} bytes: {name_of(event)}")
    kind = name_of(event)
    attributes = {
        "id": str(uuid5(recorded.log, str(recorded.position))),
        "source": quote(source, safe=_PLAIN),  # the only value that may hold more than plain characters
        "specversion": "1.0",
        "type": kind,
        "time": recorded.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": str(subject),
        "sequence": str(recorded.position),
        "sequencetype": "Integer",
        "logid": str(recorded.log),
        "dataschema": f"urn:kring:schema:{kind}",
    }
    if recorded.trace:
        attributes["traceparent"] = f"00-{recorded.trace}-{recorded.position:016x}-01"
    headers = {f"ce-{name}": value for name, value in attributes.items()}
    return headers | {"Content-Type": "application/json"}, data


def opened(headers: Mapping[str, str]) -> Envelope:
    """Read the attributes. Raises `Malformed` when one that Kring needs is missing or wrong."""
    attributes = {name[3:].lower(): unquote(value) for name, value in headers.items() if name[:3].lower() == "ce-"}
    if attributes.get("specversion") != "1.0":
        raise Malformed("envelope-not-cloudevents")
    trace = attributes.get("traceparent", "").split("-")
    found = attributes | {"log": attributes.get("logid", ""), "trace": trace[1] if len(trace) > 1 else ""}
    try:
        read = msgspec.convert(found, Envelope, strict=False)
    except msgspec.ValidationError:
        raise Malformed("envelope-malformed") from None
    if read.sequence < 1:
        raise Malformed("envelope-malformed")
    return read


def contents(data: bytes, kind: type[T]) -> T:
    """Read the data as a contract's struct; fields it does not know are passed over. Raises `Malformed`."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed("event-malformed") from None
