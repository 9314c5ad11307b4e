"""A login provider's public keys (JWKS, RFC 7517): fetched, kept for a while, and given up when they are too old."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx
import jwt
import msgspec
import structlog

from shared.rules import Refused, Unavailable
from shared.tokens import ALGORITHMS, Key, usable

EVERY = 300.0
"""Seconds after which keys are fetched again: a key that the provider revoked is believed no longer than that."""
AGAIN = 60.0
"""Seconds between two tries, at least: tokens with made-up key ids cannot make us bother the provider."""
KEPT = 6 * 3600.0
"""Seconds that the last good set is believed while the provider is away."""
PATIENCE = 5.0
"""Seconds that a provider has for its answer."""
LARGEST = 256 * 1024
"""Bytes of a set."""
MOST = 100
"""Keys of a set."""
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class KeySet:
    """The keys at one place: an https address, or a file."""

    def __init__(self, place: str, *, clock: Callable[[], float], wanted: Callable[[], None]) -> None:
        """`clock` gives seconds; `wanted` is called when a key is asked for that is not here and may be there by now."""
        self.fault: Refused | None = None
        """Why the last try failed."""
        self._place = place
        self._clock = clock
        self._wanted = wanted
        self._public: Mapping[str, tuple[Any, str | None]] = {}
        self._usable: dict[tuple[str, ...], Mapping[str, Key]] = {}
        self._had: float | None = None
        self._tried: float | None = None
        self._missed = False

    def known(self, algorithms: Sequence[str]) -> Mapping[str, Key]:
        """By key id, those that can be used with one of the algorithms."""
        if self._had is None or self._clock() - self._had > KEPT:
            return {}
        chosen = tuple(algorithms)
        if chosen not in self._usable:
            found = {
                name: usable(public, [one for one in chosen if said in (None, one)])
                for name, (public, said) in self._public.items()
            }
            self._usable[chosen] = {name: key for name, key in found.items() if key is not None}
        return self._usable[chosen]

    def missed(self) -> None:
        """Somebody came with a key that is not here."""
        self._missed = True
        if self.due():
            self._wanted()

    def due(self) -> bool:
        """Whether it is time to fetch them."""
        if self._tried is None:
            return True
        waited = self._clock() - self._tried
        return waited >= EVERY or (waited >= AGAIN and (self._missed or self.fault is not None))

    async def refresh(self, http: httpx.AsyncClient) -> None:
        """Fetch them. What cannot be had or read leaves the former ones, for a time."""
        self._tried, self._missed = self._clock(), False
        try:
            async with asyncio.timeout(PATIENCE):
                written = await self._read(http)
            found = _keys(written)
        except Exception as fault:  # noqa: BLE001  (whatever a provider sends, it costs nobody else anything)
            self._failed(str(fault) or type(fault).__name__)
            return
        self._public, self._had, self.fault = found, self._clock(), None
        self._usable.clear()

    async def _read(self, http: httpx.AsyncClient) -> bytes:
        if "://" in self._place:
            return await _fetched(http, self._place)
        return await asyncio.to_thread(_file, self._place)

    def _failed(self, reason: str) -> None:
        if self.fault is None:
            structlog.get_logger().warning("a provider's keys cannot be had", place=self._place, reason=reason)
        self.fault = Unavailable("provider-keys", place=self._place, reason=reason)


def _file(place: str) -> bytes:
    with Path(place).open("rb") as file:
        return _whole(file.read(LARGEST + 1))


def client() -> httpx.AsyncClient:
    """To fetch with. Redirects are not followed: an address is the one that was chosen; cookies are nobody's."""
    none = CookieJar(DefaultCookiePolicy(allowed_domains=()))
    return httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, cookies=none, headers={"user-agent": "Kring"})


async def _fetched(http: httpx.AsyncClient, place: str) -> bytes:
    written = b""
    async with http.stream("GET", place) as answer:
        if answer.status_code != HTTPStatus.OK:
            raise ValueError(f"it answers {answer.status_code}")
        async for part in answer.aiter_bytes():
            written = _whole(written + part)
    return written


def _whole(written: bytes) -> bytes:
    if len(written) > LARGEST:
        raise ValueError(f"it is larger than {LARGEST} bytes")
    return written


def _keys(written: bytes) -> Mapping[str, tuple[Any, str | None]]:
    """Public keys by id, with the algorithm that each is for where it says so. Raises `ValueError` when there are none."""
    listed = _decode(written).get("keys")
    if not isinstance(listed, list):
        raise ValueError("it holds no keys")  # noqa: TRY004  (a fault of what was fetched)
    found: dict[str, tuple[Any, str | None]] = {}
    for one in listed[:MOST]:
        if _verifies(one):
            try:
                public = jwt.PyJWK(one).key
            except Exception:  # noqa: BLE001, S112  (a kind that we do not know is for somebody else)
                continue
            found.setdefault(one["kid"], (public, one.get("alg")))
    if not any(usable(public, ALGORITHMS) for public, _ in found.values()):
        raise ValueError("it holds no public key that can be used")
    return found


def _verifies(one: Any) -> bool:
    """A public key with a name, for signatures; nothing that is shared or secret."""
    if not isinstance(one, dict) or not isinstance(one.get("kid"), str):
        return False
    return one.get("kty") in {"RSA", "EC", "OKP"} and "d" not in one and one.get("use", "sig") == "sig"
