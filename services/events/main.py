"""What makes service `events`: places, series, the public agenda."""

from pathlib import Path

from services.events.api import agenda as agenda_api
from services.events.api import evenings as evenings_api
from services.events.api import file as file_api
from services.events.api import participants as participants_api
from services.events.api import places as places_api
from services.events.api import series as series_api
from services.events.domain import evening_link, participant, place, series
from services.events.policies import (
    when_participant_ended_then_they_are_forgotten,
    when_participant_moved_then_their_team_is,
    when_participant_registered_then_they_are_known,
)
from services.events.publish import publish
from services.events.views import agenda, evening_links, participants, places
from services.events.views import series as series_view
from shared import accessroutes
from shared.service import NoLetters, Service

SERVICE = Service(
    name="events",
    deciders=(place, series, participant, evening_link),
    views=(places, series_view, agenda, participants, evening_links),
    policies=(
        when_participant_registered_then_they_are_known,
        when_participant_moved_then_their_team_is,
        when_participant_ended_then_they_are_forgotten,
    ),
    publish=publish,
    letters=NoLetters(),
    routes=(
        *places_api.ROUTES,
        *series_api.ROUTES,
        *agenda_api.ROUTES,
        *participants_api.ROUTES,
        *file_api.ROUTES,
        *evenings_api.ROUTES,
        *accessroutes.ROUTES,
    ),
    words=Path(__file__).parent / "words",
)

if __name__ == "__main__":
    from shared.host import serve

    serve(SERVICE)
