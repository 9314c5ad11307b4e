"""The broker is killed, or its storage deleted too: Humanitas goes on at its service's own port, and nothing is lost."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.ids import uuid7
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.support.network import Network, network
from tests.support.waiting import eventually

PERSON = {"nameToUse": "Bep", "contact": {"way": "phone", "value": "06 87654321"}, "area": "GM0361"}


async def posted(system: httpx.AsyncClient, path: str, body: dict[str, Any]) -> str:
    """Record something over HTTP; gives its id."""
    answer = await system.post(path, json={"id": str(uuid7())} | body)
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


async def arrived_once_in_order(net: Network, sent: list[str]) -> None:
    """WELZIN has them all, no more than these, and Humanitas knows it."""
    for one in sent:
        await arrived(net, one)
    page = await net.ask(RECEIVER, "GET", "/v1/referrals?direction=in")
    assert [one["reference"] for one in reversed(page["items"])] == sent
    for one in sent:
        assert not (await status(net, one, "received"))["onItsWay"]


@pytest.mark.parametrize("wiped", [False, True], ids=["killed", "storage deleted"])
async def test_without_a_broker_a_local_system_goes_on_and_what_waited_arrives_once_in_order(
    tmp_path: Path, wiped: bool
) -> None:
    async with network(tmp_path, SENDER, "humanitas.events", RECEIVER) as net, net.local(SENDER) as system:
        person, offered = await participant(net), await programme(net)
        asked = {"participant": person, "to": "welzin", "programme": offered, "consent": await consent(net, person)}
        net.nats.kill()
        if wiped:
            net.nats.wipe()
        with pytest.raises(Exception, match="broker-away"):
            await refer(net, person, offered, asked["consent"])
        sent = [await posted(system, "/v1/referrals", asked | {"need": f"number {number}"}) for number in range(5)]
        late = await posted(system, "/v1/participants", PERSON)
        for one in sent:
            assert (await system.get(f"/v1/referrals/{one}")).json()["onItsWay"] is True
        await net.nats.start()
        await arrived_once_in_order(net, sent)
        await eventually(lambda: net.ask("humanitas.events", "GET", f"/v1/participants/{late}"))
        own = net.nodes[SENDER]

        async def relayed() -> bool:
            return await own.relay.lag() == 0

        await eventually(relayed)
