"""What stands aside may hold a person: it does not stay for ever."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from shared.eventlog.parked import park
from shared.eventlog.types import Unit
from shared.metrics import Meter
from shared.wire import sweep
from shared.wire.sweep import KEPT, Sweep
from tests.shared.wire.conftest import World
from tests.support.correspondents import DAY, Correspondent, at_work
from tests.support.waiting import eventually


async def put_aside(beta: Correspondent, *sources: str, at: datetime = DAY) -> None:
    rows = [park(source=one, key="k", type="sonnet.v1", body=b"{}", reason="r", at=at) for one in sources]
    await beta.office.log.write(Unit(by="system", changes=rows))


async def test_a_letter_is_dropped_after_ninety_days_and_what_holds_nobody_stays(world: World) -> None:
    now, meter = [DAY], Meter("intake")
    beta = await world.open("beta", clock=lambda: now[0])
    one = Sweep(beta.office.log, meter)
    await put_aside(beta, "letters", "due", "stream", "letters")
    await put_aside(beta, "letters", at=DAY + timedelta(days=1))
    now[0] += KEPT
    await one.sweep()
    assert len(await beta.parked()) == 5, "not a moment too early"
    now[0] += timedelta(seconds=1)
    with capture_logs() as lines:
        await one.sweep()
        await one.sweep()
    assert [row.source for row in await beta.parked()] == ["due", "stream", "letters"]
    assert [(line["log_level"], line["node"], line["count"]) for line in lines] == [("warning", "beta.intake", 2)]
    assert 'kring_letters_dropped_total{service="intake"} 2.0' in meter.text({}, failed=0)


async def test_all_go_however_many(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "_AT_ONCE", 2)
    beta = await world.open("beta")
    await put_aside(beta, *["letters"] * 5)
    await Sweep(beta.office.log, Meter("intake")).sweep()
    assert await beta.parked() == []


async def test_while_the_database_is_away_it_is_looked_at_again_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "AGAIN", 0.01)
    beta = await world.open("beta")
    await put_aside(beta, "letters")
    write, away = beta.office.log.write, [True]

    async def flaky(unit: Unit) -> object:
        if away.pop() if away else False:
            raise OperationalError("DELETE", {}, Exception("the server is not there"))
        return await write(unit)

    monkeypatch.setattr(beta.office.log, "write", flaky)
    async with at_work(Sweep(beta.office.log, Meter("intake"))):
        await eventually(beta.parked, [])
