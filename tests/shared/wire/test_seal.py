"""A letter opens for its receiver alone, and only as what its outside says."""

from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules import Refused
from shared.wire.seal import LetterKeys, Ring, Route, Unauthentic, seal, unseal

ANN, BOB, EVE = LetterKeys.generate(), LetterKeys.generate(), LetterKeys.generate()
ROUTE = Route("alpha.intake", UUID(int=1), "beta.intake", 7, BOB.id)
CONTENT = b'{"body":{"type":"void.v1"}}'
SEALED = seal(CONTENT, ROUTE, ANN, BOB)

short = st.text(max_size=20)
routes = st.builds(Route, short, st.uuids(), short, st.integers(0, 2**60), st.just(BOB.id))


@given(st.binary(max_size=5000))
def test_a_letter_opens_as_it_was_written(content: bytes) -> None:
    assert unseal(seal(content, ROUTE, ANN, BOB), ROUTE, BOB, ANN).rstrip() == content.rstrip()


def test_keys_are_read_back_from_their_file() -> None:
    assert unseal(SEALED, ROUTE, LetterKeys(f"{BOB.seed}\n"), ANN).rstrip() == CONTENT


@pytest.mark.parametrize("text", ["", "abc", "é", BOB.seed[:-4], BOB.seed + "AAAA"])
def test_a_text_that_holds_no_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (whatever is wrong with it)
        LetterKeys(text)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_any_altered_byte_is_refused(place: int, change: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= change
    assert _code(bytes(altered)) == "signature"


@given(st.integers(0, len(SEALED) - 1))
def test_a_piece_of_a_letter_is_refused(length: int) -> None:
    assert _code(SEALED[:length]) == "signature"
    assert _code(SEALED[length + 1 :]) == "signature"


@given(routes)
def test_a_letter_copied_to_another_route_is_refused(route: Route) -> None:
    assert route == ROUTE or _code(SEALED, route) == "signature"


@pytest.mark.parametrize(
    "other",
    [
        {"sender": "gamma.intake"},
        {"log": UUID(int=2)},
        {"receiver": "beta.network"},
        {"number": 8},
        {"sender": "alpha.intak"},
    ],
)
def test_every_part_of_the_outside_is_bound(other: dict[str, object]) -> None:
    assert _code(SEALED, msgspec.structs.replace(ROUTE, **other)) == "signature"


def test_a_letter_for_other_keys_is_told_from_an_altered_one() -> None:
    assert _code(SEALED, msgspec.structs.replace(ROUTE, key=EVE.id)) == "key"
    with pytest.raises(Unauthentic, match="key"):
        unseal(SEALED, ROUTE, EVE, ANN)


def test_another_signer_is_refused() -> None:
    with pytest.raises(Unauthentic, match="signature"):
        unseal(seal(CONTENT, ROUTE, EVE, BOB), ROUTE, BOB, ANN)


def test_a_receiver_cannot_pass_a_letter_off_as_sent_to_another() -> None:
    signed = unseal(SEALED, ROUTE, BOB, ANN)
    onward = Route(ROUTE.sender, ROUTE.log, "eve.intake", 7, EVE.id)
    with pytest.raises(Unauthentic, match="signature"):
        unseal(seal(signed, onward, BOB, EVE), onward, EVE, ANN)


def test_an_empty_letter_is_as_large_as_a_full_one() -> None:
    assert len(SEALED) == len(seal(b"x" * 2000, ROUTE, ANN, BOB))


def _code(box: bytes, route: Route = ROUTE) -> str:
    with pytest.raises(Unauthentic) as refused:
        unseal(box, route, BOB, ANN)
    return refused.value.code


def test_a_node_opens_with_its_present_keys_and_those_before_and_signs_with_the_ones_that_are_registered() -> None:
    ring = Ring(lambda: f"{EVE.seed}\n{BOB.seed}\n")
    assert unseal(SEALED, ROUTE, ring.opening(ROUTE.key), ANN).rstrip() == CONTENT
    assert ring.signing(EVE).seed == EVE.seed
    with pytest.raises(Unauthentic, match="key"):
        ring.opening(ANN.id)
    with pytest.raises(Refused, match="letter-keys-missing"):
        ring.signing(ANN)


def test_new_keys_are_read_when_the_register_names_them_and_the_present_ones_stay_when_they_cannot_be() -> None:
    secrets = [BOB.seed]
    ring = Ring(lambda: secrets[0])
    for broken in ("", "nonsense"):
        secrets[0] = broken
        ring.follow(EVE)
        assert ring.signing(BOB).seed == BOB.seed
    secrets[0] = f"{EVE.seed}\n{BOB.seed}"
    ring.follow(BOB)
    with pytest.raises(Refused, match="letter-keys-missing"):
        ring.signing(EVE)
    ring.follow(EVE)
    assert ring.signing(EVE).seed == EVE.seed
