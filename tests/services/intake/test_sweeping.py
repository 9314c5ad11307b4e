"""The daily work by itself: killed in the middle it goes on where it was, and a month is closed when it is over."""

import asyncio
import shutil
import signal
import sys
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from msgspec.structs import replace

from services.intake.domain import incoming_referral, month, participant, restored, retention
from services.intake.domain import referral_progress as progress
from services.intake.domain.incoming_erasure import Forget, Forgotten
from services.intake.domain.incoming_events import Received
from services.intake.domain.incoming_referral import Receive
from services.intake.domain.month import Closed
from services.intake.domain.participant import End, Erased, Register
from services.intake.domain.referral_status import Status
from services.intake.domain.retention import NOTICE, Swept
from services.intake.main import SERVICE
from services.intake.views import counts
from services.intake.views import retention as view
from shared.eventlog.log import Log
from shared.eventlog.parked import listed
from shared.eventlog.types import Step, Unit
from tests.services.intake.examples import FILE_CONSENT, NOON, OTHER, PERSON, PROFILE, THIRD
from tests.services.intake.sweeping import opened, work
from tests.support.projected import SCOPE
from tests.support.waiting import eventually

PEOPLE = [UUID(int=THIRD.int + number) for number in range(9)]
TOLD = replace(PROFILE, area="GM0361")
LATER = NOON.replace(year=2028) + timedelta(days=30)


async def prepared(folder: Path) -> None:
    """Nine files were closed, and it was said how long files are kept."""
    log = await opened(folder, NOON)
    commands = participant.Register(TOLD, None, FILE_CONSENT), participant.End("")
    steps = [Step(participant, one, command) for one in PEOPLE for command in commands]
    said = Step(retention, retention.KEPT_AS, retention.Set(24, NOON))
    await log.write(Unit(steps=[*steps, said], by="system"))
    await log.close()


async def parts(log: Log) -> list[Swept]:
    return [one.event for one in await log.read(retention.KEPT_AS) if isinstance(one.event, Swept)]


async def until(log: Log, last: Swept, *streams: UUID) -> None:
    """It works until this part is done, and something is recorded in these streams."""
    working = asyncio.create_task(work(log))

    async def newest() -> Swept | None:
        return next(reversed(await parts(log)), None)

    await eventually(newest, last)
    for stream in streams:
        await eventually(partial(log.read, stream))
    working.cancel()


async def killed(folder: Path, now: datetime) -> list[str]:
    """A process of its own that is killed when it has said that one part is done; what it said."""
    program = ["-m", "tests.services.intake.sweeping", str(folder), now.isoformat()]
    running = await asyncio.create_subprocess_exec(sys.executable, *program, stdout=asyncio.subprocess.PIPE)
    assert running.stdout is not None
    said = [(await running.stdout.readline()).decode().strip()]
    running.send_signal(signal.SIGKILL)
    said += (await running.stdout.read()).decode().splitlines()
    assert await running.wait() == -signal.SIGKILL
    return said


async def test_killed_in_the_middle_it_goes_on_and_nobody_goes_twice(tmp_path: Path) -> None:
    await prepared(tmp_path)
    said = await killed(tmp_path, LATER)
    assert said[0] == "2 True"
    log = await opened(tmp_path, LATER)
    before = len(await parts(log))
    await until(log, Swept(1, 0, 0))
    done = await parts(log)
    assert len(said) <= before <= len(done)
    assert [one.participants for one in done] == [2, 2, 2, 2, 1]
    gone = await log.notifications(0, 500, ["intake.participant-erased.v1"])
    assert Counter(one.stream for one in gone) == Counter(PEOPLE)
    [november] = await log.query(lambda connection: counts.counts(connection, SCOPE, "2026-11", "2026-11"))
    assert (november.registered, november.closed) == (len(PEOPLE), True)
    assert log.keys is not None
    assert {*PEOPLE} <= {*log.keys.forgotten()}
    assert await log.query(listed) == []
    await log.close()


async def test_a_log_from_before_is_counted_at_the_first_start_and_nobody_goes_unannounced(tmp_path: Path) -> None:
    await prepared_long_ago(tmp_path)
    log = await opened(tmp_path, LATER)
    await until(log, Swept(0, 0, 0), month.kept_as("2026-11"))
    [closed] = await log.read(month.kept_as("2026-11"))
    assert isinstance(closed.event, Closed)
    assert (closed.event.numbers.registered, closed.event.numbers.by_area) == (9, {"GM0361": 8})
    await log.close()
    log = await opened(tmp_path, LATER + NOTICE)
    await until(log, Swept(2, 0, 0))
    told = await log.query(lambda connection: view.standing(connection, SCOPE, LATER + NOTICE))
    assert [one.participants for one in told.runs] == [8, 0]
    await log.close()


