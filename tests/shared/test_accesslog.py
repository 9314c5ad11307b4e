"""What is read is recorded before it is shown: at real routes of real nodes."""

from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from services.events.domain import participant as known_at_events
from services.network.domain import participant as known_at_network
from shared.accesslog import upkept
from shared.contracts.access import AccessAction
from shared.eventlog.tables import forgetting
from shared.eventlog.types import Step, Unit
from shared.identity import Role
from tests.access.records import OWN, Site, headers, holder, site
from tests.support.served import NOON


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Site]:
    async with site(tmp_path) as found:
        yield found


async def ask(running: Site, path: str, role: Role = Role.COORDINATOR, **options: Any) -> httpx.Response:
    node = running.nodes[options.pop("service", "intake")]
    who = headers(role, OWN if role is Role.COORDINATOR else None) | options.pop("headers", {})
    return await node.http.request(options.pop("method", "GET"), path, headers=who, **options)


async def log_of(running: Site, query: str = "", service: str = "intake") -> list[Any]:
    answer = await ask(running, f"/v1/access-log?first=100&{query}", Role.PRIVACY_OFFICER, service=service)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def persons(entry: Any) -> set[str | None]:
    return {one["participant"] for one in entry["persons"]}


async def newest(running: Site, service: str = "intake") -> Any:
    return (await log_of(running, service=service))[0]


async def test_reading_a_file_says_who_what_when_with_what_on_whose_behalf_and_why(running: Site) -> None:
    made = await running.made(OWN)
    agent = {"User-Agent": "dossier/3.2 (for Mrs Bakker, 072 555 01 02)"}
    assert (await ask(running, f"/v1/participants/{made.person}", headers=agent)).status_code == 200
    entry = await newest(running)
    assert entry | {"number": 0} == {
        "number": 0,
        "at": "2026-01-05T12:00:00Z",
        "action": "read",
        "what": "GET /v1/participants/{id}",
        "by": "user:ann",
        "roles": ["coordinator"],
        "team": OWN,
        "client": "http dossier/3.2",
        "organisation": "humanitas",
        "ground": "care",
        "persons": [{"participant": str(made.person), "record": None}],
    }


async def test_a_list_and_a_search_name_everybody_who_was_shown_and_never_what_was_asked(running: Site) -> None:
    made = await running.made(OWN)
    await ask(running, "/v1/participants")
    listed = await newest(running)
    assert (listed["action"], persons(listed)) == ("list", {str(made.person), str(made.friend)})
    body = {"name": "Mevrouw Bak"}
    await ask(running, "/v1/participant-searches", method="POST", json=body)
    searched = await newest(running)
    assert (searched["action"], persons(searched)) == ("search", {str(made.person), str(made.friend)})
    assert "Bak" not in str(await log_of(running))


async def test_a_search_that_finds_nobody_is_recorded_too(running: Site) -> None:
    await ask(running, "/v1/participant-searches", method="POST", json={"name": "Niemand"})
    entry = await newest(running)
    assert (entry["action"], entry["persons"]) == ("search", [])


async def test_what_is_read_about_a_person_names_them_and_which_record(running: Site) -> None:
    made = await running.made(OWN)
    expected = {"consents": made.consent, "interviews": made.interview}
    for what, record in expected.items():
        await ask(running, f"/v1/participants/{made.person}/{what}")
        assert (await newest(running))["persons"] == [{"participant": str(made.person), "record": str(record)}]
    await ask(running, f"/v1/referrals/{made.sent}")
    assert (await newest(running))["persons"] == [{"participant": str(made.person), "record": str(made.sent)}]
    await ask(running, f"/v1/participants/{made.friend}/consents")
    assert (await newest(running))["persons"] == [{"participant": str(made.friend), "record": None}]


