"""Rules of a place."""

from msgspec.structs import replace

from services.events.domain import place
from services.events.domain.place import Change, Changed, Register, Registered
from tests.services.events.examples import BANT, EMMELOORD, NOON
from tests.support.given import given


def test_a_place_is_registered() -> None:
    given(place).when(Register(EMMELOORD, NOON)).then(Registered(EMMELOORD, NOON))


def test_registered_as_it_is_already_gives_nothing() -> None:
    given(place, Registered(EMMELOORD, NOON)).when(Register(EMMELOORD, NOON)).then()


def test_another_place_under_the_same_id_is_refused() -> None:
    given(place, Registered(EMMELOORD, NOON)).when(Register(BANT, NOON)).refused("place-exists")


def test_a_place_changes_as_a_whole() -> None:
    given(place, Registered(EMMELOORD, NOON)).when(Change(BANT, NOON)).then(Changed(BANT, NOON))


def test_changed_to_what_it_is_gives_nothing() -> None:
    given(place, Registered(EMMELOORD, NOON), Changed(BANT, NOON)).when(Change(BANT, NOON)).then()


def test_a_place_that_is_not_there_cannot_change() -> None:
    given(place).when(Change(BANT, NOON)).refused("place-unknown")


def test_every_fault_is_told() -> None:
    wrong = replace(EMMELOORD, area="Emmeloord", languages=("Nederlands",) * 11)
    given(place).when(Register(wrong, NOON)).refused("invalid", fields="area, languages, languages")
