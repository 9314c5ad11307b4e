"""What holds for the views of every service."""

from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from services.events.main import SERVICE as EVENTS
from services.intake.main import SERVICE as INTAKE
from services.network.main import SERVICE as NETWORK
from shared.eventlog.types import View
from shared.service import Service
from tests.support.projected import recorded

VIEWS = [(service, view) for service in (INTAKE, EVENTS, NETWORK) for view in service.views]


@pytest.mark.parametrize(("service", "view"), VIEWS)
def test_a_view_follows_every_event_by_which_it_changes(service: Service, view: View) -> None:
    kinds = {kind for decider in service.deciders for kind in get_args(decider.Event) or (decider.Event,)}
    assert kinds.issuperset(view.FOLLOWS)
    others = sorted(kinds.difference(view.FOLLOWS), key=lambda kind: kind.__struct_config__.tag)

    @settings(max_examples=3)
    @given(some.tuples(*map(some.from_type, others)))
    def nothing_changes(events: tuple[Any, ...]) -> None:
        for event in events:
            assert list(view.project(recorded(event, UUID(int=1)))) == []

    nothing_changes()
