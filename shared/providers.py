"""Login providers (OpenID Connect) that organisations trust, each by a file `identity.toml` in its own folder of the data folder.

Each process reads the file itself and fetches the providers' public keys itself: no node takes the gateway's word, nor the registrar's,
for who is calling. The file holds no secret.
"""

import asyncio
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Annotated, Literal, TypeAlias

import httpx
import msgspec
import structlog

from shared.identity import LINKED, Role
from shared.keysets import KeySet, client
from shared.linkkeys import LinkKeys
from shared.register import Register
from shared.rules import Refused
from shared.settings import Settings
from shared.tokens import Believed, Trusted, audience

FILE = "identity.toml"
"""In an organisation's folder."""
LOOK = 5.0
"""Seconds between two looks at the files."""
AT_ONCE = 8
"""Providers that are asked for their keys at the same time."""
_Word = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
_Stamp: TypeAlias = tuple[int, int, int] | None
_Claim: TypeAlias = _Word | Annotated[tuple[_Word, ...], msgspec.Meta(min_length=1, max_length=5)]


class Provider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One provider, as the file names it."""

    issuer: _Word
    """What its tokens say in `iss`, to the letter."""
    keys: Annotated[str, msgspec.Meta(pattern=r"^(https://|http://(127\.0\.0\.1|localhost)[:/]|[\w-][\w.-]*$)")]
    """Address of its JWKS, or the name of a file beside this one."""
    audience: _Word | None = None
    """What its tokens for us say in `aud`; kring:<organisation> when left out."""
    algorithms: Annotated[tuple[Literal["RS256", "PS256", "ES256", "EdDSA"], ...], msgspec.Meta(min_length=1)] = (
        "RS256",
    )
    leeway: Annotated[int, msgspec.Meta(ge=0, le=120)] = 30
    """Seconds that its clock may differ."""
    roles_claim: _Claim = "roles"
    team_claim: _Claim | None = None
    """When left out the organisation has no teams: every coordinator sees everybody."""
    roles: dict[str, Role] = {}
    """Its names of roles -> ours; when left out it uses ours."""
    second_factor: Annotated[tuple[_Word, ...], msgspec.Meta(min_length=1)] = ("mfa",)
    """Values of `amr` that prove a second factor."""

    def __post_init__(self) -> None:
        """Raises `ValueError` where it gives somebody the role of who comes by a link."""
        if by_link := LINKED.intersection(self.roles.values()):
            msg = f"nobody logs in as {', '.join(sorted(by_link))}: who has that role comes by a link"
            raise ValueError(msg)

    def trusted(self, organisation: str, keys: KeySet, *, production: bool) -> Trusted:
        """To believe its tokens by these keys."""
        return Trusted(
            organisation=organisation,
            audience=self.audience or audience(organisation),
            keys=keys.known(self.algorithms),
            leeway=timedelta(seconds=self.leeway),
            roles=_path(self.roles_claim),
            words=self.roles,
            team=_path(self.team_claim),
            teams=self.team_claim is not None,
            second_factor=frozenset(self.second_factor if production else ()),
            missed=keys.missed,
        )


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file says."""

    providers: Annotated[tuple[Provider, ...], msgspec.Meta(min_length=1, max_length=10)]


def read(data: Path, organisation: str) -> tuple[Provider, ...]:
    """An organisation's providers; none when there is no file. Raises `Refused("identity-invalid")`."""
    path = data / organisation / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Identity).providers
    except FileNotFoundError:
        return ()
    except (OSError, ValueError) as wrong:  # tomllib's, msgspec's and Unicode's faults are all ValueErrors
        raise Refused("identity-invalid", path=str(path), reason=str(wrong)) from None


