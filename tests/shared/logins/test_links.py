"""Who holds a link is known by a token of the organisation's own key, in production too; nobody else can make one, or be one."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest

from deploy.linkkeys import keep_links
from shared.access import KNOWN, PUBLIC, Access, Whose, access
from shared.identity import LINKED, Evening, Holder, Issuer, OrgScope, Role
from shared.linkkeys import LinkKey, issuer
from shared.rules import Forbidden, Unavailable
from shared.signing import Signer
from tests.support.logins import CLAIMS, NOON, NOW, Site, token
from tests.support.provider import Provider
from tests.support.registers import PARTIES

LINK, ANN, SERIES = UUID(int=1), UUID(int=2), UUID(int=3)
HOUR = timedelta(hours=1)
PARTICIPANT = Holder(link=LINK, person=ANN)
HOST = Holder(link=LINK, evening=Evening(SERIES, date(2026, 6, 1)))


async def keyed(site: Site, slug: str = "welzin") -> LinkKey:
    """An organisation's key, as the registrar makes it; the processes have seen it."""
    keep_links(site.data, slug)
    await site.issuers.refresh()
    return LinkKey.open(site.data, slug)


def made(key: LinkKey, holder: Holder = PARTICIPANT) -> str:
    return key.token(holder, now=NOON, until=NOON + HOUR)


def claims(**more: Any) -> dict[str, Any]:
    whole = {**CLAIMS, "iss": issuer("welzin"), "sub": f"link:{LINK}", "link": str(LINK), **more}
    return {name: value for name, value in whole.items() if value is not None}


def signed(site: Site, told: dict[str, Any]) -> str:
    seed = (site.data / "welzin" / "keys" / "links").read_text().strip()
    signer = Signer(seed)
    return jwt.encode(told, signer.private, algorithm="EdDSA", headers={"kid": signer.public[:8]})


@pytest.mark.parametrize("production", [True, False])
async def test_who_holds_a_link_is_known_also_in_production(here: Site, live: Site, *, production: bool) -> None:
    site = live if production else here
    key = await keyed(site)
    scope = site.caller(made(key))
    assert (scope.roles, scope.person, scope.evening, scope.team) == (frozenset({Role.PARTICIPANT}), ANN, None, None)
    assert (scope.user, scope.by, scope.expires) == (f"link:{LINK}", f"user:link:{LINK}", NOON + HOUR)
    scope = site.caller(made(key, HOST))
    assert (scope.roles, scope.person, scope.evening) == (frozenset({Role.EVENING_HOST}), None, HOST.evening)


async def test_a_token_of_another_organisations_links_lets_nobody_in(here: Site) -> None:
    await keyed(here)
    other = await keyed(here, "humanitas")
    assert here.refused(made(other)) == "token-other-organisation"
    taken = LinkKey("welzin", (here.data / "humanitas" / "keys" / "links").read_text().strip())
    assert here.refused(made(taken)) == "token-key-unknown"


async def test_nobody_makes_a_links_token_without_the_key(here: Site) -> None:
    await keyed(here)
    assert here.refused(made(LinkKey("welzin", Signer.generate().seed))) == "token-key-unknown"
    kid = (here.data / "welzin" / "links.pub").read_text()[:8]
    forged = jwt.encode(claims(person=str(ANN)), Signer.generate().private, algorithm="EdDSA", headers={"kid": kid})
    assert here.refused(forged) == "token-invalid"


async def test_the_local_issuer_and_a_provider_let_nobody_in_as_who_holds_a_link(here: Site, login: Provider) -> None:
    await here.trusts("welzin", login)
    said: dict[str, Any] = {
        "link": str(LINK),
        "person": str(ANN),
        "evening": {"series": str(SERIES), "date": "2026-06-01"},
    }
    for role in LINKED:
        scope = here.caller(token(login, roles=[role], **said))
        assert (scope.roles, scope.holder, scope.person, scope.evening) == (frozenset(), None, None, None)
        local = Issuer("welzin", PARTIES["welzin"], production=False).token([role], user="ann", now=NOON)
        assert here.caller(local).roles == frozenset()


@pytest.mark.parametrize("role", LINKED)
async def test_a_provider_cannot_be_told_to_give_the_role_of_who_holds_a_link(
    here: Site, login: Provider, role: Role
) -> None:
    await here.trusts("welzin", login)
    text = (here.data / "welzin" / "identity.toml").read_text()
    await here.says("welzin", f'{text}[providers.roles]\n"klant" = "{role}"\n')
    assert here.refused(token(login)) == "token-issuer-unknown"
    [fault] = here.issuers.faults
    assert (fault.code, role in fault.parameters["reason"]) == ("identity-invalid", True)


