"""Many who may all refer to each other: each signs once, and the broker follows."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from itertools import permutations
from pathlib import Path
from uuid import UUID

import pytest
from msgspec.structs import replace

from deploy import agreements, demo
from deploy.cli.main import main
from deploy.registrar import Registrar
from shared.agreements import LARGEST_COVENANT, Covenant
from shared.register import Contents, Register, path
from shared.rules import NotFound, Refused
from tests.deploy.test_natsconf import answering, not_yet, refused
from tests.support.broker import Broker, demo_broker
from tests.support.registers import organisation

SINCE, LATER = date(2026, 1, 1), date(2026, 6, 1)
ONE, NAME = UUID(int=1), "Samen Alkmaar"
THREE = ("carrefour", "gemeente-alkmaar", "welzin")


@pytest.fixture
def kept(tmp_path: Path) -> Registrar:
    demo.prepare(tmp_path)
    made = Registrar(tmp_path)
    made.covenant(ONE, NAME, THREE, SINCE)
    return made


def test_each_member_signs_once_and_all_may_refer_to_each_other(kept: Registrar) -> None:
    register = Register.open(kept.data)
    [covenant] = register.contents.covenants
    assert set(covenant.members) == set(THREE)
    assert all(register.may_refer(one, other) for one, other in permutations(THREE, 2))


def test_who_leaves_is_referred_nothing_new_and_exchanges_letters_with_who_was_there(kept: Registrar) -> None:
    register = kept.leave(NAME, "carrefour", LATER)
    assert not register.may_refer("carrefour", "welzin")
    assert not register.may_refer("welzin", "carrefour")
    assert register.may_refer("gemeente-alkmaar", "welzin")
    assert {("carrefour", "welzin"), ("welzin", "carrefour")} <= register.routes
    kept.add_organisation("de-oever", name="De Oever", area="GM0361", source="urn:nld:kvknr:12345678")
    register = kept.join(NAME, "de-oever")
    assert register.may_refer("de-oever", "welzin")
    assert ("de-oever", "carrefour") not in register.routes, "they never were members together"
    assert kept.join(NAME, "carrefour").may_refer("carrefour", "de-oever")


def test_who_left_and_came_back_still_reaches_who_left_meanwhile(kept: Registrar) -> None:
    kept.leave(NAME, "carrefour", LATER)
    kept.leave(NAME, "welzin", LATER)
    register = kept.join(NAME, "carrefour")
    assert not register.may_refer("carrefour", "welzin")
    assert ("carrefour", "welzin") in register.routes


def test_new_keys_sign_membership_and_leaving_anew(kept: Registrar) -> None:
    kept.leave(NAME, "carrefour", LATER)
    for slug in ("carrefour", "welzin"):
        kept.rotate(slug)
    assert Register.open(kept.data).may_refer("welzin", "gemeente-alkmaar")


@pytest.mark.parametrize("forged", [{"signature": "forged"}, {"among": ("welzin",)}, {"at": SINCE}])
def test_only_the_member_itself_can_say_that_it_left(kept: Registrar, forged: dict[str, object]) -> None:
    contents = kept.leave(NAME, "carrefour", LATER).contents
    [covenant] = contents.covenants
    changed = replace(covenant, left=(replace(covenant.left[0], **forged),))
    with pytest.raises(Refused, match="register-forged"):
        Register(replace(contents, covenants=(changed,)))


def test_what_cannot_be_is_refused_and_changes_nothing(kept: Registrar) -> None:
    before = path(kept.data).read_bytes()
    with pytest.raises(Refused, match="covenant-exists"):
        kept.covenant(UUID(int=2), NAME, THREE, SINCE)
    with pytest.raises(Refused, match="covenant-alone"):
        kept.covenant(UUID(int=2), "Alleen", ("welzin", "welzin"), SINCE)
    with pytest.raises(NotFound, match="organisation-unknown"):
        kept.covenant(UUID(int=2), "Verder", ("welzin", "elsewhere"), SINCE)
    with pytest.raises(Refused, match=f"covenant-unknown.*{NAME}"):
        kept.join("Samen", "humanitas")
    with pytest.raises(Refused, match="covenant-member"):
        kept.join(NAME, "welzin")
    with pytest.raises(Refused, match="covenant-stranger"):
        kept.leave(NAME, "humanitas", LATER)
    assert path(kept.data).read_bytes() == before


def test_a_covenant_takes_a_hundred_members_and_no_more() -> None:
    names = [f"partner-{number}" for number in range(LARGEST_COVENANT + 1)]
    everybody = tuple(replace(organisation("welzin"), slug=slug, nodes={}) for slug in names)
    register, draft = Register(Contents(1, "", "", everybody)), Covenant(ONE, NAME, SINCE, {})

    def sign(_: Register, slug: str, __: bytes) -> str:
        return slug

    with pytest.raises(Refused, match="covenant-full") as full:
        agreements.founded(register, sign, draft, names)
    assert full.value.parameters == {"covenant": NAME, "count": 101, "most": 100}
    taken = agreements.founded(register, sign, draft, names[:-1])["covenants"]
    assert isinstance(taken, tuple)
    assert len(taken[0].members) == LARGEST_COVENANT
    unsigned = Register(Contents(1, "", "", everybody))
    unsigned.contents = replace(unsigned.contents, covenants=taken)
    left = agreements.left(unsigned, sign, NAME, names[0], LATER)["covenants"]
    assert isinstance(left, tuple)
    unsigned.contents = replace(unsigned.contents, covenants=left)
    with pytest.raises(Refused, match="covenant-full"):  # who left has routes still
        agreements.joined(unsigned, sign, NAME, names[-1])


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with demo_broker() as running:
        yield running


async def test_a_covenant_makes_routes_at_once_and_leaving_keeps_them(broker: Broker) -> None:
    carrefour, welzin = await broker.node("carrefour", "intake"), await broker.node("welzin", "intake")
    await answering(welzin, "letters.*.intake", b"1")
    await answering(carrefour, "letters.*.intake", b"2")
    assert await refused(carrefour, "to.welzin.letters.intake")
    broker.registrar.covenant(ONE, NAME, THREE, SINCE)
    async with asyncio.timeout(30):
        while await not_yet(carrefour, "to.welzin.letters.intake"):  # noqa: ASYNC110  (the broker says nothing)
            await asyncio.sleep(0.05)
    assert (await welzin.request("to.carrefour.letters.intake", b"x")).data == b"2"
    broker.registrar.leave(NAME, "carrefour", LATER)
    await asyncio.sleep(0.3)
    assert not Register.open(broker.data).may_refer("carrefour", "welzin")
    assert (await carrefour.request("to.welzin.letters.intake", b"x")).data == b"1"
    assert (await welzin.request("to.carrefour.letters.intake", b"x")).data == b"2"
    assert carrefour.stats["reconnects"] == welzin.stats["reconnects"] == 0


def test_the_command_makes_joins_leaves_and_lists(
    kept: Registrar, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRING_DATA", str(kept.data))
    monkeypatch.delenv("LANG", raising=False)
    assert main(["covenant", "add", "Vier", "humanitas", "carrefour", "humanitas"]) == 0
    assert "2 organisations may refer to each other" in capsys.readouterr().out
    assert main(["covenant", "join", "Vier", "welzin"]) == 0
    assert Register.open(kept.data).may_refer("carrefour", "welzin")
    assert main(["covenant", "leave", "Vier", "carrefour"]) == 0
    capsys.readouterr()
    assert main(["covenant", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0] == f"{NAME}, since {SINCE}: {', '.join(THREE)}"
    assert listed[1].endswith(": humanitas, welzin")
    assert listed[2].startswith("  carrefour left on ")
    assert main(["covenant", "join", "Vijf", "welzin"]) == 1
    assert capsys.readouterr().err.endswith(f"There are: {NAME}, Vier. [covenant-unknown]\n")
