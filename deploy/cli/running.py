"""`kring up` and `kring story`: start everything, and see it work."""

import argparse
import os
import sys
from pathlib import Path

from deploy import story, supervisor
from deploy.cli.parsers import Commands, command, group
from shared.settings import Settings


def add(commands: Commands) -> None:
    """Add these commands."""
    command(
        commands, "up", "start everything and keep it running until Ctrl-C", _up, example="KRING_PORT=8081 kring up"
    )
    stories = group(commands, "story", "play a story against the running system", example="kring story referral")
    command(
        stories,
        "referral",
        "Humanitas refers somebody to WELZIN, which accepts, helps and reports back",
        lambda _, settings: story.referral(settings),
        example="kring story referral   # fails when any step is not as told",
    )


def _up(_: argparse.Namespace, settings: Settings) -> None:
    supervisor.up(settings, _hints())


def _hints() -> list[str]:
    """What to type next, in another terminal: the command as it was found, with the settings it needs."""
    told = "".join(f"{name}={os.environ[name]} " for name in ("KRING_DATA", "KRING_PORT") if name in os.environ)
    program = Path(sys.argv[0])
    kring = f"{told}{program.relative_to(Path.cwd()) if program.is_relative_to(Path.cwd()) else program}"
    return [
        "Try next, in another terminal:",
        f"  {kring} story referral",
        f"  {kring} token humanitas coordinator",
        f"  {kring} --help",
        "Ctrl-C stops everything.",
    ]
