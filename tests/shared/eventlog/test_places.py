"""A box opens where it was written, and nowhere else: not in another log, stream, version, type of event or field."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from shared.eventlog.tables import events
from shared.rules import Unavailable
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.people import Met, Named, Praised
from tests.shared.eventlog.test_protection import ANN, BEP, met, stored, told

BOX = re.compile(rb'\{"\$sealed":\[[^]]+\]\}')
Written = Mapping[tuple[UUID, int], bytes]
"""What stands in the log, by stream and version."""


def another_log(written: Written) -> dict[str, Any]:
    state = written[ANN, 1]
    [found] = re.findall(rb'"log":"([0-9a-f-]{36})"', state)
    return {"state": state.replace(found, str(BEP).encode())}


def another_type(written: Written) -> dict[str, Any]:
    return {"type": "test.thanked.v1", "state": written[ANN, 1].replace(b"test.praised.v1", b"test.thanked.v1")}


def another_field(written: Written) -> dict[str, Any]:
    name, age = BOX.findall(written[BEP, 2])
    return {"state": written[BEP, 2].replace(name, b"?").replace(age, name).replace(b"?", age)}


def as_the_first(written: Written) -> dict[str, Any]:
    return {"state": written[ANN, 1]}


PLACES: Mapping[str, tuple[tuple[UUID, int], Callable[[Written], dict[str, Any]]]] = {
    "log": ((ANN, 1), another_log),
    "stream": ((BEP, 1), as_the_first),
    "version": ((ANN, 2), as_the_first),
    "type of event": ((ANN, 1), another_type),
    "field": ((BEP, 2), another_field),
}
"""Whose box is moved, and what stands there then; everything else stays as it was."""


@pytest.mark.parametrize("place", PLACES)
async def test_a_box_opens_in_no_other_place(opened: Opening, url: str, place: str) -> None:
    log = await met(opened)
    await told(log, ANN, Praised(ANN, "kind"), Praised(ANN, "brave"))
    await told(log, BEP, Praised(ANN, "fair"), Met(Named("Bep", "Alkmaar"), 70))
    written = {(row.stream, row.version): bytes(row.state) for row in stored(url, select(events))}
    (stream, version), moved = PLACES[place]
    stored(url, update(events).where(events.c.stream == stream, events.c.version == version).values(moved(written)))
    await log.rest(0)  # what was written a moment ago is at hand
    with pytest.raises(Unavailable, match="personal-damaged"):
        await log.read(stream)