async def test_of_a_referral_that_came_in_the_referral_is_named(running: Site) -> None:
    made = await running.made(OWN)
    await ask(running, f"/v1/referrals/{made.received}")
    assert (await newest(running))["persons"] == [{"participant": str(made.received), "record": None}]
    await ask(running, f"/v1/referrals/{made.received}/forget", method="POST")
    assert str(made.received) not in str(await log_of(running)), "nothing of the person stays, this neither"


async def test_a_command_that_answers_with_the_file_is_a_reading(running: Site) -> None:
    made = await running.made(OWN)
    await ask(running, f"/v1/participants/{made.person}/end", method="POST", json={})
    entry = await newest(running)
    assert (entry["what"], persons(entry)) == ("POST /v1/participants/{id}/end", {str(made.person)})


async def test_what_shows_nobody_is_not_recorded(running: Site) -> None:
    made = await running.made(OWN)
    before = len(await log_of(running))
    for path in ("/v1/programmes", "/v1/directory", "/v1/erasures"):
        assert (await ask(running, path)).status_code == 200
    await ask(running, f"/v1/participants/{UUID(int=7)}")
    await ask(running, f"/v1/participants/{made.person}", Role.HOST)
    assert len(await log_of(running)) == before + 1, "the look at the log itself"


async def test_reading_the_log_is_recorded(running: Site) -> None:
    made = await running.made(OWN)
    await ask(running, f"/v1/participants/{made.person}/access-log", Role.PRIVACY_OFFICER)
    [entry, *_] = await log_of(running)
    assert (entry["what"], entry["ground"], persons(entry)) == (
        "GET /v1/participants/{id}/access-log",
        "oversight",
        {str(made.person)},
    )
    assert (await newest(running))["what"] == "GET /v1/access-log"


async def test_what_one_user_did_is_searched_for_by_a_body_and_that_is_recorded_without_it(running: Site) -> None:
    made = await running.made(OWN)
    await running.nodes["intake"].log.write(
        Unit(by="system", accesses=[upkept(AccessAction.EXPORT, "kring backup", "")])
    )
    options: dict[str, Any] = {"method": "POST", "role": Role.PRIVACY_OFFICER}
    found = await ask(running, "/v1/access-log-searches", json={"by": "system"}, **options)
    assert [(one["what"], one["persons"]) for one in found.json()["items"]] == [("kring backup", [])]
    asked = {"by": "user:ann", "participant": str(made.person), "first": 1, "since": "2026-01-05T12:00:00Z"}
    page = (await ask(running, "/v1/access-log-searches", json=asked, **options)).json()
    assert (len(page["items"]), page["next"]) == (1, str(page["items"][0]["number"]))
    refused = await ask(running, "/v1/access-log-searches", json=asked | {"until": "2026-01-05T12:00:00"}, **options)
    assert [one["code"] for one in refused.json()["errors"]] == ["time-zone-missing"]
    entry = await newest(running)
    assert (entry["action"], entry["what"], entry["persons"]) == ("search", "POST /v1/access-log-searches", [])


async def test_who_comes_by_their_link_reads_their_own_log_and_that_is_recorded_as_their_own(running: Site) -> None:
    made = await running.made(OWN)
    who, http = headers(Role.PARTICIPANT, holder=holder(Role.PARTICIPANT, made)), running.nodes["intake"].http
    answer = await http.get(f"/v1/participants/{made.person}/access-log", headers=who)
    assert answer.status_code == 200, answer.text
    assert {person for one in answer.json()["items"] for person in persons(one)} == {str(made.person)}
    entry = await newest(running)
    assert (entry["by"], entry["roles"], entry["ground"]) == (f"user:link:{made.link}", ["participant"], "own-file")
    others = await http.get(f"/v1/participants/{made.friend}/access-log", headers=who)
    assert (others.status_code, others.json()["code"]) == (404, "participant-unknown")