class Issuers:
    """Whose tokens a process believes: call it for them as they are now."""

    def __init__(
        self, settings: Settings, register: Callable[[], Register], *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._settings = settings
        self._register = register
        self._clock = clock
        self._links = LinkKeys(settings.data)
        self._wanted = asyncio.Event()
        self._keys: dict[str, KeySet] = {}
        self._named: dict[str, tuple[Provider, ...]] = {}
        self._unread: Mapping[str, Refused] = {}
        self._shared: Mapping[str, Refused] = {}
        self._seen: dict[str, _Stamp] = {}
        self._http: httpx.AsyncClient | None = None
        self._from: Register | None = None
        self._believed: Believed = {}

    def __call__(self) -> Believed:
        """By issuer and audience; in production the local issuers are not among them, who holds a link is."""
        register = self._register()
        if register is not self._from:
            self._gather(register)
        return self._believed

    @property
    def faults(self) -> list[Refused]:
        """What is wrong with the files, and which keys could not be had."""
        away = (keys.fault for keys in self._keys.values())
        read = (*self._unread.values(), *self._shared.values(), *self._links.faults.values())
        return [*read, *(fault for fault in away if fault is not None)]

    @property
    def named(self) -> Mapping[str, tuple[Provider, ...]]:
        """What the files say, by organisation."""
        return dict(self._named)

    @property
    def links(self) -> Mapping[str, str]:
        """The public halves of the keys that let in who holds a link, by organisation."""
        return self._links.publics

    async def run(self) -> None:
        """Keep the keys up to date until cancelled."""
        try:
            while True:
                await self.refresh()
                self._wanted.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self._wanted.wait()
        finally:
            await self.close()

    async def close(self) -> None:
        """Fetch nothing any more."""
        if self._http is not None:
            await self._http.aclose()

    async def refresh(self) -> None:
        """Read the files, and fetch the keys that it is time for."""
        self._look()
        turns = asyncio.Semaphore(AT_ONCE)
        due = [keys for keys in self._keys.values() if keys.due()]
        if due and self._http is None:
            self._http = client()

        async def fetch(keys: KeySet, http: httpx.AsyncClient) -> None:
            async with turns:
                await keys.refresh(http)

        await asyncio.gather(*(fetch(keys, self._http) for keys in due if self._http))
        self._gather(self._register())

    def _look(self) -> None:
        self._links.look(self._register().organisations)
        unread = dict(self._unread)
        for slug in self._register().organisations:
            seen = _stamp(self._settings.data / slug / FILE)
            if seen == self._seen.get(slug) and slug not in unread:
                continue  # what could not be read is read again: who is let read it leaves no other stamp
            self._seen[slug] = seen
            try:
                self._named[slug] = read(self._settings.data, slug)
                unread.pop(slug, None)
            except Refused as refused:
                self._named[slug], unread[slug] = (), refused
        self._unread = _noted(self._unread, unread)
        places = {self._place(slug, one) for slug, providers in self._named.items() for one in providers}
        self._keys = {
            place: self._keys.get(place) or KeySet(place, clock=self._clock, wanted=self._wanted.set)
            for place in places
        }

    def _gather(self, register: Register) -> None:
        """Two organisations that claim the same tokens get neither: one must not be let into the other."""
        found: dict[tuple[str, str], Trusted] = {}
        shared: dict[str, Refused] = {}
        for issuer, trusted in self._providers():
            name = (issuer, trusted.audience)
            other = found.setdefault(name, trusted)
            for slug in {other.organisation, trusted.organisation} if other is not trusted else ():
                shared[slug] = Refused("identity-shared", organisation=slug, issuer=issuer, audience=trusted.audience)
        told = {(fault.parameters["issuer"], fault.parameters["audience"]) for fault in shared.values()}
        mine = {name: one for name, one in found.items() if name not in told}
        self._shared = _noted(self._shared, shared)
        self._from = register
        local = {} if self._settings.production else register.issuers
        self._believed = {**local, **mine, **self._links.believed}

    def _providers(self) -> Iterator[tuple[str, Trusted]]:
        for slug, providers in self._named.items():
            for one in providers:
                keys = self._keys.get(self._place(slug, one))
                if keys is not None:
                    yield one.issuer, one.trusted(slug, keys, production=self._settings.production)

    def _place(self, slug: str, one: Provider) -> str:
        return one.keys if "://" in one.keys else str(self._settings.data / slug / one.keys)


def _noted(before: Mapping[str, Refused], now: Mapping[str, Refused]) -> Mapping[str, Refused]:
    """What is wrong now; what was not before is logged."""
    for slug, fault in now.items():
        if slug not in before or before[slug].parameters != fault.parameters:
            structlog.get_logger().error("a login provider is not believed", code=fault.code, **fault.parameters)
    return now


def _stamp(path: Path) -> _Stamp:
    with suppress(OSError):
        found = path.stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return None


def _path(claim: str | tuple[str, ...] | None) -> tuple[str, ...]:
    match claim:
        case None:
            return ()
        case str():
            return (claim,)
        case _:
            return claim
