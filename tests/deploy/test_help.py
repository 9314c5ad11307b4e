"""`--help` of every command tells what each argument is."""

import argparse
from collections.abc import Iterator

from deploy.cli.main import _parser


def _every(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield parser
    for action in parser._actions:  # noqa: SLF001  (argparse shows its parts in no other way)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                yield from _every(inner)


def test_every_argument_of_every_command_has_help() -> None:
    parsers = list(_every(_parser()))
    silent = [
        f"{parser.prog} {action.dest}"
        for parser in parsers
        for action in parser._actions  # noqa: SLF001
        if not action.help and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    ]
    assert silent == []
    assert len(parsers) > 30
