"""Read models: made with the database, rebuilt from the log when their version rises or when asked."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from shared.eventlog.changes import execute
from shared.eventlog.mapper import EventMapper
from shared.eventlog.recorder import Recorder
from shared.eventlog.registry import projection
from shared.eventlog.tables import views as standing
from shared.eventlog.types import Recorded, View

_SECTION = 1_000


Recording: TypeAlias = Callable[[Sequence[View]], Iterator[Sequence[Recorded[Any]]]]
"""The events that some views follow, in order, some at a time."""


def bring_up(connection: Connection, views: Sequence[View], recorded: Recording) -> list[str]:
    """Rebuild the views whose version in the database is not today's; gives their names."""
    versions = {row.name: row.version for row in connection.execute(select(standing))}
    stale = [view for view in views if versions.get(name_of(view)) != view.VERSION]
    for table in (table for view in stale for table in view.TABLES):
        table.drop(connection, checkfirst=True)
        table.create(connection)
    _fill(connection, stale, recorded)
    return [name_of(view) for view in stale]


def rebuild(connection: Connection, views: Sequence[View], recorded: Recording) -> None:
    """Make views again from the log, inside one transaction: readers see the old rows until it commits.

    No table is dropped: PostgreSQL would keep readers waiting for it, and show them an empty one.
    """
    for table in (table for view in views for table in view.TABLES):
        connection.execute(delete(table))
    _fill(connection, views, recorded)


def _fill(connection: Connection, views: Sequence[View], recorded: Recording) -> None:
    project = projection(views)
    for section in recorded(views):
        execute(connection, (change for one in section for change in project(one)))
    for view in views:
        _remember(connection, name_of(view), view.VERSION)


def sections(recorder: Recorder, mapper: EventMapper, views: Sequence[View]) -> Iterator[Sequence[Recorded[Any]]]:
    """The `Recording` of a log. What no view follows is not even decoded."""
    kinds, last = {kind for view in views for kind in view.FOLLOWS}, 0
    names = mapper.registry.stored_as(kinds) if kinds else []
    while names and (found := recorder.select_notifications(last, _SECTION, None, names, inclusive_of_start=False)):
        yield mapper.read(found)
        last = found[-1].id


def name_of(view: View) -> str:
    """A view's name: that of its first table, or of its module when it only sets deadlines."""
    return view.TABLES[0].name if view.TABLES else str(getattr(view, "__name__", "due"))


def _remember(connection: Connection, name: str, version: int) -> None:
    change = update(standing).where(standing.c.name == bindparam("view")).values(version=bindparam("now"))
    if connection.execute(change, {"view": name, "now": version}).rowcount == 0:
        connection.execute(insert(standing), {"name": name, "version": version})
