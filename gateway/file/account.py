"""Why an organisation keeps what is in a file, who was told, and what the person can ask (GDPR article 15, paragraph 1), from the data."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from shared.contracts.file import Account, FiledReferral, FileGround, IntakeFile, NetworkFile, Purpose, Recipient, Right
from shared.contracts.intake import ConsentAnswer, ConsentDirection, ParticipantAnswer

SENT = "handed-over"
"""The step of a referral from which on its partner may have read the letter."""


def account(intake: IntakeFile, network: NetworkFile | None, now: datetime, names: Mapping[str, str]) -> Account:
    """What the person has to be told; `names` are organisations' by slug."""
    told = {one.partner: moment for one in reversed(intake.referrals) if (moment := _sent(one))}
    agreed = {one.recipient for one in intake.consents if _holds(one, now)}
    return Account(
        ground=_ground(intake.participant),
        purposes=tuple(_purposes(intake, network)),
        recipients=tuple(
            Recipient(organisation=slug, name=names.get(slug, slug), agreed=slug in agreed, told=told.get(slug))
            for slug in sorted({*told, *agreed})
        ),
        rights=tuple(Right),
    )


def _ground(participant: ParticipantAnswer) -> FileGround:
    if participant.legal_task is not None:
        return FileGround.LEGAL_TASK
    return FileGround.NOT_RECORDED if participant.file_consent is None else FileGround.CONSENT


def _purposes(intake: IntakeFile, network: NetworkFile | None) -> Iterator[Purpose]:
    yield Purpose.CARE
    if intake.consents or intake.referrals:
        yield Purpose.REFERRAL
    if network is not None and (network.interests or network.kliks):
        yield Purpose.NETWORK
    yield Purpose.ACCOUNT


def _sent(referral: FiledReferral) -> datetime | None:
    """When its letter was last given out; None when it never was."""
    return max((one.at for one in referral.timeline if one.what == SENT), default=None)


def _holds(consent: ConsentAnswer, now: datetime) -> bool:
    sends = consent.direction is not ConsentDirection.REPORT_BACK
    return sends and consent.withdrawn_at is None and now < consent.until
