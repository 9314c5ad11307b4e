"""Clocks that are a day off: what is refused says so, and nothing is lost, done half or recorded in the past."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from services.intake.domain import outgoing_referral
from services.intake.domain.working_days import end_of_working_day
from shared.contracts.letters import ReferralAccepted
from shared.eventlog.log import utc_now
from shared.identity import Issuer, Role
from shared.wire.aside import again, kept
from shared.wire.handover import Content
from tests.flows.test_referral import RECEIVER, SENDER, arrived, helped, participant, referred, status
from tests.support import notes
from tests.support.network import Network, Problem, network
from tests.support.waiting import eventually

DAY = timedelta(days=1)


class Clock:
    """A machine's clock, so far from the right time."""

    def __init__(self, by: timedelta = timedelta(0)) -> None:
        self.by = by

    def __call__(self) -> datetime:
        return utc_now() + self.by


@asynccontextmanager
async def clocked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, clocks: Mapping[str, Clock]
) -> AsyncGenerator[Network]:
    """The demo network with these nodes, each by its own clock."""
    first, *rest = clocks
    monkeypatch.setattr("shared.node.utc_now", clocks[first])
    async with network(folder, first) as net:
        for node in rest:
            monkeypatch.setattr("shared.node.utc_now", clocks[node])
            await net.start(node)
        yield net


def patient(net: Network) -> None:
    """Tokens are valid for a month, as the right clock has it."""

    def token(organisation: str, *roles: Role, user: str = "ann") -> str:
        issuer = Issuer.open(net.data, organisation, production=False)
        return issuer.token(roles, user=user, now=datetime.now(UTC), hours=720)

    net.token = token  # type: ignore[method-assign]


async def test_a_node_whose_clock_is_ahead_refuses_tokens_and_names_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(DAY)
    async with clocked(tmp_path, monkeypatch, {SENDER: clock}) as net:
        with pytest.raises(Problem, match="token-expired") as refused:
            await participant(net)
        assert "clock" in refused.value.told["detail"]
        clock.by = timedelta(0)
        await participant(net)


@pytest.mark.parametrize("wrong", [SENDER, RECEIVER])
@pytest.mark.parametrize("by", [DAY, -DAY], ids=["ahead", "behind"])
async def test_a_referral_goes_all_the_way_round_when_one_clock_is_a_day_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, by: timedelta
) -> None:
    clocks = {node: Clock(by if node == wrong else timedelta(0)) for node in (SENDER, RECEIVER)}
    async with clocked(tmp_path, monkeypatch, clocks) as net:
        patient(net)
        reference = await referred(net)
        ask = f"/v1/referrals/{(await arrived(net, reference))['id']}"
        await helped(net, ask, reference)
        assert (await status(net, reference, "completed"))["outcome"]["helped"] == "yes"
        for node in clocks:
            assert not (await net.nodes[node].health()).parked


async def test_a_partner_whose_clock_is_ahead_moves_no_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with clocked(tmp_path, monkeypatch, {SENDER: Clock(20 * DAY), RECEIVER: Clock()}) as net:
        patient(net)
        record = await arrived(net, await referred(net))
        answer_by = (await net.ask(RECEIVER, "GET", f"/v1/referrals/{record['id']}"))["answerBy"]
        latest = end_of_working_day(utc_now(), outgoing_referral.ANSWER_WITHIN)
        assert datetime.fromisoformat(answer_by) <= latest


async def test_a_clock_that_is_set_back_records_nothing_in_the_past(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(DAY)
    async with clocked(tmp_path, monkeypatch, {SENDER: clock}) as net:
        patient(net)
        await participant(net)
        clock.by = -DAY
        await participant(net, "Bep")
        times = [one.at for one in await net.nodes[SENDER].log.notifications(0, 100)]
        assert times == sorted(times)
        assert times[-1] > utc_now() + DAY / 2
        assert (await net.nodes[SENDER].health()).ready
        await eventually(net.nodes[SENDER].relay.lag, 0)


def test_what_was_put_aside_is_not_from_the_future_either() -> None:
    body = msgspec.Raw(msgspec.json.encode(ReferralAccepted(owner="x")))
    came = datetime(2026, 1, 5, tzinfo=UTC)
    content = Content(body, notes.COPIES, came + 400 * DAY, "")
    assert again(None, kept(None, "alpha.intake", msgspec.json.encode(content)), came).at == came
