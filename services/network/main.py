"""What makes service `network`: participants' interests and kliks."""

from pathlib import Path

from services.network.api import file as file_api
from services.network.api import kliks as kliks_api
from services.network.api import participants as participants_api
from services.network.domain import klik, participant
from services.network.policies import (
    when_age_is_told_then_it_is_known,
    when_klik_is_left_then_it_ends,
    when_participant_ended_then_they_are_gone,
    when_participant_moved_then_their_team_is,
    when_participant_registered_then_they_are_known,
    when_yes_is_said_then_both_join,
)
from services.network.publish import publish
from services.network.views import kliks, participants
from shared import accessroutes
from shared.service import NoLetters, Service

SERVICE = Service(
    name="network",
    deciders=(participant, klik),
    views=(participants, kliks),
    policies=(
        when_participant_registered_then_they_are_known,
        when_participant_moved_then_their_team_is,
        when_age_is_told_then_it_is_known,
        when_participant_ended_then_they_are_gone,
        when_yes_is_said_then_both_join,
        when_klik_is_left_then_it_ends,
    ),
    publish=publish,
    letters=NoLetters(),
    routes=(*participants_api.ROUTES, *file_api.ROUTES, *kliks_api.ROUTES, *accessroutes.ROUTES),
    words=Path(__file__).parent / "words",
)

if __name__ == "__main__":
    from shared.host import serve

    serve(SERVICE)
