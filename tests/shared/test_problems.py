"""What a caller reads when a request cannot be taken."""

from pathlib import Path
from uuid import UUID

import pytest

from services.intake.main import SERVICE
from shared.identity import Role
from tests.support.served import served

PERSON = UUID(int=5)


async def test_every_fault_of_a_body_is_named_at_once(tmp_path: Path) -> None:
    async with served(SERVICE, tmp_path) as node:
        answer = await node.ask("POST", "/v1/participants", {"id": 7, "contact": {"way": "pigeon"}, "colour": "red"})
        faults = {fault["field"]: fault["code"] for fault in answer.json()["errors"]}
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
        assert faults.keys() >= {"id", "colour", "nameToUse"}
        assert (faults["colour"], faults["nameToUse"]) == ("field-unknown", "field-missing")


async def test_a_field_within_a_field_is_named_by_its_path_and_told_in_dutch(tmp_path: Path) -> None:
    async with served(SERVICE, tmp_path) as node:
        body = {"id": str(PERSON), "nameToUse": 5, "contact": {"way": "phone"}}
        headers = node.headers(Role.COORDINATOR) | {"accept-language": "nl"}
        answer = await node.http.post("/v1/participants", json=body, headers=headers)
        faults = {fault["field"]: (fault["code"], fault["detail"]) for fault in answer.json()["errors"]}
        assert faults["nameToUse"] == ("type-other", "Geef hier tekst.")
        assert faults["contact.value"][0] == "field-missing"


async def test_what_is_not_json_says_so(tmp_path: Path) -> None:
    async with served(SERVICE, tmp_path) as node:
        token = node.headers(Role.COORDINATOR)
        answer = await node.http.post("/v1/participants", content=b"{nonsense", headers=token)
        assert (answer.status_code, answer.json()["code"]) == (400, "body-malformed")


@pytest.mark.parametrize("body", ['{"nameToUse": "André"}', '{"id": 5, "nameToUse": "André"}', "é"])
async def test_a_body_that_is_not_utf_8_is_a_mistake_of_who_sends_it(tmp_path: Path, body: str) -> None:
    async with served(SERVICE, tmp_path) as node:
        token = node.headers(Role.COORDINATOR)
        answer = await node.http.post("/v1/participants", content=body.encode("latin-1"), headers=token)
        assert (answer.status_code, answer.json()["code"]) == (400, "body-malformed")


async def test_a_body_of_megabytes_is_refused(tmp_path: Path) -> None:
    async with served(SERVICE, tmp_path) as node:
        answer = await node.ask("POST", "/v1/participants", {"nameToUse": "x" * 2_000_000})
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


async def test_an_unknown_address_and_method_are_told_apart(tmp_path: Path) -> None:
    async with served(SERVICE, tmp_path) as node:
        nowhere = await node.ask("GET", "/v1/unicorns")
        wrongly = await node.ask("DELETE", "/v1/participants")
        assert (nowhere.status_code, nowhere.json()["code"]) == (404, "route-unknown")
        assert (wrongly.status_code, wrongly.json()["code"]) == (405, "not-allowed-here")


async def test_an_idempotency_key_is_a_uuid(tmp_path: Path) -> None:
    async with served(SERVICE, tmp_path) as node:
        headers = node.headers(Role.COORDINATOR) | {"Idempotency-Key": "again"}
        answer = await node.http.post(f"/v1/participants/{PERSON}/end", json={}, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "idempotency-key-invalid")
