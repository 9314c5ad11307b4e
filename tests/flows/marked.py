"""The referral story with a marked word in every text about a person: what may be nowhere can then be looked for."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args, get_type_hints

import msgspec

from deploy.story import Story
from gateway.portal.pages import story
from shared.eventlog.protection import fields
from shared.identity import Issuer, Role
from shared.ids import uuid7
from shared.personal import Subject
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, programme, status
from tests.support.network import Network
from tests.support.waiting import eventually

MARKER = "Zq7Marker"
"""In every text about a participant."""
STAFF = "Zq7Staff"
"""In every name of somebody who works there: accounts of who did what keep those."""
WRONG = "Zq7Wrong"
"""In everything that is sent to be refused."""
NETWORK = "humanitas.network"
NODES = (SENDER, RECEIVER, NETWORK, "humanitas.events", "carrefour.intake")


def word(field: str) -> str:
    """A text about a participant."""
    return f"{MARKER}{field}"


def told() -> dict[str, Any]:
    """What a file says of somebody."""
    free = {field: word(field) for field in ("nameToUse", "livingSituation", "hopes", "strengths", "language", "area")}
    contact = {"way": "phone", "value": word("contact"), "notThisWay": word("not")}
    speaks = {"name": word("speaks"), "way": "phone", "contact": word("speaking"), "capacity": "mentor"}
    kept_on = {"askedBy": STAFF, "textVersion": word("text"), "explicit": True}
    return free | {"contact": contact, "birthYear": 1944, "representative": speaks, "fileConsent": kept_on}


class Telling:
    """Tells the story, and remembers what it sent where."""

    def __init__(self, net: Network) -> None:
        self.net = net
        self.sent: list[tuple[str, str, str, Any]] = []
        """Service, method, path and body of what was taken."""

    async def ask(self, node: str, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """Ask a node, and remember it once it is taken."""
        answer = await self.net.ask(node, method, path, body, **options)
        self.sent.append((node.partition(".")[2], method, path, body))
        return answer

    async def registered(self) -> str:
        """Somebody all of whose fields are marked."""
        body = told() | {"id": str(uuid7())}
        person = str((await self.ask(SENDER, "POST", "/v1/participants", body))["id"])
        search = {"name": word("nameToUse"), "contact": word("contact")}
        await self.ask(SENDER, "POST", "/v1/participant-searches", search)
        return person

    async def talked(self, person: str) -> None:
        """An intake interview."""
        said = {field: word(field) for field in ("askedFor", "questionBehindIt", "suitableWhy", "nextSteps")}
        talk = {"id": str(uuid7()), "heldOn": "2026-01-05", "by": STAFF, "suitableNow": True, "purpose": "prevention"}
        await self.ask(SENDER, "POST", f"/v1/participants/{person}/interviews", talk | said)

    async def agreed(self, person: str) -> str:
        """A consent, with its evidence."""
        evidence = {"form": "oral", "textVersion": word("text"), "askedOn": "2026-01-05", "askedBy": STAFF}
        more: dict[str, Any] = {"data": ["letter", "language", "accessibility"], "explicit": True}
        agreed = await consent(self.net, person, evidence=evidence, **more)
        self.sent.append(("intake", "POST", f"/v1/participants/{person}/consents", {"evidence": evidence}))
        return agreed

    async def referred(self, person: str) -> str:
        """A referral, until its letter has arrived; gives its id at the sender."""
        free = {field: word(field) for field in ("need", "hopes", "accessibility", "waitTold", "note")}
        asked = {"id": str(uuid7()), "participant": person, "to": "welzin", "consent": await self.agreed(person)}
        asked["programme"] = await programme(self.net)
        reference = str((await self.ask(SENDER, "POST", "/v1/referrals", asked | free))["id"])
        await arrived(self.net, reference)
        return reference

    async def corrected(self, person: str) -> None:
        """Something was wrong in the file; whoever was told of it hears that too."""
        await self.ask(SENDER, "POST", f"/v1/participants/{person}/correct", told() | {"nameToUse": word("better")})

    async def opened(self, person: str) -> None:
        """Somebody of another team opens the file in need, and the privacy officer looks at it."""
        glass, now = str(uuid7()), datetime.now(UTC)
        issuer = Issuer.open(self.net.data, "humanitas", production=False)
        token = issuer.token([Role.COORDINATOR], user="bo", now=now, team="elsewhere")
        asked = {"id": glass, "reason": word("why")}
        await self.ask(SENDER, "POST", f"/v1/participants/{person}/break-glass", asked, token=token)
        found = {"verdict": "justified", "note": word("found")}
        await self.ask(SENDER, "POST", f"/v1/break-glass/{glass}/review", found, role=Role.PRIVACY_OFFICER)

    async def helped(self, reference: str) -> None:
        """The receiver takes it up and brings it to an end."""
        ask = f"/v1/referrals/{(await arrived(self.net, reference))['id']}"
        await self.ask(RECEIVER, "POST", f"{ask}/accept", {"owner": STAFF})
        outcome = {field: word(field) for field in ("whatHappened", "ownWords", "nextNeed")}
        await self.ask(RECEIVER, "POST", f"{ask}/complete", outcome | {"helped": "yes"})
        await status(self.net, reference, "completed")

    async def met(self, one: str, other: str) -> None:
        """Two people find each other, and one of them shares another contact later."""
        for person in (one, other):
            await eventually(lambda: self.net.ask(NETWORK, "GET", f"/v1/participants/{person}"))  # noqa: B023
        likes = {field: word(field) for field in ("likes", "company", "times")}
        await self.ask(NETWORK, "PUT", f"/v1/participants/{one}/interests", likes | {"distanceKm": 5})
        for who, whom, contact in ((one, other, "klik"), (other, one, "back"), (one, other, "later")):
            yes = {"id": str(uuid7()), "participant": who, "other": whom, "contact": word(contact)}
            await self.ask(NETWORK, "POST", "/v1/kliks/yes", yes)

    async def ended(self, person: str) -> None:
        """Somebody needs nothing more."""
        await self.ask(SENDER, "POST", f"/v1/participants/{person}/end", {"reason": word("reason")})

    async def whole(self) -> tuple[list[str], str]:
        """All of it; gives the people whom it is about, the first of whom was referred, and that referral."""
        people = [await self.registered() for _ in range(3)]
        await self.talked(people[0])
        await self.opened(people[0])
        reference = await self.referred(people[0])
        await self.corrected(people[0])
        await self.helped(reference)
        await self.met(*people[:2])
        await self.ended(people[2])
        for node in self.net.nodes.values():
            await eventually(node.relay.lag, 0)
        return people, reference


def spoken() -> list[str]:
    """What the start page's story says of persons: every sentence that its steps send, but what is offered to everybody."""
    steps = [one for one in msgspec.convert(story(), Story).step if "offerProgramme" not in one.query]
    return [text for one in steps for text in _sentences(one.variables)]


