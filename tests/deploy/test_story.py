"""`kring story referral` against a real gateway: what is not as told ends it with a code, and nothing ends it with a traceback."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
import pytest_asyncio

from gateway.portal.pages import story
from services.intake.main import SERVICE as INTAKE
from shared.settings import Environment, environment
from tests.gateway.running import Running, kring


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    async with kring(tmp_path_factory.mktemp("kring"), [INTAKE]) as running:
        yield running


class Between(BaseHTTPRequestHandler):
    """Passes on what is asked, and the answer with other texts in it."""

    gateway: httpx.Client
    kind: str
    said: Mapping[bytes, bytes]

    def do_GET(self) -> None:
        self._passed_on()

    def do_POST(self) -> None:
        self._passed_on()

    def _passed_on(self) -> None:
        asked = self.rfile.read(int(self.headers.get("content-length", 0)))
        held = {"authorization": self.headers.get("authorization", ""), "content-type": self.kind}
        answer = self.gateway.request(self.command, self.path, content=asked, headers=held)
        told = answer.content
        for old, new in self.said.items():
            told = told.replace(old, new)
        self.send_response(answer.status_code)
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)


@contextmanager
def between(running: Running, said: Mapping[bytes, bytes], kind: str = "application/json") -> Iterator[int]:
    """Somebody between client and gateway who changes texts of its answers, or the kind of what is asked; gives the port."""
    with httpx.Client(base_url=str(running.http.base_url)) as gateway:
        handler = type("Here", (Between,), {"gateway": gateway, "kind": kind, "said": said})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            Thread(target=server.serve_forever).start()
            yield server.server_port
            server.shutdown()


async def played(running: Running, port: int | None = None) -> tuple[int, str, str]:
    """The command's exit code, and what it wrote on both streams."""
    stated = environment(running.settings) | {"KRING_PORT": str(port or running.settings.port), "LANG": "C"}
    command = [sys.executable, "-m", "deploy.cli.main", "story", "referral"]
    done = await asyncio.to_thread(subprocess.run, command, env=os.environ | stated, capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr


def test_every_step_says_what_must_be_seen_and_the_preview_what_must_not() -> None:
    steps: Any = story()["step"]
    assert [step["title"] for step in steps if not (step.get("sees") or step.get("refused"))] == []
    [name] = {
        step["variables"]["input"]["nameToUse"]
        for step in steps
        if "registerParticipant(input: $input)" in step["query"]
    }
    assert [name in step["hides"] for step in steps if "hides" in step] == [True]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("step", "old", "new", "found"),
    [
        (
            1,
            b'"offerProgramme.status":"OPEN"',
            b'"offerProgramme.status":"STOP"',
            "offerProgramme.status is OPEN, not STOP",
        ),
        (7, b'"hides":["Maria"', b'"hides":["after a move"', "after a move is shown"),
        (
            7,
            b'"keeps":{"incoming":"referrals.nodes.0.id"',
            b'"keeps":{"incoming":"referrals.nodes.9.id"',
            "is not there",
        ),
        (8, b'"acceptReferral.owner":"Bea"', b'"acceptReferral.owner":"Wim"', "acceptReferral.owner is Bea, not Wim"),
        (13, b'"refused":"no-agreement"', b'"refused":"no-consent"', "it should have been refused with no-consent"),
    ],
)
async def test_a_step_that_is_not_as_told_ends_it_with_code_1(
    running: Running, step: int, old: bytes, new: bytes, found: str
) -> None:
    with between(running, {old: new}) as port:
        code, _, complaint = await played(running, port)
    assert (code, complaint.count("\n")) == (1, 1)
    assert complaint.startswith(f"kring: Step {step} is not as told: ")
    assert found in complaint
    assert complaint.endswith("[story-differs]\n")


@pytest.mark.asyncio(loop_scope="module")
async def test_as_told_it_ends_with_code_0(running: Running) -> None:
    with between(running, {}) as port:
        code, told, complaint = await played(running, port)
    assert (code, complaint) == (0, "")
    assert "All 13 steps went as told." in told


@pytest.mark.asyncio(loop_scope="module")
async def test_a_problem_instead_of_an_answer_is_a_step_that_is_not_as_told(running: Running) -> None:
    with between(running, {}, kind="text/plain") as port:
        code, told, complaint = await played(running, port)
    assert code == 1
    assert "welzin | - " in told
    assert "Step 1 is not as told: " in complaint
    assert "application/json" in complaint


@pytest.mark.asyncio(loop_scope="module")
async def test_what_is_no_gateway_of_kring_tells_no_story(running: Running) -> None:
    for old, new in ((b'"step":', b'"steps":'), (b'"data":', b'"errors":7,"data":')):
        with between(running, {old: new}) as port:
            code, _, complaint = await played(running, port)
        assert (code, complaint.count("\n")) == (1, 1)
        assert complaint.endswith("[story-untold]\n")


async def test_in_production_no_story_is_told(tmp_path: Path) -> None:
    async with kring(tmp_path, [], Environment.PRODUCTION) as running:
        code, _, complaint = await played(running)
    assert code == 1
    assert complaint.endswith("[story-untold]\n")
