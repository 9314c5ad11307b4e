"""Numbers and closed files by the API, and the daily work, on a real log."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.intake import main
from services.intake.domain import month, outgoing_referral, participant, retention
from services.intake.main import SERVICE, close_month, sweep
from services.intake.views import counts
from services.intake.views import retention as view
from shared.contracts import letters as kinds
from shared.contracts.intake import Help
from shared.eventlog.types import Due, Step
from shared.identity import Role
from shared.metrics import GAUGES
from tests.services.intake.examples import FILE_CONSENT, OTHER, PERSON, PROFILE, REFERRAL, THIRD
from tests.services.intake.served_intake import ASKED, HELD, PARTICIPANT, REFER, arrives, done, humanitas, prepared
from tests.support.served import NOON, Served

COUNTS = "/v1/counts"
RETENTION = "/v1/retention"
CLOSED = "/v1/closed-files"
LATER = NOON.replace(year=2028) + timedelta(days=1)
"""Two years and a day after everything that happens here."""
OUTCOME = {"whatHappened": "Hij kaart elke week", "helped": "yes"}
DONE_THERE = kinds.ReferralCompleted(what_happened="Ze wandelen", helped=Help.YES, own_words="Fijn", next_need="")
TOLD = PARTICIPANT | {"area": "WK036101", "ageBand": "60-74", "lifeEvent": "moved"}


@pytest.fixture
async def node(tmp_path: Path) -> AsyncGenerator[Served]:
    async with humanitas(tmp_path) as running:
        yield running


async def read(node: Served, path: str, role: Role = Role.COORDINATOR) -> Any:
    answer = await node.ask("GET", path, role=role)
    assert answer.status_code == 200, answer.text
    return answer.json()


def one(name: str) -> dict[str, Any]:
    """Of whom there is one."""
    return {"name": name, "number": 1}


async def swept(node: Served, at: datetime = LATER) -> None:
    """The daily work is done; what it leaves for a next part, in a next part."""
    due = Due(view.DAILY, retention.KEPT_AS, at)
    while True:
        await node.take(await node.log.query(lambda connection: sweep(connection, due, at)))
        if not (await node.log.read(retention.KEPT_AS))[-1].event.until:
            return


async def announced(node: Served) -> None:
    """How long is kept was said, and the notice is over."""
    await node.take([Step(retention, retention.KEPT_AS, retention.Set(24, NOON))])


async def helped(node: Served) -> str:
    """A referral that came in is completed; its path."""
    await arrives(node, REFERRAL, ASKED)
    path = f"/v1/referrals/{HELD}"
    await done(node, f"{path}/accept", {"owner": "Ann"})
    await done(node, f"{path}/start")
    await done(node, f"{path}/complete", OUTCOME)
    return path


async def reported(node: Served, body: kinds.LetterBody) -> None:
    """What WELZIN says of the referral that was sent."""
    await arrives(node, REFERRAL, body)


async def sent(node: Served) -> None:
    """Somebody's file is closed, while WELZIN still helps them."""
    await prepared(node)
    await done(node, "/v1/referrals", REFER, 201)
    await node.take([Step(outgoing_referral, REFERRAL, outgoing_referral.HandOver())])
    await reported(node, kinds.ReferralAccepted(owner="Bea"))
    await done(node, f"/v1/participants/{PERSON}/end", {"reason": ""})


async def test_numbers_are_the_same_when_somebody_in_them_is_erased(node: Served) -> None:
    await done(node, "/v1/participants", TOLD, 201)
    await done(node, "/v1/participants", PARTICIPANT | {"id": str(OTHER)}, 201)
    before = await read(node, COUNTS)
    await done(node, f"/v1/participants/{PERSON}/erase")
    [january] = (await read(node, COUNTS))["months"]
    assert january["ended"] == 1
    assert [january | {"ended": 0}] == before["months"]
    assert (january["registered"], january["byArea"]) == (2, [one("WK030701"), one("WK036101")])
    assert (january["byAgeBand"], january["byLifeEvent"]) == ([one("60-74")], [one("moved")])
    await node.log.rebuild()
    assert (await read(node, COUNTS))["months"] == [january]


async def test_the_numbers_of_a_month_so_far_are_sealed_and_those_of_a_closed_one_are_not(node: Served) -> None:
    await done(node, "/v1/participants", TOLD, 201)
    await done(node, f"/v1/participants/{PERSON}/erase")
    due = Due(counts.CLOSE, month.kept_as("2026-01"), datetime.fromisoformat("2026-01-31T23:00:00Z"))
    await node.take(await node.log.query(lambda connection: close_month(connection, due, due.at)))
    so_far, whole = [one.event for one in await node.log.read(due.stream)]
    assert so_far.numbers is None
    assert whole.numbers.by_area == {"WK036101": 1}
    await node.log.rebuild()
    [january] = (await read(node, COUNTS))["months"]
    assert (january["closed"], january["byArea"]) == (True, [one("WK036101")])


