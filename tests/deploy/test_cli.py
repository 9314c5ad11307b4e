import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy import demo, supervisor
from deploy.cli.main import main
from deploy.cli.words import WORDS
from deploy.preflight import any_free
from shared import control
from shared.identity import Role, verify
from shared.linkkeys import LinkKey
from shared.register import Register
from shared.sentences import COMMON, LANGUAGES, Sentences
from shared.settings import Misconfigured, load


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    monkeypatch.setenv("KRING_PORT", str(any_free()))
    demo.prepare(tmp_path)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    written = capsys.readouterr()
    assert written.out == ""
    [line] = written.err.splitlines()
    return line


def test_help_teaches_by_example(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (
        [],
        ["org"],
        ["org", "add"],
        ["agreement", "end"],
        ["covenant"],
        ["covenant", "leave"],
        ["parked", "retry"],
        ["token"],
        ["story"],
        ["integrator", "add"],
        ["listen"],
    ):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--help"])
        assert ended.value.code == 0
        assert "kring " in capsys.readouterr().out.split("usage:")[1].split("\n", 1)[1]


def test_help_names_every_setting(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Misconfigured) as unknown:
        load({"KRING_UNHEARD_OF": "1"})
    settings = set(re.findall(r"KRING_[A-Z_]+\b", str(unknown.value))) - {"KRING_UNHEARD_OF"}
    assert settings > {"KRING_DATA", "KRING_DATABASE_"}
    with pytest.raises(SystemExit):
        main(["--help"])
    assert settings - set(re.findall(r"KRING_[A-Z_]+\b", capsys.readouterr().out)) == set()


UNREADABLE = [
    *(["token", "welzin", "coordinator", "--hours", hours] for hours in ("x", "nan", "inf", "1e300", "8761")),
    ["token", "welzin", "coordinator", "--user", " "],
    ["org", "add", "oever", "--name", " ", "--area", "GM0361", "--source", "urn:nld:kvknr:12345678"],
]


@pytest.mark.parametrize(
    "arguments", [[], ["explode"], ["token", "welzin", "boss"], ["org"], ["parked", "drop", "x"], *UNREADABLE]
)
def test_what_is_not_understood_has_exit_code_two(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: kring" in capsys.readouterr().err


def test_a_token_is_printed_alone_and_is_believed(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "welzin", "coordinator", "--user", "bo", "--hours", "1", "--team", "noord"]) == 0
    token = capsys.readouterr().out.strip()
    scope = verify(token, Register.open(data).issuers, datetime.now(UTC), organisation="welzin")
    assert (scope.user, scope.team, scope.roles) == ("bo", "noord", frozenset({Role.COORDINATOR}))


@pytest.mark.usefixtures("data")
def test_in_production_there_are_no_tokens_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRING_ENV", "production")
    assert "[issuer-in-production]" in refused(capsys, "token", "welzin", "coordinator")


def test_organisations_and_agreements_are_listed_added_and_ended(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added = ["org", "add", "oever", "--name", "De Oever", "--area", "GM0361", "--source", "urn:nld:kvknr:12345678"]
    assert main(added) == 0
    assert main(["agreement", "add", "oever", "welzin"]) == 0
    register = Register.open(data)
    assert register.demo, "a demo network stays one"
    assert register.may_refer("oever", "welzin")
    capsys.readouterr()
    assert main(["org", "list"]) == 0
    assert re.search(r"^oever +De Oever +GM0361  exchanges with welzin$", capsys.readouterr().out, re.MULTILINE)
    assert main(["agreement", "list"]) == 0
    [number] = re.findall(r"^(\S+)  oever may refer to welzin, since", capsys.readouterr().out, re.MULTILINE)
    assert main(["agreement", "end", number, "--by", "welzin"]) == 0
    assert not Register.open(data).may_refer("oever", "welzin")
    assert main(["agreement", "list"]) == 0
    assert "oever may refer to welzin, ended" in capsys.readouterr().out


def test_an_organisation_gets_new_keys_and_can_be_trusted_anew(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Register.open(data).organisation("welzin")
    assert main(["org", "rotate", "welzin"]) == 0
    after = Register.open(data).organisation("welzin")
    assert {before.key, before.nodes["intake"].id}.isdisjoint({after.key, after.nodes["intake"].id})
    assert main(["org", "trust", "welzin"]) == 0
    assert after.key in capsys.readouterr().out


def test_a_new_key_for_links_replaces_the_one_before_or_is_the_first(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = LinkKey.open(data, "welzin").public
    for _ in range(2):
        assert main(["org", "links", "welzin"]) == 0
        after = LinkKey.open(data, "welzin").public
        assert (data / "welzin" / "links.pub").read_text().strip() == after != before
        (data / "welzin" / "keys" / "links").unlink()
    assert "Evenings to come need new links" in capsys.readouterr().out
    assert "[organisation-unknown]" in refused(capsys, "org", "links", "welzijn")
    (data / "welzin" / "keys").rename(data / "moved")
    assert "[keys-missing]" in refused(capsys, "org", "links", "welzin")


@pytest.mark.usefixtures("data")
def test_a_refusal_is_one_line_with_its_code_and_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = refused(capsys, "token", "welzijn", "coordinator")
    assert said.startswith("kring: There is no organisation 'welzijn' in this network. Known are: humanitas")
    assert said.endswith("[organisation-unknown]")
    assert "[uuid-invalid]" in refused(capsys, "agreement", "end", "x", "--by", "welzin")
    assert "[node-unknown]" in refused(capsys, "rebuild", "welzin.intakes")
    assert "[process-away]" in refused(capsys, "parked", "list", "welzin.intake")
    assert "[gateway-away]" in refused(capsys, "story", "referral")
    monkeypatch.setenv("LANG", "nl_NL.UTF-8")
    assert "draait niet" in refused(capsys, "parked", "list", "welzin.intake")


@pytest.mark.usefixtures("data")
def test_every_wrong_setting_is_said_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRING_PORT", "x")
    monkeypatch.setenv("KRING_PROT", "1")
    assert main(["org", "list"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "KRING_PORT cannot be x" in lines[0]


class Owner:
    """Answers as a service's process does, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def listed(self, node: str) -> object:
        row = {
            "node": node,
            "id": 3,
            "source": "letters",
            "type": "note.v1",
            "reason": "letter-unreadable",
            "at": "2026-01-01",
        }
        return [row] if node == "welzin.intake" else []

    async def changed(self, node: str, id: int = 0) -> object:  # noqa: A002
        self.asked.append((node, id))
        return {}

    async def reload(self) -> object:
        return {}


@pytest.fixture
async def owner(data: Path) -> AsyncIterator[Owner]:
    made = Owner()
    operations: dict[str, control.Operation] = {
        "parked.list": made.listed,
        "parked.retry": made.changed,
        "parked.drop": made.changed,
        "rebuild": made.changed,
    }
    async with (
        control.serve(data, "intake", operations),
        control.serve(data, "events", operations),
        control.serve(data, "network", operations),
        control.serve(data, supervisor.PROCESS, {"reload": made.reload}),
    ):
        yield made


async def test_what_concerns_a_database_is_asked_of_its_owner(owner: Owner, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["parked", "retry", "welzin.intake", "3"], ["parked", "drop", "welzin.intake", "4"]):
        assert await asyncio.to_thread(main, arguments) == 0
    assert await asyncio.to_thread(main, ["rebuild", "welzin.events"]) == 0
    assert owner.asked == [("welzin.intake", 3), ("welzin.intake", 4), ("welzin.events", 0)]
    capsys.readouterr()
    assert await asyncio.to_thread(main, ["parked", "list", "welzin.intake"]) == 0
    assert capsys.readouterr().out.split() == ["3", "2026-01-01", "letters", "note.v1:", "letter-unreadable"]
    assert await asyncio.to_thread(main, ["parked", "list", "humanitas.intake"]) == 0
    assert "nothing is parked" in capsys.readouterr().out


@pytest.mark.usefixtures("owner")
async def test_a_running_broker_takes_a_change_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert await asyncio.to_thread(main, ["agreement", "add", "carrefour", "welzin"]) == 0
    assert "the running broker took it over" in capsys.readouterr().err


def test_every_code_has_a_sentence_in_both_languages() -> None:
    sentences = Sentences(COMMON, WORDS)
    own = Sentences(WORDS)
    assert own.codes("en") == own.codes("nl")
    parts = [
        *WORDS.parent.rglob("*.py"),
        *(COMMON.parent / f"{name}.py" for name in ("register", "identity", "control")),
    ]
    raised = set(
        re.findall(
            r"(?:Refused|NotFound|Unavailable|Unauthenticated)\(\"([a-z-]+)\"", "".join(p.read_text() for p in parts)
        )
    )
    assert len(raised) > 25
    for language in LANGUAGES:
        assert raised <= sentences.codes(language)
