"""A participant's file as a document that the person can read, keep and print: one HTML page without script."""

import base64
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.file.fields import Fields
from gateway.file.markup import Markup, element, joined
from gateway.file.wording import Wording
from shared.contracts.file import ParticipantFile, Recipient

_STYLE = (Path(__file__).parent / "file.css").read_text("utf-8")
POLICY = (
    f"default-src 'none'; style-src 'sha256-{base64.b64encode(sha256(_STYLE.encode()).digest()).decode()}';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""What the page may load: nothing but the style that it carries, so that it also reads well where it was saved."""
_TOGETHER = ("history", "reads")
"""Parts that every service has, shown as one list."""


def document(file: ParticipantFile, language: str, names: Mapping[str, str]) -> str:
    """The whole page; `names` are what organisations are called."""
    words = Wording(language, names)
    title = words.say("title", organisation=file.organisation_name)
    sections = [("account", _account(file, words)), *_parts(file, words)]
    index = (element("li", element("a", words.label(name), href=f"#{name}")) for name, _ in sections)
    body = joined(
        element("header", element("h1", title), element("p", _made(file, words))),
        element("nav", element("ul", *index), aria_label=words.say("contents")),
        element("main", *(_section(name, held, words) for name, held in sections)),
    )
    return f"<!doctype html>\n{element('html', _head(title), element('body', body), lang=language)}\n"


def _head(title: str) -> Markup:
    metas = Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">')
    return element("head", metas, element("title", title), element("style", Markup(_STYLE)))


def _made(file: ParticipantFile, words: Wording) -> str:
    made = words.moment(file.made_at)
    return words.say("made", organisation=file.organisation_name, moment=made, number=str(file.participant))


def _section(name: str, held: Markup, words: Wording) -> Markup:
    return element("section", element("h2", words.label(name), id=name), held)


def _account(file: ParticipantFile, words: Wording) -> Markup:
    """What article 15, paragraph 1 wants said."""
    said, months = file.account, file.intake.kept.months_after_end

    def answered(code: str, *more: str) -> Markup:
        told = element("p", words.say(f"{code}-answer", organisation=file.organisation_name, months=months))
        return joined(element("h3", words.say(code)), told, *more)

    ground = element("p", words.say(f"fileground-{said.ground}", organisation=file.organisation_name))
    purposes = element("ul", *(element("li", words.say(f"purpose-{one}")) for one in said.purposes))
    rights = element("ul", *(element("li", words.say(f"right-{one}")) for one in said.rights))
    recipients = [
        element("li", element("strong", one.name), joined(": ", _recipient(one, words))) for one in said.recipients
    ]
    told = element("ul", *recipients) if recipients else element("p", words.say("recipients-none"))
    return joined(
        answered("why", purposes, ground),
        answered("recipients", told),
        *(answered(code) for code in ("source", "retention", "decisions")),
        answered("rights", rights),
    )


def _recipient(one: Recipient, words: Wording) -> str:
    told = words.say("recipient-told", moment=words.moment(one.told)) if one.told else words.say("recipient-not-told")
    return f"{told} {words.say('recipient-agreed' if one.agreed else 'recipient-not-agreed')}"


def _parts(file: ParticipantFile, words: Wording) -> Iterator[tuple[str, Markup]]:
    """What each service keeps, a section for each part; then what was recorded and seen, of all three together."""
    fields, services = Fields(words), (file.intake, file.network, file.events)
    for service, part in zip(("intake", "network", "events"), services, strict=True):
        if part is None:
            yield service, element("p", words.say("nothing-any-more"))
            continue
        yield from _of_service(service, part, fields, words)
    for name in _TOGETHER:
        every = sorted((one for part in services if part for one in getattr(part, name)), key=lambda one: one.at)
        yield name, joined(element("p", words.say(f"about-{name}")), fields.listed(name, every, 3))


def _of_service(service: str, part: Struct, fields: Fields, words: Wording) -> Iterator[tuple[str, Markup]]:
    plain = list[str]()
    for field in msgspec.structs.fields(part):
        name, value = field.encode_name, getattr(part, field.name)
        if name in _TOGETHER:
            continue
        if isinstance(value, Struct):
            yield name, fields.facts(value, 3)
        elif isinstance(value, tuple):
            yield name, fields.listed(name, value, 3)
        elif text := words.value(name, value):
            plain += (element("dt", words.label(name)), element("dd", text))
    if plain:
        yield service, element("dl", *plain)
