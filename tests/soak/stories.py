"""What people do all day, over every service of every organisation."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.intake.letters import kept_as
from shared.ids import uuid7
from tests.soak.clients import Lane

PAIRS = (
    ("humanitas", "welzin"),
    ("welzin", "humanitas"),
    ("humanitas", "gemeente-alkmaar"),
    ("carrefour", "gemeente-noordoostpolder"),
)
"""Who refers to whom."""
PROGRAMMES = {slug: uuid7() for _, slug in PAIRS}
"""One programme of each receiver, known to its partners before anything else begins."""
Story = Callable[[Lane], Awaitable[None]]
_REGISTER = "mutation($it: RegisterParticipantInput!) { registerParticipant(input: $it) { id } }"
_PLACE = "mutation($it: RegisterPlaceInput!) { registerPlace(input: $it) { id } }"
_LIKES = "mutation($of: UUID!, $it: InterestsInput!) { setInterests(participant: $of, input: $it) { likes } }"
_REASON = {"reason": "at-capacity", "decidedBy": "organisation"}


async def offer(lane: Lane, slug: str, programme: UUID) -> None:
    """A programme."""
    body = {"id": str(programme), "name": "Samen op pad", "kind": "buddy", "areas": ["GM0307"], "costCents": 0}
    await lane.do(f"{slug}.intake", "POST", "/v1/programmes", body, makes="intake.programme-offered.v1")


async def register(lane: Lane, slug: str) -> UUID:
    """A participant."""
    person = uuid7()
    body = {"id": str(person), "nameToUse": "Truus", "contact": {"way": "phone", "value": "06 00000000"}}
    await lane.do(f"{slug}.intake", "POST", "/v1/participants", body, makes="intake.participant-registered.v1")
    return person


async def consent(lane: Lane, node: str, person: UUID, receiver: str) -> UUID:
    """The participant agrees."""
    given = uuid7()
    body = {
        "id": str(given),
        "recipient": receiver,
        "until": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
        "evidence": {"form": "oral", "textVersion": "2026-1", "askedOn": "2026-01-05", "askedBy": "Ann"},
    }
    await lane.do(node, "POST", f"/v1/participants/{person}/consents", body, makes="intake.consent-given.v1")
    return given


def referral(sender: str, receiver: str) -> Story:
    """A referral from beginning to one of its ends."""
    here, there = f"{sender}.intake", f"{receiver}.intake"
    offered = {"programme": str(PROGRAMMES[receiver])}

    async def story(lane: Lane) -> None:
        person = await register(lane, sender)
        agreed = await consent(lane, here, person, receiver)
        asked = {
            "id": str(uuid7()),
            "participant": str(person),
            "to": receiver,
            "consent": str(agreed),
            "need": "a walk",
        }
        await lane.do(here, "POST", "/v1/referrals", asked | offered, makes="intake.outgoing-requested.v1")
        sent, ask = f"/v1/referrals/{asked['id']}", f"/v1/referrals/{kept_as(sender, UUID(asked['id']))}"
        if lane.chance.random() < 0.15:
            await _withdrawn(lane, here, agreed)
            return
        await lane.until_seen(there, ask)
        ending = lane.chance.choice((_helped, _helped, _declined, _cancelled))
        await ending(lane, here, there, sent, ask)

    return story


async def _withdrawn(lane: Lane, here: str, agreed: UUID) -> None:
    makes = "intake.consent-withdrawn.v1"
    await lane.do(here, "POST", f"/v1/consents/{agreed}/withdraw", makes=makes)


async def _answer(lane: Lane, node: str, path: str, body: Any, what: str) -> None:
    await lane.do(node, "POST", path, body, makes=f"intake.referral-{what}.v1")


async def _helped(lane: Lane, here: str, there: str, sent: str, ask: str) -> None:
    await _answer(lane, there, f"{ask}/accept", {"owner": "Wim"}, "accepted")
    for _ in ("tried", "tried again"):  # only the command's id tells a second attempt from the first one asked twice
        await lane.do(there, "POST", f"{ask}/contact-attempts", makes="intake.incoming-contact-attempted.v1")
    await _answer(lane, there, f"{ask}/start", None, "started")
    await _answer(lane, there, f"{ask}/hold", {**_REASON, "listPosition": 2}, "held")
    await _answer(lane, there, f"{ask}/start", None, "started")
    await _answer(lane, there, f"{ask}/complete", {"whatHappened": "They walk.", "helped": "yes"}, "completed")


async def _declined(lane: Lane, here: str, there: str, sent: str, ask: str) -> None:
    await _answer(lane, there, f"{ask}/decline", _REASON, "declined")


async def _cancelled(lane: Lane, here: str, there: str, sent: str, ask: str) -> None:
    await _answer(lane, there, f"{ask}/accept", {"owner": "Wim"}, "accepted")
    await lane.do(here, "POST", f"{sent}/cancel", _REASON, makes="intake.outgoing-cancel-asked.v1")
    await lane.until_seen(there, ask, "cancelAsked")
    await _answer(lane, there, f"{ask}/confirm-cancel", None, "cancelled")


def meetings(slug: str) -> Story:
    """Places and series."""
    node = f"{slug}.events"

    async def story(lane: Lane) -> None:
        place = {"name": "De Meent", "address": "Plein 1", "area": "GM0361"}
        id_, series = uuid7(), uuid7()
        await lane.do(node, "POST", "/v1/places", place | {"id": str(id_)}, makes="events.place-registered.v1")
        for hours in ("tuesday", "friday"):
            changed = place | {"openingHours": hours}
            await lane.do(node, "PUT", f"/v1/places/{id_}", changed, makes="events.place-changed.v1")
        planned: dict[str, Any] = {
            "id": str(series),
            "place": str(id_),
            "title": "Koffie",
            "kind": "walk-in",
            "rule": "FREQ=WEEKLY",
        }
        planned |= {"firstDate": "2027-01-04", "start": "14:00:00", "minutes": 90}
        await lane.do(node, "POST", "/v1/series", planned, makes="events.series-planned.v1")
        address, date = f"/v1/series/{series}", {"date": "2027-01-11"}
        await lane.do(node, "POST", f"{address}/skip-date", date, makes="events.series-date-skipped.v1")
        await lane.do(node, "POST", f"{address}/cancel", makes="events.series-cancelled.v1")

    return story


def kliks(slug: str) -> Story:
    """Two participants, known to the network through the stream, find each other."""
    node = f"{slug}.network"

    async def story(lane: Lane) -> None:
        one, other = await register(lane, slug), await register(lane, slug)
        for person in (one, other):
            await lane.until_seen(node, f"/v1/participants/{person}")
            await lane.until_seen(f"{slug}.events", f"/v1/participants/{person}")
        likes = f"/v1/participants/{one}/interests"
        await lane.do(node, "PUT", likes, {"likes": "chess"}, makes="network.interests-set.v1")
        await lane.do(node, "PUT", likes, {"likes": "draughts"}, makes="network.interests-set.v1")
        await lane.do(node, "DELETE", likes, makes="network.interests-cleared.v1")
        for who, whom, makes in ((one, other, "yes-said"), (other, one, "klik-formed")):
            yes = {"id": str(uuid7()), "participant": str(who), "other": str(whom), "contact": "every Tuesday"}
            await lane.do(node, "POST", "/v1/kliks/yes", yes, makes=f"network.{makes}.v1")
        end = f"/v1/participants/{one}/end"
        await lane.do(f"{slug}.intake", "POST", end, {"reason": "moved"}, makes="intake.participant-ended.v1")

    return story


def programmes(slug: str) -> Story:
    """A programme opens and closes; every partner hears of it by letter."""
    node = f"{slug}.intake"

    async def story(lane: Lane) -> None:
        programme = uuid7()
        await offer(lane, slug, programme)
        address, reason = f"/v1/programmes/{programme}", {"reason": "full"}
        for step, body in (("waiting-list", reason), ("reopen", None), ("stop", reason)):
            await lane.do(node, "POST", f"{address}/{step}", body, makes="intake.programme-openness-set.v1")

    return story


def by_graphql(slug: str) -> Story:
    """The same, through the gateway."""

    async def asked(lane: Lane, service: str, document: str, variables: Any, makes: str) -> None:
        await lane.do_by_graphql(f"{slug}.{service}", document, variables, makes=f"{service}.{makes}.v1")

    async def story(lane: Lane) -> None:
        person = {"id": str(uuid7()), "nameToUse": "Bep", "contact": {"way": "PHONE", "value": "06 00000000"}}
        await asked(lane, "intake", _REGISTER, {"it": person}, "participant-registered")
        place = {"id": str(uuid7()), "name": "De Meent", "address": "Plein 1", "area": "GM0361"}
        await asked(lane, "events", _PLACE, {"it": place}, "place-registered")
        await lane.until_seen(f"{slug}.network", f"/v1/participants/{person['id']}")
        await asked(lane, "network", _LIKES, {"of": person["id"], "it": {"likes": "chess"}}, "interests-set")

    return story


def stories() -> list[tuple[str, Story]]:
    """All of them, by name."""
    told: list[tuple[str, Story]] = [(f"{one}-to-{other}", referral(one, other)) for one, other in PAIRS]
    for slug in ("humanitas", "welzin", "carrefour"):
        told += [(f"meetings-{slug}", meetings(slug)), (f"kliks-{slug}", kliks(slug))]
        told += [(f"programmes-{slug}", programmes(slug)), (f"graphql-{slug}", by_graphql(slug))]
    return told
