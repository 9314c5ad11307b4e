"""The `kring` command: one line for what goes wrong; exit code 0 done, 1 refused, 2 not understood."""

import argparse
import os
import sys
from collections.abc import Sequence

from deploy.cli import backups, brokers, covenants, integrators, looking, masterkeys, network, owners, running, tls
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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives the exit code."""
    chosen = _parser().parse_args(arguments)
    os.umask(0o077)  # what it makes, and what it starts, is for nobody else on this machine to read
    try:
        chosen.run(chosen, load(os.environ))
    except Refused as refused:
        _complain(refused)
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="kring",
        description="Kring lets organisations that help lonely people share referrals, each in its own database.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for part in (running, looking, network, covenants, integrators, owners, backups, masterkeys, brokers, tls):
        part.add(commands)
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
