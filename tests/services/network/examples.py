"""People to tell stories with; made up."""

from datetime import UTC, datetime
from uuid import UUID

from services.network.domain import klik
from services.network.domain.klik import Formed, SayYes, YesSaid

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ANN = UUID("01970000-0000-7000-8000-0000000000aa")
BOB = UUID("01970000-0000-7000-8000-0000000000bb")
CAS = UUID("01970000-0000-7000-8000-0000000000cc")
KLIK = UUID("01970000-0000-7000-8000-00000000001a")
PAIR = klik.pair(ANN, BOB)


def yes(who: UUID, other: UUID, contact: str = "06", known: tuple[UUID, ...] = (ANN, BOB), id_: UUID = KLIK) -> SayYes:
    minors = frozenset[UUID]()
    return SayYes(klik=id_, who=who, other=other, contact=contact, known=frozenset(known), minors=minors, at=NOON)


def said(who: UUID, other: UUID, contact: str = "06") -> YesSaid:
    return YesSaid(who, other, contact, NOON)


def formed(one: UUID = ANN, one_contact: str = "06", two: UUID = BOB, two_contact: str = "06") -> Formed:
    return Formed(klik=KLIK, one=one, one_contact=one_contact, two=two, two_contact=two_contact, at=NOON)
