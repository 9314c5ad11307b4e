"""Given events, a read model: on a real SQLite, in memory."""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace
from pysqlite3 import dbapi2
from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import StaticPool

from shared.eventlog.changes import execute
from shared.eventlog.types import Recorded, View
from shared.identity import Issuer, OrgScope, Role, verify, visitor
from shared.register import Register
from tests.support.registers import PARTIES, contents

T = TypeVar("T")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SCOPE: OrgScope = visitor("humanitas", NOON)


def in_team(team: str) -> OrgScope:
    """A coordinator of one team."""
    issuer = Issuer("humanitas", PARTIES["humanitas"], production=False)
    token = issuer.token([Role.COORDINATOR], user="ann", now=NOON, team=team)
    return verify(token, Register(contents()).issuers, NOON)


class Seen:
    """A view after some events."""

    def __init__(self, views: Sequence[View], connection: Connection) -> None:
        self._view = views[0]
        self._connection = connection
        self._position = 0
        for table in (table for view in views for table in view.TABLES):
            table.create(connection)

    def given(self, stream: UUID, *events: Any, by: str = "user:ann") -> "Seen":
        """These events were recorded, in one group."""
        changes = [change for event in events for change in self._view.project(self._recorded(stream, event, by))]
        execute(self._connection, changes)
        return self

    def on(self, view: View) -> "Seen":
        """The other view that is there: what follows goes into it."""
        self._view = view
        return self

    def ask(self, question: Callable[..., T], *arguments: Any) -> T:
        """What the view answers."""
        return question(self._connection, SCOPE, *arguments)

    def ask_as(self, scope: OrgScope, question: Callable[..., T], *arguments: Any) -> T:
        """What it answers somebody."""
        return question(self._connection, scope, *arguments)

    def _recorded(self, stream: UUID, event: Any, by: str) -> Recorded[Any]:
        self._position += 1
        return replace(recorded(event, stream, self._position), by=by)


def recorded(event: Any, stream: UUID, position: int = 1) -> Recorded[Any]:
    """An event as the log gives it."""
    return Recorded(event, stream, position, position, UUID(int=0), NOON, "user:ann", "0" * 32)


@contextmanager
def seen(*views: View) -> Generator[Seen]:
    """An empty view, with those beside it that it looks into."""
    engine = create_engine("sqlite://", module=dbapi2, poolclass=StaticPool)
    with engine.connect() as connection:
        yield Seen(views, connection)
    engine.dispose()
