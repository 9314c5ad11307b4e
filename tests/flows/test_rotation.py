"""An organisation changes its keys while letters are on their way: nothing is lost, nothing stands still."""

import asyncio
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from deploy import demo, doctor
from deploy.registrar import Registrar
from shared.register import Register, path, sealed
from shared.rules import Refused, Unavailable
from shared.signing import Signer
from shared.wire.seal import LetterKeys
from tests.flows.test_referral import RECEIVER, SENDER, arrived, consent, participant, programme, refer, status
from tests.support.network import Network, network
from tests.support.waiting import eventually


def look(net: Network, *nodes: str) -> None:
    """The process sees the register on disk, and these nodes hear of it."""
    net.watcher.look()
    for node in nodes:
        net.nodes[node].register_changed()


def _at_least(some: list[str], count: int) -> bool:
    return len(some) >= count


async def _came(net: Network) -> list[str]:
    """The references of what WELZIN was asked, in the order in which it came."""
    page = await net.ask(RECEIVER, "GET", "/v1/referrals?direction=in&first=100")
    return [one["reference"] for one in reversed(page["items"])]


async def test_keys_change_while_letters_are_on_their_way_and_nothing_is_lost(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net), await programme(net)
        agreed = await consent(net, person)
        sent: list[str] = []

        async def refer_on() -> None:
            for number in range(24):
                sent.extend([await refer(net, person, offered, agreed, need=f"number {number}")])

        writing = asyncio.create_task(refer_on())
        for turn, slug in enumerate(("welzin", "humanitas", "welzin", "humanitas"), 1):
            await eventually(partial(_at_least, sent, 4 * turn))
            Registrar(net.data).rotate(slug)
            net.watcher.look()
            await asyncio.sleep(0.05)  # the nodes know of it later than the register
            look(net, SENDER, RECEIVER)
        await writing
        await eventually(partial(_came, net), sent)
        for one in sent:
            await status(net, one, "received")
        assert not (await net.nodes[SENDER].health()).links
        assert not (await net.nodes[RECEIVER].health()).parked
        for node in (SENDER, RECEIVER):
            assert net.nodes[node].arrivals.refusals._alarms == {}, "none is shown, nor held back"  # noqa: SLF001


async def test_a_letter_sealed_for_the_keys_of_before_is_opened(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        person, offered = await participant(net), await programme(net)
        agreed = await consent(net, person)
        Registrar(net.data).rotate("welzin")
        net.nodes[RECEIVER].arrivals._office.keys.renew()  # noqa: SLF001  (the receiver's process has seen it, the sender's has not yet)
        await arrived(net, await refer(net, person, offered, agreed))


async def test_a_register_that_gives_a_partner_other_keys_is_not_used_and_letters_go_on(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        registrar, good = Signer((net.data / "network" / "registrar").read_text().strip()), net.watcher.register
        welzin, eve = good.organisation("welzin"), LetterKeys.generate()
        keys = replace(welzin.nodes["intake"], sign=eve.sign, seal=eve.seal, id=eve.id)
        swapped = replace(welzin, nodes={**welzin.nodes, "intake": keys})
        others = tuple(swapped if one.slug == "welzin" else one for one in good.contents.organisations)
        forged = replace(good.contents, number=good.contents.number + 1, organisations=others)
        path(net.data).write_bytes(sealed(forged, registrar))
        look(net, SENDER, RECEIVER)
        assert net.watcher.register is good
        found = [refused.code for part, refused in doctor.findings(net.settings, []) if part == "register"]
        assert found == ["register-key-changed"]
        person, offered = await participant(net), await programme(net)
        await arrived(net, await refer(net, person, offered, await consent(net, person)))


async def test_after_a_change_of_keys_everything_starts_with_them(tmp_path: Path) -> None:
    async with network(tmp_path, SENDER, RECEIVER) as net:
        await net.stop()
        for _ in range(2):
            Registrar(net.data).rotate("humanitas")
        net.watcher.look()
        await net.start(SENDER, RECEIVER)
        person, offered = await participant(net), await programme(net)
        await arrived(net, await refer(net, person, offered, await consent(net, person)))
        assert [part for part, _ in doctor.findings(net.settings, ["intake"]) if part in ("keys", "register")] == []
        secret = net.data / "humanitas" / "keys" / "intake.letters"
        assert len(secret.read_text().split()) == 2, "older ones are gone"
        assert secret.stat().st_mode & 0o777 == 0o600


def test_agreements_stand_under_the_new_key_and_the_old_one_signs_nothing_any_more(tmp_path: Path) -> None:
    before = demo.prepare(tmp_path)
    old = Signer((tmp_path / "welzin" / "keys" / "organisation").read_text().strip())
    after = Registrar(tmp_path).rotate("welzin")
    assert after.routes == before.routes
    assert Register.open(tmp_path).organisation("welzin").key != old.public
    [first, *rest] = after.contents.agreements
    forged = replace(first, signatures={**first.signatures, "welzin": old.sign(first.words())})
    with pytest.raises(Refused, match="register-forged"):
        Register(replace(after.contents, agreements=(forged, *rest)))


def test_keys_that_are_elsewhere_are_changed_there(tmp_path: Path) -> None:
    demo.prepare(tmp_path)
    (tmp_path / "welzin" / "keys" / "organisation").unlink()
    before = path(tmp_path).read_bytes()
    with pytest.raises(Unavailable, match="keys-missing"):
        Registrar(tmp_path).rotate("welzin")
    assert path(tmp_path).read_bytes() == before
