"""`kring broker`: the configuration of a nats-server that something else than `kring up` starts."""

import argparse

from deploy import brokers
from deploy.cli.parsers import Commands, command
from deploy.tls import broker
from deploy.tlscheck import check
from shared.rules import Refused
from shared.settings import Settings
from shared.wire.tls import authority as believed

_EXAMPLE = """
kring broker                                         for systemd, on this machine only
kring broker --name nats-0 --listen 0.0.0.0:4222 --cluster 0.0.0.0:6222 --leafnodes 0.0.0.0:7422 \\
  --route tls://nats-0:6222 --route tls://nats-1:6222 --route tls://nats-2:6222
kring broker --organisation welzin --hub tls://kring.example.nl:7422

outside this machine it needs a certificate: broker.crt, broker.key and ca.crt in the folder KRING_TLS
""".strip()


def add(commands: Commands) -> None:
    """Add this command."""
    what = "write the configuration of a nats-server that something else starts: alone, in a cluster, or an organisation's own"
    parser = command(commands, "broker", what, _broker, example=_EXAMPLE)
    plain = brokers.Server()
    parser.add_argument("--name", default=plain.name, help="its name, another one for each server of a cluster (kring)")
    parser.add_argument("--listen", default=plain.listen, metavar="HOST:PORT", help=f"for clients ({plain.listen})")
    parser.add_argument("--cluster", metavar="HOST:PORT", help="for the other servers of its cluster")
    parser.add_argument(
        "--route", action="append", default=[], metavar="URL", help="a server of its cluster: tls://HOST:PORT"
    )
    parser.add_argument("--leafnodes", metavar="HOST:PORT", help="for organisations' own servers")
    parser.add_argument("--organisation", help="it is this organisation's own server ('kring org leaf' comes first)")
    parser.add_argument(
        "--hub", metavar="URL", help="with --organisation: the --leafnodes address of the others' server"
    )


def _broker(given: argparse.Namespace, settings: Settings) -> None:
    if (given.organisation is None) != (given.hub is None):
        raise Refused("leaf-incomplete")
    check(settings)
    authority = believed(settings)
    to = brokers.hub(settings.data, given.organisation, given.hub, authority) if given.hub is not None else None
    server = brokers.Server(
        name=given.organisation or given.name,
        listen=given.listen,
        cluster=given.cluster,
        routes=tuple(given.route),
        leafnodes=given.leafnodes,
        hub=to,
        tls=broker(settings),
    )
    print(f"{brokers.write(settings.data, server)} is written; start it with: nats-server -c FILE, or reload it")
