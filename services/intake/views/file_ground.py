"""How the ground of a file stands in the row of its participant."""

from typing import Any

import msgspec
from sqlalchemy import JSON, Column, Row, String

from services.intake.domain.file_ground import FileConsent
from services.intake.domain.participant_events import GroundNamed, Registered
from shared.contracts import intake as contract

NAMES = ("law", "exception", "consent")


def columns() -> tuple[Column[Any], ...]:
    """Anew for a table: a legal task is told by two, a consent by one."""
    return Column("law", String), Column("exception", String), Column("consent", JSON)


def kept(event: Registered | GroundNamed) -> dict[str, Any]:
    """What an event names, as values of the columns."""
    task = event.task
    named = {"law": task.law if task else None, "exception": task.exception if task else None}
    return named | {"consent": msgspec.to_builtins(event.consent)}


def task(row: Row[Any]) -> contract.LegalTask | None:
    """The legal task, as the API tells it."""
    exception = contract.SpecialException(row.exception) if row.exception else None
    return contract.LegalTask(contract.Law(row.law), exception) if row.law else None


def agreed(row: Row[Any]) -> contract.FileConsentAnswer | None:
    """The consent, as the API tells it."""
    if row.consent is None:
        return None
    said = msgspec.convert(row.consent, FileConsent)
    form, by = contract.EvidenceForm(said.form), contract.AgreedBy(said.agreed_by)
    return contract.FileConsentAnswer(
        form=form,
        text_version=said.text_version,
        asked_on=said.asked_on,
        asked_by=said.asked_by,
        agreed_by=by,
        explicit=said.explicit,
    )
