"""What follows from an event about somebody who was forgotten: no more than the log keeps of it."""

from types import SimpleNamespace
from typing import Any, get_args

import pytest

from shared.eventlog.keystore import Keys
from shared.eventlog.types import Recorded, Step, Unit
from tests.shared.eventlog import people
from tests.shared.eventlog.conftest import Opening
from tests.shared.eventlog.people import Forgotten, Met, Named, Praised
from tests.shared.eventlog.test_protection import ANN, BEP, MARKER, met, told


def _fails(*_: object) -> None:
    msg = "the disk is full"
    raise OSError(msg)


async def test_views_and_reactions_see_of_somebody_forgotten_what_is_kept_of_them(
    opened: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = list[Any]()

    def project(recorded: Recorded[Any]) -> tuple[()]:
        heard.append(recorded.event)
        return ()

    views = SimpleNamespace(VERSION=1, TABLES=(), FOLLOWS=get_args(people.Event), project=project)
    log = await met(opened, views=(views,))
    forget = Unit(steps=[Step(people, BEP, Forgotten()), Step(people, ANN, Praised(BEP, MARKER))], by="test")
    with monkeypatch.context() as broken:
        broken.setattr(Keys, "destroy", _fails)
        await log.write(forget)
        await told(log, ANN, Praised(BEP, MARKER))
    await told(log, ANN, Praised(BEP, MARKER), Met(Named(MARKER, "Alkmaar"), 82))
    await log.close()
    log = await met(opened, views=(views,))
    await told(log, BEP, Met(Named(MARKER, "Alkmaar"), 82))
    assert heard == [
        *(Forgotten(), *[Praised(BEP, None)] * 3),
        Met(Named(MARKER, "Alkmaar"), 82),
        Met(Named(None, "Alkmaar"), None),
    ]
