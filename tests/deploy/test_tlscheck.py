"""What is found wrong with certificates: by `kring doctor`, and before anything starts."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy import natsconf, tlscheck
from deploy.cli.main import main
from deploy.natsconf import server
from deploy.preflight import any_free
from deploy.tls import broker
from shared.rules import Refused
from shared.settings import Settings
from tests.deploy.test_tls import NAMES, refused
from tests.support.certificates import certificates

NOW = datetime.now(UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where certificates of a data folder are."""
    for name in ("LANG", "LC_ALL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    return tmp_path / "network" / "tls"


def _mode(folder: Path) -> None:
    (folder / "ca.key").chmod(0o640)


def _ended(folder: Path) -> None:
    shutil.rmtree(folder)
    certificates(folder, ago=timedelta(days=400))


def _ends(folder: Path) -> None:
    shutil.rmtree(folder)
    certificates(folder, ago=timedelta(days=340))


def _other(folder: Path) -> None:
    other = certificates(folder.parent / "other").certificates
    for kind in ("crt", "key"):
        shutil.copy(other / f"services.{kind}", folder)


def _mixed(folder: Path) -> None:
    shutil.copy(folder / "broker.key", folder / "gateway.key")


def _half(folder: Path) -> None:
    (folder / "gateway.key").unlink()


def _unreadable(folder: Path) -> None:
    (folder / "gateway.crt").write_text("nothing")


def _nowhere(folder: Path) -> None:
    (folder / "old.key").symlink_to(folder / "taken-away.key")


def _chained(folder: Path) -> None:
    """The second in a file, with which a chain would break, ends first."""
    other = certificates(folder.parent / "other", ago=timedelta(days=340)).certificates
    for name in ("ca", *NAMES):
        with (folder / f"{name}.crt").open("ab") as file:
            file.write((other / "broker.crt").read_bytes())


WRONG = {
    "secret-open": (_mode, ["ca.key"]),
    "secret-unreadable": (_nowhere, ["old.key"]),
    "certificate-expired": (_ended, [f"{name}.crt" for name in NAMES]),
    "certificate-ends": (_ends, [f"{name}.crt" for name in NAMES]),
    "certificate-authority": (_other, ["services.crt"]),
    "tls-key-differs": (_mixed, ["gateway.crt"]),
    "tls-half": (_half, ["gateway.crt"]),
    "tls-unreadable": (_unreadable, ["gateway.crt"]),
}


@pytest.mark.parametrize("code", WRONG)
def test_a_doctor_names_every_certificate_and_key_with_what_is_wrong(folder: Path, code: str) -> None:
    spoil, named = WRONG[code]
    settings = certificates(folder)
    assert list(tlscheck.findings(settings, NOW)) == []
    spoil(folder)
    found = list(tlscheck.findings(settings, NOW))
    assert [one.code for one in found] == [code] * len(named)
    for name, one in zip(named, found, strict=True):
        assert name in str(one.parameters)
    if code in ("secret-open", "secret-unreadable", "certificate-ends"):
        tlscheck.check(settings)
    else:
        with pytest.raises(Refused, match=code):
            tlscheck.check(settings)


def test_each_certificate_of_a_file_is_looked_at_for_its_end(folder: Path) -> None:
    settings = certificates(folder)
    _chained(folder)
    found = list(tlscheck.findings(settings, NOW))
    assert [one.code for one in found] == ["certificate-ends"] * 4
    assert [Path(str(one.parameters["path"])).name for one in found] == [f"{name}.crt" for name in ("ca", *NAMES)]


@pytest.mark.parametrize(("spoil", "code"), [("write", "tls-unreadable"), ("unlink", "tls-authority-missing")])
def test_without_an_authority_that_can_be_read_the_rest_is_looked_at_all_the_same(
    folder: Path, spoil: str, code: str
) -> None:
    settings = certificates(folder, ago=timedelta(days=340))
    shutil.copy(folder / "broker.key", folder / "gateway.key")
    (folder / "services.key").chmod(0o640)
    (folder / "ca.crt").write_text("nothing") if spoil == "write" else (folder / "ca.crt").unlink()
    found = [one.code for one in tlscheck.findings(settings, NOW)]
    assert found == ["secret-open", code, "certificate-ends", "tls-key-differs", "certificate-ends"]
    with pytest.raises(Refused, match=code):
        tlscheck.check(settings)


def test_a_broker_is_to_have_a_certificate_for_one_of_the_names_by_which_it_is_asked(folder: Path) -> None:
    made = certificates(folder, "nats-1.nats").certificates
    for urls, codes in (
        ("tls://nats-0.nats:4222,tls://nats-1.nats:4222", []),
        ("tls://nats-0.nats:4222", ["certificate-name"]),
    ):
        found = list(tlscheck.findings(Settings(tls=made, nats_url=urls), NOW))
        assert [one.code for one in found] == codes


def test_the_doctor_says_it_and_so_do_up_and_broker_before_anything_starts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    certificates(folder, ago=timedelta(days=400))
    for command in ("up", "broker"):
        assert "[certificate-expired]" in refused(capsys, command)
    assert not (folder.parent / "nats.conf").exists()
    main(["org", "add", "oever", "--name", "De Oever", "--area", "GM0361", "--source", "urn:nld:kvknr:12345678"])
    capsys.readouterr()
    assert main(["doctor"]) == 1
    assert [line.split(": ")[0] for line in capsys.readouterr().out.splitlines()] == ["certificates"] * 3 + ["kring"]


def test_an_authority_that_the_settings_promise_must_be_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KRING_TLS", str(tmp_path / "nowhere"))
    monkeypatch.setenv("KRING_DATA", str(tmp_path))
    for command in ("up", "broker"):
        assert "[tls-authority-missing]" in refused(capsys, command)
    certificates(tmp_path / "network" / "tls")
    (tmp_path / "network" / "tls" / "ca.crt").unlink()
    with pytest.raises(Refused, match="tls-authority-missing"):
        broker(Settings(data=tmp_path))


@pytest.mark.parametrize(
    ("url", "made", "code"),
    [("nats://127.0.0.1:{port}", True, "tls-wanted"), ("tls://127.0.0.1:{port}", False, "broker-needs-tls")],
)
def test_the_brokers_address_and_its_certificate_go_together(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    made: bool,
    code: str,
) -> None:
    if made:
        certificates(folder)
    monkeypatch.setenv("KRING_NATS_URL", url.format(port=any_free()))
    assert f"[{code}]" in refused(capsys, "up")


def test_who_asks_where_the_broker_is_hears_that_it_speaks_tls(folder: Path) -> None:
    settings = certificates(folder)
    for shown, scheme in ((None, "nats"), (broker(settings), "tls")):
        (folder.parent / "nats.conf").write_text(server(folder.parent, 4222, shown))
        assert natsconf.address(folder.parent) == f"{scheme}://127.0.0.1:4222"