async def test_a_provider_that_calls_itself_the_links_issuer_is_not_believed(here: Site, login: Provider) -> None:
    key = await keyed(here)
    await here.trusts("welzin", login)
    text = (here.data / "welzin" / "identity.toml").read_text()
    await here.says("welzin", text.replace(login.issuer, issuer("welzin")))
    assert here.refused(login.token(claims(roles=["coordinator"]), key="first")) == "token-key-unknown"
    assert here.caller(made(key)).person == ANN


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"person": str(ANN), "evening": {"series": str(SERIES), "date": "2026-06-01"}},
        {"person": "ann"},
        {"person": [str(ANN)]},
        {"person": str(ANN), "link": None},
        {"evening": {"series": str(SERIES)}},
        {"evening": {"series": str(SERIES), "date": "2026-02-30"}},
        {"evening": str(SERIES)},
    ],
)
async def test_a_links_token_says_whose_or_which_evening_and_not_both(here: Site, told: dict[str, Any]) -> None:
    await keyed(here)
    assert here.refused(signed(here, claims(**told))) == "token-invalid"


async def test_a_links_token_gives_no_other_role_and_no_team(here: Site) -> None:
    await keyed(here)
    scope = here.caller(signed(here, claims(person=str(ANN), roles=["coordinator"], team="noord")))
    assert (scope.roles, scope.team) == (frozenset({Role.PARTICIPANT}), None)


async def test_a_links_token_ends(here: Site) -> None:
    await keyed(here)
    assert here.refused(signed(here, claims(person=str(ANN), exp=NOW - 30))) == "token-expired"
    assert here.refused(signed(here, claims(person=str(ANN), exp=None))) == "token-invalid"


async def test_a_new_key_makes_every_token_of_before_worthless(here: Site) -> None:
    old = await keyed(here)
    (here.data / "welzin" / "keys" / "links").unlink()
    new = await keyed(here)
    assert here.refused(made(old)) == "token-key-unknown"
    assert here.caller(made(new)).person == ANN


async def test_a_public_half_that_cannot_be_read_is_said_and_lets_nobody_in(here: Site) -> None:
    key = await keyed(here)
    (here.data / "welzin" / "links.pub").write_text("nonsense")
    await here.issuers.refresh()
    assert [fault.code for fault in here.issuers.faults] == ["links-key-unreadable"]
    assert here.refused(made(key)) == "token-issuer-unknown"
    await keyed(here)
    assert (here.issuers.faults, here.caller(made(key)).person) == ([], ANN)


async def test_what_a_right_was_missing_for_is_read_once_it_is_given(
    here: Site, login: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, shut, read = await keyed(here), list[Path](), Path.read_text

    def allowed(path: Path, *how: Any) -> str:
        if path in shut:
            raise PermissionError(path)
        return read(path, *how)

    monkeypatch.setattr(Path, "read_text", allowed)
    shut += [here.data / "welzin" / name for name in ("links.pub", "identity.toml")]
    await here.trusts("welzin", login)
    for path in shut:
        path.touch()
    await here.issuers.refresh()
    assert {fault.code for fault in here.issuers.faults} == {"links-key-unreadable", "identity-invalid"}
    shut.clear()
    await here.issuers.refresh()
    assert (here.issuers.faults, here.caller(made(key)).person, here.caller(token(login)).user) == ([], ANN, "ann")


async def test_without_the_key_no_link_can_be_made(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="links-key-missing"):
        LinkKey.open(tmp_path, "welzin")


async def test_the_key_is_its_owners_and_stays(here: Site) -> None:
    key = await keyed(here)
    path = here.data / "welzin" / "keys" / "links"
    assert (path.stat().st_mode & 0o777, (await keyed(here)).public) == (0o600, key.public)


async def test_a_code_is_of_one_link_and_moment_and_takes_the_key(here: Site) -> None:
    key = await keyed(here)
    other = LinkKey("welzin", Signer.generate().seed)
    codes = {key.code(8, "evening", LINK), key.code(8, "evening", ANN), other.code(8, "evening", LINK)}
    assert len(codes) == 3
    assert key.code(8, "evening", LINK) in codes
    assert all(len(code) == 8 and code.isdigit() for code in codes)
    spread = {key.code(6, "participant", number)[0] for number in range(500)}
    assert spread == set("0123456789")


async def test_who_holds_a_link_reaches_what_it_is_about_and_nothing_else(here: Site) -> None:
    key = await keyed(here)
    ann, host = here.caller(made(key)), here.caller(made(key, HOST))
    for who, own in ((ann, Whose.SELF), (host, Whose.EVENING)):
        [role] = who.roles
        assert access(Role.COORDINATOR, role, whose=Whose.TEAM).reach(role) is own
        assert access(Role.COORDINATOR, role).reach(role) is own
        PUBLIC.check(who)
        KNOWN.check(who)
        for declared in (access(*(set(Role) - {role})), access(Role.HOST), access(Role.COORDINATOR)):
            assert _refused(declared, who) == "role-missing"


def _refused(declared: Access, who: OrgScope) -> str:
    with pytest.raises(Forbidden) as raised:
        declared.check(who)
    return raised.value.code


def test_a_scope_of_who_holds_a_link_is_not_made_up() -> None:
    with pytest.raises(TypeError):
        OrgScope("welzin", "x", None, frozenset(LINKED), NOON, holder=PARTICIPANT, proof=object())
