"""One message instead of many: what one operation asks a node at the same moment travels together."""

import asyncio

from strawberry.dataloader import DataLoader

from shared.wire.calls import CALLS, Answer, Call, Caller


class Nodes:
    """The nodes that one operation asks. Nothing is remembered: a read after a change sees the change."""

    def __init__(self, road: Caller) -> None:
        self._road = road
        self._loader = DataLoader(self._together, cache=False)

    async def ask(self, subject: str, call: Call) -> Answer:
        """A node's answer to one call, asked together with what else is asked now."""
        return await self._loader.load((subject, call))

    async def _together(self, asked: list[tuple[str, Call]]) -> list[Answer | BaseException]:
        by_subject: dict[str, list[int]] = {}
        for index, (subject, _) in enumerate(asked):
            by_subject.setdefault(subject, []).append(index)
        messages = [
            (subject, indexes[start : start + CALLS])
            for subject, indexes in by_subject.items()
            for start in range(0, len(indexes), CALLS)
        ]
        sent = (self._road.call(subject, *(asked[index][1] for index in indexes)) for subject, indexes in messages)
        # One node that is away does not spoil the others' answers: each asker gets its own error.
        replies = await asyncio.gather(*sent, return_exceptions=True)
        answers: dict[int, Answer | BaseException] = {}
        for (_, indexes), reply in zip(messages, replies, strict=True):
            each = [reply] * len(indexes) if isinstance(reply, BaseException) else reply
            answers.update(zip(indexes, each, strict=True))
        return [answers[index] for index in range(len(asked))]
