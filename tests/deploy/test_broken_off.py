"""A restore or an export that was broken off: nothing is opened that may be half there, and it is done again with the same files."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete

from deploy import backups, doctor
from deploy.halfway import putting
from deploy.places import MOVED, held
from shared.eventlog.database import DatabaseUnusable
from shared.eventlog.tables import about
from shared.rules import Refused
from shared.settings import Settings
from tests.flows.test_referral import SENDER, participant
from tests.support.network import network


def unfinished_parts(settings: Settings) -> list[doctor.Finding]:
    """What `kring doctor` finds of it, while nothing runs."""
    found = doctor.findings(settings, ())
    return sorted((one for one in found if one[1].code == "restore-unfinished"), key=lambda one: one[0])


async def test_what_a_restore_has_left_half_put_back_is_opened_by_nobody_and_told_by_doctor(tmp_path: Path) -> None:
    file = tmp_path / "sunday.kring"
    async with network(tmp_path, SENDER) as net:
        await net.stop(SENDER)
        await asyncio.to_thread(backups.backup, net.settings, "humanitas", file)
        with suppress(OSError), putting(net.data / "humanitas", "restore", datetime.now(UTC)):
            raise OSError
        with pytest.raises(DatabaseUnusable, match="restore-unfinished"):
            await net.start(SENDER)
        with pytest.raises(DatabaseUnusable, match="restore-unfinished"):
            await asyncio.to_thread(backups.backup, net.settings, "humanitas", tmp_path / "monday.kring")
        (net.data / "humanitas" / "intake.db").unlink()
        found = [(part, refused.code) for part, refused in await asyncio.to_thread(unfinished_parts, net.settings)]
        assert found == [(service, "restore-unfinished") for service in ("events", "intake", "network")]
        await asyncio.to_thread(backups.restore, net.settings, "humanitas", file)
        assert await asyncio.to_thread(unfinished_parts, net.settings) == []
        await net.start(SENDER)


async def test_an_export_that_was_broken_off_is_finished_with_the_same_files(tmp_path: Path) -> None:
    file, keys = tmp_path / "moves.kring", tmp_path / "moves.keys"
    async with network(tmp_path, SENDER) as net:
        await participant(net, "Truus")
        await net.stop(SENDER)
        header = await asyncio.to_thread(backups.export, net.settings, "humanitas", file, keys)
        with held(net.settings, "humanitas", "intake") as place, place.database.write() as connection:
            connection.execute(delete(about).where(about.c.key == MOVED))  # it had not come so far
        with suppress(OSError), putting(net.data / "humanitas", "export", datetime.now(UTC)):
            raise OSError
        with pytest.raises(DatabaseUnusable, match="restore-unfinished"):
            await net.start(SENDER)
        with pytest.raises(Refused, match="import-exists"):
            await asyncio.to_thread(backups.take, net.settings, "humanitas", file, keys)
        assert await asyncio.to_thread(backups.export, net.settings, "humanitas", file, keys) == header
        assert await asyncio.to_thread(unfinished_parts, net.settings) == []
        with pytest.raises(DatabaseUnusable, match="database-moved"):
            await net.start(SENDER)


async def test_an_export_of_which_the_file_is_gone_is_made_again(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER) as net:
        await net.stop(SENDER)
        with suppress(OSError), putting(net.data / "humanitas", "export", datetime.now(UTC)):
            raise OSError
        header = await asyncio.to_thread(backups.export, net.settings, "humanitas", tmp_path / "moves.kring")
        assert "intake" in header.services
        with pytest.raises(DatabaseUnusable, match="database-moved"):
            await net.start(SENDER)
