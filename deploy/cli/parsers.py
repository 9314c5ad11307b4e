"""Sub-commands that teach: one line in the list, and an example under their own help."""

import argparse
from collections.abc import Callable
from typing import TypeAlias

from shared.settings import Settings

ORGANISATION = "an organisation's short name; 'kring org list' shows them"
"""Help of an argument that names one."""
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  (it has no public name)
Run = Callable[[argparse.Namespace, Settings], None]


def command(commands: Commands, name: str, what: str, run: Run, *, example: str) -> argparse.ArgumentParser:
    """A command that does something."""
    parser = _parser(commands, name, what, example)
    parser.set_defaults(run=run)
    return parser


def group(commands: Commands, name: str, what: str, *, example: str) -> Commands:
    """A command that has commands of its own."""
    return _parser(commands, name, what, example).add_subparsers(title="commands", metavar="COMMAND", required=True)


def _parser(commands: Commands, name: str, what: str, example: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=what,
        description=f"{what[0].upper()}{what[1:]}.",
        epilog=f"example:\n{_indented(example)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _indented(example: str) -> str:
    return "\n".join(f"  {line}" for line in example.splitlines())
