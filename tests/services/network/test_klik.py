"""Rules of a klik. Above all: a one-sided yes is never shown."""

from typing import Any
from uuid import UUID

from hypothesis import given as any_of
from hypothesis import strategies as st
from msgspec import json
from msgspec.structs import replace

from services.network.domain import klik
from services.network.domain.klik import Block, Blocked, ContactChanged, End, Ended
from services.network.publish import publish
from services.network.views import kliks
from tests.services.network.examples import ANN, BOB, CAS, KLIK, NOON, PAIR, formed, said, yes
from tests.support.given import given
from tests.support.projected import recorded, seen


def test_two_people_are_one_pair_whoever_is_named_first() -> None:
    assert klik.pair(ANN, BOB) == klik.pair(BOB, ANN)
    assert klik.pair(ANN, BOB) != klik.pair(ANN, CAS)


def test_a_first_yes_is_only_a_yes() -> None:
    given(klik).when(yes(ANN, BOB)).then(said(ANN, BOB))


def test_the_same_yes_again_gives_nothing() -> None:
    given(klik, said(ANN, BOB)).when(yes(ANN, BOB)).then()


def test_the_contact_to_share_can_be_chosen_anew() -> None:
    given(klik, said(ANN, BOB)).when(yes(ANN, BOB, "mail")).then(said(ANN, BOB, "mail"))


def test_when_both_said_yes_there_is_a_klik_with_the_contacts_they_chose() -> None:
    given(klik, said(ANN, BOB, "mail")).when(yes(BOB, ANN)).then(formed(one_contact="mail"))


def test_in_a_klik_a_yes_again_gives_nothing() -> None:
    given(klik, said(ANN, BOB), formed()).when(yes(BOB, ANN)).then()


def test_in_a_klik_another_contact_is_shared_on() -> None:
    history = (said(ANN, BOB), formed(), ContactChanged(ANN, "mail", NOON))
    given(klik, said(ANN, BOB), formed()).when(yes(ANN, BOB, "mail")).then(ContactChanged(ANN, "mail", NOON))
    given(klik, *history).when(yes(ANN, BOB, "mail")).then()


def test_either_may_end_it_and_both_may_begin_again() -> None:
    given(klik, said(ANN, BOB), formed()).when(End(BOB, NOON)).then(Ended(KLIK, BOB, NOON))
    over = (said(ANN, BOB), formed(), Ended(KLIK, BOB, NOON))
    given(klik, *over).when(yes(BOB, ANN)).then(said(BOB, ANN))


def test_a_yes_is_taken_back_as_silently_as_it_was_said() -> None:
    given(klik, said(ANN, BOB)).when(End(ANN, NOON)).then(Ended(None, ANN, NOON))
    given(klik, said(ANN, BOB)).when(End(BOB, NOON)).then(Ended(None, BOB, NOON))
    given(klik).when(End(BOB, NOON)).then()


def test_a_block_ends_what_there_was() -> None:
    given(klik, said(ANN, BOB), formed()).when(Block(BOB, ANN, NOON)).then(Blocked(KLIK, BOB, NOON))
    given(klik, said(ANN, BOB)).when(Block(BOB, ANN, NOON)).then(Blocked(None, BOB, NOON))
    given(klik, Blocked(None, BOB, NOON)).when(Block(BOB, ANN, NOON)).then()
    given(klik, Blocked(None, BOB, NOON)).when(End(ANN, NOON)).then()


def test_a_yes_to_who_has_blocked_is_taken_and_comes_to_nothing() -> None:
    given(klik, Blocked(None, BOB, NOON)).when(yes(ANN, BOB)).then()


def test_an_own_yes_takes_the_own_block_back() -> None:
    given(klik, Blocked(None, BOB, NOON)).when(yes(BOB, ANN)).then(said(BOB, ANN))
    given(klik, Blocked(None, BOB, NOON), said(BOB, ANN)).when(yes(ANN, BOB)).then(formed(BOB, two=ANN))


def test_of_two_blocks_each_takes_back_their_own() -> None:
    both = (Blocked(None, BOB, NOON), Blocked(None, ANN, NOON))
    given(klik, *both).when(yes(ANN, BOB)).then(said(ANN, BOB))
    given(klik, *both, said(ANN, BOB)).when(yes(ANN, BOB)).then()
    given(klik, *both, said(ANN, BOB)).when(yes(BOB, ANN)).then(said(BOB, ANN))


def test_a_klik_is_between_two_people_whom_the_network_knows() -> None:
    given(klik).when(yes(ANN, ANN)).refused("invalid", fields="other")
    given(klik).when(Block(ANN, ANN, NOON)).refused("invalid", fields="other")
    given(klik).when(yes(ANN, BOB, known=(ANN,))).refused("participant-unknown")


def test_of_who_is_another_team_s_nothing_is_told_not_even_that_they_are_not_there() -> None:
    unseen = replace(yes(ANN, BOB), sees_other=False)
    given(klik).when(unseen).then(said(ANN, BOB))
    given(klik).when(replace(unseen, known=frozenset({ANN}))).then()
    given(klik).when(replace(unseen, minors=frozenset({BOB}))).then()


def test_a_late_change_of_contact_to_what_has_ended_changes_nothing() -> None:
    over = (said(ANN, BOB), formed(), Ended(KLIK, ANN, NOON), ContactChanged(ANN, "mail", NOON))
    given(klik, *over).when(yes(BOB, ANN)).then(said(BOB, ANN))


people = st.sampled_from([(ANN, BOB), (BOB, ANN)])
commands = st.one_of(
    st.builds(lambda two, contact: yes(two[0], two[1], contact), people, st.sampled_from(["phone", "mail"])),
    people.map(lambda two: End(two[0], NOON)),
    people.map(lambda two: Block(*two, NOON)),
)


class Willing:
    """What the two want, told by their own last words: the plainest model there is."""

    def __init__(self) -> None:
        self.yes: dict[UUID, str] = {}
        self.blocks: set[UUID] = set()

    def hear(self, command: klik.Command) -> None:
        match command:
            case klik.SayYes(who=who, contact=contact):
                self.blocks.discard(who)
                self.yes |= {who: contact} if not self.blocks else {}
            case Block(who):
                self.blocks.add(who)
                self.yes = {}
            case End():
                self.yes = {}


@any_of(st.lists(commands, max_size=12))
def test_no_sequence_of_yes_end_and_block_shows_a_one_sided_yes(asked: list[klik.Command]) -> None:
    model, events = Willing(), list[Any]()
    with seen(kliks) as view:
        for command in asked:
            model.hear(command)
            came = given(klik, *events).when(command).came
            assert isinstance(came, list)
            events += came
            view.given(PAIR, *came)
            mutual = len(model.yes) == 2
            for one, other in ((ANN, BOB), (BOB, ANN)):
                shown = view.ask(kliks.between, one, other).klik
                assert (shown and shown.contact) == (model.yes[other] if mutual else None)
            told = [public for event in came if (public := publish(recorded(event, PAIR)))]
            assert all(public.subject == KLIK for public in told)
            assert not any(str(hint) in str(json.encode(told)) for hint in (ANN, BOB, PAIR))
    in_turn = [public.event.SUBJECT for event in events if (public := publish(recorded(event, PAIR)))]
    assert in_turn == ["own.network.klik.formed", "own.network.klik.ended"] * (len(in_turn) // 2) + [
        "own.network.klik.formed"
    ] * (len(in_turn) % 2)
