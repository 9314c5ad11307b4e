"""What the broker, logs, traces, metrics, addresses and refusals hold of persons: nothing, after a story with a marked word in every text.

Which texts there are is read from the types and routes: whoever adds one about a person adds it to the story (`marked.py`) too.
"""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from typing import Any, get_args

import msgspec
import pytest

from deploy.openapi import document
from shared.register import SERVICES
from tests.flows.evidence import Seen, gathered
from tests.flows.marked import MARKER, STAFF, WRONG, marked, personal, spoken, texts

CHOICES = {
    "About.contact_way",
    "Profile.contact_way",
    "Profile.age_band",
    "Profile.life_event",
    "Letter.contact_way",
    "Findings.purpose",
    "Evidence.form",
    "Evidence.agreed_by",
    "FileConsent.form",
    "FileConsent.agreed_by",
    "Numbers.by_age_band",
    "Numbers.by_area",
    "Numbers.by_life_event",
    "Representative.capacity",
    "Representative.contact_way",
    "Outcome.helped",
}
"""Personal, but one of a few words that the contract names: they hold no text to look for."""
CODES = {"recipient", "to", "team", "code"}
"""Words that name an organisation, a team; and a code that is good once."""
OTHERS = ("/v1/programmes", "/v1/places", "/v1/series", "/v1/access-log-searches")
"""What these routes take is for everybody to read; the last one's names a colleague."""
PLACES = {"after", "area", "organisation"}
"""Text in an address: where a page begins, an area of the public agenda and directory, an organisation's slug."""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """The story is told once."""
    return asyncio.run(gathered(tmp_path_factory.mktemp("markers")))


def routes() -> Iterator[tuple[str, str, str, Any, Any]]:
    """Service, method, path, route and document of every route."""
    for service in SERVICES:
        stated = msgspec.json.decode(document(service))
        for path, methods in stated["paths"].items():
            for method, route in methods.items():
                yield service, method.upper(), path, route, stated


def held(found: bytes | str) -> list[str]:
    """Which of the marked words, and of what the start page's story says, stand there."""
    text = found if isinstance(found, bytes) else found.encode()
    return [one for one in (MARKER, STAFF, *spoken()) if one.encode() in text]


def test_every_text_that_a_route_takes_about_a_person_is_marked_in_the_story(seen: Seen) -> None:
    missing: list[str] = []
    for service, method, path, route, stated in routes():
        taken = [one["schema"] for one in route.get("requestBody", {}).get("content", {}).values()]
        wanted = {at for schema in taken for at in texts(schema, stated)} - CODES
        told = {at for sent in seen.sent if _same(sent, service, method, path) for at in marked(sent[3])}
        missing += [f"{service} {method} {path} {at}" for at in sorted(wanted - told) if not path.startswith(OTHERS)]
    assert missing == []


def _same(sent: tuple[str, str, str, Any], service: str, method: str, path: str) -> bool:
    parts, stated = sent[2].split("/"), path.split("/")
    fits = len(parts) == len(stated) and all(one in (other, "{id}") for one, other in zip(stated, parts, strict=True))
    return sent[:2] == (service, method) and fits


def test_every_personal_text_of_every_event_was_recorded_with_a_marked_word(seen: Seen) -> None:
    deciders = [one for service in SERVICES for one in import_module(f"services.{service}.main").SERVICE.deciders]
    events = [event for one in deciders for event in get_args(one.Event) or (one.Event,)]
    wanted = {place for event in events for place in personal(event)}
    assert wanted >= CHOICES, "no longer personal, or no longer there"
    assert sorted(place for place in wanted - CHOICES if not held("".join(seen.recorded.get(place, [])))) == []


def test_what_is_kept_of_a_log_holds_nothing_of_a_person_but_sealed(seen: Seen) -> None:
    assert set(held(seen.kept)) <= {STAFF}
    assert seen.views, "the search finds what is there: views are for reading"


def test_the_broker_stores_and_says_nothing_of_a_person(seen: Seen) -> None:
    assert seen.stored == []
    assert "Server is ready" in seen.broker
    assert held(seen.broker) == []


def test_between_node_and_broker_only_the_calls_of_the_gateway_say_something_of_a_person(seen: Seen) -> None:
    calls = [one for one in seen.passed if one.subject.startswith("rpc.")]
    answers = {one.reply for one in calls}
    assert held(b"".join(one.data for one in calls)) == [MARKER, STAFF, *spoken()], "the search finds what is there"
    others = [one for one in seen.passed if one not in calls and one.subject not in answers]
    assert {one.subject for one in others if held(one.headers + one.data)} == set()
    heads = {".".join(one.subject.split(".")[:1]) for one in others}
    assert heads >= {"letters", "to", "events", "changed"}, "letters, events and hints were among them"


def test_no_subject_no_header_and_no_address_names_a_person(seen: Seen) -> None:
    assert held("\n".join(f"{one.subject} {one.reply} {one.headers.decode()}" for one in seen.passed)) == []
    assert "/graphql" in seen.addresses
    assert any(one.startswith("/v1/participant-searches") for one in seen.addresses)
    assert held("\n".join(seen.addresses)) == []


def test_no_address_takes_a_text_that_could_name_a_person() -> None:
    taken = {
        one["name"]
        for _, _, _, route, stated in routes()
        for one in route.get("parameters", [])
        if one.get("in") in ("query", "path") and texts(one["schema"], stated)
    }
    assert taken == PLACES


def test_no_line_of_the_log_holds_a_person(seen: Seen) -> None:
    assert len(seen.log.splitlines()) > 1
    assert held(seen.log) == []
    assert WRONG not in seen.log


def test_no_step_of_a_trace_and_no_metric_holds_a_person(seen: Seen) -> None:
    assert {"request", "call", "commit", "letter sent", "letter arrived", "policy"} <= {one.name for one in seen.spans}
    assert held(str(seen.spans)) == []
    assert WRONG not in str(seen.spans)
    assert "kring_commands_total" in seen.metrics
    assert held(seen.metrics) == []


def test_no_refusal_repeats_what_was_sent(seen: Seen) -> None:
    assert len(seen.refusals) > 60
    assert {what: told for what, told in seen.refusals.items() if WRONG in told} == {}
