"""`kring status` and `kring doctor`: how it goes, on one screen; and what is wrong, with what to do about it."""

import argparse
import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from deploy import doctor, supervisor
from deploy.cli.parsers import Commands, command
from deploy.cli.words import language, say
from deploy.tls import gateway
from shared import control
from shared.findings import moment
from shared.register import SERVICES
from shared.rules import Refused, Unavailable
from shared.service import Agreement
from shared.settings import Settings

GATEWAY = doctor.GATEWAY
SCREEN = 10
"""Organisations, and things to do, that a screen shows."""
AGAIN = 1.0
"""Seconds after which what was found is looked at again: a letter may be on its way just now."""
PATIENCE = 10.0
"""Seconds that a part has to answer."""
LONG = 600.0
"""Seconds that it has to follow the access logs of its nodes."""
_COLUMNS = ("behind", "waiting", "stuck", "parked")
Answers = Mapping[str, Mapping[str, Any]]


def add(commands: Commands) -> None:
    """Add these commands."""
    command(commands, "status", "what runs, and what is behind, stuck or parked", _status, example="kring status")
    command(
        commands,
        "doctor",
        "look whether everything is well, also while nothing runs, and say what is not",
        _doctor,
        example="kring doctor   # exit code 1 when it found something",
    )


def _doctor(_: argparse.Namespace, settings: Settings) -> None:
    """Raises `Refused("doctor-found")`."""
    answers = asyncio.run(_asked(settings, "health"))
    found = list(_examined(settings, answers))
    if found and answers:
        time.sleep(AGAIN)
        found = list(_examined(settings, asyncio.run(_asked(settings, "health"))))
    found += _accesses(settings)
    for part, sentence in found:
        print(f"{part}: {sentence}")
    if found:
        raise Refused("doctor-found", count=len(found))
    print("all is well: register, keys, certificates, databases, access logs, broker, ports, and every part that runs")


def _examined(settings: Settings, answers: Answers) -> Iterator[tuple[str, str]]:
    """Part by part, what is wrong with it."""
    yield from ((part, say(refused)) for part, refused in doctor.findings(settings, answers))
    yield from _told(settings, answers)


def _accesses(settings: Settings) -> Iterator[tuple[str, str]]:
    """Where the access log of a node that runs does not hold: its process follows it from end to end."""
    for process, broken in asyncio.run(_asked(settings, "accesses.check", within=LONG)).items():
        for one in broken:
            yield process, say(Refused(f"access-log-{one['fault']}", node=one["node"], number=one["number"]))


def _told(settings: Settings, answers: Answers) -> Iterator[tuple[str, str]]:
    """What the running parts say of themselves, and which do not run."""
    if not answers:
        yield "kring", say(Unavailable("kring-away", path=str(settings.data)))
        return
    for process in (*SERVICES, GATEWAY):
        if process not in answers:
            yield process, say(Unavailable("process-away", process=process))
    if GATEWAY in answers and not answers[GATEWAY]["nats"]:
        yield GATEWAY, say(Unavailable("gateway-cut-off"))
    for process, sentences in asyncio.run(_asked(settings, "doctor", language=language())).items():
        yield from ((process, sentence) for sentence in sentences)


def _status(_: argparse.Namespace, settings: Settings) -> None:
    answers = asyncio.run(_asked(settings, "health"))
    print(f"Kring on {settings.data}: {gateway(settings)}\n")
    blocks = _processes(answers), _organisations(answers)
    print("\n\n".join(filter(None, ("\n".join(block) for block in blocks))))
    to_do = [sentence for _, sentence in _told(settings, answers)]
    if to_do:
        print("\nWhat to do:")
        print("\n".join(f"  - {sentence}" for sentence in to_do[:SCREEN]))
    if len(to_do) > SCREEN:
        print(f"  and {len(to_do) - SCREEN} more: kring doctor")


def _processes(answers: Answers) -> Iterator[str]:
    """A line for each part: whether it runs, with how many organisations."""
    parts = answers.get(supervisor.PROCESS, {}).get("processes", {})
    for process in ("nats-server", *SERVICES, GATEWAY):
        answer, part = answers.get(process), parts.get(process)
        if answer or part or process != "nats-server":  # a broker elsewhere is nobody's here
            yield f"  {process:12} {_state(answer, part):10} {_details(answer or {}, part or {})}".rstrip()


def _state(answer: Mapping[str, Any] | None, part: Mapping[str, Any] | None) -> str:
    if answer is not None:
        return "ready" if answer["ready"] else "not ready"
    return str(part["state"]) if part else "away"


def _details(answer: Mapping[str, Any], part: Mapping[str, Any]) -> str:
    held, failed, starts = len(answer.get("nodes", ())), len(answer.get("failures", ())), part.get("starts", 1)
    said = {f"{held} organisations": held, f"{failed} not to be had": failed, f"started {starts} times": starts > 1}
    return ", ".join(text for text, so in said.items() if so)


def _organisations(answers: Answers) -> Iterator[str]:
    """A line for each organisation where something is behind, the worst first; a number for all others."""
    totals: dict[str, list[int]] = {}
    for answer in answers.values():
        for node in answer.get("nodes", ()):
            so_far = totals.setdefault(node["node"].partition(".")[0], [0] * len(_COLUMNS))
            totals[node["node"].partition(".")[0]] = [a + b for a, b in zip(so_far, _counts(node), strict=True)]
    behind = sorted((slug for slug in totals if any(totals[slug])), key=lambda slug: totals[slug][::-1], reverse=True)
    if behind:
        yield f"  {'organisation':30}" + "".join(f"{name:>10}" for name in _COLUMNS)
    for slug in behind[:SCREEN]:
        yield f"  {slug:30}" + "".join(f"{count or '-':>10}" for count in totals[slug])
    if len(behind) > SCREEN:
        yield f"  and {len(behind) - SCREEN} more"
    if totals:
        yield f"  {len(totals) - len(behind)} of {len(totals)} organisations: nothing is behind"
    yield from _digests(answers)


def _digests(answers: Answers) -> Iterator[str]:
    """How many pairs of partners agree about what they share, and since when all of them have."""
    raw = [one for answer in answers.values() for node in answer.get("nodes", ()) for one in node.get("digests", ())]
    found = msgspec.convert(raw, list[Agreement])
    compared = [one for one in found if one.heard]
    agreed = [one.agreed for one in compared if one.agreed and not one.differing]
    if compared:
        oldest = f", each since {moment(min(agreed))} or later" if agreed else ""
        yield f"  {len(agreed)} of {len(compared)} comparisons between partners agree{oldest}"
    if len(compared) < len(found):
        first = len(found) - len(compared)
        yield f"  partners not compared with yet: {first} (it happens within a day; now: kring digest ORGANISATION)"


def _counts(node: Mapping[str, Any]) -> Sequence[int]:
    """Events not in the stream, letters that wait, links that are stuck, things parked."""
    links = node["links"]
    waiting, stuck = sum(link["waiting"] for link in links), sum(link["stuck"] is not None for link in links)
    return node["behind"] or 0, waiting, stuck, node["parked"]


async def _asked(settings: Settings, op: str, *, within: float = PATIENCE, **arguments: str) -> dict[str, Any]:
    """What each process that runs answers."""
    found: dict[str, Any] = {}
    for process in (supervisor.PROCESS, *SERVICES, GATEWAY):
        try:
            found[process] = await control.ask(settings.data, process, op, timeout=within, **arguments)
        except Unavailable:
            continue
        except Refused as refused:
            if refused.code != "operation-unknown":
                raise
    return found
