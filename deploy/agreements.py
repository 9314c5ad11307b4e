"""Who may refer to whom: the parts of the register that change when organisations agree, end, join or leave.

Each party signs, which it can where its key is: on this machine.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec.structs import replace

from shared.agreements import LARGEST_COVENANT, Agreement, Covenant, Ended, Left
from shared.register import Register
from shared.rules import Refused

Sign = Callable[[Register, str, bytes], str]
"""Signs for an organisation with the key that the register names."""
Parts = Mapping[str, object]
"""Of `Contents`, by field."""


def agreed(register: Register, sign: Sign, draft: Agreement) -> Parts:
    """A new agreement, signed by both. Raises `Refused`: `organisation-unknown`, `agreement-self`, `agreement-exists`."""
    parties = [register.organisation(slug).slug for slug in (draft.sender, draft.receiver)]
    if draft.sender == draft.receiver:
        raise Refused("agreement-self", organisation=draft.sender)
    if register.may_refer(*parties):
        raise Refused("agreement-exists", sender=draft.sender, receiver=draft.receiver)
    signed = {slug: sign(register, slug, draft.words()) for slug in parties}
    return {"agreements": (*register.contents.agreements, replace(draft, signatures=signed))}


def ended(register: Register, sign: Sign, identifier: UUID, by: str, at: date) -> Parts:
    """One party's end of an agreement. Raises `Refused`: `agreement-unknown`, `agreement-ended`, `agreement-party`."""
    found = {one.id: one for one in register.contents.agreements}
    agreement = found.get(identifier)
    if agreement is None:
        raise Refused("agreement-unknown", agreement=str(identifier))
    if agreement.ended:
        raise Refused("agreement-ended", agreement=str(identifier), at=str(agreement.ended.at))
    if by not in (agreement.sender, agreement.receiver):
        raise Refused("agreement-party", organisation=by)
    found[identifier] = replace(agreement, ended=Ended(at, by, sign(register, by, agreement.words(at))))
    return {"agreements": tuple(found.values())}


def founded(register: Register, sign: Sign, draft: Covenant, members: Sequence[str]) -> Parts:
    """A new covenant of at least two. Raises `Refused`: `covenant-exists`, `covenant-alone`, and as `joined` does."""
    if any(one.name == draft.name for one in register.contents.covenants):
        raise Refused("covenant-exists", covenant=draft.name)
    if len(set(members)) <= 1:
        raise Refused("covenant-alone", covenant=draft.name)
    signed = _signed(register, sign, draft, members)
    return {"covenants": (*register.contents.covenants, signed)}


def joined(register: Register, sign: Sign, name: str, member: str) -> Parts:
    """One more member. Raises `Refused`: `covenant-unknown`, `organisation-unknown`, `covenant-member`, `covenant-full`."""
    covenant = _covenant(register, name)
    if member in covenant.members:
        raise Refused("covenant-member", covenant=name, organisation=member)
    return _changed(register, _signed(register, sign, covenant, [member]))


def left(register: Register, sign: Sign, name: str, member: str, at: date) -> Parts:
    """One member less; its routes to the others stay. Raises `Refused`: `covenant-unknown`, `covenant-stranger`."""
    covenant = _covenant(register, name)
    if member not in covenant.members:
        raise Refused("covenant-stranger", covenant=name, organisation=member, members=", ".join(covenant.members))
    others = {slug: signature for slug, signature in covenant.members.items() if slug != member}
    leaving = Left(at, member, tuple(sorted(others)))
    signed = replace(leaving, signature=sign(register, member, covenant.words(member, leaving)))
    return _changed(register, replace(covenant, members=others, left=(*covenant.left, signed)))


def _covenant(register: Register, name: str) -> Covenant:
    found = {one.name: one for one in register.contents.covenants}
    if name not in found:
        raise Refused("covenant-unknown", covenant=name, known=", ".join(found) or "-")
    return found[name]


def _signed(register: Register, sign: Sign, covenant: Covenant, members: Sequence[str]) -> Covenant:
    """With these members too."""
    known = covenant.known | {register.organisation(slug).slug for slug in members}
    if len(known) > LARGEST_COVENANT:
        raise Refused("covenant-full", covenant=covenant.name, count=len(known), most=LARGEST_COVENANT)
    signatures = {slug: sign(register, slug, covenant.words(slug)) for slug in members}
    return replace(covenant, members={**covenant.members, **signatures})


def _changed(register: Register, covenant: Covenant) -> Parts:
    given = register.contents.covenants
    return {"covenants": tuple(covenant if one.id == covenant.id else one for one in given)}