async def prepared_long_ago(folder: Path) -> None:
    """By a version of Kring that counted nothing and kept everything, but for one who asked to be forgotten."""
    log = await opened(folder, NOON, [one for one in SERVICE.views if one not in (counts, view)])
    commands = participant.Register(TOLD, None, FILE_CONSENT), participant.End("")
    steps = [Step(participant, one, each) for one in PEOPLE for each in commands]
    await log.write(Unit(steps=[*steps, *SERVICE.erase(PEOPLE[0], ())], by="system"))
    await log.close()


REFERRALS = [UUID(int=OTHER.int + number) for number in range(3)]
LETTER = progress.Letter(*["told"] * len(progress.Letter.__struct_fields__))


async def test_a_restored_log_whose_letters_cannot_be_read_any_more_is_swept_like_any(tmp_path: Path) -> None:
    log, now, before = await opened(tmp_path, NOON), tmp_path / "humanitas.db", tmp_path / "before.db"
    commands = incoming_referral.Accept("Wim"), incoming_referral.Start(), incoming_referral.Complete(progress.UNTOLD)
    steps = [
        Step(incoming_referral, one, command)
        for one in REFERRALS
        for command in (Receive(Received("welzin", uuid5(one, ""), THIRD, LETTER, NOON)), *commands)
    ]
    said = Step(retention, retention.KEPT_AS, retention.Set(24, NOON))
    await log.write(Unit(steps=[*steps, said], by="system"))
    await log.close()
    shutil.copy(now, before)
    log = await opened(tmp_path, NOON)
    await log.write(Unit(steps=[Step(incoming_referral, one, Forget()) for one in REFERRALS], by="system"))
    await log.close()
    before.replace(now)
    log = await opened(tmp_path, LATER)
    await until(log, Swept(0, 1, 0))
    assert [one.referrals for one in await parts(log)] == [2, 1]
    assert [(await log.read(one))[-1].event for one in REFERRALS] == [Forgotten()] * 3
    assert await log.query(lambda connection: view.batch(connection, LATER, 9).referrals) == ()
    await log.close()


async def test_what_only_its_sender_had_goes_when_its_time_has_come_and_keeps_nobody_else(tmp_path: Path) -> None:
    log = await opened(tmp_path, NOON)
    told = restored.Compare("welzin", OTHER, THIRD, progress.Standing(Status.ACCEPTED, owner="Bo"), (), ("accepted",))
    ended = incoming_referral.Cancel(progress.Reason.OTHER, progress.DecidedBy.ORGANISATION)
    steps = [
        *(Step(incoming_referral, OTHER, command) for command in (told, ended)),
        *(Step(participant, PERSON, command) for command in (Register(PROFILE, None, FILE_CONSENT), End(""))),
        Step(retention, retention.KEPT_AS, retention.Set(24, NOON)),
    ]
    await log.write(Unit(steps=steps, by="system"))
    await log.close()
    log = await opened(tmp_path, LATER)
    await until(log, Swept(1, 1, 0))
    assert [(await log.read(one))[-1].event for one in (OTHER, PERSON)] == [Forgotten(), Erased()]
    assert await log.query(lambda connection: view.batch(connection, LATER, 9)) == view.Batch((), (), 0, None)
    await log.close()


async def test_files_that_cannot_go_keep_nobody_else_and_are_tried_once_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await prepared(tmp_path)
    log = await opened(tmp_path, LATER)
    decided = participant.decide

    def stays(command: participant.Command, state: participant.State) -> list[participant.Event]:
        return [] if isinstance(command, participant.Expire) else decided(command, state)

    monkeypatch.setattr(participant, "decide", stays)
    await until(log, Swept(1, 0, 0))
    assert [one.participants for one in await parts(log)] == [2, 2, 2, 2, 1]
    monkeypatch.undo()
    await log.close()
    log = await opened(tmp_path, LATER + timedelta(days=1))
    working = asyncio.create_task(work(log))
    await eventually(lambda: log.query(lambda connection: view.batch(connection, LATER, 9).people), ())
    working.cancel()
    await log.close()
