"""What others may read of this service's events. Places and series are public; who is known here is nobody's business."""

from typing import Any

from services.events.domain import place, series
from shared.contracts import events as told
from shared.eventlog.types import Recorded
from shared.service import Public


def publish(recorded: Recorded[Any]) -> Public | None:
    stream = recorded.stream
    match recorded.event:
        case place.Registered(details):
            return Public(told.PlaceRegistered(place=stream, **_said(details)), stream)
        case place.Changed(details):
            return Public(told.PlaceChanged(place=stream, **_said(details)), stream)
        case series.Planned() as planned:
            return Public(_planned(planned, recorded), stream)
        case series.DateSkipped(day):
            return Public(told.DateSkipped(stream, day), stream)
        case series.Cancelled(at):
            return Public(told.SeriesCancelled(stream, at), stream)
        case _:
            return None


def _said(details: place.Details) -> dict[str, Any]:
    return {
        "name": details.name,
        "address": details.address,
        "area": details.area,
        "opening_hours": details.opening_hours,
        "accessibility": details.accessibility,
        "activities": details.activities,
        "languages": details.languages,
    }


def _planned(planned: series.Planned, recorded: Recorded[Any]) -> told.SeriesPlanned:
    return told.SeriesPlanned(
        series=recorded.stream,
        place=planned.place,
        title=planned.title,
        kind=planned.kind,
        text=planned.text,
        rule=planned.schedule.rule,
        zone=planned.schedule.zone,
        first_date=planned.schedule.first_date,
        start=planned.schedule.start,
        minutes=planned.schedule.minutes,
    )
