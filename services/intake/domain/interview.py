"""Intake interviews: the conversation that finds out what somebody asks for, and the question behind it."""

from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Struct

from shared.personal import Subject
from shared.rules import Refused


class Findings(Struct, frozen=True, kw_only=True):
    """What came out. `suitable_now`: for a meeting market, or not yet (the right phase), and why."""

    asked_for: str
    question_behind_it: str
    suitable_now: bool
    suitable_why: str
    purpose: str
    next_steps: str


class RecordInterview(Struct, frozen=True):
    """Write down what was said; `today` is the day of writing. It is kept on the ground of the file, so not when that `ended`."""

    participant: UUID
    held_on: date
    by: str
    findings: Findings
    today: date
    ended: bool = False


class InterviewRecorded(Struct, frozen=True, tag="intake.interview-recorded.v1"):
    """A conversation took place."""

    participant: UUID
    held_on: date
    by: str
    findings: Annotated[Findings | None, Subject("participant")]


class Nothing(Struct, frozen=True):
    """Not there."""


class Interview(Struct, frozen=True):
    """It took place."""

    recorded: InterviewRecorded


Command: TypeAlias = RecordInterview
Event: TypeAlias = InterviewRecorded
State: TypeAlias = Nothing | Interview
initial: State = Nothing()


def decide(command: Command, state: State) -> list[Event]:
    """Say what follows from a command. Refusals: `interview-in-future`, `interview-exists`, `participant-ended`."""
    recorded = InterviewRecorded(command.participant, command.held_on, command.by, command.findings)
    match state:
        case Nothing() if command.ended:
            raise Refused("participant-ended")
        case Nothing():
            if command.held_on > command.today:
                raise Refused("interview-in-future")
            return [recorded]
        case Interview(same) if same == recorded:
            return []
        case _:
            raise Refused("interview-exists")


def evolve(state: State, event: Event) -> State:
    """Take in what happened."""
    return state if isinstance(state, Interview) else Interview(event)
