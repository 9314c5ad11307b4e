"""A participant's receipt of a consent: what, with whom, for what, until when, how it is known, and how to take it back."""

from collections.abc import AsyncGenerator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.intake.domain import outgoing_referral
from shared.contracts import letters as kinds
from shared.contracts.intake import ErasureGround
from shared.eventlog.types import Step
from shared.identity import Role
from tests.services.intake.examples import AGREED, OTHER, PERSON, REFERRAL
from tests.services.intake.served_intake import CONSENT, PARTICIPANT, REFER, arrives, done, humanitas
from tests.support.served import Served
from tests.support.waiting import eventually

RECEIPT = f"/v1/consents/{AGREED}/receipt"
BOTH = ("en", "nl")


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        await done(running, "/v1/participants", PARTICIPANT, 201)
        yield running


async def agreed(node: Served, **changes: Any) -> None:
    await done(node, f"/v1/participants/{PERSON}/consents", CONSENT | changes, 201)


async def asked(node: Served, accept: str, language: str = "nl", role: Role = Role.COORDINATOR) -> httpx.Response:
    headers = node.headers(role) | {"accept": accept, "accept-language": language}
    return await node.http.request("GET", RECEIPT, headers=headers)


class Read(HTMLParser):
    """The elements of a page, and what stands in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.said = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.open += [] if tag == "meta" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "every element ends where it should"

    def handle_data(self, data: str) -> None:
        self.said += data


async def test_it_says_what_was_agreed_field_by_field(node: Served) -> None:
    await agreed(node, data=["hopes", "accessibility"], explicit=True)
    told = (await node.ask("GET", RECEIPT)).json()
    kinds = {one["piiType"]: one["specialCategory"] for one in told["piiInformation"]}
    assert kinds == {"name-to-use": None, "contact": None, "need": None, "hopes": None, "accessibility": "health"}
    assert (told["recordId"], told["piiPrincipalId"]) == (str(AGREED), str(PERSON))
    assert (told["piiController"]["partyId"], told["recipient"]["partyId"]) == ("humanitas", "welzin")
    assert (told["lawfulBasis"], told["eventState"], told["purpose"]) == ("explicit-consent", "given", "referral")
    assert told["evidence"] == CONSENT["evidence"] | {"agreedBy": "participant"}  # type: ignore[operator]  # it is a mapping


async def test_without_special_data_it_is_plain_consent(node: Served) -> None:
    await agreed(node, explicit=True)
    told = (await node.ask("GET", RECEIPT)).json()
    assert told["lawfulBasis"] == "consent"
    assert "language" not in {one["piiType"] for one in told["piiInformation"]}


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
async def test_it_can_be_read_and_printed_in_both_languages(node: Served, kind: str, language: str) -> None:
    await agreed(node, data=["language"], explicit=True)
    answer = await asked(node, kind, language)
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-language"] == language
    said = Read(answer.text).said if kind == "text/html" else answer.text
    day = {"nl": "1-6-2026", "en": "1 June 2026"}[language]
    for word in ("humanitas", "welzin", day, "Ann", "2026-1", "Autoriteit Persoonsgegevens", str(AGREED)):
        assert word in said
    assert {"nl": "de taal die u spreekt", "en": "the language you speak"}[language] in said
    assert "receipt-" not in said, "every sentence is there"
    assert "{" not in said.replace("{font", "")


async def test_the_page_is_well_formed_and_without_script_also_with_what_people_typed(node: Served) -> None:
    evidence = CONSENT["evidence"] | {"askedBy": "<script>alert(1)</script> & Co"}  # type: ignore[operator]  # it is a mapping
    await agreed(node, evidence=evidence)
    answer = await asked(node, "text/html")
    page = Read(answer.text)
    assert page.open == []
    assert {"html", "title", "main", "h1", "p"} <= set(page.seen)
    assert not {"script", "img", "link", "form"} & set(page.seen)
    assert "<script>alert(1)</script> & Co" in page.said
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_it_says_when_it_was_taken_back(node: Served) -> None:
    await agreed(node)
    await done(node, f"/v1/consents/{AGREED}/withdraw")
    assert (await node.ask("GET", RECEIPT)).json()["eventState"] == "withdrawn"
    assert "trok u dat in" in (await asked(node, "text/plain")).text


async def test_it_says_what_the_recipient_did_when_it_was_taken_back(node: Served) -> None:
    await agreed(node)
    await done(node, "/v1/referrals", REFER, 201)
    await node.take([Step(outgoing_referral, REFERRAL, outgoing_referral.HandOver())])
    await done(node, f"/v1/consents/{AGREED}/withdraw")

    async def answers() -> Any:
        return (await node.ask("GET", RECEIPT)).json()["recipientAnswers"]

    await eventually(answers)
    assert "Het antwoord komt uiterlijk op 4-2-2026" in (await asked(node, "text/plain")).text
    for body, said in (
        (kinds.ErasureRefused(ground=ErasureGround.OWN_CONSENT), "de persoon heeft daar zelf toestemming gegeven"),
        (kinds.ErasureConfirmed(), "heeft op 5-1-2026 bevestigd"),
    ):
        await arrives(node, REFERRAL, body)
        assert said in (await asked(node, "text/plain")).text
    assert [(one["partner"], one["ground"]) for one in await answers()] == [("welzin", None)]


async def test_the_representative_who_agreed_is_said(node: Served) -> None:
    by = {"name": "Fatma", "way": "phone", "contact": "06", "capacity": "parent"}
    told = {name: value for name, value in PARTICIPANT.items() if name != "id"} | {"representative": by}
    await done(node, f"/v1/participants/{PERSON}/correct", told)
    await agreed(node, evidence=CONSENT["evidence"] | {"agreedBy": "representative"})  # type: ignore[operator]  # it is a mapping
    assert "Wie voor u beslist" in (await asked(node, "text/plain")).text


async def test_a_privacy_officer_may_have_it_and_nobody_else_but_the_team(node: Served) -> None:
    await agreed(node)
    assert (await asked(node, "application/json", role=Role.PRIVACY_OFFICER)).status_code == 200
    assert (await asked(node, "application/json", role=Role.HOST)).status_code == 403
    assert (await node.ask("GET", f"/v1/consents/{OTHER}/receipt")).json()["code"] == "consent-unknown"


async def test_who_had_it_is_in_the_access_log(node: Served) -> None:
    await agreed(node)
    await asked(node, "text/html")
    log = (await node.ask("GET", f"/v1/participants/{PERSON}/access-log", role=Role.PRIVACY_OFFICER)).json()
    assert "GET /v1/consents/{id}/receipt" in {one["what"] for one in log["items"]}
