"""`kring tls init`, and what is found wrong with certificates: by `kring doctor`, and before anything starts."""

import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy import tlscheck
from deploy.cli.main import main
from deploy.tlsauthority import YEAR
from shared.settings import Settings
from shared.wire.tls import Pair
from tests.support.certificates import certificates

NOW = datetime.now(UTC)
NAMES = ("broker", "gateway", "services")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where certificates of a data folder are."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    return tmp_path / "network" / "tls"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def alternatives(path: Path) -> set[str]:
    return {str(one.value) for one in read(path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value}


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    [line] = capsys.readouterr().err.splitlines()
    return line


def test_an_authority_and_three_certificates_are_made_their_keys_for_their_owner_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tls", "init", "--names", "Kring.Local", "192.168.1.20"]) == 0
    assert set(contents(folder)) == {f"{name}.{kind}" for name in ("ca", *NAMES) for kind in ("crt", "key")}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.glob("*.key")} == {0o600}
    for name in NAMES:
        made = read(folder / f"{name}.crt")
        assert alternatives(folder / f"{name}.crt") == {"localhost", "127.0.0.1", "::1", "kring.local", "192.168.1.20"}
        assert timedelta(days=364) < made.not_valid_after_utc - NOW < timedelta(days=366)
        for asked in ("localhost", "kring.local", "127.0.0.1", "192.168.1.20"):
            assert tlscheck.disbelief(pair(folder, name), folder / "ca.crt", asked) is None
        assert tlscheck.disbelief(pair(folder, name), folder / "ca.crt", "bank.example.nl") == "tls-name"
    said = capsys.readouterr().out
    assert f"{folder / 'ca.crt'} is the authority" in said
    assert "Start Kring again" in said


def pair(folder: Path, name: str) -> Pair:
    return Pair(folder / f"{name}.crt", folder / f"{name}.key")


def test_asked_again_it_says_what_is_there_and_changes_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["tls", "init"])
    before = contents(folder)
    capsys.readouterr()
    assert main(["tls", "init"]) == 0
    assert capsys.readouterr().out == "broker, gateway, services: there already\n"
    assert contents(folder) == before


def test_what_ends_soon_or_lacks_a_name_is_renewed_and_the_authority_stays(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificates(folder, "kring.local", ago=timedelta(days=340))
    before = contents(folder)
    (folder / "services.key").unlink()
    assert main(["tls", "init"]) == 0
    after = contents(folder)
    assert {name for name in before if before[name] == after[name]} == {"ca.crt", "ca.key"}
    assert alternatives(folder / "broker.crt") == {"localhost", "127.0.0.1", "::1", "kring.local"}
    assert main(["tls", "init", "--names", "nats.kring.local"]) == 0
    assert alternatives(folder / "broker.crt") == {"localhost", "127.0.0.1", "::1", "kring.local", "nats.kring.local"}
    assert capsys.readouterr().out.count("made now") == 2


def test_an_authority_of_others_is_never_replaced(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    certificates(folder)
    (folder / "ca.key").unlink()
    before = contents(folder)
    assert "[tls-authority-foreign]" in refused(capsys, "tls", "init", "--names", "kring.local")
    assert contents(folder) == before


def test_a_certificate_of_others_is_left_alone(folder: Path, tmp_path: Path) -> None:
    certificates(folder)
    certificates(tmp_path / "others", ago=timedelta(days=340))
    for kind in ("crt", "key"):
        shutil.copy(tmp_path / "others" / f"gateway.{kind}", folder)
    before = contents(folder)
    assert main(["tls", "init", "--names", "kring.local"]) == 0
    assert {name for name in before if before[name] == contents(folder)[name]} == {
        "ca.crt", "ca.key", "gateway.crt", "gateway.key"
    }  # fmt: skip


def test_an_authority_that_ends_is_not_replaced_behind_anybodys_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificates(folder, ago=5 * YEAR - timedelta(days=20))
    before = contents(folder)
    assert "[tls-authority-ends]" in refused(capsys, "tls", "init")
    assert contents(folder) == before


def test_no_certificate_outlives_its_authority(folder: Path) -> None:
    made = certificates(folder, ago=5 * YEAR - timedelta(days=100)).certificates
    assert main(["tls", "init"]) == 0
    assert read(made / "broker.crt").not_valid_after_utc == read(made / "ca.crt").not_valid_after_utc


def test_in_production_nothing_is_made_and_it_is_said_what_to_do(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRING_ENV", "production")
    line = refused(capsys, "tls", "init")
    assert "[tls-in-production]" in line
    assert str(folder) in line
    assert not folder.exists()


@pytest.mark.parametrize("name", ["", "two words", "kring_local", "-x", "a..b", "x" * 254, "*", "https://kring.local"])
def test_what_is_no_name_is_refused_and_nothing_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert "[tls-name-invalid]" in refused(capsys, "tls", "init", f"--names={name}")
    assert not folder.exists()


def test_what_a_crash_left_half_made_is_made_whole(folder: Path) -> None:
    certificates(folder)
    whole = contents(folder)
    certificates(folder.parent / "later")
    shutil.copy(folder.parent / "later" / "services.key", folder)
    (folder / "gateway.key").unlink()
    assert main(["tls", "init"]) == 0
    assert list(tlscheck.findings(Settings(tls=folder), NOW)) == []
    assert {name for name in whole if whole[name] == contents(folder)[name]} == {
        "ca.crt", "ca.key", "broker.crt", "broker.key"
    }  # fmt: skip


@pytest.mark.parametrize("missing", ["key", "crt"])
def test_half_a_pair_of_others_is_kept_and_nothing_is_made(
    folder: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    certificates(folder, ago=timedelta(days=340))
    other = certificates(folder.parent / "others").certificates
    for kind in ("crt", "key"):
        shutil.copy(other / f"gateway.{kind}", folder)
    (folder / f"gateway.{missing}").unlink()
    before = contents(folder)
    assert "[tls-half]" in refused(capsys, "tls", "init")
    assert contents(folder) == before


def test_a_key_that_is_not_the_authoritys_makes_no_certificates(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificates(folder, ago=timedelta(days=340))
    shutil.copy(certificates(folder.parent / "others").certificates / "ca.key", folder)
    before = contents(folder)
    line = refused(capsys, "tls", "init")
    assert "[tls-key-differs]" in line
    assert str(folder / "ca.key") in line
    assert contents(folder) == before


@pytest.mark.parametrize("name", ["ca.key", "ca.crt", "gateway.crt", "services.key"])
def test_what_cannot_be_read_is_named_and_kept(folder: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    certificates(folder)
    (folder / name).write_text("nothing")
    before = contents(folder)
    assert name in refused(capsys, "tls", "init", "--names", "kring.local")
    assert contents(folder) == before
