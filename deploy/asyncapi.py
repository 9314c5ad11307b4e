"""The AsyncAPI 3.0 document of what integrators can follow, made from the contracts: `python -m deploy.asyncapi > docs/asyncapi.json`."""

import sys
from typing import Any

import msgspec

from shared.contracts.catalogue import EVENTS, subjects

ABOUT = """What happens at an organisation, as CloudEvents 1.0 in its NATS stream EVENTS (NATS binding, binary mode).

An integrator reads it through a durable consumer that Kring keeps; docs/guide-integrator.md says how, with a whole client.
`public` events never name a person; `own` ones, for the organisation's own systems, only by a random id.
A reader passes over fields and types it does not know. A breaking change is a new type (v2) beside the old one for a time."""
_UUID = {"type": "string", "format": "uuid"}
ATTRIBUTES: dict[str, tuple[str, dict[str, Any]]] = {
    "ce-id": ("The event's own id; publishing it again gives the same.", _UUID),
    "ce-source": (
        "Who tells it: urn:nld:kvknr:<8 digits> or urn:nld:oin:<20 digits>, then :systeem:kring-<service>.",
        {"type": "string"},
    ),
    "ce-specversion": ("CloudEvents version.", {"const": "1.0"}),
    "ce-type": ("What happened, with its version.", {"type": "string"}),
    "ce-time": ("When it was recorded.", {"type": "string", "format": "date-time"}),
    "ce-subject": ("Random id of what it is about.", _UUID),
    "ce-sequence": (
        "Its place in the log `ce-logid`; grows, with gaps.",
        {"type": "string", "pattern": "^[1-9][0-9]*$"},
    ),
    "ce-sequencetype": ("How sequences compare.", {"const": "Integer"}),
    "ce-logid": ("The source's log; another one after it was restored from a backup.", _UUID),
    "ce-dataschema": ("Name of this data's schema.", {"type": "string"}),
    "ce-traceparent": ("W3C trace context, where there is one.", {"type": "string"}),
    "Content-Type": ("Of the data.", {"const": "application/json"}),
}


def document() -> dict[str, Any]:
    """The whole document."""
    payloads, schemas = msgspec.json.schema_components(EVENTS.values(), ref_template="#/components/schemas/{name}")
    messages = {kind: _message(kind, payload) for kind, payload in zip(EVENTS, payloads, strict=True)}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kring: events", "version": "1.0.0", "description": ABOUT, "license": {"name": "EUPL-1.2"}},
        "defaultContentType": "application/json",
        "channels": {
            subject: {"address": subject, "messages": {kind: _ref("components/messages", kind)}}
            for subject, kind in _channels()
        },
        "operations": {
            subject: {"action": "send", "channel": _ref("channels", subject), "summary": _said(EVENTS[kind])}
            for subject, kind in _channels()
        },
        "components": {"messages": messages, "schemas": {"attributes": _attributes(), **schemas}},
    }


def _channels() -> list[tuple[str, str]]:
    """Each subject, and the type that stands on it."""
    return sorted((subject, kind) for kind, struct in EVENTS.items() for subject in subjects(struct))


def _message(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": kind,
        "summary": _said(EVENTS[kind]),
        "contentType": "application/json",
        "headers": _ref("components/schemas", "attributes"),
        "payload": payload,
    }


def _attributes() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "CloudEvents attributes; values percent-encoded as the HTTP binding (3.1.3.2) says.",
        "properties": {name: {**schema, "description": text} for name, (text, schema) in ATTRIBUTES.items()},
        "required": [name for name in ATTRIBUTES if name != "ce-traceparent"],
    }


def _ref(part: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/{part}/{name}"}


def _said(struct: type[msgspec.Struct]) -> str:
    return (struct.__doc__ or "").strip()


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(document())).decode() + "\n")