async def test_numbers_of_other_months_are_asked_by_name(node: Served) -> None:
    await done(node, "/v1/participants", TOLD, 201)
    assert (await read(node, f"{COUNTS}?from=2026-02-01&until=2026-12-31", Role.PRIVACY_OFFICER))["months"] == []
    for wrong in ("from=2026-13-01", "until=januari", "from=2026-01"):
        answer = await node.ask("GET", f"{COUNTS}?{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_files_are_kept_for_two_years_unless_somebody_says_otherwise(node: Served) -> None:
    assert await read(node, RETENTION) == {
        "months": 24,
        "since": None,
        "before": None,
        "soon": 0,
        "kept": 0,
        "runs": [],
    }
    answer = await node.ask("PUT", RETENTION, {"months": 36}, role=Role.PRIVACY_OFFICER)
    assert (answer.json()["months"], answer.json()["since"]) == (36, "2026-02-04T12:00:00Z")
    for wrong in (0, 241, "two"):
        refused = await node.ask("PUT", RETENTION, {"months": wrong}, role=Role.ADMINISTRATOR)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_nothing_goes_that_was_not_announced_for_thirty_days(node: Served) -> None:
    await done(node, "/v1/participants", TOLD, 201)
    await done(node, f"/v1/participants/{PERSON}/end", {"reason": ""})
    await swept(node)
    assert (await read(node, f"/v1/participants/{PERSON}"))["id"] == str(PERSON)
    told = await read(node, RETENTION)
    assert datetime.fromisoformat(told["since"]) == LATER + retention.NOTICE
    assert [one["participants"] for one in told["runs"]] == [0]
    await swept(node, LATER + retention.NOTICE)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 404


async def test_closed_files_go_when_their_time_has_come_and_the_numbers_stay(node: Served) -> None:
    await announced(node)
    path = await helped(node)
    await done(node, "/v1/participants", TOLD, 201)
    await done(node, "/v1/participants", PARTICIPANT | {"id": str(OTHER)}, 201)
    await done(node, f"/v1/participants/{PERSON}/end", {"reason": ""})
    before = await read(node, COUNTS)
    await swept(node, LATER - timedelta(days=2))
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 200
    await swept(node)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 404
    assert (await node.ask("GET", f"/v1/participants/{OTHER}")).status_code == 200
    assert (await read(node, path))["letter"] is None
    assert [one | {"closed": False} for one in (await read(node, COUNTS))["months"]] == before["months"]
    [run] = (await read(node, RETENTION))["runs"]
    assert (run["participants"], run["referrals"], run["kept"]) == (1, 1, 0)
    at = node.log.position
    await swept(node)
    assert [type(one.event).__name__ for one in await node.log.notifications(at, 9)] == ["Swept"]


async def test_what_the_daily_work_did_is_measured(node: Served) -> None:
    assert await node.log.query(SERVICE.gauges) == {}
    await announced(node)
    await sent(node)
    await helped_too(node)
    await swept(node)
    measured = await node.log.query(SERVICE.gauges)
    assert measured == {"kring_retention_erased": 1, "kring_retention_kept": 1}
    assert measured.keys() <= GAUGES.keys()


async def test_partners_are_asked_nothing_when_a_time_is_over_but_are_when_the_person_asks(node: Served) -> None:
    await announced(node)
    await sent(node)
    await reported(node, DONE_THERE)
    await swept(node)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 404
    assert (await read(node, "/v1/erasures"))["items"] == []
    ours = await read(node, f"/v1/referrals/{REFERRAL}")
    assert (ours["letter"], ours["outcome"], ours["need"]) == (None, None, "")
    asked = await done(node, f"/v1/participants/{PERSON}/erase")
    assert asked["partners"] == ["welzin"]
    assert await done(node, f"/v1/participants/{PERSON}/erase") == asked


async def test_who_is_still_helped_elsewhere_stays_and_is_named(node: Served) -> None:
    await announced(node)
    await sent(node)
    await swept(node)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 200
    [run] = (await read(node, RETENTION))["runs"]
    assert (run["participants"], run["kept"]) == (0, 1)
    await reported(node, DONE_THERE)
    await swept(node)
    assert (await node.ask("GET", f"/v1/participants/{PERSON}")).status_code == 404
    [run] = (await read(node, RETENTION))["runs"]
    assert (run["participants"], run["kept"]) == (1, 0)


async def test_closed_files_are_listed_before_they_go(node: Served) -> None:
    await node.take([Step(retention, retention.KEPT_AS, retention.Set(1, NOON))])
    await sent(node)
    await helped_too(node)
    assert (await read(node, CLOSED))["items"] == []
    first = await read(node, f"{CLOSED}?days=31&first=1")
    rest = await read(node, f"{CLOSED}?days=31&first=1&after={first['next']}")
    assert rest["next"] is None
    [one], [other] = first["items"], rest["items"]
    assert {one["kind"], other["kind"]} == {"participant"}
    assert {one["id"]: one["openReferrals"], other["id"]: other["openReferrals"]} == {
        str(PERSON): [str(REFERRAL)],
        str(OTHER): [],
    }
    assert datetime.fromisoformat(one["goesAt"]) == NOON.replace(month=2)
    assert (await node.ask("GET", f"{CLOSED}?days=0")).json()["code"] == "invalid"


async def helped_too(node: Served) -> None:
    """Somebody else's file is closed as well."""
    await done(node, "/v1/participants", PARTICIPANT | {"id": str(OTHER)}, 201)
    await done(node, f"/v1/participants/{OTHER}/end", {"reason": ""})


async def test_many_go_in_parts_and_each_part_is_whole(node: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "TOGETHER", 2)
    await announced(node)
    people = [UUID(int=THIRD.int + number) for number in range(5)]
    for one in people:
        commands = participant.Register(PROFILE, None, FILE_CONSENT), participant.End("")
        await node.take([Step(participant, one, command) for command in commands])
    await swept(node)
    parts = [one.event for one in await node.log.read(retention.KEPT_AS)][1:]
    assert [(part.participants, part.until is not None) for part in parts] == [(2, True), (2, True), (1, False)]
    [run] = (await read(node, RETENTION))["runs"]
    assert run["participants"] == 5
    assert [one["registered"] for one in (await read(node, COUNTS))["months"]] == [5]
