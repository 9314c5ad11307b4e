"""The file as a document: all of it, in words that people use, and nothing that anybody typed becomes part of the page."""

import re
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from typing import Any, get_args, get_type_hints
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct

from gateway.file.document import document
from gateway.file.markup import element, joined
from gateway.file.wording import WORDS, Wording
from services.intake.views.referral_record import WHAT
from services.network.views.file import TOLD
from shared.contracts.file import Account, NetworkFile, Noted, ParticipantFile
from shared.contracts.intake.consents import ConsentData
from shared.identity import Role
from shared.sentences import LANGUAGES, Sentences
from tests.gateway.filed import Filled, enums, structs

IN_THE_JSON_ONLY = {"ParticipantFile.format", "ParticipantFile.organisation", "Recipient.organisation"}
"""Names for computers; the organisation's own name is shown."""
KNOWN = {language: Sentences(WORDS).codes(language) for language in LANGUAGES}
NAMES = {"humanitas": "Humanitas", "welzin": "WELZIN"}


def filled() -> tuple[ParticipantFile, list[tuple[str, str]]]:
    made = Filled()
    file: ParticipantFile = made.of(ParticipantFile)
    return file, made.marks


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_holds_all_that_the_data_hold(language: str) -> None:
    file, marks = filled()
    page = document(file, language, {})
    assert len(marks) > 80
    assert [field for field, mark in marks if mark not in page and field not in IN_THE_JSON_ONLY] == []
    assert re.findall(r"\w+\(\w+=|\{'", page) == [], "nothing is shown as the program holds it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_has_a_label(language: str) -> None:
    hidden = {struct: set[str]() for struct in structs(ParticipantFile)}
    kinds = [kind for kind in hidden if kind not in {ParticipantFile, Account} and "Recipient" not in kind.__name__]
    fields = {name for kind in kinds for name in _labelled(kind)} | {
        name for event in told() for name in _labelled(event)
    }
    assert {f"field-{name}" for name in fields} - KNOWN[language] == set()


def _labelled(kind: type[Struct]) -> set[str]:
    """Fields that a reader sees: not ids, nor what has a column of its own."""
    hints, apart = get_type_hints(kind), {"at", "what", "by", "told", "roles"}
    shown = {
        field.encode_name
        for field in msgspec.structs.fields(kind)
        if UUID not in (hints[field.name], *get_args(hints[field.name]))
    }
    return (
        {_camel(name) for name in shown}
        - (apart if "at" in kind.__struct_fields__ else set())
        - {"profile", "possibleDuplicates"}
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def told() -> list[type[Struct]]:
    """Events that a history tells."""
    kinds = [import_module(f"services.{service}.domain.participant") for service in ("intake", "events")]
    return [*(event for kind in kinds for event in get_args(kind.Event)), *TOLD]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    chosen = {
        f"word-{one.value}"
        for kind in enums(ParticipantFile)
        for one in kind
        if kind.__name__ not in {"FileGround", "Purpose", "Right"}
    }
    account = {f"{kind.__name__.lower()}-{one.value}" for kind in enums(Account) for one in kind}
    happened = {f"word-{what}" for what in WHAT.values()} | {f"word-{role}" for role in Role}
    events = {f"word-{event.__struct_config__.tag.split('.')[1]}" for event in told()}  # type: ignore[union-attr]  # a name
    listed = {f"one-{name}" for name in ("consents", "interviews", "referrals", "openings", "links", "kliks")}
    listed |= {f"word-{one}" for one in ConsentData}
    assert (chosen | account | happened | events | listed) - KNOWN[language] == set()


def test_both_languages_say_the_same_of_the_same() -> None:
    said = [
        {
            line.partition(" = ")[0]: set(re.findall(r"\{(\w+)\}", line))
            for line in (WORDS / f"{language}.toml").read_text("utf-8").splitlines()
            if " = " in line and not line.startswith("#")
        }
        for language in LANGUAGES
    ]
    assert said[0] == said[1]


def test_what_somebody_typed_is_never_part_of_the_page() -> None:
    file, _ = filled()
    hostile = "</dd><script>alert(1)</script>&amp;"
    person = msgspec.structs.replace(file.intake.participant, hopes=hostile)
    page = document(
        msgspec.structs.replace(file, intake=msgspec.structs.replace(file.intake, participant=person)), "nl", {}
    )
    assert "<script" not in page
    assert "&lt;/dd&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;" in page
    assert element("a", "x", href='"><b>') == '<a href="&quot;&gt;&lt;b&gt;">x</a>'
    assert joined("<", element("b", "<")) == "&lt;<b>&lt;</b>"


def test_headings_go_down_one_step_at_a_time() -> None:
    file, _ = filled()
    levels = [int(one) for one in re.findall(r"<h(\d)", document(file, "en", {}))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_a_part_that_is_no_longer_kept_says_so_and_an_empty_list_too() -> None:
    file, _ = filled()
    emptied = msgspec.structs.replace(file.intake, consents=())
    page = document(msgspec.structs.replace(file, intake=emptied, network=None), "nl", {})
    assert "Hier staat niets meer: uw dossier is afgesloten." in page
    assert "Hier staat niets.</p>" in page


def test_a_history_is_one_list_of_all_services_in_order() -> None:
    file, _ = filled()
    early = Noted(
        at=datetime(2001, 1, 1, tzinfo=UTC),
        what="interests-set",
        by="user:ann",
        told={"likes": "schaken", "at": "2001-01-01T00:00:00Z"},
    )
    network = file.network or NetworkFile(since=early.at, interests=None, kliks=(), history=(), reads=())
    page = document(msgspec.structs.replace(file, network=msgspec.structs.replace(network, history=(early,))), "nl", {})
    listed = page[page.index('id="history"') :]
    assert "2001-01-01T" not in listed
    assert listed.index("wat u graag doet is opgeschreven") < listed.index(str(file.intake.history[0].at.year))


WORDED: list[tuple[str, Any, str]] = [
    ("contactWay", "phone", "per telefoon"),
    ("hopes", "phone", "phone"),
    ("partner", "welzin", "WELZIN"),
    ("partner", "elders", "elders"),
    ("referral", "01930000-0000-7000-8000-000000000001", ""),
    ("at", datetime(2026, 9, 1, 22, 30, tzinfo=UTC), "2 september 2026, 00:30"),
    ("explicit", ("een", "twee"), "een, twee"),
    ("suitableNow", False, "nee"),
    ("reason", None, ""),
]


@pytest.mark.parametrize(("field", "value", "shown"), WORDED)
def test_a_value_is_put_in_words_only_where_it_is_a_code(field: str, value: Any, shown: str) -> None:
    assert Wording("nl", NAMES).value(field, value) == shown


@pytest.mark.parametrize(
    ("by", "who"),
    [
        ("user:ann", "ann (medewerker)"),
        ("user:link:01930000-0000-7000-8000-000000000001", "u zelf, via uw link"),
        ("partner:welzin", "WELZIN"),
        ("policy:when_x_then_y", "de computer, volgens een vaste regel"),
        ("system", "de computer"),
    ],
)
def test_it_says_who_did_it(by: str, who: str) -> None:
    assert Wording("nl", NAMES).who(by) == who


def test_an_address_is_told_as_what_it_shows() -> None:
    words = Wording("en", {})
    assert words.seen("GET /v1/participants/{id}/consents") == "what you agreed to"
    assert words.seen("GET /v1/elsewhere/{id}") == "GET /v1/elsewhere/{id}"
