"""Whose keys are known: an organisation gives itself new ones, and nobody else does."""

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from shared.pins import Pins
from shared.register import Contents, Organisation, Register, path, pinned
from shared.rules import Refused
from shared.signing import Signer
from shared.succession import Former, NodeKeys, Renewal, pin, renewed, words
from shared.watcher import Watcher
from tests.support.registers import PARTIES, REGISTRAR, contents, organisation, write

OTHER = NodeKeys("Uother", "another sign", "another seal", "2")


def changed(one: Organisation, old: Signer, new: Signer, **more: Any) -> Organisation:
    """With a new key that the old one signed, and letter keys of its own choice."""
    renewal = renewed(one, old, new)
    draft = replace(one, key=new.public, renewal=renewal, nodes={**one.nodes, "intake": OTHER}, **more)
    return replace(draft, renewal=replace(renewal, signature=new.sign(words(draft))))


def stated(number: int, *others: Organisation) -> Contents:
    """A register in which some organisations are as given."""
    given = {one.slug: one for one in others}
    base = contents(number=number)
    return replace(base, organisations=tuple(given.get(one.slug, one) for one in base.organisations))


WELZIN, FIRST, SECOND, THIRD = organisation("welzin"), PARTIES["welzin"], Signer.generate(), Signer.generate()
AGAIN = changed(WELZIN, FIRST, SECOND)
THRICE = changed(AGAIN, SECOND, THIRD)


@pytest.fixture
def watched(tmp_path: Path) -> Watcher:
    write(tmp_path, stated(1))
    return Watcher(tmp_path)


@pytest.mark.parametrize("now", [AGAIN, THRICE])
def test_new_keys_that_the_old_ones_signed_are_taken_over(watched: Watcher, tmp_path: Path, now: Organisation) -> None:
    write(tmp_path, stated(2, now))
    watched.look()
    assert watched.register.organisation("welzin").key == now.key
    assert watched.refused is None
    assert Watcher(tmp_path).register.contents.number == 2


SWAPPED = {
    "another letter key": replace(WELZIN, nodes={**WELZIN.nodes, "intake": OTHER}),
    "another issuer of tokens": replace(WELZIN, issuers={"urn:kring:issuer:welzin": {"x": SECOND.public}}),
    "another key": replace(WELZIN, key=SECOND.public),
    "another key that another one signed": changed(replace(WELZIN, key=THIRD.public), THIRD, SECOND),
}


@pytest.mark.parametrize("swapped", SWAPPED.values(), ids=SWAPPED.keys())
def test_keys_that_the_registrar_alone_changed_are_refused_and_the_register_of_before_stays(
    watched: Watcher, tmp_path: Path, swapped: Organisation, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, stated(2, swapped))
    for _ in range(2):
        watched.look()
    again = Watcher(tmp_path)
    for watcher in (watched, again):
        assert watcher.register.contents.number == 1
        assert watcher.refused is not None
        assert (watcher.refused.code, watcher.refused.parameters) == (
            "register-key-changed",
            {"organisation": "welzin"},
        )
    assert capsys.readouterr().out.count("register-key-changed") == 2, "said once by each"
    write(tmp_path, stated(3))
    watched.look()
    assert watched.register.contents.number == 3
    assert watched.refused is None


def test_earlier_keys_do_not_come_back(watched: Watcher, tmp_path: Path) -> None:
    write(tmp_path, stated(2, AGAIN))
    watched.look()
    for number, one in enumerate((WELZIN, changed(WELZIN, FIRST, THIRD)), 3):
        write(tmp_path, stated(number, one))
        watched.look()
        assert watched.register.contents.number == 2


def test_an_organisation_that_was_left_out_for_a_while_is_still_known(watched: Watcher, tmp_path: Path) -> None:
    without = replace(stated(2), organisations=(organisation("humanitas"),))
    write(tmp_path, without)
    watched.look()
    write(tmp_path, stated(3, SWAPPED["another key"]))
    watched.look()
    assert watched.register.contents.number == 2


def test_a_person_may_trust_new_keys(watched: Watcher, tmp_path: Path) -> None:
    write(tmp_path, stated(2, SWAPPED["another key"]))
    watched.look()
    Pins(tmp_path, pinned(tmp_path)).forget("welzin")
    watched.look()
    assert watched.register.contents.number == 2
    assert watched.refused is None


@pytest.mark.parametrize(
    "renewal",
    [
        Renewal(1, (Former(FIRST.public, "x"),)),
        Renewal(
            1, (Former(FIRST.public, FIRST.sign(b"something else")),), AGAIN.renewal.signature if AGAIN.renewal else ""
        ),
        replace(AGAIN.renewal, signature=FIRST.sign(words(AGAIN))) if AGAIN.renewal else None,
        replace(AGAIN.renewal, number=7) if AGAIN.renewal else None,
    ],
)
def test_a_chain_that_does_not_hold_makes_the_register_forged(renewal: Renewal) -> None:
    with pytest.raises(Refused, match="register-forged"):
        Register(stated(2, replace(AGAIN, renewal=renewal)))


def test_a_stranger_cannot_put_a_key_of_its_own_before_the_first(watched: Watcher, tmp_path: Path) -> None:
    """Only the holder of the present key says which ones there were."""
    assert AGAIN.renewal
    before = Former(THIRD.public, THIRD.sign(f"kring.key.v1|welzin|{FIRST.public}".encode()))
    longer = replace(AGAIN.renewal, former=(before, *AGAIN.renewal.former))
    with pytest.raises(Refused, match="register-forged"):
        Register(stated(2, replace(AGAIN, renewal=longer)))
    assert pin(AGAIN) != pin(replace(AGAIN, renewal=longer))


def test_pins_that_cannot_be_read_are_said_at_once(watched: Watcher, tmp_path: Path) -> None:
    (tmp_path / "network" / "known.json").write_text("{")
    with pytest.raises(Refused, match="pins-unreadable"):
        Watcher(tmp_path)
    write(tmp_path, stated(2))
    watched.look()
    assert watched.register.contents.number == 1


def test_where_the_folder_cannot_be_written_keys_are_known_as_long_as_the_process_lives(tmp_path: Path) -> None:
    write(tmp_path, stated(1))
    for name in ("known.json", "known.lock", "known-register.json"):
        (tmp_path / "network" / name).symlink_to("/proc/nowhere")
    pins = Pins(tmp_path, REGISTRAR.public)
    pins.take(Register.load(path(tmp_path), REGISTRAR.public))
    with pytest.raises(Refused, match="register-key-changed"):
        pins.take(Register(stated(2, SWAPPED["another key"])))
