"""`kring restore` or `kring import`, to be hit while it puts databases in place: its data folder, and the command."""

import json
import os

from deploy.cli import main as kring


def main(data: str, databases: str, *arguments: str) -> None:
    """Do one command."""
    os.environ |= {"KRING_DATA": data, **json.loads(databases)}
    assert kring.main(arguments) == 0
