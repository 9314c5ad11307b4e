"""denied.toml names all that the generated configuration permits, and nothing that it does not: a new route without an entry fails here."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from deploy import demo
from deploy.keys import nkey_public, nkey_seed
from deploy.natsconf import account, accounts
from deploy.registrar import Registrar
from shared.grants import Grant, matches
from shared.register import SERVICES, Register
from tests.flows.pairs import KEEPER, LIST, Crossing, Permitted

LEAF = "carrefour"
"""Has a server of its own here."""
_USER = re.compile(r"\{nkey: (\w+), permissions: \{publish: \{allow: (\[.*?\])\}, subscribe: \{allow: (\[.*?\])\}")
_ACCOUNT = re.compile(r"^  (\w+) \{$(.*?)^  \}$", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r'\{(?:service|stream): "([^"]+)", accounts: \[(\w+)\]')
_IMPORT = re.compile(r'\{(?:service|stream): \{account: (\w+), subject: "([^"]+)"\}(?:, to: "([^"]+)")?\}')


@pytest.fixture
def register(tmp_path: Path) -> Register:
    """The demo network, with an integrator, an own server and an agreement that has ended."""
    demo.prepare(tmp_path)
    registrar = Registrar(tmp_path)
    registrar.grant("welzin", "reports", "events.public.>", None, nkey_public(nkey_seed()))
    registrar.on_its_own(LEAF)
    return registrar.end(UUID(int=1), "welzin", date(2026, 6, 1))


def users(register: Register) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Every user's public key, kind, and what fills the list's patterns for it."""
    yield register.contents.gateway, "gateway", {}
    for slug, one in register.organisations.items():
        for service in SERVICES if one.leaf is None else ():
            yield one.nodes[service].nkey, "service", {"own": slug, "service": service}
        if one.leaf is not None:
            yield one.leaf, "leaf", {"own": slug}
    for grant in register.contents.grants:
        yield grant.nkey or "", "integrator", {"mine": grant.consumer}


def filled(patterns: Iterable[str], names: Mapping[str, str]) -> set[str]:
    """The list's patterns for one user."""
    others = [one for one in SERVICES if one != names.get("service")]
    return {pattern.format(**names, other=other) for pattern in patterns for other in others}


def permitted(kind: str, names: Mapping[str, str]) -> Permitted:
    """What the list says of one user."""
    listed, more = LIST.permitted[kind], LIST.permitted["keeper"] if names.get("service") == KEEPER else Permitted()
    return Permitted((*listed.say, *more.say), (*listed.hear, *more.hear))


def test_every_user_may_say_and_hear_what_is_listed_and_nothing_else(register: Register) -> None:
    found = {nkey: (json(say), json(hear)) for nkey, say, hear in _USER.findall(accounts(register))}
    for nkey, kind, names in users(register):
        listed = permitted(kind, names)
        assert found.pop(nkey) == (filled(listed.say, names), filled(listed.hear, names)), (kind, names)
    assert found == {}


def test_the_system_user_stands_alone_and_without_an_account_nobody_enters(register: Register) -> None:
    written = accounts(register)
    named = set(re.findall(r"\{nkey: (\w+)", written))
    assert named - {nkey for nkey, _, _ in users(register)} == {register.contents.sys}
    assert set(re.findall(r"^  (\w+) \{", written, re.MULTILINE)) == {
        "GATEWAY",
        "SYS",
        *(account(slug) for slug in register.organisations),
        *(grant.account for grant in register.contents.grants),
    }


def crossing(register: Register, slug: str, one: Crossing) -> Iterator[tuple[str, str, str]]:
    """Account that may, subject here, and its name there."""
    match one.to:
        case "gateway":
            yield "GATEWAY", one.subject, one.name.format(own=slug)
        case "partner":
            for partner in register.partners(slug):
                yield account(partner), one.subject.format(partner=partner), one.name.format(own=slug)
        case "integrator":
            for grant in granted(register, slug):
                subject = one.subject.format(mine=grant.consumer)
                yield grant.account, subject, one.name or subject


def granted(register: Register, slug: str) -> list[Grant]:
    """Of one organisation."""
    return [grant for grant in register.contents.grants if grant.organisation == slug]


def test_nothing_crosses_between_accounts_but_what_is_listed(register: Register) -> None:
    blocks = dict(_ACCOUNT.findall(accounts(register)))
    exports = {(name, to, subject) for name, block in blocks.items() for subject, to in _EXPORT.findall(block)}
    imports = {
        (source, name, subject, to or subject)
        for name, block in blocks.items()
        for source, subject, to in _IMPORT.findall(block)
    }
    listed = {
        (account(slug), *found)
        for slug in register.organisations
        for one in LIST.crossing
        for found in crossing(register, slug, one)
    }
    assert exports == {(source, to, subject) for source, to, subject, _ in listed}
    assert imports == listed
    written = accounts(register)
    assert len(re.findall(r"\{(?:service|stream):", written)) == len(exports) + len(imports), "all were read"


@pytest.mark.parametrize("kind", ["service", "keeper", "gateway", "integrator"])
def test_all_that_is_permitted_is_tried(kind: str) -> None:
    tried = [one for one in LIST.tried if kind in one.by and not one.refused]
    for said in LIST.permitted[kind].say:
        assert any(matches(plain(said), plain(one)) for entry in tried for one in entry.say), said
    for heard in LIST.permitted[kind].hear:
        assert any(heard == one for entry in tried for one in entry.hear), heard


def plain(pattern: str) -> str:
    """With names in place of what is filled in; the own service is not another."""
    return re.sub(r"\{(\w+)\}", lambda name: "x" if name[1] in ("theirs", "mine") else name[1], pattern)


def json(text: str) -> set[str]:
    """A list of subjects as it stands in the configuration."""
    return set(msgspec.json.decode(text, type=list[str]))
