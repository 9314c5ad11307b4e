"""A good question for every field, about given records."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import GraphQLObjectType
from msgspec import Struct

from gateway.schema.schema import schema
from tests.access.owned import INTERVIEW, OWN, PLACE, PROGRAMME, SERIES, WHY, Owned, consent, person, refer, told

_SCHEMA = schema(production=False).graphql
NODES = "nodes { id }"
COMING = datetime.now(UTC).date() + timedelta(days=14 - datetime.now(UTC).weekday())
"""A Monday on which the series meets."""


class Question(Struct, frozen=True):
    """A document, its variables, and the id that a good answer shows ("" when it need not)."""

    text: str
    variables: Mapping[str, Any]
    shows: str = ""


def asking(kind: str, name: str, shown: str, given: Mapping[str, Any], shows: str = "") -> Question:
    """One field of Query, Mutation or Subscription, its arguments as variables."""
    root = _SCHEMA.type_map[kind]
    assert isinstance(root, GraphQLObjectType)
    types = {one: root.fields[name].args[one].type for one in given}
    heads = f"({', '.join(f'${one}: {type_}' for one, type_ in types.items())})" if given else ""
    told = f"({', '.join(f'{one}: ${one}' for one in given)})" if given else ""
    body = f" {{ {shown} }}" if shown else ""
    return Question(f"{kind.lower()} {heads} {{ {name}{told}{body} }}", given, shows)


def questions(one: Owned) -> dict[tuple[str, str], Question]:
    """By type and field, in an order in which each still makes sense after those before it."""
    erased = {"eraseParticipant": ("participant", {"id": one.person}, one.person)}
    glass = breaking(one)
    changes = {**network(one), **received(one), **links(one), **organisation(one), **glass, **people(one), **erased}
    mutations = {("Mutation", name): asking("Mutation", name, *how) for name, how in changes.items()}
    return {
        **reading(one),
        **kept(one),
        **overseen(one),
        **by_links(one),
        **open_to_all(one),
        **joined(one),
        **mutations,
    }


How = tuple[str, dict[str, Any], str]
"""What is selected, the arguments, and the id that a good answer shows."""


def reading(one: Owned) -> dict[tuple[str, str], Question]:
    return {
        ("Query", "me"): asking("Query", "me", "user", {}),
        ("Query", "directory"): asking(
            "Query", "directory", NODES, {"organisation": "humanitas", "first": 100}, one.programme
        ),
        ("Query", "programmes"): asking("Query", "programmes", NODES, {"first": 100}, one.programme),
        ("Query", "programme"): asking(
            "Query", "programme", "id", {"organisation": "humanitas", "id": one.programme}, one.programme
        ),
        ("Query", "participants"): asking("Query", "participants", NODES, {"first": 100}, one.person),
        ("Query", "participant"): asking("Query", "participant", "id", {"id": one.person}, one.person),
        ("Query", "searchParticipants"): asking(
            "Query", "searchParticipants", "id", {"input": {"contact": f"{one.person}@example.org"}}, one.person
        ),
        ("Query", "consentReceipt"): asking("Query", "consentReceipt", "recordId", {"id": one.consent}, one.consent),
        ("Query", "referrals"): asking("Query", "referrals", NODES, {"direction": "OUT", "first": 100}, one.sent),
        ("Query", "erasures"): asking(
            "Query", "erasures", "nodes { referral }", {"direction": "IN", "first": 100}, one.received
        ),
        ("Query", "referral"): asking("Query", "referral", "id", {"id": one.sent}, one.sent),
    }


def kept(one: Owned) -> dict[tuple[str, str], Question]:
    """Numbers, and what is closed."""
    return {
        ("Query", "counts"): asking("Query", "counts", "month", {"from": "2026-01-01"}),
        ("Query", "retention"): asking("Query", "retention", "months", {}),
        ("Query", "closedFiles"): asking("Query", "closedFiles", NODES, {"days": 366, "first": 100}, one.closed),
    }


def overseen(one: Owned) -> dict[tuple[str, str], Question]:
    """Who saw what. Who asks after somebody is in the log of it, also where nobody knows them."""
    seen, of = "nodes { persons { participant } }", {"participant": one.person}
    log = {"service": "INTAKE", "input": of, "first": 40}
    return {
        ("Query", "accessLog"): asking("Query", "accessLog", seen, log, one.person),
        ("Query", "participantAccessLog"): asking(
            "Query", "participantAccessLog", seen, {"service": "INTAKE", **of}, one.person
        ),
        ("Query", "openings"): asking("Query", "openings", NODES, {"first": 100}, one.glass),
        ("Query", "participantOpenings"): asking("Query", "participantOpenings", NODES, of, one.glass),
    }


def breaking(one: Owned) -> dict[str, How]:
    """Of files of other teams."""
    return {
        "breakGlass": ("participant", {"participant": one.friend, "input": {"id": one.series, "reason": "Brand"}}, ""),
        "reviewBreakGlass": ("id", {"id": one.glass, "input": {"verdict": "JUSTIFIED"}}, one.glass),
    }


def open_to_all(one: Owned) -> dict[tuple[str, str], Question]:
    """What visitors see."""
    return {
        ("Query", "agenda"): asking(
            "Query", "agenda", "nodes { title }", {"organisation": "humanitas", "from": "2026-02-02"}
        ),
        ("Query", "places"): asking("Query", "places", NODES, {"organisation": "humanitas", "first": 100}, one.place),
        ("Query", "place"): asking("Query", "place", "id", {"organisation": "humanitas", "id": one.place}, one.place),
        ("Query", "allSeries"): asking(
            "Query", "allSeries", NODES, {"organisation": "humanitas", "atPlace": one.place}, one.series
        ),
        ("Query", "series"): asking(
            "Query", "series", "id", {"organisation": "humanitas", "id": one.series}, one.series
        ),
    }


def network(one: Owned) -> dict[str, How]:
    pair = {"participant": one.person, "other": one.friend}
    return {
        "setInterests": ("likes", {"participant": one.person, "input": {"likes": "wandelen"}}, ""),
        "sayYes": ("id", {"input": {**pair, "id": one.series, "contact": "06"}}, ""),
        "endKlik": ("", {"input": pair}, ""),
        "blockKlik": ("", {"input": pair}, ""),
        "clearInterests": ("", {"participant": one.person}, ""),
    }


def received(one: Owned) -> dict[str, How]:
    """Of a referral that came in and was accepted."""
    steps: dict[str, dict[str, Any]] = {
        "acceptReferral": {"input": {"owner": "Ann"}},
        "startReferral": {},
        "holdReferral": {"input": WHY},
        "noteContactAttempt": {},
        "completeReferral": {"input": {"whatHappened": "Samen gewandeld", "helped": "YES"}},
        "failReferral": {"input": WHY},
        "declineReferral": {"input": WHY},
        "confirmCancel": {},
        "refuseErasure": {"input": {"ground": "PUBLIC_TASK"}},
        "forgetReferral": {},
    }
    moving: dict[str, How] = {"moveReferral": ("", {"id": one.received, "input": {"team": OWN}}, "")}
    return {name: ("id", {"id": one.received, **given}, one.received) for name, given in steps.items()} | moving


def evening(one: Owned) -> dict[str, Any]:
    return {"series": one.series, "date": str(COMING)}


def by_links(one: Owned) -> dict[tuple[str, str], Question]:
    return {
        ("Query", "evening"): asking("Query", "evening", "meeting { series }", {}, one.series),
        ("Query", "eveningLinks"): asking("Query", "eveningLinks", NODES, evening(one), one.evening_link),
        ("Query", "participantLinks"): asking(
            "Query", "participantLinks", NODES, {"participant": one.person}, one.link
        ),
    }


def links(one: Owned) -> dict[str, How]:
    """Of links. A code that is none is refused to who may come by a link, and that is everybody."""
    came = {"organisation": "humanitas", "code": "00000000"}
    return {
        "makeEveningLink": ("id", {**evening(one), "input": {"id": one.evening_link}}, one.evening_link),
        "enterEvening": ("token", {**came, "link": one.evening_link}, ""),
        "withdrawEveningLink": ("id", {"id": one.evening_link}, one.evening_link),
        "makeParticipantLink": ("id", {"participant": one.person, "input": {"id": one.link}}, one.link),
        "sendCode": ("", {"organisation": "humanitas", "link": one.link}, ""),
        "readCodeAloud": ("code", {"participant": one.person, "link": one.link}, ""),
        "enter": ("token", {**came, "link": one.link, "code": "000000"}, ""),
        "withdrawParticipantLink": ("id", {"id": one.link}, one.link),
    }


def organisation(one: Owned) -> dict[str, How]:
    """Of programmes, places and series."""
    given: dict[str, tuple[dict[str, Any], str]] = {
        "offerProgramme": ({"input": PROGRAMME | {"id": one.programme}}, one.programme),
        "changeProgramme": ({"id": one.programme, "input": PROGRAMME}, one.programme),
        "stopProgramme": ({"id": one.programme, "input": {"reason": "Vol"}}, one.programme),
        "keepWaitingList": ({"id": one.programme, "input": {"reason": "Vol"}}, one.programme),
        "reopenProgramme": ({"id": one.programme}, one.programme),
        "registerPlace": ({"input": PLACE | {"id": one.place}}, one.place),
        "changePlace": ({"id": one.place, "input": PLACE}, one.place),
        "planSeries": ({"input": SERIES | {"id": one.series, "place": one.place}}, one.series),
        "skipDate": ({"series": one.series, "input": {"date": "2026-02-09"}}, one.series),
        "cancelSeries": ({"id": one.series}, one.series),
    }
    keeping: dict[str, How] = {"setRetention": ("months", {"input": {"months": 1}}, "")}
    return {name: ("id", *how) for name, how in given.items()} | keeping


def people(one: Owned) -> dict[str, How]:
    """Of files and what is sent from them."""
    given: dict[str, tuple[dict[str, Any], str]] = {
        "refer": ({"input": refer(one, one.sent)}, one.sent),
        "requestReferral": ({"id": one.draft}, one.draft),
        "cancelReferral": ({"id": one.sent, "input": WHY}, one.sent),
        "enterReferralInError": ({"id": one.sent}, one.sent),
        "registerParticipant": ({"input": person(one.person)}, one.person),
        "giveConsent": ({"participant": one.person, "input": consent(one)}, one.consent),
        "recordInterview": ({"participant": one.person, "input": INTERVIEW | {"id": one.interview}}, one.interview),
        "withdrawConsent": ({"id": one.consent}, one.consent),
        "correctParticipant": ({"id": one.person, "input": told(one.person)}, one.person),
        "endParticipant": ({"id": one.person, "input": {"reason": "verhuisd"}}, one.person),
    }
    moving: dict[str, How] = {"moveParticipant": ("", {"id": one.person, "input": {"team": OWN}}, "")}
    return {name: ("id", *how) for name, how in given.items()} | moving


def joined(one: Owned) -> dict[tuple[str, str], Question]:
    """Fields of objects that another call answers."""
    of_person = {"consents": (NODES, one.consent), "interviews": (NODES, one.interview), "kliks": (NODES, "")}
    of_referral = {"participant": ("id", one.person), "programme": ("id", one.wanted), "details": ("id", one.sent)}
    listed = {"direction": "OUT", "first": 100}
    found = {("Participant", "interests"): asking("Query", "participant", "interests { likes }", {"id": one.person})}
    for name, (shown, shows) in of_person.items():
        found["Participant", name] = asking("Query", "participant", f"{name} {{ {shown} }}", {"id": one.person}, shows)
    for name, (shown, shows) in of_referral.items():
        item = f"nodes {{ id {name} {{ {shown} }} }}"
        found["ReferralItem", name] = asking("Query", "referrals", item, listed, one.sent)
        if name != "details":
            found["Referral", name] = asking("Query", "referral", f"{name} {{ {shown} }}", {"id": one.sent}, shows)
    return found


def followed(one: Owned) -> dict[tuple[str, str], Question]:
    """Subscriptions."""
    inbox = asking("Subscription", "inboxChanged", NODES, {"direction": "OUT", "first": 100}, one.sent)
    return {
        ("Subscription", "inboxChanged"): inbox,
        ("Subscription", "referralChanged"): asking(
            "Subscription", "referralChanged", "id", {"id": one.sent}, one.sent
        ),
    }
