"""What `deploy/` has for systemd, compose and Kubernetes, each read by the tool that will read it; said aloud where it is missing."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.natsconf import ACCOUNTS, program
from shared.register import SERVICES
from shared.settings import Settings, load
from tests.architecture.house import ROOT
from tests.support.certificates import certificate

SYSTEMD, COMPOSE, KUBERNETES = (ROOT / "deploy" / folder for folder in ("systemd", "compose", "kubernetes"))
BROKERS = ("broker.crt", "broker.key", "ca.crt")
"""What nats-server reads: a renewal that is not complete before its key comes must be read again with it."""
VERSION = "1.33"
"""Of Kubernetes: the first whose `matchLabelKeys` for pods apart is stable."""


def ran(*command: str, folder: Path = ROOT) -> str:
    """What a tool says that accepts what it was given."""
    found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=50)
    assert found.returncode == 0, found.stderr
    return found.stdout


def needs(*tools: str) -> pytest.MarkDecorator:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not checked: {', '.join(missing)} is not installed here")


@needs("systemd-analyze")
def test_systemd_takes_every_unit_and_finds_the_processes_well_shut_in(tmp_path: Path) -> None:
    for unit in SYSTEMD.glob("*.*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/kring/", f"{ROOT}/"))
    for service in SERVICES:
        shutil.copy(tmp_path / "kring@.service", tmp_path / f"kring@{service}.service")
    units = [f"./{unit.name}" for unit in tmp_path.glob("*.*") if unit.name not in {"kring@.service", "kring.env"}]
    ran("systemd-analyze", "verify", *units, folder=tmp_path)
    for shut in ("kring@intake.service", "kring-gateway.service", "nats-server.service"):
        ran("systemd-analyze", "security", "--offline=true", "--threshold=20", f"./{shut}", folder=tmp_path)


def stated(path: Path, *, choices: bool = False) -> Settings:
    """The settings of a file; with choices also those that stand in it as comments."""
    lines = [line.removeprefix("# " if choices else "") for line in path.read_text().splitlines()]
    return load(dict(line.split("=", 1) for line in lines if re.match("[A-Z_]+=", line)))


def test_the_units_settings_are_settings() -> None:
    assert stated(SYSTEMD / "kring.env").production


@pytest.mark.parametrize("path", [SYSTEMD / "kring.env", COMPOSE / "kring.env"], ids=["systemd", "compose"])
def test_what_a_file_of_settings_offers_for_tls_fits_together(path: Path) -> None:
    plain, safe = stated(path), stated(path, choices=True)
    assert (plain.tls, str(plain.nats_url)[:7]) == (None, "nats://")
    assert safe.tls is not None
    assert str(safe.nats_url).startswith("tls://127.0.0.1")
    folder = str(safe.tls)
    reading = {SYSTEMD: (SYSTEMD / "nats-reload.path").read_text(), COMPOSE: (COMPOSE / "compose.yaml").read_text()}
    read = {SYSTEMD: [f"PathChanged={folder}/{name}" for name in BROKERS], COMPOSE: [f"- ./tls:{folder}:ro"]}
    for line in read[path.parent]:
        assert f"{line}\n" in reading[path.parent].replace(" #", "\n")


def compose() -> list[str]:
    """Docker's own plugin, or Debian's program."""
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
        return [docker, "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") else []


@pytest.mark.skipif(not compose(), reason="not checked: docker compose is not installed here")
def test_compose_takes_its_file() -> None:
    read = yaml.safe_load(ran(*compose(), "config", folder=COMPOSE))
    parts = {name: " ".join(one["command"]) for name, one in read["services"].items() if one.get("command")}
    assert {f"python -m services.{service}.main" for service in SERVICES} < set(parts.values())
    published = [name for name, one in read["services"].items() if one.get("ports")]
    assert published == ["machine"]
    offered = set(re.findall(r'"(\d+:\d+)"', (COMPOSE / "compose.yaml").read_text()))
    assert offered == {"80:80", "443:443", "7422:7422"}, "own servers dial in at 7422, once there are certificates"


def test_prometheus_in_compose_reads_at_the_gateways_port() -> None:
    mounts = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["services"]["prometheus"]["volumes"]
    [path] = [one.split(":")[0] for one in mounts if "prometheus.yml" in one]
    [job] = yaml.safe_load((COMPOSE / path).read_text())["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"127.0.0.1:{stated(COMPOSE / 'kring.env').port}"]}]


def rendered() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(ran("kubectl", "kustomize", str(KUBERNETES))))


def written() -> Iterator[dict[str, Any]]:
    for path in KUBERNETES.rglob("*.yaml"):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


def test_every_manifest_is_as_kubernetes_states_its_kind() -> None:
    for manifest in written():
        kubernetes_validate.validate(manifest, VERSION, strict=True)


@needs("kubectl")
def test_two_pods_of_a_share_are_never_on_one_machine() -> None:
    manifests = rendered()
    for manifest in manifests:
        kubernetes_validate.validate(manifest, VERSION, strict=True)
    sides = [
        one["spec"]["template"]
        for one in manifests
        if one["kind"] == "StatefulSet" and "nodes" in one["metadata"]["name"]
    ]
    assert [side["metadata"]["labels"] for side in sides] == [
        {"app": "nodes", "side": "a"},
        {"app": "nodes", "side": "b"},
    ]
    for side in sides:
        [apart] = side["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert apart["labelSelector"] == {"matchExpressions": [{"key": "app", "operator": "In", "values": ["nodes"]}]}
        assert apart["matchLabelKeys"] == ["apps.kubernetes.io/pod-index"]


def test_the_pods_settings_are_settings_and_their_shares_are_the_whole() -> None:
    [stated] = [one["data"] for one in written() if one["metadata"]["name"] == "kring" and one["kind"] == "ConfigMap"]
    kring = {name: value for name, value in stated.items() if name.startswith("KRING_")}
    [nodes] = [one["spec"] for one in written() if (one["kind"], one["metadata"]["name"]) == ("StatefulSet", "nodes")]
    for container in nodes["template"]["spec"]["containers"]:
        share = {one["name"]: one.get("value", "") for one in container["env"]}["KRING_SHARE"]
        assert share == f"$(POD_INDEX)/{nodes['replicas']}"
        assert load(kring | {"KRING_SHARE": share.replace("$(POD_INDEX)", "0")}).replicas == 3


def test_every_pod_finds_the_authority_where_its_settings_say() -> None:
    [settings] = [one["data"] for one in written() if one["metadata"]["name"] == "kring" and one["kind"] == "ConfigMap"]
    assert load(
        {"KRING_TLS": settings["KRING_TLS"], "KRING_NATS_URL": settings["KRING_NATS_URL"]}
    ).certificates == Path("/tls")
    asking = [pod for pod in pods() if any("envFrom" in one for one in pod["containers"])]
    assert len(asking) == 2, "nodes and gateways"
    for pod in asking:
        secrets = {one["name"]: secrets_of(one) for one in pod["volumes"]}
        for container in (one for one in pod["containers"] if "envFrom" in one):
            [mounted] = [one["name"] for one in container["volumeMounts"] if one["mountPath"] == "/tls"]
            assert "kring-authority" in secrets[mounted]


def secrets_of(volume: dict[str, Any]) -> list[str]:
    """The Secrets whose files a volume has."""
    if "secret" in volume:
        return [volume["secret"]["secretName"]]
    return [one["secret"]["name"] for one in volume.get("projected", {}).get("sources", ())]


def test_every_service_of_a_pod_can_be_scraped_where_its_settings_say_and_shows_a_certificate() -> None:
    [stated] = [one["data"] for one in written() if one["metadata"]["name"] == "kring" and one["kind"] == "ConfigMap"]
    settings = load({name: value for name, value in stated.items() if name.endswith("_METRICS")})
    [nodes] = [one["spec"] for one in written() if (one["kind"], one["metadata"]["name"]) == ("StatefulSet", "nodes")]
    asked = {"prometheus.io/scrape": "true", "prometheus.io/scheme": "https"}
    assert nodes["template"]["metadata"]["annotations"] == asked
    pod = nodes["template"]["spec"]
    ports = {one["name"]: one["ports"] for one in pod["containers"]}
    assert set(ports) == set(SERVICES)
    for service in SERVICES:
        _, _, port = getattr(settings, f"{service}_metrics").partition(":")
        assert ports[service] == [{"name": f"{service}-metrics", "containerPort": int(port)}]
    [shown] = [one["secret"] for one in pod["volumes"][-1]["projected"]["sources"] if "items" in one["secret"]]
    assert {one["path"] for one in shown["items"]} == {"services.crt", "services.key"}


def pods() -> Iterator[dict[str, Any]]:
    for manifest in written():
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            yield manifest["spec"]["template"]["spec"]


def test_the_brokers_ports_all_speak_tls_and_their_probes_too() -> None:
    [conf] = [
        one["data"]["nats.conf"]
        for one in written()
        if one["metadata"]["name"] == "nats" and one["kind"] == "ConfigMap"
    ]
    assert [conf.count(text) for text in ("listen:", "tls: {", "https:", "http:", "nats://")] == [3, 3, 1, 0, 0]
    [broker] = [one for pod in pods() for one in pod["containers"] if one["name"] == "nats"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert broker[probe]["httpGet"]["scheme"] == "HTTPS"


def test_nats_server_takes_the_clusters_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAME", "nats-0")
    [stated] = [one["data"] for one in written() if one["metadata"]["name"] == "nats" and one["kind"] == "ConfigMap"]
    for folder in ("tls", "network"):
        (tmp_path / folder).mkdir()
    made = certificate(tmp_path / "tls")
    for path, kind in ((made.certificate, "crt"), (made.key, "key")):
        path.rename(tmp_path / "tls" / f"tls.{kind}")
    (tmp_path / "network" / ACCOUNTS).write_text("accounts { SYS {} }")
    (tmp_path / "nats.conf").write_text(stated["nats.conf"].replace('"/', f'"{tmp_path}/'))
    ran(program(), "-t", "-c", str(tmp_path / "nats.conf"))
