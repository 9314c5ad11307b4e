"""A copy of the house in which a rule can be broken to see it caught."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("services", "shared", "gateway", "deploy")
BIN = Path(sys.executable).parent


def copy(folder: Path) -> Path:
    """Copy the configuration and every module into `folder`."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def seed(house: Path, module: str, source: str) -> None:
    """Add a module, written with dots, to the copy."""
    path = house.joinpath(*module.split(".")).with_suffix(".py")
    path.write_text(source)


def run(house: Path, tool: str, *arguments: str) -> str:
    """Run a checking tool in the copy and give what it printed."""
    done = subprocess.run(
        [BIN / tool, *arguments],
        cwd=house,
        env={"PYTHONPATH": ".", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr
