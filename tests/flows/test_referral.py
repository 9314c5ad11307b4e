"""The main job: Humanitas refers a participant to WELZIN; WELZIN accepts, helps and reports back, each in its own database."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.intake.letters import kept_as
from shared.identity import Role
from shared.ids import uuid7
from tests.support.network import Network, Problem, network
from tests.support.postgres import postgres_url
from tests.support.waiting import eventually

SENDER, RECEIVER = "humanitas.intake", "welzin.intake"


async def participant(net: Network, name: str = "Truus") -> str:
    """Somebody at Humanitas."""
    body = {
        "id": str(uuid7()),
        "nameToUse": name,
        "contact": {"way": "phone", "value": "06 12345678"},
        "area": "GM0361",
    }
    registered = await net.ask(SENDER, "POST", "/v1/participants", body)
    return str(registered["id"])


async def programme(net: Network, node: str = RECEIVER) -> str:
    """What WELZIN offers, once Humanitas' directory has it too."""
    body = {"id": str(uuid7()), "name": "Samen op pad", "kind": "buddy", "areas": ["GM0307"], "costCents": 0}
    offered = await net.ask(node, "POST", "/v1/programmes", body)
    organisation = node.partition(".")[0]
    await eventually(lambda: net.ask(SENDER, "GET", f"/v1/directory/{organisation}/{offered['id']}"))
    return str(offered["id"])


async def consent(net: Network, person: str, recipient: str = "welzin", **changes: Any) -> str:
    """Truus agrees, orally."""
    body = {
        "id": str(uuid7()),
        "recipient": recipient,
        "until": (datetime.now(UTC) + timedelta(days=90)).isoformat(),
        "evidence": {"form": "oral", "textVersion": "2026-1", "askedOn": "2026-01-05", "askedBy": "Ann"},
    }
    given = await net.ask(SENDER, "POST", f"/v1/participants/{person}/consents", body | changes)
    return str(given["id"])


async def refer(net: Network, person: str, offered: str, agreed: str | None, to: str = "welzin", **changes: Any) -> str:
    """Ask WELZIN to help."""
    need = "company for a walk, near her daughter"
    body = {"id": str(uuid7()), "participant": person, "to": to, "programme": offered, "consent": agreed, "need": need}
    referred = await net.ask(SENDER, "POST", "/v1/referrals", body | changes)
    return str(referred["id"])


async def referred(net: Network) -> str:
    """A whole referral, just sent; gives its id at Humanitas."""
    person, offered = await participant(net), await programme(net)
    return await refer(net, person, offered, await consent(net, person))


async def arrived(net: Network, reference: str) -> dict[str, Any]:
    """WELZIN's record of it, once it is there."""

    kept = kept_as(SENDER.partition(".")[0], UUID(reference))
    record: dict[str, Any] = await eventually(lambda: net.ask(RECEIVER, "GET", f"/v1/referrals/{kept}"))
    return record


async def status(net: Network, referral: str, expected: str, node: str = SENDER) -> dict[str, Any]:
    """Wait until a side shows a status; gives the record."""

    async def shown() -> Any:
        record = await net.ask(node, "GET", f"/v1/referrals/{referral}")
        return record if record["status"] == expected else None

    record: dict[str, Any] = await eventually(shown)
    return record


async def helped(net: Network, ask: str, reference: str) -> datetime:
    """WELZIN accepts, starts and completes, and Humanitas hears of each; gives a moment between the first two."""
    accepted = await net.ask(RECEIVER, "POST", f"{ask}/accept", {"owner": "Wim"})
    assert (accepted["letter"]["nameToUse"], accepted["owner"]) == ("Truus", "Wim")
    between = datetime.now(UTC)
    await status(net, reference, "accepted")
    await net.ask(RECEIVER, "POST", f"{ask}/start")
    await status(net, reference, "in-progress")
    outcome = {"whatHappened": "They walk every Tuesday.", "helped": "yes"}
    await net.ask(RECEIVER, "POST", f"{ask}/complete", outcome)
    return between


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
async def test_a_referral_goes_all_the_way_round(tmp_path: Path, engine: str) -> None:
    databases = {slug: postgres_url() for slug in ("humanitas", "welzin")} if engine == "postgres" else {}
    async with network(tmp_path, SENDER, RECEIVER, databases=databases) as net:
        reference = await referred(net)
        ask = f"/v1/referrals/{(await arrived(net, reference))['id']}"
        letter = (await net.ask(RECEIVER, "GET", ask))["letter"]
        assert (letter["need"], letter["nameToUse"]) == ("company for a walk, near her daughter", None)
        await status(net, reference, "received")
        between = await helped(net, ask, reference)
        ours = await status(net, reference, "completed")
        theirs = await net.ask(RECEIVER, "GET", ask)
        assert ours["outcome"]["helped"] == theirs["outcome"]["helped"] == "yes"
        told = [entry["status"] for entry in ours["timeline"]]
        assert told[-4:] == ["received", "accepted", "in-progress", "completed"]
        as_of = between.isoformat().replace("+00:00", "Z")
        assert (await net.ask(RECEIVER, "GET", f"{ask}?asOf={as_of}"))["status"] == "accepted"


