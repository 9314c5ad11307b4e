"""A typed call to one service of the caller's organisation."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec

from gateway.errors import NodeRefused, Problem
from gateway.loaders import Nodes
from shared.wire.calls import Answer, Call

T = TypeVar("T")
Headers = Callable[[], tuple[tuple[bytes, bytes], ...]]
_encode = msgspec.json.Encoder().encode
_REFUSED = 400


class Node:
    """One service of one organisation, asked as the caller. What it refuses is raised as `NodeRefused`."""

    def __init__(
        self, nodes: Nodes, organisation: str, service: str, headers: Headers, key: UUID | None = None
    ) -> None:
        """`key` names the caller's operation: sent again under the same key, its changes are done once."""
        self._nodes = nodes
        self._subject = f"orgs.{organisation}.rpc.{service}"
        self._headers = headers
        self._key = key

    async def get(self, path: str, answer: type[T], **query: Any) -> T:
        """Read; a parameter that is None is left out."""
        return await self._ask("GET", path, answer, query=_query(query))

    async def post(self, path: str, answer: type[T], body: Any = None) -> T:
        """Change something, or ask for a change."""
        return await self._ask("POST", path, answer, body=b"" if body is None else _encode(body))

    async def put(self, path: str, answer: type[T], body: Any) -> T:
        """Set something whole."""
        return await self._ask("PUT", path, answer, body=_encode(body))

    async def delete(self, path: str, answer: type[T]) -> T:
        """Take something away."""
        return await self._ask("DELETE", path, answer)

    async def _ask(self, method: str, path: str, answer: type[T], *, query: bytes = b"", body: bytes = b"") -> T:
        headers = self._headers()
        if body:
            headers += ((b"content-type", b"application/json"),)
        if self._key is not None and method != "GET":
            change = uuid5(self._key, f"{method} {path} {body.decode()}")
            headers += ((b"idempotency-key", str(change).encode()),)
        got = await self._nodes.ask(self._subject, Call(method, path, query, headers, body))
        return _read(got, answer)


def _read(got: Answer, answer: type[T]) -> T:
    if got.status >= _REFUSED:
        raise NodeRefused(_problem(got))
    if not got.body:
        return msgspec.convert(None, answer)
    return msgspec.json.decode(got.body, type=answer)


def _problem(got: Answer) -> Problem:
    """A refusal that is no problem+json is our fault, not the caller's."""
    return msgspec.json.decode(got.body, type=Problem)


def _query(parameters: Mapping[str, Any]) -> bytes:
    given = {_camel(name): msgspec.to_builtins(value) for name, value in parameters.items() if value is not None}
    return urlencode(given).encode()


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
