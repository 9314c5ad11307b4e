"""A receipt in plain words: one page without script, or plain text."""

from calendar import month_name
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from html import escape
from pathlib import Path
from typing import Any

from services.intake.domain.working_days import AMSTERDAM
from shared.contracts.intake import ConsentReceipt, ErasureItem, FileConsentAnswer
from shared.sentences import Sentences

WORDS = Sentences(Path(__file__).parent.parent / "words")
_STYLE = "body{font:1.1rem/1.6 sans-serif;max-width:42rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"


def text(receipt: ConsentReceipt, language: str) -> str:
    """As it is read aloud, or sent by post."""
    parts = [WORDS.say("receipt-title", language, {}), *_lines(receipt, language)]
    return "\n\n".join(parts) + "\n"


def page(receipt: ConsentReceipt, language: str) -> str:
    """As HTML. What people typed stands in it as text."""
    title = escape(WORDS.say("receipt-title", language, {}))
    told = "".join(f"<p>{escape(line)}</p>" for line in _lines(receipt, language))
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    main = f"<main><h1>{title}</h1>{told}</main>"
    return f'<!doctype html>\n<html lang="{language}"><head>{head}</head><body>{main}</body></html>\n'


def _lines(receipt: ConsentReceipt, language: str) -> Iterator[str]:
    told = _told(receipt, language)
    yield WORDS.say("receipt-who", language, told)
    yield WORDS.say("receipt-what", language, told)
    if told["special"]:
        yield WORDS.say("receipt-special", language, told)
    yield WORDS.say(f"receipt-direction-{receipt.direction}", language, told)
    yield WORDS.say(f"receipt-{receipt.event_state}", language, told)
    for answer in receipt.recipient_answers:
        yield _answer(answer, told, language)
    yield WORDS.say(f"receipt-evidence-{receipt.evidence.agreed_by}", language, told)
    yield receipt.withdrawal_method
    if receipt.file_consent is not None:
        yield _file(receipt.file_consent, told, language)
    yield WORDS.say("receipt-rights", language, told)
    yield WORDS.say("receipt-number", language, told)


def _answer(answer: ErasureItem, told: Mapping[str, Any], language: str) -> str:
    """What the recipient does with what it was told, when consent was taken back."""
    if answer.answered_at is None:
        return WORDS.say("receipt-asked", language, {**told, "day": _day(answer.answer_by, language)})
    day = _day(answer.answered_at, language)
    if answer.ground is None:
        return WORDS.say("receipt-destroyed", language, {**told, "day": day})
    return WORDS.say("receipt-kept", language, {**told, "day": day, "ground": str(answer.ground)})


def _file(agreed: FileConsentAnswer, told: Mapping[str, Any], language: str) -> str:
    """That a file is kept was agreed to apart from what stands in this receipt."""
    form = WORDS.say(f"form-{agreed.form}", language, {})
    shown = {"form": form, "asked": _day(agreed.asked_on, language), "by": agreed.asked_by}
    return WORDS.say("receipt-file", language, {**told, **shown, "version": agreed.text_version})


def _told(receipt: ConsentReceipt, language: str) -> dict[str, Any]:
    special = [one.description for one in receipt.pii_information if one.special_category]
    return {
        "organisation": receipt.pii_controller.name,
        "recipient": receipt.recipient.name,
        "data": "; ".join(one.description for one in receipt.pii_information),
        "special": "; ".join(special),
        "since": _day(receipt.event_time, language),
        "until": _day(receipt.valid_until, language),
        "withdrawn": _day(receipt.withdrawn_at, language) if receipt.withdrawn_at else "",
        "form": WORDS.say(f"form-{receipt.evidence.form}", language, {}),
        "asked": _day(receipt.evidence.asked_on, language),
        "by": receipt.evidence.asked_by,
        "version": receipt.evidence.text_version,
        "authority": receipt.supervisory_authority,
        "number": str(receipt.record_id),
    }


def _day(at: date | datetime, language: str) -> str:
    day = at.astimezone(AMSTERDAM).date() if isinstance(at, datetime) else at
    return f"{day.day}-{day.month}-{day.year}" if language == "nl" else f"{day.day} {month_name[day.month]} {day.year}"
