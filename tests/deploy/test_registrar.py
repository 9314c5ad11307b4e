from datetime import date
from pathlib import Path
from uuid import UUID

import pytest

from deploy import keys, registrar
from deploy.natsconf import ACCOUNTS
from deploy.registrar import Registrar
from shared.linkkeys import LinkKey
from shared.register import Register, path
from shared.rules import NotFound, Refused

SINCE = date(2026, 1, 1)
ONE, TWO = UUID(int=1), UUID(int=2)


def add(
    to: Registrar, slug: str, area: str = "GM0361", source: str = "urn:nld:kvknr:12345678", name: str = "De Oever"
) -> Register:
    return to.add_organisation(slug, name=name, area=area, source=source)


@pytest.fixture
def kept(tmp_path: Path) -> Registrar:
    made = Registrar(tmp_path)
    made.begin()
    for slug in ("humanitas", "welzin"):
        add(made, slug)
    return made


def test_what_is_added_is_signed_and_numbered(kept: Registrar) -> None:
    register = Register.open(kept.data)
    assert register.contents.number == 3
    assert set(register.organisations) == {"humanitas", "welzin"}
    assert not register.demo
    assert register.node("welzin.network").nkey.startswith("U")
    assert kept.begin().contents == register.contents


def test_an_agreement_is_signed_by_both_and_can_be_ended_by_either(kept: Registrar) -> None:
    assert kept.agree(ONE, "humanitas", "welzin", SINCE).may_refer("humanitas", "welzin")
    register = kept.end(ONE, "welzin", date(2026, 6, 1))
    assert not register.may_refer("humanitas", "welzin")
    assert register.partners("humanitas") == ("welzin",)
    assert kept.agree(TWO, "humanitas", "welzin", SINCE).may_refer("humanitas", "welzin")


def test_what_cannot_be_agreed_is_refused_and_changes_nothing(kept: Registrar) -> None:
    kept.agree(ONE, "humanitas", "welzin", SINCE)
    before = path(kept.data).read_bytes()
    with pytest.raises(NotFound, match="organisation-unknown"):
        kept.agree(TWO, "humanitas", "elsewhere", SINCE)
    with pytest.raises(Refused, match="agreement-self"):
        kept.agree(TWO, "humanitas", "humanitas", SINCE)
    with pytest.raises(Refused, match="agreement-exists"):
        kept.agree(TWO, "humanitas", "welzin", SINCE)
    with pytest.raises(Refused, match="agreement-unknown"):
        kept.end(TWO, "welzin", SINCE)
    with pytest.raises(Refused, match="agreement-party"):
        kept.end(ONE, "carrefour", SINCE)
    assert path(kept.data).read_bytes() == before
    kept.end(ONE, "welzin", SINCE)
    with pytest.raises(Refused, match="agreement-ended"):
        kept.end(ONE, "welzin", SINCE)


@pytest.mark.parametrize(
    ("slug", "changed", "code"),
    [
        ("humanitas", {}, "organisation-exists"),
        ("network", {}, "organisation-reserved"),
        ("De Oever", {}, "organisation-invalid"),
        ("../oever", {}, "organisation-invalid"),
        ("oever", {"area": "Alkmaar"}, "organisation-invalid"),
        ("oever", {"source": "12345678"}, "organisation-invalid"),
    ],
)
def test_an_organisation_that_cannot_be_added_leaves_nothing_behind(
    kept: Registrar, slug: str, changed: dict[str, str], code: str
) -> None:
    before = {file: file.read_bytes() for file in kept.data.rglob("*") if file.is_file()}
    with pytest.raises(Refused, match=code):
        add(kept, slug, **changed)
    assert {file: file.read_bytes() for file in kept.data.rglob("*") if file.is_file()} == before


def test_a_configuration_that_the_broker_refuses_leaves_the_register_as_it_was(
    kept: Registrar, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path(kept.data).read_bytes(), (kept.network / ACCOUNTS).read_bytes()
    monkeypatch.setattr(registrar, "nkey_public", lambda _: "not a key")
    with pytest.raises(Refused, match="network-configuration-refused"):
        add(kept, "oever")
    assert (path(kept.data).read_bytes(), (kept.network / ACCOUNTS).read_bytes()) == before


def test_the_broker_is_told_of_every_change(tmp_path: Path) -> None:
    told: list[int] = []
    made = Registrar(tmp_path, lambda: told.append(1))
    made.begin()
    add(made, "welzin")
    assert len(told) == 2


def test_a_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    secret = keys.kept(tmp_path / "keys" / "one", keys.nkey_seed)
    assert keys.kept(tmp_path / "keys" / "one", keys.nkey_seed) == secret
    assert keys.nkey_public(secret).startswith("U")
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="secret-unreadable"):
        keys.kept(tmp_path / "file" / "one", keys.nkey_seed)


def test_an_organisation_gets_a_key_for_who_holds_a_link_also_where_an_earlier_kring_made_none(kept: Registrar) -> None:
    private, public = (kept.data / "welzin" / name for name in ("keys/links", "links.pub"))
    key = LinkKey.open(kept.data, "welzin")
    assert (private.stat().st_mode & 0o777, public.read_text().strip()) == (0o600, key.public)
    private.unlink()
    public.unlink()
    kept.begin()
    assert public.read_text().strip() == LinkKey.open(kept.data, "welzin").public != key.public
    public.write_text("nonsense")
    kept.begin()
    assert public.read_text().strip() == LinkKey.open(kept.data, "welzin").public


def test_an_organisation_on_another_machine_gets_no_key_for_links_here(kept: Registrar) -> None:
    for name in ("keys/links", "keys/organisation", "links.pub"):
        (kept.data / "welzin" / name).unlink()
    kept.begin()
    assert not (kept.data / "welzin" / "links.pub").exists()
