"""A short sample of `make soak`; and that a run would see what went wrong, had it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from shared.eventlog.recorded import name_of
from shared.ids import uuid7
from shared.register import SERVICES
from tests.soak.books import Book, Books, Stored
from tests.soak.compare import differences
from tests.soak.ledger import Entry
from tests.soak.parts import ON_POSTGRES
from tests.soak.run import Run, soak

SEED, SECONDS = 45_702, 12.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("soak")


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    return asyncio.run(soak(folder, SEED, SECONDS, lanes=24, pace=0.2))


@pytest.mark.timeout(180)
def test_whatever_dies_everything_acknowledged_is_there_once_and_in_order(run: Run) -> None:
    assert run.wrong == []
    assert run.commands > 50
    assert run.kills >= 3
    assert any(book.sent for book in run.books.nodes.values())


@pytest.mark.timeout(180)
def test_one_organisation_has_its_logs_in_postgresql_and_the_others_in_files(run: Run, folder: Path) -> None:
    assert all(run.books.nodes[f"{ON_POSTGRES}.{service}"].events for service in SERVICES)
    in_files = {path.parent.name for path in (folder / "data").glob("*/intake.db")}
    assert in_files == {node.partition(".")[0] for node in run.books.nodes} - {ON_POSTGRES}


def _with_book(books: Books, node: str, change: Callable[[Book], Book]) -> Books:
    return replace(books, nodes={**books.nodes, node: change(books.nodes[node])})


def _with_intake(books: Books, change: Callable[[Book], Book]) -> Books:
    """The books, with Humanitas' and WELZIN's intake changed."""
    return _with_book(_with_book(books, "humanitas.intake", change), "welzin.intake", change)


def _with_streams(books: Books, change: Callable[[list[Stored]], list[Stored]]) -> Books:
    return replace(books, streams={slug: change(list(one)) for slug, one in books.streams.items()})


def _without(name: str) -> Callable[[Book], Book]:
    """A node that has lost every event of a type."""
    return lambda book: replace(book, events=[one for one in book.events if name_of(one.event) != name])


def _again(name: str) -> Callable[[Book], Book]:
    """A node to which something happened twice, the second time by another command."""

    def change(book: Book) -> Book:
        [one, *_] = [one for one in book.events if name_of(one.event) == name]
        more = replace(one, position=len(book.events) + 1, version=one.version + 1, trace="f" * 32)
        return replace(book, events=[*book.events, more])

    return change


def _with_rows(change: Callable[[Sequence[str]], Sequence[str]]) -> Callable[[Book], Book]:
    """A node whose view of places has other rows than its log makes."""
    return lambda book: replace(book, shown={**book.shown, "places": change(book.shown["places"])})


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda books: _with_intake(books, _without("intake.consent-given.v1")), "lost: intake.consent-given.v1"),
        (lambda books: _with_intake(books, _without("intake.consent-given.v1")), "gap: the positions of"),
        (lambda books: _with_intake(books, _without("intake.incoming-received.v1")), "delivered for the sender: True"),
        (lambda books: _with_intake(books, lambda book: replace(book, events=[*book.events, *book.events])), "twice: "),
        (lambda books: _with_intake(books, lambda book: replace(book, taken={})), "letters: "),
        (lambda books: _with_intake(books, lambda book: replace(book, parked=["letters x"])), "parked at "),
        (lambda books: _with_streams(books, lambda stream: stream[:-1]), "stream: "),
        (lambda books: _with_streams(books, lambda stream: stream + stream[-1:]), "stream: "),
        (lambda books: _with_streams(books, lambda stream: stream[::-1]), "stream: "),
        (
            lambda books: replace(books, nodes={**books.nodes, "humanitas.network": books.nodes["welzin.network"]}),
            "inbox: ",
        ),
        (
            lambda books: _with_book(books, "humanitas.network", _again("network.participant-known.v1")),
            "inbox: intake.participant-registered.v1",
        ),
        (
            lambda books: _with_intake(books, _without("intake.outgoing-drafted.v1")),
            "welzin.intake has it, and nobody sent it",
        ),
        (
            lambda books: _with_book(books, "humanitas.events", _with_rows(lambda rows: rows[1:])),
            "view: places of humanitas.events: only a rebuilt one shows ",
        ),
        (
            lambda books: _with_book(books, "humanitas.events", _with_rows(lambda rows: [*rows, rows[0]])),
            "view: places of humanitas.events: the log does not say ",
        ),
    ],
)
def test_a_run_sees_what_is_lost_doubled_or_told_differently(
    run: Run, change: Callable[[Books], Books], told: str
) -> None:
    assert any(line.startswith(told) or told in line for line in differences(run.entries, change(run.books)))


@pytest.mark.timeout(180)
def test_a_run_sees_what_is_out_of_order_or_was_never_recorded(run: Run) -> None:
    entries = run.entries
    assert any(line.startswith("out of order: ") for line in differences(entries[::-1], run.books))
    made_up = Entry(uuid7(), "nobody", "welzin.intake", "intake.consent-given.v1", 0.0, 1, "intake")
    assert any(str(made_up.key) in line for line in differences([*entries, made_up], run.books))
