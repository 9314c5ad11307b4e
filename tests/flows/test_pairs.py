"""Every ordered pair of organisations, every kind of user, every subject and JetStream call.

What denied.toml lists is tried with real credentials; nothing crosses but what it names.
"""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from itertools import permutations
from pathlib import Path

import msgspec
import nkeys
import pytest
from nats.errors import NoRespondersError

from deploy.keys import nkey_public, nkey_seed
from deploy.registrar import Registrar
from shared.register import SERVICES
from tests.flows.crossing import crossed, crossings, hint_of_asker
from tests.flows.pairs import KEEPER, SLUGS, Said, User, World, asked, everybody

VIOLATION = "permissions violation for "
DELIVERED = (
    "orgs.{victim}.rpc.intake",
    "_INBOX.{victim}.intake.x",
    "letters.{victim}.network",
    "rpc.network",
    "{victim}.x",
)
"""Where a consumer's messages are asked to be delivered."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with everybody(tmp_path) as made:
        yield made


def violations(user: User) -> Iterator[str]:
    """What the broker must say to a user who tries all that is refused to it."""
    for one in (one for one in user.mine if one.refused):
        queues = {f' using queue "{queue}"' for queue in user.named(one.queue)} if one.queue else {""}
        yield from (f'publish to "{subject}"' for subject in user.all(one.say))
        yield from (f'publish with reply of "{subject}"' for subject in user.all(one.reply))
        yield from (f'subscription to "{subject}"{queue}' for subject in user.all(one.hear) for queue in queues)


async def try_refused(user: User) -> None:
    """All that is refused."""
    for one in (one for one in user.mine if one.refused):
        for subject in user.all(one.say):
            await user.say(subject, f"{user.inbox}.answer")
        for subject in user.all(one.reply):
            await user.say(next(iter(asking(user))), subject)
        for subject in user.all(one.hear):
            for queue in set(user.named(one.queue)):
                await user.listen(subject, queue)


def asking(user: User) -> set[str]:
    """Where the user may say something."""
    return {subject for one in user.mine if not one.refused for subject in user.all(one.say)}


async def hear_all(world: World) -> None:
    """Everybody listens wherever it may, and answers."""
    for user in world.users.values():
        for one in (one for one in user.mine if not one.refused):
            for subject in user.all(one.hear):
                await user.listen(subject)
    await world.settled()


async def prepare(world: World) -> None:
    """Every organisation has a stream and its integrator's consumer, as its nodes make them."""
    for slug in SLUGS:
        keeper = world.users[f"{slug}.{KEEPER}"]
        made = await asked(keeper, "STREAM.CREATE.EVENTS", {"name": "EVENTS", "subjects": ["events.>"]})
        assert "error" not in made
        consumer = consumer_of(world, slug)
        wanted = {"durable_name": consumer, "ack_policy": "explicit", "filter_subject": "events.public.>"}
        await asked(keeper, f"CONSUMER.CREATE.EVENTS.{consumer}", {"stream_name": "EVENTS", "config": wanted})


def consumer_of(world: World, slug: str) -> str:
    """Of its integrator."""
    [consumer] = {one.consumer for one in world.register.contents.grants if one.organisation == slug}
    return consumer


async def stored(world: World, slug: str) -> set[str]:
    """Who said what stands in an organisation's stream: who asked for it, when it is an answer."""
    keeper, names = world.users[f"{slug}.{KEEPER}"], set[str]()
    count = (await asked(keeper, "STREAM.INFO.EVENTS"))["state"]["last_seq"]
    for number in range(1, count + 1):
        data = (await asked(keeper, "STREAM.MSG.GET.EVENTS", {"seq": number}))["message"].get("data", "")
        try:
            said = msgspec.json.decode(base64.b64decode(data), type=Said)
        except msgspec.DecodeError:
            continue  # the server's own answer to somebody of this account
        names.add(said.answers or said.by)
    return names


async def test_the_broker_refuses_all_that_is_listed_to_every_user(world: World) -> None:
    await asyncio.gather(*(try_refused(user) for user in world.users.values()))
    await world.settled()
    for user in world.users.values():
        missing = {
            one for one in violations(user) if not any(VIOLATION + one.lower() in said for said in user.complaints)
        }
        assert missing == set(), f"{user.name} was not refused"
        assert user.heard == []


