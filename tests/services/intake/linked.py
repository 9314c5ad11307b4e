"""A node of intake whose clock is moved by hand, its mail server, and a participant who has a link."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx

from shared.mail import Post, Server
from tests.services.intake.examples import PERSON
from tests.services.intake.served_intake import PARTICIPANT
from tests.support.served import NOON, Served
from tests.support.smtp import Mailbox
from tests.support.waiting import eventually

LINK, OTHER, FRIEND = UUID(int=PERSON.int + 500), UUID(int=PERSON.int + 501), UUID(int=PERSON.int + 502)
SMIT = {"way": "email", "value": "smit@example.org"}
MINUTE = timedelta(minutes=1)
LINKS = f"/v1/participants/{PERSON}/links"


class Place:
    """A node whose clock is moved by hand, its mail server, and a participant who has a link."""

    def __init__(self, box: Mailbox) -> None:
        self.now = NOON
        self.box = box
        self.node: Served

    async def begin(self) -> None:
        self.node.post = Post(Server.parse(self.box.url))
        await self.known(PERSON, "nl", SMIT)
        assert (await self.node.ask("POST", LINKS, {"id": str(LINK)})).status_code == 201

    async def known(self, id_: UUID, language: str, contact: dict[str, str]) -> None:
        person = PARTICIPANT | {"id": str(id_), "contact": contact, "language": language, "hopes": "minder eenzaam"}
        answer = await self.node.ask("POST", "/v1/participants", person)
        assert answer.status_code == 201, answer.text

    async def code(self) -> str:
        """Ask one and read the mail."""
        mails = len(self.box.mails)
        assert (await self.send()).status_code == 202
        await eventually(lambda: len(self.box.mails) > mails)
        found = re.search(r"\b\d{6}\b", self.said())
        assert found
        return found[0]

    async def send(self, link: UUID = LINK) -> httpx.Response:
        return await self.node.http.post(f"/v1/links/{link}/code")

    def said(self) -> str:
        payload = self.box.mails[-1].get_payload(decode=True)
        assert isinstance(payload, bytes)
        return payload.decode()

    async def enter(self, code: str, link: UUID = LINK, key: UUID | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": str(key)} if key else {}
        return await self.node.http.post(f"/v1/links/{link}/enter", json={"code": code}, headers=headers)

    async def links(self) -> Any:
        return (await self.node.ask("GET", LINKS)).json()["items"]


def said(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()["code"]


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"
