"""The access log in backups: copies are exports, a restore says that something was lost, and who was forgotten since is named by nobody."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest

from deploy import backups
from shared.accesslog import Wanted, of_person, page
from shared.contracts.access import AccessAction, AccessEntry
from shared.eventlog import accessproof
from shared.identity import Role
from tests.deploy.test_backups import ENGINES, databases, served_backup
from tests.flows.test_referral import SENDER, participant
from tests.support.network import Network, network
from tests.support.waiting import eventually


async def entries(net: Network, action: AccessAction) -> list[AccessEntry]:
    wanted = Wanted(action=action)
    return list(await net.nodes[SENDER].log.query(lambda connection: page(connection, wanted, None, 100)))


@pytest.mark.parametrize("engine", ENGINES)
async def test_after_a_restore_the_access_log_goes_on_and_names_nobody_who_was_forgotten_since(
    tmp_path: Path, engine: str
) -> None:
    file = tmp_path / "sunday.kring"
    async with network(tmp_path, SENDER, databases=databases(engine)) as net:
        gone, stays = [UUID(await participant(net, name)) for name in ("Truus", "Toon")]
        for person in (gone, stays):
            await net.ask(SENDER, "GET", f"/v1/participants/{person}")
        await served_backup(net, file)
        [copied] = await entries(net, AccessAction.EXPORT)
        assert (copied.what, copied.by, copied.ground, copied.persons) == ("kring backup", "system", "upkeep", ())
        await net.ask(SENDER, "POST", f"/v1/participants/{gone}/erase", role=Role.PRIVACY_OFFICER)
        await net.stop(SENDER)
        await asyncio.to_thread(backups.restore, net.settings, "humanitas", file)
        await net.start(SENDER)
        log = net.nodes[SENDER].log
        await eventually(lambda: log.query(lambda connection: of_person(connection, gone, None, 9)), [])
        assert await log.query(lambda connection: of_person(connection, stays, None, 9)) != []
        [restored] = await entries(net, AccessAction.RESTORE)
        assert restored.number == copied.number + 1
        assert await log.query(accessproof.whole) == log.accesses


async def test_a_copy_of_what_does_not_run_is_an_export_too_and_says_how_far_the_log_was(tmp_path: Path) -> None:
    file = tmp_path / "sunday.kring"
    async with network(tmp_path, SENDER) as net:
        await participant(net, "Truus")
        await net.stop(SENDER)
        await asyncio.to_thread(backups.backup, net.settings, "humanitas", file)
        [part] = json.loads(file.read_bytes().split(b"\n")[0])["nodes"]
        await net.start(SENDER)
        end = net.nodes[SENDER].log.accesses
        assert part["accesses"] == [end.number, end.hash.hex()]
        assert [one.what for one in await entries(net, AccessAction.EXPORT)] == ["kring backup"]
