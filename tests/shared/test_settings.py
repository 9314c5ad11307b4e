from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.settings import Environment, Misconfigured, Settings, Share, environment, load

ALL = {
    "KRING_DATA": "/srv/kring",
    "KRING_PORT": "9090",
    "KRING_ENV": "production",
    "KRING_NATS_URL": "tls://10.0.0.5:4222",
    "KRING_TLS": "/etc/kring/tls",
    "KRING_REPLICAS": "3",
    "KRING_SHARE": "1/3",
    "KRING_LOG_LEVEL": "warning",
    "KRING_OTLP_URL": "http://127.0.0.1:4318",
    "KRING_SMTP_URL": "smtps://kring:p%40ss@mail.example.nl?from=noreply@example.nl",
    "KRING_EVENTS_METRICS": "0.0.0.0:9102",
    "KRING_DATABASE_GEMEENTE_ALKMAAR": "postgresql://kring:secret@db/alkmaar",
}


def test_without_settings_everything_has_a_value_that_works() -> None:
    assert load({"PATH": "/bin"}) == Settings(data=Path("data"), port=8080, env=Environment.DEVELOPMENT)


def test_settings_come_from_the_environment() -> None:
    settings = load(ALL)
    assert settings.production
    assert settings.databases == {"gemeente-alkmaar": "postgresql://kring:secret@db/alkmaar"}
    assert (settings.data, settings.port, settings.log_level) == (Path("/srv/kring"), 9090, "warning")


def test_settings_can_be_handed_to_another_process() -> None:
    assert load(environment(load(ALL))) == load(ALL)
    assert load(environment(load({}))) == load({})


def test_every_fault_is_named_at_once_with_what_is_allowed() -> None:
    wrong = {
        "KRING_DATA": " ",
        "KRING_PORT": "0",
        "KRING_ENV": "test",
        "KRING_NATS_URL": "http://x",
        "KRING_REPLICAS": "2",
        "KRING_SHARE": "3/3",
        "KRING_LOG_LEVEL": "loud",
        "KRING_OTLP_URL": "127.0.0.1:4318",
        "KRING_SMTP_URL": "smtp://kring:secret@mail.example.nl",
        "KRING_INTAKE_METRICS": "example.nl:9101",
        "KRING_DATABASE_WELZIN": "mysql://root:secret@x",
        "KRING_PROT": "8080",
    }
    with pytest.raises(Misconfigured) as refused:
        load(wrong)
    assert {variable for variable, _, _ in refused.value.faults} == wrong.keys()
    assert all(code == "setting-invalid" and given["allowed"] for _, code, given in refused.value.faults)
    assert "KRING_PORT='0' is not usable: a port number from 1 to 65535" in str(refused.value)


def test_each_organisation_is_in_one_share_and_the_shares_are_of_a_size() -> None:
    shares = [Share(number, 3) for number in range(3)]
    taken = [[share.number for share in shares if share.takes(f"organisation-{number}")] for number in range(1_000)]
    assert all(len(by) == 1 for by in taken)
    assert all(280 < sum(by == [share.number] for by in taken) < 390 for share in shares)


def test_several_brokers_stand_with_commas_between() -> None:
    cluster = "tls://nats-0.nats:4222,tls://nats-1.nats:4222"
    assert load({"KRING_NATS_URL": cluster}).nats_url == cluster


def test_several_brokers_are_all_asked_over_tls_or_none() -> None:
    with pytest.raises(Misconfigured):
        load({"KRING_NATS_URL": "tls://nats-0.nats:4222,nats://nats-1.nats:4222"})


def test_metrics_are_on_this_machine_unless_an_address_is_named() -> None:
    assert load({"KRING_INTAKE_METRICS": "9101"}).intake_metrics == "127.0.0.1:9101"
    assert load(ALL).events_metrics == "0.0.0.0:9102"


def test_certificates_are_in_their_folder_or_the_data_folders() -> None:
    assert load(ALL).certificates == Path("/etc/kring/tls")
    assert load({"KRING_DATA": "there"}).certificates == Path("there/network/tls")


def test_an_address_that_may_hold_a_password_is_never_shown() -> None:
    with pytest.raises(Misconfigured) as refused:
        load({"KRING_DATABASE_WELZIN": "mysql://root:secret@x", "KRING_NATS_URL": "user:secret@x"})
    assert "secret" not in str(refused.value)


@given(st.dictionaries(st.sampled_from([*ALL, "KRING_X"]), st.text()))
def test_any_text_gives_settings_or_a_refusal(environ: dict[str, str]) -> None:
    with suppress(Misconfigured):
        assert isinstance(load(environ), Settings)