async def test_the_log_comes_in_pages_and_is_asked_by_person_action_and_time(running: Site) -> None:
    made = await running.made(OWN)
    await running.nodes["intake"].http.get("/v1/participants", headers=headers(Role.COORDINATOR, OWN))
    path, numbers = f"/v1/participants/{made.person}/access-log?first=2", list[int]()
    page: Any = (await ask(running, path, Role.PRIVACY_OFFICER)).json()
    while page["next"]:
        numbers += [one["number"] for one in page["items"]]
        page = (await ask(running, f"{path}&after={page['next']}", Role.PRIVACY_OFFICER)).json()
    assert numbers == sorted(numbers, reverse=True)
    assert len(numbers) >= 4
    assert {one["action"] for one in await log_of(running, "action=list")} == {"list"}
    assert await log_of(running, "since=2026-01-05T12:00:01Z") == []
    refused = await ask(running, "/v1/access-log?since=2026-01-05T12:00:01", Role.PRIVACY_OFFICER)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "time-zone-missing")


@pytest.mark.parametrize("after", [0, 2**53, 10**19])
async def test_a_number_that_no_entry_has_is_refused_and_no_fault_of_ours(running: Site, after: int) -> None:
    search: dict[str, Any] = {"method": "POST", "json": {"by": "system", "after": after}}
    for path, how in ((f"/v1/access-log?after={after}", {}), ("/v1/access-log-searches", search)):
        answer = await ask(running, path, Role.PRIVACY_OFFICER, **how)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "after")


async def test_network_and_events_keep_a_log_of_their_own(running: Site) -> None:
    made = await running.made(OWN)
    for service in ("network", "events"):
        await ask(running, f"/v1/participants/{made.person}", service=service)
        assert persons(await newest(running, service)) == {str(made.person)}


async def test_a_klik_names_both_people_each_in_their_own_log(running: Site) -> None:
    made = await running.made(OWN)
    for one, other in ((made.person, made.friend), (made.friend, made.person)):
        yes = {"id": str(made.series), "participant": str(one), "other": str(other), "contact": "06"}
        await ask(running, "/v1/kliks/yes", service="network", method="POST", json=yes)
    await ask(running, f"/v1/participants/{made.person}/kliks", service="network")
    assert persons(await newest(running, "network")) == {str(made.person), str(made.friend)}


async def test_when_it_cannot_be_recorded_nothing_is_shown(running: Site) -> None:
    made = await running.made(OWN)
    node = running.nodes["intake"]
    with closing(node.log._database.connection()) as connection:  # noqa: SLF001
        connection.exec_driver_sql("DROP TABLE accesses_seen")
        connection.commit()
    for path in (f"/v1/participants/{made.person}", "/v1/participants"):
        answer = await ask(running, path)
        assert (answer.status_code, answer.json()["code"]) == (503, "access-unrecorded")
        assert "Bakker" not in answer.text


async def test_a_forgotten_person_s_entries_stay_and_name_nobody(running: Site) -> None:
    made = await running.made(OWN)
    await ask(running, f"/v1/participants/{made.person}")
    before = await log_of(running, f"participant={made.person}")
    await ask(running, f"/v1/participants/{made.person}/erase", method="POST")
    assert await log_of(running, f"participant={made.person}") == []
    after = {one["number"]: one for one in await log_of(running)}
    assert {one["number"] for one in before} <= after.keys()
    assert all(str(made.person) not in str(one) for one in after.values())


@pytest.mark.parametrize(
    ("service", "ended"),
    [
        ("events", (known_at_events, known_at_events.Forget(NOON))),
        ("network", (known_at_network, known_at_network.End(NOON))),
    ],
)
async def test_the_other_services_name_nobody_whose_file_has_ended(running: Site, service: str, ended: Any) -> None:
    made, (decider, command) = await running.made(OWN), ended
    await ask(running, f"/v1/participants/{made.person}", service=service)
    await running.nodes[service].take([Step(decider, made.person, command)])
    [*_, read] = await log_of(running, service=service)
    assert (read["what"], persons(read)) == ("GET /v1/participants/{id}", {None})
    log = running.nodes[service].log
    owed = await log.query(lambda connection: connection.execute(select(forgetting)).all())
    assert owed == [], "done, also where there are no keys to destroy"
