"""A participant knows which referrals tell of them, so that erasing them reaches each."""

from collections.abc import Sequence

from services.intake.domain import correction, participant
from services.intake.domain.outgoing_events import Drafted
from shared.eventlog.types import Recorded, Step

FOLLOWS = (Drafted,)


def then(recorded: Recorded[Drafted]) -> Sequence[Step]:
    wish = recorded.event.wish
    said = correction.about(wish.letter) if wish.letter is not None else None
    return [Step(participant, wish.participant, participant.NoteReferral(recorded.stream, wish.to, said))]