def _sentences(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for one in value.values() for found in _sentences(one)]
    return [value] if isinstance(value, str) and " " in value else []


def texts(schema: Any, document: Any, at: str = "") -> list[str]:
    """Where a schema of an OpenAPI document takes any text: no choice, no id, no date."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    inner = [(one, at) for one in (*schema.get("oneOf", ()), *schema.get("anyOf", ()))]
    inner += [(schema["items"], f"{at}[]")] if "items" in schema else []
    inner += [(one, f"{at}.{name}".lstrip(".")) for name, one in schema.get("properties", {}).items()]
    own = [at] if schema.get("type") == "string" and not {"enum", "format", "const"} & schema.keys() else []
    return own + [found for one, place in inner for found in texts(one, document, place)]


def marked(body: Any, at: str = "") -> list[str]:
    """Where a body holds a marked word."""
    match body:
        case dict():
            return [found for name, one in body.items() for found in marked(one, f"{at}.{name}".lstrip("."))]
        case list():
            return [found for one in body for found in marked(one, f"{at}[]")]
        case str() if MARKER in body or STAFF in body:
            return [at]
        case _:
            return []


def recorded(event: Any) -> Iterator[tuple[str, str]]:
    """The texts about persons in an event, as it is read: where each stands, and what it says."""
    kind: Any = type(event)
    for field in fields(kind):
        value = getattr(event, field.name)
        if isinstance(field.subject, Subject):
            yield from _leaves(value, f"{type(event).__name__}.{field.name}")
        else:
            yield from recorded(value)


def personal(event: Any) -> Iterator[str]:
    """Where an event's type has texts about persons."""
    hints = get_type_hints(event) if fields(event) else {}
    for field in fields(event):
        if isinstance(field.subject, Subject):
            yield from _places(hints[field.name], f"{event.__name__}.{field.name}")
        else:
            yield from (place for one in _structs(hints[field.name]) for place in personal(one))


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name), f"{type(value).__name__}.{name}")
    elif isinstance(value, str):
        yield at, value


def _places(hint: Any, at: str) -> Iterator[str]:
    if hint is str:
        yield at
    for one in get_args(hint):
        yield from _places(one, at)
    for struct in (hint,) if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else ():
        for name, inner in get_type_hints(struct).items():
            if name in struct.__struct_fields__:
                yield from _places(inner, f"{struct.__name__}.{name}")


def _structs(hint: Any) -> Iterator[type]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for one in get_args(hint):
        yield from _structs(one)
