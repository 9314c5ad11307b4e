"""Any part of a file as HTML, by its own fields: what a service adds to its part is shown without anybody thinking of it here."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from gateway.file.markup import Markup, element, joined
from gateway.file.wording import Wording
from shared.identity import Role

DEEPEST = 6
"""Headings go no further."""


class Fields:
    """Writes parts of a file for one reader."""

    def __init__(self, wording: Wording) -> None:
        self._words = wording

    def facts(self, part: Struct, level: int) -> Markup:
        """What a part says: its values as a list of terms, then what it holds under headings of this level."""
        plain, held = list[str](), list[str]()
        for name, value in _named(part):
            if _holds(value):
                held.append(self._held(name, value, level))
            elif text := self._words.value(name, value):
                plain += (element("dt", self._words.label(name)), element("dd", text))
        return joined(element("dl", *plain) if plain else "", *held)

    def listed(self, name: str, items: Sequence[Struct], level: int) -> Markup:
        """Some parts of a kind: what happened at some time in a table, others each under a heading."""
        if not items:
            return element("p", self._words.say("nothing"))
        if _happened(items[0]):
            return self._table(self._words.label(name), [self._row(dict(_named(one))) for one in items])
        return joined(*(self._one(name, number, item, level) for number, item in enumerate(items, 1)))

    def _one(self, name: str, number: int, item: Struct, level: int) -> Markup:
        what = self._words.say("numbered", what=self._words.say(f"one-{name}"), number=number)
        return element("section", element(f"h{level}", what), self.facts(item, _below(level)))

    def _table(self, caption: str, rows: Iterable[Sequence[str]]) -> Markup:
        heads = (
            element("th", self._words.say(f"column-{one}"), scope="col") for one in ("when", "what", "who", "more")
        )
        lines = (
            element("tr", element("th", first, scope="row"), *(element("td", one) for one in others))
            for first, *others in rows
        )
        body = joined(element("thead", element("tr", *heads)), element("tbody", *lines))
        whole = element("table", element("caption", caption), body)
        return element("div", whole, class_="wide", role="region", aria_label=caption, tabindex="0")

    def _held(self, name: str, value: Struct | Sequence[Struct], level: int) -> Markup:
        below = _below(level)
        within = self.facts(value, below) if isinstance(value, Struct) else self.listed(name, value, below)
        return element("section", element(f"h{level}", self._words.label(name)), within)

    def _row(self, told: dict[str, Any]) -> Sequence[str]:
        """When, what, by whom, and what more is known of something that happened."""
        at, what, who = told.pop("at"), told.pop("what"), self._words.who(told.pop("by"))
        roles = ", ".join(self._words.word(one) for one in told.pop("roles", ()) if one != Role.PARTICIPANT)
        if roles:
            who = self._words.say("with-role", who=who, role=roles)
        shown = self._words.seen(what) if "action" in told else self._words.word(what)
        more = {name: value for name, value in told.items() if value != at}  # it was over at once
        return self._words.moment(at), shown, who, "; ".join(self._pairs(more))

    def _pairs(self, told: Mapping[str, Any]) -> Iterator[str]:
        for name, value in told.items():
            if isinstance(value, Struct):
                yield from self._pairs(dict(_named(value)))
            elif isinstance(value, Mapping):
                yield from self._pairs({one: said for one, said in value.items() if one != "at"})  # it is the row's
            elif value is not False and (text := self._words.value(name, value)):
                yield self._words.say("labelled", label=self._words.label(name), value=text)


def _named(part: Struct) -> Iterator[tuple[str, Any]]:
    """Fields by their names in the JSON."""
    return ((field.encode_name, getattr(part, field.name)) for field in msgspec.structs.fields(part))


def _holds(value: object) -> bool:
    """Whether a value has parts of its own."""
    return isinstance(value, Struct) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], Struct))


def _below(level: int) -> int:
    return min(level + 1, DEEPEST)


def _happened(item: Struct) -> bool:
    return {"at", "what", "by"} <= set(item.__struct_fields__)
