"""A good request for every route, about given records."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.access.records import OWN, PLACE, PROGRAMME, Records, evening_links, person_body, refer, series
from tests.services.intake.served_intake import CONSENT, TALK
from tests.support.registers import links
from tests.support.served import NOON

Example = tuple[str, Any, str]
"""Path, body, and the id that a good answer shows ("" when it need not)."""
KEY = links("humanitas")
WHY = {"reason": "at-capacity", "decidedBy": "organisation"}
STOP = {"reason": "Vol"}
OUTCOME = {"whatHappened": "Samen gewandeld", "helped": "yes"}


def _person(made: Records, more: str = "", body: Any = None, shows: Any = "") -> Example:
    return f"/v1/participants/{made.person}{more}", body, str(shows)


def _referral(id_: Any, step: str = "", body: Any = None) -> Example:
    return f"/v1/referrals/{id_}{step}", body, str(id_)


def _pair(made: Records, **more: str) -> dict[str, str]:
    return {"participant": str(made.person), "other": str(made.friend), **more}


INTAKE: Mapping[str, Callable[[Records], Example]] = {
    "GET /v1/participants": lambda made: ("/v1/participants?first=100", None, str(made.person)),
    "GET /v1/participants/{id:uuid}": lambda made: _person(made, shows=made.person),
    "GET /v1/participants/{id:uuid}/file": lambda made: _person(made, "/file", None, made.interview),
    "GET /v1/participants/{id:uuid}/consents": lambda made: _person(made, "/consents", None, made.consent),
    "GET /v1/participants/{id:uuid}/interviews": lambda made: _person(made, "/interviews", None, made.interview),
    "GET /v1/referrals": lambda made: ("/v1/referrals?direction=out&first=100", None, str(made.sent)),
    "GET /v1/referrals/position": lambda _: ("/v1/referrals/position", None, ""),
    "GET /v1/referrals/{id:uuid}": lambda made: _referral(made.sent),
    "GET /v1/programmes": lambda made: ("/v1/programmes?first=100", None, str(made.programme)),
    "GET /v1/directory": lambda made: ("/v1/directory?first=100&organisation=humanitas", None, str(made.programme)),
    "GET /v1/directory/{organisation:str}/{id:uuid}": lambda made: (
        f"/v1/directory/humanitas/{made.programme}",
        None,
        str(made.programme),
    ),
    "GET /v1/erasures": lambda made: ("/v1/erasures?first=100", None, str(made.received)),
    "GET /v1/counts": lambda _: ("/v1/counts", None, "2026-01"),
    "GET /v1/retention": lambda _: ("/v1/retention", None, ""),
    "PUT /v1/retention": lambda _: ("/v1/retention", {"months": 1}, ""),
    "GET /v1/closed-files": lambda made: ("/v1/closed-files?days=366&first=100", None, str(made.friend)),
    "POST /v1/participant-searches": lambda made: (
        "/v1/participant-searches",
        {"contact": f"{made.person}@example.org"},
        str(made.person),
    ),
    "POST /v1/participants": lambda made: ("/v1/participants", person_body(made.person), str(made.person)),
    "POST /v1/participants/{id:uuid}/consents": lambda made: _person(
        made, "/consents", CONSENT | {"id": str(made.consent)}, made.consent
    ),
    "POST /v1/participants/{id:uuid}/interviews": lambda made: _person(
        made, "/interviews", TALK | {"id": str(made.interview)}, made.interview
    ),
    "POST /v1/referrals": lambda made: ("/v1/referrals", refer(made, made.sent), str(made.sent)),
    "POST /v1/referrals/{id:uuid}/request": lambda made: _referral(made.draft, "/request"),
    "POST /v1/referrals/{id:uuid}/cancel": lambda made: _referral(made.sent, "/cancel", WHY),
    "POST /v1/referrals/{id:uuid}/enter-in-error": lambda made: _referral(made.sent, "/enter-in-error"),
    "POST /v1/referrals/{id:uuid}/accept": lambda made: _referral(made.received, "/accept", {"owner": "Ann"}),
    "POST /v1/referrals/{id:uuid}/start": lambda made: _referral(made.received, "/start"),
    "POST /v1/referrals/{id:uuid}/hold": lambda made: _referral(made.received, "/hold", WHY),
    "POST /v1/referrals/{id:uuid}/contact-attempts": lambda made: _referral(made.received, "/contact-attempts"),
    "POST /v1/referrals/{id:uuid}/complete": lambda made: _referral(made.received, "/complete", OUTCOME),
    "POST /v1/referrals/{id:uuid}/fail": lambda made: _referral(made.received, "/fail", WHY),
    "POST /v1/referrals/{id:uuid}/decline": lambda made: _referral(made.received, "/decline", WHY),
    "POST /v1/referrals/{id:uuid}/confirm-cancel": lambda made: _referral(made.received, "/confirm-cancel"),
    "POST /v1/referrals/{id:uuid}/move": lambda made: (f"/v1/referrals/{made.received}/move", {"team": OWN}, ""),
    "POST /v1/referrals/{id:uuid}/refuse-erasure": lambda made: _referral(
        made.received, "/refuse-erasure", {"ground": "public-task"}
    ),
    "POST /v1/referrals/{id:uuid}/forget": lambda made: _referral(made.received, "/forget"),
    "POST /v1/programmes": lambda made: (
        "/v1/programmes",
        PROGRAMME | {"id": str(made.programme)},
        str(made.programme),
    ),
    "PUT /v1/programmes/{id:uuid}": lambda made: (f"/v1/programmes/{made.programme}", PROGRAMME, str(made.programme)),
    "POST /v1/programmes/{id:uuid}/stop": lambda made: (
        f"/v1/programmes/{made.programme}/stop",
        STOP,
        str(made.programme),
    ),
    "POST /v1/programmes/{id:uuid}/waiting-list": lambda made: (
        f"/v1/programmes/{made.programme}/waiting-list",
        STOP,
        str(made.programme),
    ),
    "POST /v1/programmes/{id:uuid}/reopen": lambda made: (
        f"/v1/programmes/{made.programme}/reopen",
        None,
        str(made.programme),
    ),
    "GET /v1/consents/{id:uuid}/receipt": lambda made: (
        f"/v1/consents/{made.consent}/receipt",
        None,
        str(made.consent),
    ),
    "POST /v1/consents/{id:uuid}/withdraw": lambda made: (
        f"/v1/consents/{made.consent}/withdraw",
        None,
        str(made.consent),
    ),
    "GET /v1/participants/{id:uuid}/links": lambda made: _person(made, "/links", None, made.link),
    "POST /v1/participants/{id:uuid}/links": lambda made: _person(made, "/links", {"id": str(made.link)}, made.link),
    "POST /v1/participants/{id:uuid}/links/{way:uuid}/code": lambda made: _person(made, f"/links/{made.link}/code"),
    "POST /v1/links/{id:uuid}/code": lambda made: (f"/v1/links/{made.link}/code", None, ""),
    "POST /v1/links/{id:uuid}/enter": lambda made: (
        f"/v1/links/{made.link}/enter",
        {"code": KEY.code(6, "participant", made.link, NOON.isoformat())},
        "token",
    ),
    "POST /v1/links/{id:uuid}/withdraw": lambda made: (f"/v1/links/{made.link}/withdraw", None, str(made.link)),
    "POST /v1/participants/{id:uuid}/correct": lambda made: _person(
        made, "/correct", {name: said for name, said in person_body(made.person).items() if name != "id"}, made.person
    ),
    "POST /v1/participants/{id:uuid}/move": lambda made: _person(made, "/move", {"team": OWN}),
    "POST /v1/participants/{id:uuid}/end": lambda made: _person(made, "/end", {"reason": "verhuisd"}, made.person),
    "POST /v1/participants/{id:uuid}/erase": lambda made: _person(made, "/erase", None, made.person),
    "GET /v1/break-glass": lambda made: ("/v1/break-glass?first=100", None, str(made.glass)),
    "GET /v1/participants/{id:uuid}/break-glass": lambda made: _person(made, "/break-glass"),
    "POST /v1/break-glass/{id:uuid}/review": lambda made: (
        f"/v1/break-glass/{made.glass}/review",
        {"verdict": "justified"},
        str(made.glass),
    ),
    "POST /v1/participants/{id:uuid}/break-glass": lambda made: (
        f"/v1/participants/{made.friend}/break-glass",
        {"id": str(made.series), "reason": "Brand"},
        "",
    ),
}
EVENTS: Mapping[str, Callable[[Records], Example]] = {
    "GET /v1/participants/{id:uuid}/file": lambda made: _person(made, "/file"),
    "GET /v1/participants/{id:uuid}": lambda made: _person(made, shows=made.person),
    "GET /v1/places": lambda _: ("/v1/places", None, ""),
    "GET /v1/places/{id:uuid}": lambda made: (f"/v1/places/{made.place}", None, str(made.place)),
    "POST /v1/places": lambda made: ("/v1/places", PLACE | {"id": str(made.place)}, str(made.place)),
    "PUT /v1/places/{id:uuid}": lambda made: (f"/v1/places/{made.place}", PLACE, str(made.place)),
    "GET /v1/series": lambda made: (f"/v1/series?place={made.place}", None, str(made.series)),
    "GET /v1/series/{id:uuid}": lambda made: (f"/v1/series/{made.series}", None, str(made.series)),
    "POST /v1/series": lambda made: ("/v1/series", series(made, made.series), str(made.series)),
    "GET /v1/evening": lambda made: ("/v1/evening", None, str(made.series)),
    "GET /v1/series/{id:uuid}/evenings/{day:date}/links": lambda made: (
        evening_links(made),
        None,
        str(made.evening_link),
    ),
    "POST /v1/series/{id:uuid}/evenings/{day:date}/links": lambda made: (
        evening_links(made),
        {"id": str(made.evening_link)},
        str(made.evening_link),
    ),
    "POST /v1/evening-links/{id:uuid}/enter": lambda made: (
        f"/v1/evening-links/{made.evening_link}/enter",
        {"code": KEY.code(8, "evening", made.evening_link)},
        "",
    ),
    "POST /v1/evening-links/{id:uuid}/withdraw": lambda made: (
        f"/v1/evening-links/{made.evening_link}/withdraw",
        None,
        str(made.evening_link),
    ),
    "POST /v1/series/{id:uuid}/skip-date": lambda made: (
        f"/v1/series/{made.series}/skip-date",
        {"date": "2026-02-09"},
        str(made.series),
    ),
    "POST /v1/series/{id:uuid}/cancel": lambda made: (f"/v1/series/{made.series}/cancel", None, str(made.series)),
    "GET /v1/occurrences": lambda made: (f"/v1/occurrences?from=2026-02-02&place={made.place}", None, ""),
}
NETWORK: Mapping[str, Callable[[Records], Example]] = {
    "GET /v1/participants": lambda made: ("/v1/participants?first=100", None, str(made.person)),
    "GET /v1/participants/{id:uuid}": lambda made: _person(made, shows=made.person),
    "PUT /v1/participants/{id:uuid}/interests": lambda made: _person(
        made, "/interests", {"likes": "wandelen"}, made.person
    ),
    "GET /v1/participants/{id:uuid}/file": lambda made: _person(made, "/file"),
    "GET /v1/participants/{id:uuid}/kliks": lambda made: _person(made, "/kliks"),
    "POST /v1/kliks/yes": lambda made: ("/v1/kliks/yes", _pair(made, id=str(made.series), contact="06"), ""),
    "POST /v1/kliks/end": lambda made: ("/v1/kliks/end", _pair(made), ""),
    "POST /v1/kliks/block": lambda made: ("/v1/kliks/block", _pair(made), ""),
    "DELETE /v1/participants/{id:uuid}/interests": lambda made: _person(made, "/interests"),
}
OF_ALL: Mapping[str, Callable[[Records], Example]] = {
    "GET /v1/access-log": lambda _: ("/v1/access-log", None, ""),
    "POST /v1/access-log-searches": lambda _: ("/v1/access-log-searches", {"by": "user:ann"}, ""),
    "GET /v1/participants/{id:uuid}/access-log": lambda made: _person(made, "/access-log"),
    "GET /v1/openapi.json": lambda _: ("/v1/openapi.json", None, ""),
    "GET /openapi/openapi.json": lambda _: ("/openapi/openapi.json", None, ""),
    "GET /openapi": lambda _: ("/openapi", None, ""),
    "GET /openapi/{path:str}": lambda _: ("/openapi/elsewhere", None, ""),
}
EXAMPLES = {"intake": {**INTAKE, **OF_ALL}, "events": {**EVENTS, **OF_ALL}, "network": {**NETWORK, **OF_ALL}}
"""In an order in which each still makes sense after those before it."""
CAME_IN: Mapping[str, Callable[[Records], Example]] = {
    "GET /v1/referrals": lambda made: ("/v1/referrals?direction=in&first=100", None, str(made.received)),
    "GET /v1/referrals/{id:uuid}": lambda made: _referral(made.received),
    "POST /v1/referrals/{id:uuid}/cancel": lambda made: _referral(made.received, "/cancel", WHY),
    "GET /v1/closed-files": lambda made: ("/v1/closed-files?days=366&first=100", None, str(made.received)),
}
"""Of routes about both, those about the referral that came in."""
