"""What an integrator tries with its own real credentials, and what comes of it: nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
from nats.aio.client import Client, ErrorCallback
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from shared.grants import Credentials
from shared.wire.stream import Reply
from tests.flows.integrators import KEEPER, PUBLISHER, asked, grant, tell
from tests.support.network import Network, network
from tests.support.waiting import eventually

OWN, OTHER = "integrator-own", "integrator-other"
"""Stand for its own consumer and another integrator's."""
SAID = [
    "events.public.events.place.registered",
    "events.public.integrator.a.b",
    "events.position.events.log",
    "rpc.intake",
    "letters.humanitas.intake",
    "letters.welzin.intake",
    "to.welzin.letters.intake",
    "changed.intake.participant",
    "orgs.humanitas.rpc.intake",
    "orgs.welzin.rpc.intake",
    "_INBOX.humanitas.intake.x",
    "_INBOX.gateway.x",
    f"_INBOX.{OTHER}.x",
    f"_INBOX.{OWN}.x",
    *(
        f"$JS.API.{call}"
        for call in (
            "INFO",
            "STREAM.NAMES",
            "STREAM.LIST",
            "STREAM.INFO.EVENTS",
            "STREAM.CREATE.MINE",
            "STREAM.UPDATE.EVENTS",
            "STREAM.DELETE.EVENTS",
            "STREAM.PURGE.EVENTS",
            "STREAM.MSG.GET.EVENTS",
            "STREAM.MSG.DELETE.EVENTS",
            "STREAM.SNAPSHOT.EVENTS",
            "STREAM.RESTORE.MINE",
            "DIRECT.GET.EVENTS",
            "DIRECT.GET.EVENTS.events.own.intake.participant.registered",
            "CONSUMER.NAMES.EVENTS",
            "CONSUMER.LIST.EVENTS",
            "CONSUMER.CREATE.EVENTS",
            "CONSUMER.CREATE.EVENTS.mine",
            f"CONSUMER.CREATE.EVENTS.{OWN}",
            f"CONSUMER.CREATE.EVENTS.{OWN}.events.own.>",
            "CONSUMER.DURABLE.CREATE.EVENTS.mine",
            f"CONSUMER.INFO.EVENTS.{OTHER}",
            f"CONSUMER.INFO.EVENTS.{OWN}",
            f"CONSUMER.DELETE.EVENTS.{OTHER}",
            f"CONSUMER.DELETE.EVENTS.{OWN}",
            f"CONSUMER.PAUSE.EVENTS.{OWN}",
            f"CONSUMER.RESET.EVENTS.{OWN}",
            f"CONSUMER.UNPIN.EVENTS.{OWN}",
            f"CONSUMER.LEADER.STEPDOWN.EVENTS.{OWN}",
            f"CONSUMER.MSG.NEXT.EVENTS.{OTHER}",
        )
    ),
    f"$JS.ACK.EVENTS.{OTHER}.1.1.1.1.1",
    "$JS.FC.EVENTS.x.y",
    "$SYS.REQ.SERVER.PING",
    "$SYS.REQ.USER.INFO",
]
"""Subjects on which it may not say anything."""
HEARD = [
    ">",
    "events.>",
    "events.public.>",
    "changed.>",
    "rpc.>",
    "letters.>",
    "to.>",
    "orgs.>",
    "_INBOX.>",
    "_INBOX.*.>",
    "_INBOX.humanitas.>",
    "_INBOX.humanitas.intake.>",
    "_INBOX.gateway.>",
    f"_INBOX.{OTHER}.>",
    "$JS.>",
    "$JS.ACK.>",
    "$JS.EVENT.>",
    "$SYS.>",
    "_R_.>",
]
"""Subjects on which it may not hear anything."""
NAMED = [
    "events.public.events.place.registered",
    "events.own.intake.participant.registered",
    "rpc.intake",
    "changed.intake.participant",
    "letters.welzin.intake",
    "_INBOX.humanitas.intake.x",
    "_INBOX.integrator-other.x",
    "orgs.humanitas.rpc.intake",
]
"""Where it asks that its own events be delivered: as one account, that would publish there in Kring's name."""


