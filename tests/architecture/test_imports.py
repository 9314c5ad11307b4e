"""Every import rule of pyproject.toml is seen to fail once, in a copy of the house with one forbidden import in it."""

import tomllib
from pathlib import Path

import pytest

from tests.architecture.house import ROOT, copy, run, seed

CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

VIOLATIONS = [
    ("house", "shared.seeded", "import services.intake.domain"),
    ("house", "shared.seeded", "import deploy"),
    ("house", "gateway.seeded", "import services.intake.main"),
    ("house", "services.events.api.seeded", "import gateway"),
    ("service-layers", "services.intake.domain.seeded", "import services.intake.views"),
    ("service-layers", "services.events.views.seeded", "import services.events.policies"),
    ("service-layers", "services.network.policies.seeded", "import services.network.api"),
    ("service-layers", "services.network.seeded", ""),
    ("services-apart", "services.intake.api.seeded", "import services.network.views"),
    ("services-apart", "services.events.domain.seeded", "import services.intake.domain"),
    ("pure-domain", "services.intake.domain.seeded", "import shared.wire"),
    ("pure-domain", "services.network.domain.seeded", "import sqlalchemy"),
    ("pure-domain", "services.events.domain.seeded", "import time"),
    ("pure-policies", "services.intake.policies.seeded", "import sqlalchemy"),
    ("gateway-windows", "gateway.seeded", "import shared.eventlog"),
    ("deploy-doors", "deploy.seeded", "import services.events.domain"),
    ("one-eventsourcing", "services.events.views.seeded", "import eventsourcing.persistence"),
    ("one-eventsourcing", "shared.wire.seeded", "import eventsourcing"),
    ("one-nats", "gateway.seeded", "import nats"),
    ("one-nats", "shared.eventlog.seeded", "import nats.aio.client"),
    ("no-circles", "shared.eventlog.seeded", "import shared.service"),
]


@pytest.mark.parametrize(("contract", "module", "source"), VIOLATIONS)
def test_a_forbidden_import_is_caught(contract: str, module: str, source: str, tmp_path: Path) -> None:
    house = copy(tmp_path)
    seed(house, module, source)
    told = run(house, "lint-imports", "--no-cache", "--no-logo", "--contract", contract)
    assert f"{CONTRACTS[contract]} BROKEN" in told


def test_every_rule_has_a_violation_that_proves_it() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(CONTRACTS)


def test_the_house_as_it_stands_keeps_every_rule(tmp_path: Path) -> None:
    told = run(copy(tmp_path), "lint-imports", "--no-cache", "--no-logo")
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in told
