"""Who saw what of somebody, as their own file tells it: on both engines, once for each day and way."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.contracts.file import Read
from shared.eventlog.log import Log
from shared.eventlog.types import Accessed, Seen, Unit
from shared.reads import of_person
from tests.shared.eventlog.conftest import Opening
from tests.support.projected import SCOPE

ANN, BOB, LETTER, TALK = (UUID(int=number) for number in range(1, 5))
MORNING = datetime(2026, 1, 5, 8, tzinfo=UTC)


class Noting:
    """A log in which somebody reads at times that a test says."""

    def __init__(self, opened: Opening) -> None:
        self._opened, self._now = opened, MORNING
        self._log: Log | None = None

    async def log(self) -> Log:
        if self._log is None:
            self._log = await self._opened(clock=lambda: self._now)
        return self._log

    async def read(self, at: datetime, *persons: Seen, by: str = "user:ann", roles: str = "coordinator") -> None:
        self._now = at
        said = {"client": "nats", "organisation": "here", "ground": "care", "team": "noord"}
        entry = Accessed(action="read", what="GET /v1/participants/{id}", by=by, roles=roles, persons=persons, **said)
        await (await self.log()).write(Unit(by=by, accesses=(entry,)))

    async def of(self, person: UUID) -> Sequence[Read]:
        return await (await self.log()).query(lambda connection: of_person(connection, SCOPE, person))


@pytest.fixture
def noting(opened: Opening) -> Noting:
    return Noting(opened)


async def test_what_is_seen_again_on_a_day_is_counted_with_its_first_and_last_time(noting: Noting) -> None:
    for hours in (0, 3, 1, 24):
        await noting.read(MORNING + timedelta(hours=hours), Seen(ANN))
    first, second = await noting.of(ANN)
    assert (first.count, first.at, first.until) == (3, MORNING, MORNING + timedelta(hours=3))
    assert (second.count, second.at, second.until) == (1, MORNING + timedelta(days=1), MORNING + timedelta(days=1))


async def test_each_caller_stands_apart_with_their_roles(noting: Noting) -> None:
    await noting.read(MORNING, Seen(ANN), by="user:piet", roles="coordinator,privacy-officer")
    await noting.read(MORNING + timedelta(minutes=1), Seen(ANN), by="system", roles="")
    assert [(one.by, one.roles, one.team) for one in await noting.of(ANN)] == [
        ("user:piet", ("coordinator", "privacy-officer"), "noord"),
        ("system", (), "noord"),
    ]


async def test_an_answer_with_several_records_of_somebody_was_one_look(noting: Noting) -> None:
    await noting.read(MORNING, Seen(ANN), Seen(ANN, LETTER), Seen(ANN, TALK), Seen(BOB))
    assert [one.count for one in await noting.of(ANN)] == [1]


async def test_what_was_seen_of_others_is_not_told(noting: Noting) -> None:
    await noting.read(MORNING, Seen(BOB))
    assert await noting.of(ANN) == []
