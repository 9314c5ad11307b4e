"""Changes of who may see what stand once in the access log of each node that they concern; and what the doctor says of a log."""

from collections.abc import AsyncIterator, Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from deploy.keys import nkey_public, nkey_seed
from deploy.linkkeys import keep_links
from shared import authorised, control, providers
from shared.accesslog import Wanted, page, upkept
from shared.contracts.access import AccessAction
from shared.eventlog.accesses import accesses
from shared.eventlog.types import Unit
from shared.host import Host
from tests.shared.test_host import hosted, ready
from tests.support.broker import Broker, demo_broker
from tests.support.waiting import eventually

LOGIN = """[[providers]]
issuer = "https://login.example.nl"
keys = "keys.json"
team_claim = "team"
{more}
"""
NEW = UUID(int=77)


@pytest.fixture
async def broker(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Broker]:
    for module in (authorised, providers):
        monkeypatch.setattr(module, "LOOK", 0.02)
    async with demo_broker() as running:
        yield running


async def told(host: Host, organisation: str) -> Sequence[str]:
    """What the access log of its node says of authorisation, oldest first."""
    log, wanted = host.nodes[organisation].log, Wanted(action=AccessAction.AUTHORISATION)
    found = await log.query(lambda connection: page(connection, wanted, None, 100))
    assert {(one.by, one.client, one.ground, one.persons) for one in found} <= {("system", "kring", "upkeep", ())}
    return [one.what for one in reversed(found)]


async def test_a_change_of_agreements_grants_and_logins_is_recorded_once_by_whom_it_concerns(broker: Broker) -> None:
    async with hosted(broker) as host:
        await eventually(lambda: ready(host))
        first = await eventually(lambda: told(host, "welzin"))
        links = (broker.data / "welzin" / "links.pub").read_text().strip()
        assert sorted(one.partition(": ")[2] for one in first) == [
            f"believed by key {links}",
            "humanitas may refer to welzin, signed",
            "welzin may refer to humanitas, signed",
        ]
        broker.registrar.agree(NEW, "welzin", "carrefour", date(2026, 2, 1))
        await eventually(lambda: _last(host, "welzin"), f"agreement {NEW}: welzin may refer to carrefour, signed")
        await eventually(lambda: _last(host, "carrefour"), f"agreement {NEW}: welzin may refer to carrefour, signed")
        before = await told(host, "humanitas")
    async with hosted(broker) as host:
        await eventually(lambda: ready(host))
        broker.registrar.end(NEW, "welzin", date(2026, 3, 1))
        ended = f"agreement {NEW}: welzin may refer to carrefour, ended"
        await eventually(lambda: _last(host, "welzin"), ended)
        assert [*first, f"agreement {NEW}: welzin may refer to carrefour, signed", ended] == await told(host, "welzin")
        assert await told(host, "humanitas") == before


async def test_a_login_provider_that_comes_changes_or_goes_is_recorded_with_its_rules(
    broker: Broker,
) -> None:
    file = broker.data / "welzin" / "identity.toml"
    async with hosted(broker) as host:
        await eventually(lambda: ready(host))
        await eventually(lambda: told(host, "welzin"))
        name = "login https://login.example.nl"
        read, proof = "team in team; second factor mfa", "keys at keys.json; RS256; leeway 30 s"
        moved = "keys at https://login.example.nl/keys; RS256; leeway 30 s"
        for more, said in (
            ("", f"roles in roles: as they are; {read}; {proof}"),
            ('roles = {hulp = "coordinator"}', f"roles in roles: hulp is coordinator; {read}; {proof}"),
            (
                'algorithms = ["EdDSA"]\nleeway = 120',
                f"roles in roles: as they are; {read}; keys at keys.json; EdDSA; leeway 120 s",
            ),
        ):
            file.write_text(LOGIN.format(more=more))
            await eventually(lambda: _last(host, "welzin"), f"{name}: {said}")
        file.write_text(LOGIN.format(more="").replace("keys.json", "https://login.example.nl/keys"))
        await eventually(lambda: _last(host, "welzin"), f"{name}: roles in roles: as they are; {read}; {moved}")
        file.unlink()
        await eventually(lambda: _last(host, "welzin"), f"{name}: taken away")


async def test_a_new_key_of_links_is_recorded_by_its_public_half(broker: Broker) -> None:
    async with hosted(broker) as host:
        await eventually(lambda: ready(host))
        for _ in range(2):
            (broker.data / "welzin" / "keys" / "links").unlink(missing_ok=True)
            keep_links(broker.data, "welzin")
            public = (broker.data / "welzin" / "links.pub").read_text().strip()
            await eventually(partial(_ends, host, f"links: believed by key {public}"))


async def test_a_grant_is_recorded_when_given_and_when_taken_away(broker: Broker) -> None:
    async with hosted(broker) as host:
        await eventually(lambda: ready(host))
        broker.registrar.grant("welzin", "dashboard", "events.public.>", None, nkey_public(nkey_seed()))
        await eventually(lambda: _ends(host, "dashboard follows events.public.>"))
        broker.registrar.revoke("welzin", "dashboard")
        await eventually(lambda: _ends(host, "taken away"))


async def _last(host: Host, organisation: str) -> str:
    return (await told(host, organisation) or [""])[-1]


async def _ends(host: Host, words: str) -> bool:
    return (await _last(host, "welzin")).endswith(words)


async def broken(broker: Broker) -> Any:
    return await control.ask(broker.data, "events", "accesses.check")


async def test_the_owner_follows_the_logs_of_all_its_nodes_and_names_the_first_break_of_each(broker: Broker) -> None:
    async with hosted(broker) as host:
        await eventually(lambda: ready(host))
        await eventually(lambda: told(host, "welzin"))
        log = host.nodes["welzin"].log
        seen = [upkept(AccessAction.EXPORT, "kring backup", "welzin")] * 3
        await log.write(Unit(by="system", accesses=seen))
        assert await broken(broker) == []
        end = log.accesses.number
        for change, number, fault in (
            (accesses.delete().where(accesses.c.number == end), end, "cut-off"),
            (update(accesses).where(accesses.c.number == end - 1).values(by="user:x"), end - 1, "altered"),
            (accesses.delete().where(accesses.c.number == end - 2), end - 2, "missing"),
        ):
            with log._database.write() as connection:  # noqa: SLF001  (behind Kring's back)
                connection.execute(change)
            assert await broken(broker) == [{"node": "welzin.events", "number": number, "fault": fault}]
