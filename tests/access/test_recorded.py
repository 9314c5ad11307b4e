"""Which routes write in the access log: every one whose answer may be about a person. A new answer has to take a side here."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
from litestar import Response, get

from services.events.main import SERVICE
from shared.http import OPEN, application
from shared.register import SERVICES
from shared.showing import about_person, recorded, structs
from tests.support.served import served

OF_PERSONS = {
    "AccessEntry",
    "BreakGlassAnswer",
    "ClosedFile",
    "ConsentAnswer",
    "ConsentReceipt",
    "FiledReferral",
    "InterviewAnswer",
    "KlikAnswer",
    "KnownParticipant",
    "ParticipantAnswer",
    "ReferralAnswer",
    "ReferralItem",
}
"""Structs that are about a person: whoever answers with one is recorded, with whom it shows."""
OF_NOBODY = {
    *("PlaceAnswer", "PlacePage", "SeriesAnswer", "SeriesPage", "Occurrence", "AgendaPage"),
    *("EveningAnswer", "EveningLink", "EveningLinkMade", "EveningLinkPage"),
    *("ProgrammeAnswer", "ProgrammePage"),
    *("CountsAnswer", "MonthCounts", "Share", "RetentionAnswer", "RetentionRun"),
    "ReferralsPosition",  # says that something changed, not what
    *("ErasureItem", "ErasurePage"),  # name referrals, never who was forgotten
    "ErasureAnswer",  # says that somebody is gone
    *("Entered", "ParticipantEntered"),  # who comes by their link is told that they are themselves
    *("CodeAnswer", "LinkAnswer"),  # a way in for the person; what is read by it is recorded
}
"""What routes answer that are not recorded."""
DOCUMENTS = {"GET /v1/openapi.json", "GET /openapi", "GET /openapi/openapi.json", "GET /openapi/{path}"}
"""Routes that answer with what is no struct, and with nobody's data."""


def routes() -> Iterator[tuple[str, Any, bool]]:
    """Each route: its name, the type of its answer, and whether it is recorded."""
    for service in SERVICES:
        for route in application(import_module(f"services.{service}.main").SERVICE).routes:
            for handler in getattr(route, "route_handlers", ()):
                for method in sorted(handler.http_methods - {"OPTIONS"}):
                    answer, address = handler.parsed_fn_signature.return_type.annotation, route.path_format
                    yield f"{method} {address}", answer, recorded(method, address, answer, handler.opt)


def names(*answers: Any) -> set[str]:
    return {kind.__name__ for answer in answers for kind in structs(answer)}


def test_what_is_about_a_person_says_so_and_is_recorded() -> None:
    kinds = {kind for _, answer, _ in routes() for kind in structs(answer)}
    assert {kind.__name__ for kind in kinds if about_person(kind)} == OF_PERSONS
    assert [name for name, answer, noted in routes() if not noted and names(answer) & OF_PERSONS] == []


def test_what_is_not_recorded_holds_nobody() -> None:
    assert names(*(answer for _, answer, noted in routes() if not noted)) == OF_NOBODY


def test_whatever_is_read_under_a_person_s_address_is_recorded() -> None:
    read = {name: noted for name, _, noted in routes() if name.startswith("GET /v1/participants/{id")}
    assert len(read) > 5
    assert set(read.values()) == {True}


def test_every_answer_is_a_struct_so_that_it_can_be_looked_into() -> None:
    others = {name for name, answer, _ in routes() if not _struct(answer)}
    assert others == DOCUMENTS


async def test_a_response_of_a_route_s_own_that_nobody_would_note_is_not_sent(tmp_path: Path) -> None:
    @get("/v1/places", guards=[OPEN], sync_to_thread=False)
    def past_the_log() -> Response[str]:
        return Response("Mevrouw Bakker")

    made = msgspec.structs.replace(SERVICE, routes=(past_the_log,))
    async with served(made, tmp_path) as node:
        answer = await node.ask("GET", "/v1/places")
    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "Bakker" not in answer.text


def _struct(answer: Any) -> bool:
    answer = get_args(answer)[0] if get_origin(answer) is Response else answer  # a `Noted` in another form
    return answer in (None, type(None)) or (isinstance(answer, type) and issubclass(answer, msgspec.Struct))
