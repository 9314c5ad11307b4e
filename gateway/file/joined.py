"""A participant's file, joined from the three services of the caller's organisation: all of it, or nothing."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar
from uuid import UUID

from gateway.errors import NodeRefused
from gateway.file.account import account
from gateway.inquiry import Inquiry
from shared.contracts.file import FORMAT, ParticipantFile
from shared.rules import NotFound, Unavailable

T = TypeVar("T")


async def joined(inquiry: Inquiry, participant: UUID) -> ParticipantFile:
    """Everything that is kept of a participant whom the caller sees.

    A part that is away makes no smaller file, because nobody could tell it from a whole one.

    Raises:
        NodeRefused: intake refused: `participant-unknown`, `role-missing`.
        Unavailable: `file-part-missing`, `file-part-too-large`, naming the part.
        Unauthenticated: the token.
    """
    files, scope, names = inquiry.files, inquiry.scope, inquiry.gateway.organisations()
    intake = await _there("intake", files.intake(participant))
    ended = intake.participant.ended_at is not None
    network, events = await asyncio.gather(
        kept("network", files.network(participant), ended=ended),
        kept("events", files.events(participant), ended=ended),
    )
    now, known = inquiry.gateway.clock(), {slug: one.name for slug, one in names.items()}
    return ParticipantFile(
        format=FORMAT,
        organisation=scope.organisation,
        organisation_name=known.get(scope.organisation, scope.organisation),
        participant=participant,
        made_at=now,
        account=account(intake, network, now, known),
        intake=intake,
        network=network,
        events=events,
    )


async def kept(part: str, answer: Awaitable[T], *, ended: bool) -> T | None:
    """A part outside intake, where who has ended is not known any more; anybody else must be. Raises what `joined` does."""
    try:
        return await _there(part, answer)
    except NodeRefused as refused:
        if refused.problem.status != NotFound.status:
            raise
        if not ended:
            raise Unavailable("file-part-missing", part=part) from refused
        return None


async def _there(part: str, answer: Awaitable[T]) -> T:
    try:
        return await answer
    except Unavailable as away:
        raise Unavailable("file-part-missing", part=part) from away
    except NodeRefused as refused:
        if refused.problem.code == "answer-too-large":
            raise Unavailable("file-part-too-large", part=part) from refused
        if refused.problem.status < 500:  # noqa: PLR2004  (RFC 9110: from here on it is the server's fault)
            raise
        raise Unavailable("file-part-missing", part=part) from refused
