"""A participant's file at events: that they are known there."""

from pathlib import Path
from uuid import UUID

import pytest

from services.events.domain import participant
from services.events.main import SERVICE
from shared.eventlog.types import Step
from shared.identity import Role
from tests.support.served import NOON, served

PERSON = UUID("01970000-0000-7000-8000-0000000000aa")


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.PRIVACY_OFFICER])
async def test_a_file_says_since_when_somebody_is_known(tmp_path: Path, role: Role) -> None:
    path = f"/v1/participants/{PERSON}/file"
    async with served(SERVICE, tmp_path) as node:
        assert (await node.ask("GET", path, role=role)).status_code == 404
        await node.take([Step(participant, PERSON, participant.Know(NOON, "noord"))])
        whole = (await node.ask("GET", path, role=role)).json()
        assert whole["since"] == "2026-01-05T12:00:00Z"
        assert [one["what"] for one in whole["history"]] == ["participant-known"]
        await node.take([Step(participant, PERSON, participant.Forget(NOON))])
        assert (await node.ask("GET", path, role=role)).json()["code"] == "participant-unknown"
