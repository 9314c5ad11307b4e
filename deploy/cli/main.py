"""The `kring` command: one line for what goes wrong; exit code 0 done, 1 refused, 2 not understood."""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from deploy.cli.words import say
from shared.rules import Invalid, Refused
from shared.settings import load

EXAMPLES = """
to begin:
  kring up                            start everything, with a demo network the first time
  kring story referral                see one referral go all the way round
  kring token humanitas coordinator   a token, to ask the gateway something yourself

settings come from the environment: KRING_DATA (data), KRING_PORT (8080), KRING_ENV (development),
KRING_NATS_URL, KRING_TLS (certificates: data/network/tls), KRING_REPLICAS (1), KRING_SHARE (all organisations),
KRING_INTAKE_PORT, KRING_EVENTS_PORT, KRING_NETWORK_PORT (the services' own, for local systems: none),
KRING_INTAKE_METRICS, KRING_EVENTS_METRICS, KRING_NETWORK_METRICS (HOST:PORT for Prometheus: none, the gateway has all),
KRING_LOG_LEVEL (info), KRING_OTLP_URL (traces), KRING_SMTP_URL (mail),
KRING_DATABASE_<ORGANISATION> (a PostgreSQL address), KRING_MASTER_<ORGANISATION> (its master key)
"""


PARTS: Mapping[str, Sequence[str]] = {
    "running": ("up", "story"),
    "looking": ("status", "doctor"),
    "network": ("token", "org", "registrar", "agreement"),
    "covenants": ("covenant",),
    "integrators": ("integrator", "listen"),
    "owners": ("parked", "digest", "rebuild"),
    "backups": ("backup", "restore", "export", "import"),
    "masterkeys": ("master-key",),
    "brokers": ("broker",),
    "tls": ("tls",),
}
"""Modules beside this one, and their commands: loading all of them takes longer than most commands do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    chosen = _parser(given[0] if given else "").parse_args(given)
    os.umask(0o077)  # what it makes, and what it starts, is for nobody else on this machine to read
    try:
        chosen.run(chosen, load(os.environ))
    except Refused as refused:
        _complain(refused)
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def _parser(command: str = "") -> argparse.ArgumentParser:
    """With the commands of that command's module, or with all where there is none such."""
    parser = argparse.ArgumentParser(
        prog="kring",
        description="Kring lets organisations that help lonely people share referrals, each in its own database.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    parts = [part for part, names in PARTS.items() if command in names] or PARTS
    for part in parts:
        import_module(f"deploy.cli.{part}").add(commands)
    return parser


def _complain(refused: Refused) -> None:
    """Say every fault on a line of its own: its code, and what to do."""
    faults = [refused]
    if isinstance(refused, Invalid):
        faults = [Refused(code, **{"variable": field, **given}) for field, code, given in refused.faults]
    for fault in faults:
        sys.stderr.write(f"kring: {say(fault)} [{fault.code}]\n")


if __name__ == "__main__":
    sys.exit(main())