async def test_nothing_crosses_but_what_is_listed_while_everybody_says_everything_it_may(world: World) -> None:
    await prepare(world)
    await hear_all(world)
    for user in world.users.values():
        for subject in asking(user):
            await user.say(subject, f"{user.inbox}.answer")
    await world.settled()
    assert {user.name: user.complaints for user in world.users.values() if user.complaints} == {}
    assert crossed(world) == crossings(world)
    for slug in SLUGS:
        assert await stored(world, slug) == {f"{slug}.{service}" for service in SERVICES}
        keeper = world.users[f"{slug}.{KEEPER}"]
        [name] = (await asked(keeper, "CONSUMER.NAMES.EVENTS"))["consumers"]
        assert name == consumer_of(world, slug), "another organisation's user took it away"


async def test_an_answer_comes_in_the_account_of_who_asked_whatever_subject_it_names(world: World) -> None:
    await prepare(world)
    await hear_all(world)
    for user in world.users.values():
        elsewhere = {reply for one in user.mine if not one.refused for reply in user.all(one.reply)}
        for subject in asking(user):
            for reply in elsewhere:
                await user.say(subject, reply)
        await user.settled()
    await world.settled()
    crossing = {heard for heard in crossed(world) if not hint_of_asker(world, heard)}
    assert crossing == {heard for heard in crossings(world) if not hint_of_asker(world, heard)}
    for slug in SLUGS:
        assert {name.partition(".")[0] for name in await stored(world, slug)} == {slug}


async def test_a_consumer_delivers_into_its_own_account_only(world: World) -> None:
    await prepare(world)
    await hear_all(world)
    for user in (user for user in world.users.values() if "service" in user.kinds):
        for number, target in enumerate(user.all(DELIVERED)):
            name = f"{user.service}-{number}"
            wanted = {
                "name": name,
                "deliver_subject": target,
                "ack_policy": "none",
                "inactive_threshold": 60_000_000_000,
            }
            await asked(user, f"CONSUMER.CREATE.EVENTS.{name}", {"stream_name": "EVENTS", "config": wanted})
        await user.say(f"events.own.{user.service}.a.b")
    await world.settled()
    assert any(user.heard for user in world.users.values()), "inside the account it does arrive"
    assert crossed(world) == set()


async def test_without_an_agreement_nobody_is_there_and_under_an_ended_one_what_is_open_goes_on(world: World) -> None:
    for user in world.users.values():
        if user.service in SERVICES:
            await user.listen(f"letters.*.{user.service}")
    await world.settled()
    partners = {(one, other) for one in SLUGS for other in world.register.partners(one)}
    assert ("humanitas", "gemeente-alkmaar") in partners
    assert not world.register.may_refer("humanitas", "gemeente-alkmaar")
    for one, other in permutations(SLUGS, 2):
        client, subject = world.users[f"{one}.intake"].client, f"to.{other}.letters.intake"
        ask = client.request(subject, msgspec.json.encode(Said(f"{one}.intake", subject)), timeout=5)
        if (one, other) in partners:
            assert msgspec.json.decode((await ask).data, type=Said).by == f"{other}.intake"
        else:
            with pytest.raises(NoRespondersError):
                await ask


async def entering(world: World, seed: str = "", **said: str) -> bytes:
    """What the broker says to who connects so."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.nats.port)
    nonce = msgspec.json.decode((await reader.readline()).partition(b" ")[2])["nonce"]
    if seed:
        signature = nkeys.from_seed(bytearray(seed.encode())).sign(nonce.encode())
        said |= {"nkey": nkey_public(seed), "sig": base64.urlsafe_b64encode(signature).decode().rstrip("=")}
    writer.write(b"CONNECT %b\r\nPUB rpc.intake 1\r\nx\r\nPING\r\n" % msgspec.json.encode(said))
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_nobody_enters_without_a_key_that_the_register_names(world: World) -> None:
    Registrar(world.data).on_its_own("carrefour")  # the broker does not know of it yet: it is a stranger's key
    leaf = (world.data / "carrefour" / "keys" / "leaf.nk").read_text().strip()
    named = world.register.node("welzin.intake").nkey
    for said in (
        {},
        {"seed": nkey_seed()},
        {"seed": leaf},
        {"user": "welzin", "pass": "welzin"},
        {"user": named, "pass": ""},
        {"nkey": named},
        {"nkey": named, "sig": "AAAA"},
        {"auth_token": world.register.contents.gateway},
    ):
        assert await entering(world, **said) == b"-ERR 'Authorization Violation'\r\n"
    assert await entering(world, world.users["welzin.intake"].seed) != b"-ERR 'Authorization Violation'\r\n"
