"""`--help` of every command tells what each argument is."""

import argparse
from collections.abc import Iterator
from importlib import import_module

from deploy.cli.main import PARTS, _parser


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


def test_each_command_is_in_the_module_that_is_loaded_for_it() -> None:
    for part, names in PARTS.items():
        commands = argparse.ArgumentParser().add_subparsers()
        import_module(f"deploy.cli.{part}").add(commands)
        assert list(commands.choices) == list(names), part