async def test_a_participant_registered_by_one_call_is_found_by_the_next(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        person = await participant(net)
        assert (await net.ask(SENDER, "GET", f"/v1/participants/{person}"))["nameToUse"] == "Truus"
        found = await net.ask(SENDER, "POST", "/v1/participant-searches", {"name": "Tru"})
        assert [one["id"] for one in found["items"]] == [person]


async def test_a_new_participant_becomes_known_to_events_and_network_and_an_ended_one_disappears(
    tmp_path: Path,
) -> None:
    names = [f"humanitas.{service}" for service in ("intake", "events", "network")]
    async with network(tmp_path, *names) as net:
        person = await participant(net)
        for node in names[1:]:
            await eventually(partial(net.ask, node, "GET", f"/v1/participants/{person}"))
        await net.ask(SENDER, "POST", f"/v1/participants/{person}/end", {"reason": ""})

        async def gone(node: str) -> bool:
            try:
                await net.ask(node, "GET", f"/v1/participants/{person}")
            except Problem as problem:
                return problem.answered == 404
            return False

        for node in names[1:]:
            await eventually(partial(gone, node))


async def test_welzin_stopped_humanitas_goes_on_and_what_waited_arrives_once_in_order(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net), await programme(net)
        agreed = await consent(net, person)
        await net.stop(RECEIVER)
        sent = [await refer(net, person, offered, agreed, need=f"number {number}") for number in range(5)]
        for one in sent:
            assert (await net.ask(SENDER, "GET", f"/v1/referrals/{one}"))["onItsWay"]
        await net.start(RECEIVER)
        for one in sent:
            await arrived(net, one)
        page = await net.ask(RECEIVER, "GET", "/v1/referrals?direction=in")
        assert [one["reference"] for one in reversed(page["items"])] == sent
        for one in sent:
            assert not (await status(net, one, "received"))["onItsWay"]


async def test_without_an_agreement_nothing_can_be_sent_and_the_reason_is_clear(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, "carrefour.intake") as net:
        person = await participant(net)
        agreed = await consent(net, person, "carrefour")
        with pytest.raises(Problem) as refused:
            await refer(net, person, str(uuid7()), agreed, to="carrefour")
        assert refused.value.code == "no-agreement"
        assert "Carrefour" in refused.value.told["detail"] or "carrefour" in refused.value.told["detail"]


async def test_both_sides_asked_twice_do_it_once(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net), await programme(net)
        agreed, key = await consent(net, person), {"idempotency-key": str(uuid7())}
        body = {
            "id": str(uuid7()),
            "participant": person,
            "to": "welzin",
            "programme": offered,
            "consent": agreed,
            "need": "x",
        }
        asked = [net.ask(SENDER, "POST", "/v1/referrals", body, headers=key) for _ in range(3)]
        answers = await asyncio.gather(*asked)
        assert {answer["id"] for answer in answers} == {body["id"]}
        await arrived(net, str(body["id"]))
        assert len((await net.ask(RECEIVER, "GET", "/v1/referrals?direction=in"))["items"]) == 1


async def test_only_who_may_sees_a_file(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        person = await participant(net)
        cases: dict[str, dict[str, Any]] = {
            "token-missing": {"role": None},
            "role-missing": {"role": Role.POLICY_OFFICER},
            "token-invalid": {"token": "nonsense"},
            "token-other-organisation": {"token": net.token("welzin", Role.COORDINATOR)},
        }
        for code, options in cases.items():
            with pytest.raises(Problem) as refused:
                await net.ask(SENDER, "GET", f"/v1/participants/{person}", **options)
            assert refused.value.code == code
