from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.register import Contents, Organisation, Register, path, sealed
from shared.rules import NotFound, Refused
from shared.signing import Signer, public_key, verified
from tests.support.registers import PARTIES, REGISTRAR, agreement, contents, covenant, ended, organisation, write

AGREED = agreement(1, "humanitas", "welzin")


def test_an_agreement_lets_one_refer_to_the_other_and_letters_go_both_ways() -> None:
    register = Register(contents(AGREED))
    assert register.may_refer("humanitas", "welzin")
    assert not register.may_refer("welzin", "humanitas")
    assert register.receivers("humanitas") == ("welzin",)
    assert register.receivers("welzin") == ()
    assert register.partners("humanitas") == ("welzin",)
    assert register.partners("welzin") == ("humanitas",)
    assert register.partners("carrefour") == ()
    assert register.routes == {("humanitas", "welzin"), ("welzin", "humanitas")}


def test_nobody_refers_to_itself_or_to_a_stranger() -> None:
    register = Register(contents(AGREED))
    assert not register.may_refer("humanitas", "humanitas")
    assert not register.may_refer("carrefour", "welzin")
    assert not register.may_refer("elsewhere", "welzin")


def test_an_agreement_that_one_party_did_not_sign_lets_nothing_through() -> None:
    register = Register(contents(agreement(1, "humanitas", "welzin", signers=["humanitas"])))
    assert not register.may_refer("humanitas", "welzin")
    assert register.routes == frozenset()


def test_an_ended_agreement_allows_no_new_referral_but_keeps_its_routes() -> None:
    register = Register(contents(ended(AGREED, "welzin")))
    assert not register.may_refer("humanitas", "welzin")
    assert register.partners("welzin") == ("humanitas",)


def test_a_covenant_is_an_agreement_among_all_its_members() -> None:
    register = Register(contents(covenants=[covenant(1, *PARTIES)]))
    assert register.receivers("welzin") == ("carrefour", "humanitas")
    assert len(register.routes) == 6
    assert not register.may_refer("welzin", "welzin")


@pytest.mark.parametrize(
    "stated",
    [
        contents(agreement(1, "humanitas", "welzin", signers=["humanitas", "carrefour"])),
        contents(replace(AGREED, receiver="carrefour", signatures=AGREED.signatures)),
        contents(replace(AGREED, signatures={"humanitas": AGREED.signatures["welzin"]})),
        contents(replace(AGREED, signatures={"elsewhere": "x"})),
        contents(ended(AGREED, "welzin", signer="carrefour")),
        contents(covenants=[replace(covenant(1, "welzin"), members={"humanitas": "forged"})]),
    ],
)
def test_a_signature_that_does_not_hold_makes_the_register_forged(stated: Contents) -> None:
    if len(stated.agreements) == 1 and "carrefour" in stated.agreements[0].signatures:
        stated = replace(stated, agreements=(replace(stated.agreements[0], signatures={"carrefour": "x"}),))
    with pytest.raises(Refused, match="register-forged"):
        Register(stated)


def test_the_register_is_read_under_the_pinned_key(tmp_path: Path) -> None:
    write(tmp_path, contents(AGREED))
    register = Register.open(tmp_path)
    assert register.contents == contents(AGREED)
    assert register.demo
    assert register.issuers["urn:kring:issuer:welzin", "kring:welzin"].organisation == "welzin"


def test_a_register_signed_by_another_is_forged(tmp_path: Path) -> None:
    write(tmp_path, contents(AGREED), Signer.generate())
    with pytest.raises(Refused, match="register-forged"):
        Register.open(tmp_path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0, 20_000), st.binary(min_size=1, max_size=1))
def test_a_register_of_which_any_byte_was_altered_is_refused(tmp_path: Path, place: int, byte: bytes) -> None:
    true = sealed(contents(AGREED), REGISTRAR)
    place %= len(true)
    altered = true[:place] + byte + true[place + 1 :]
    if altered == true:
        return
    path(tmp_path).write_bytes(altered)
    try:
        read = Register.load(path(tmp_path), REGISTRAR.public)
    except Refused as refused:
        assert refused.code in {"register-forged", "register-unreadable"}  # noqa: PT017  (most are refused; see below)
    else:
        assert read.contents == contents(AGREED), "only bits that mean nothing may differ"


def test_a_register_that_is_not_there_or_not_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="register-missing"):
        Register.open(tmp_path)
    write(tmp_path, contents())
    path(tmp_path).write_text("{")
    with pytest.raises(Refused, match="register-unreadable"):
        Register.open(tmp_path)
    path(tmp_path).unlink()
    with pytest.raises(Refused, match="register-missing"):
        Register.open(tmp_path)


def test_what_is_unknown_is_named_with_what_is_known() -> None:
    register = Register(contents(AGREED))
    assert register.organisation("welzin").slug == "welzin"
    assert register.node("welzin.intake").nkey == "Uwelzinintake"
    with pytest.raises(NotFound, match="organisation-unknown") as refused:
        register.organisation("welzijn")
    assert "welzin" in refused.value.parameters["known"]
    for node, code in {"welzijn.intake": "organisation-unknown", "welzin.intakes": "node-unknown"}.items():
        with pytest.raises(NotFound, match=code):
            register.node(node)


def test_a_register_is_a_demo_only_when_every_organisation_in_it_is() -> None:
    real: Organisation = replace(organisation("welzin"), demo=False)
    assert not Register(replace(contents(), organisations=(organisation("humanitas"), real))).demo
    assert not Register(replace(contents(), organisations=())).demo


@given(st.binary(), st.binary(min_size=1))
def test_a_signature_is_over_exactly_one_message(message: bytes, other: bytes) -> None:
    signature = REGISTRAR.sign(message)
    assert verified(REGISTRAR.public, signature, message)
    assert not verified(REGISTRAR.public, signature, message + other)
    assert not verified(Signer.generate().public, signature, message)


@given(st.text())
def test_text_that_is_no_signature_or_key_proves_nothing(text: str) -> None:
    assert not verified(REGISTRAR.public, text, b"message")
    assert not verified(text, REGISTRAR.sign(b"message"), b"message")


def test_a_key_can_be_written_and_read() -> None:
    assert Signer(REGISTRAR.seed).public == REGISTRAR.public
    assert public_key(REGISTRAR.public).public_bytes_raw()