class _Standing(msgspec.Struct, frozen=True):
    last_seq: int = 0


class _Info(Reply):
    state: _Standing = _Standing()


async def entered(credentials: Credentials, complain: ErrorCallback) -> Client | None:
    """A client of its own making; none until the broker has taken over what was granted."""
    made = Client()
    try:
        await made.connect(
            credentials.url,
            nkeys_seed_str=credentials.seed,
            inbox_prefix=credentials.inbox_prefix,
            error_cb=complain,
            allow_reconnect=False,
        )
    except (NatsError, OSError):  # the server closes the line on who is not let in, now and then before it says so
        with suppress(OSError):
            await made.close()  # one that was not let in keeps its socket otherwise
        return None
    return made


@asynccontextmanager
async def connected(credentials: Credentials) -> AsyncGenerator[tuple[Client, list[str]]]:
    """A client, and what the server says to it."""
    complaints: list[str] = []

    async def complain(fault: Exception) -> None:
        complaints.append(str(fault).lower())

    nc: Client = await eventually(lambda: entered(credentials, complain))
    complaints.clear()
    try:
        yield nc, complaints
    finally:
        await nc.close()


def placed(own: Credentials, other: Credentials) -> Callable[[str], str]:
    """Puts the two consumers' names where they belong."""
    return lambda subject: subject.replace(OWN, own.consumer).replace(OTHER, other.consumer)


async def last(net: Network) -> int:
    """The number of the last message in Humanitas' stream."""
    return (await asked(net, "STREAM.INFO.EVENTS", _Info)).state.last_seq


async def test_an_integrator_can_say_nothing_and_hear_nothing_but_its_own(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        own, other = grant(net, "own"), grant(net, "other")
        place = placed(own, other)
        async with connected(own) as (nc, complaints):
            for subject in map(place, SAID):
                await nc.publish(subject, b"{}", reply=f"{own.inbox_prefix}.answer")
                wanted = f'permissions violation for publish to "{subject}"'.lower()
                await eventually(lambda: any(wanted in said for said in complaints))  # noqa: B023
            for subject in map(place, HEARD):
                await nc.subscribe(subject)
                wanted = f'permissions violation for subscription to "{subject}"'.lower()
                await eventually(lambda: any(wanted in said for said in complaints))  # noqa: B023


async def test_an_integrator_cannot_have_its_events_delivered_to_anybody_else(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        own, other = grant(net, "own"), grant(net, "other")
        await tell(net, 5)
        await eventually(net.nodes[PUBLISHER].relay.lag, 0)
        before = await last(net)
        heard: list[Msg] = []

        async def hear(message: Msg) -> None:
            heard.append(message)

        async with connected(own) as (nc, _), connected(other) as (neighbour, _):
            await neighbour.subscribe(f"{other.inbox_prefix}.>", cb=hear)
            for target in map(placed(own, other), NAMED):
                await nc.publish(
                    f"$JS.API.CONSUMER.MSG.NEXT.EVENTS.{own.consumer}", b'{"batch":1,"expires":100000000}', reply=target
                )
            await nc.flush()
            await asyncio.sleep(0.5)
        assert await last(net) == before
        assert heard == []


async def test_an_integrator_sees_only_what_its_filter_takes(tmp_path: Path) -> None:
    async with network(tmp_path, KEEPER, PUBLISHER) as net:
        await tell(net, 5)
        grant(net, "places", "events.public.events.place.*")
        grant(net, "programmes", "events.public.intake.>")
        grant(net, "persons", "events.own.>")

        async def waiting() -> object:
            return {one.name: one.waiting for one in (await net.nodes[KEEPER].health()).integrators}

        await eventually(waiting, {"places": 5, "programmes": 0, "persons": 0})
