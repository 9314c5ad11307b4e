"""`kring org`, `kring registrar`, `kring agreement` and `kring token`: who takes part, who may refer to whom, a way in."""

import argparse
import asyncio
import sys
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

from deploy import registrarkeys, supervisor
from deploy.cli.parsers import ORGANISATION, Commands, command, group
from deploy.linkkeys import renew_links
from deploy.registrar import Registrar
from shared import control
from shared.identity import LINKED, Issuer, Role
from shared.ids import uuid7
from shared.pins import Pins
from shared.register import Register, pinned
from shared.rules import Refused, Unavailable
from shared.settings import Settings

_YEAR = 8760
"""Hours."""
_OWN_ISSUER = "a token of the organisation's local issuer, for trying Kring out (not in production)"


def add(commands: Commands) -> None:
    """Add these commands."""
    _add_token(commands)
    organisations = group(commands, "org", "the organisations that take part", example="kring org list")
    _add_organisations(organisations)
    _add_keys(organisations)
    keeping = group(commands, "registrar", "who keeps the register", example="kring registrar renew")
    command(
        keeping,
        "renew",
        "new keys for the registrar, the gateway and the broker's operator; then start everything again",
        _renew,
        example="kring registrar renew   # other machines need network/registrar.pub and register.json after it",
    )
    agreements = group(commands, "agreement", "who may refer to whom", example="kring agreement add humanitas welzin")
    _add_agreements(agreements)


def _add_token(commands: Commands) -> None:
    token = command(
        commands, "token", _OWN_ISSUER, _token, example="kring token welzin coordinator --user bo --hours 1"
    )
    token.add_argument("organisation", help=ORGANISATION)
    roles = [role.value for role in Role if role not in LINKED]
    token.add_argument("role", choices=roles, help="what the token's owner may do")
    token.add_argument("--user", type=name, default="demo", help="who it is for (demo)")
    token.add_argument("--team", help="the team whose files this person sees")
    token.add_argument("--hours", type=_hours, default=8, help="how long it is valid (8); below 0 it has expired")


def _add_organisations(commands: Commands) -> None:
    command(commands, "list", "all organisations", _organisations, example="kring org list")
    leaf = command(
        commands,
        "leaf",
        "an organisation has a nats-server of its own from now on; its folder goes there",
        _leaf,
        example="kring org leaf welzin",
    )
    leaf.add_argument("organisation", help=ORGANISATION)
    new = command(
        commands,
        "add",
        "let an organisation take part, with new keys; nobody is disconnected",
        _add_organisation,
        example="kring org add de-oever --name 'De Oever' --area GM0361 --source urn:nld:kvknr:12345678",
    )
    new.add_argument("organisation", help="short name: small letters, digits and dashes")
    new.add_argument("--name", required=True, type=name, help="name as people know it")
    new.add_argument("--area", required=True, help="municipality, CBS code (GM0361)")
    new.add_argument("--source", required=True, help="official number: urn:nld:kvknr:… or urn:nld:oin:…")


def _add_keys(commands: Commands) -> None:
    _add_rotate(commands)
    links = command(
        commands,
        "links",
        "a new key for links: who came by one has to come again, and codes that were given out are none any more",
        _links,
        example="kring org links welzin",
    )
    links.add_argument("organisation", help=ORGANISATION)
    trust = command(
        commands,
        "trust",
        "take over keys that an organisation's earlier ones did not sign; ask it by another way first",
        _trust,
        example="kring org trust welzin",
    )
    trust.add_argument("organisation", help=ORGANISATION)


def _add_rotate(commands: Commands) -> None:
    rotate = command(
        commands,
        "rotate",
        "new keys for its signatures and letters, signed with the old ones; partners take them over by themselves",
        _rotate,
        example="kring org rotate welzin",
    )
    rotate.add_argument("organisation", help=ORGANISATION)
    rotate.add_argument(
        "--all",
        action="store_true",
        help="also its nodes' keys for NATS, which disconnects them for some seconds, and its local issuer's",
    )


def _add_agreements(commands: Commands) -> None:
    command(commands, "list", "all agreements", _agreements, example="kring agreement list")
    new = command(
        commands,
        "add",
        "let the first refer to the second; signed with the keys of both, which this machine holds",
        _agree,
        example="kring agreement add humanitas welzin",
    )
    new.add_argument("sender", help="who may refer")
    new.add_argument("receiver", help="to whom")
    end = command(
        commands,
        "end",
        "no new referrals under this agreement; what is open goes on",
        _end,
        example="kring agreement end 0199a1b2-… --by welzin",
    )
    end.add_argument("agreement", help="its number, as 'kring agreement list' shows it")
    end.add_argument("--by", required=True, help="the party that ends it")


def name(text: str) -> str:
    """What people call something: not empty."""
    if not text.strip():
        raise argparse.ArgumentTypeError("a name may not be empty")
    return text.strip()


def _hours(text: str) -> float:
    hours = float(text)
    if not -_YEAR <= hours <= _YEAR:
        raise argparse.ArgumentTypeError(f"{text} is too long: at most {_YEAR}, a year")
    return hours


def _token(given: argparse.Namespace, settings: Settings) -> None:
    Register.open(settings.data).organisation(given.organisation)
    issuer = Issuer.open(settings.data, given.organisation, production=settings.production)
    now = datetime.now(UTC)
    print(issuer.token([Role(given.role)], user=given.user, now=now, hours=given.hours, team=given.team))


def _organisations(_: argparse.Namespace, settings: Settings) -> None:
    register = Register.open(settings.data)
    for one in register.organisations.values():
        partners = ", ".join(register.partners(one.slug)) or "nobody yet"
        print(f"{one.slug:28} {one.name:28} {one.area}  exchanges with {partners}")


def _add_organisation(given: argparse.Namespace, settings: Settings) -> None:
    making = registrar(settings)
    demo = making.begin().demo  # a demo network stays one
    area, source = given.area, given.source
    making.add_organisation(given.organisation, name=given.name, area=area, source=source, demo=demo)
    print(
        f"{given.organisation} takes part. Next: kring agreement add {given.organisation} PARTNER, or kring covenant join"
    )


def _leaf(given: argparse.Namespace, settings: Settings) -> None:
    registrar(settings).on_its_own(given.organisation)
    print(
        f"Next: docs/guide-operator.md, 'An organisation on its own server'. The folder {settings.data / given.organisation} goes there."
    )


def _rotate(given: argparse.Namespace, settings: Settings) -> None:
    registrar(settings).rotate(given.organisation, everything=given.all)
    print(f"{given.organisation} has new keys. Make a backup: the copies of the old ones open nothing new.")


def _renew(_: argparse.Namespace, settings: Settings) -> None:
    registrarkeys.renew(settings.data)
    print(
        "The registrar, the gateway and the broker's operator have new keys. Start everything again; give other machines"
    )
    print(
        f"{settings.data / 'network' / 'registrar.pub'} and {settings.data / 'register.json'}, and start theirs again. Make a backup."
    )


def _links(given: argparse.Namespace, settings: Settings) -> None:
    renew_links(settings.data, given.organisation)
    print(f"{given.organisation} has a new key for links. Evenings to come need new links.")


def _trust(given: argparse.Namespace, settings: Settings) -> None:
    one = Register.open(settings.data).organisation(given.organisation)
    Pins(settings.data, pinned(settings.data)).forget(one.slug)
    print(f"{one.name} is known by the key {one.key} from now on.")


def _agreements(_: argparse.Namespace, settings: Settings) -> None:
    for one in Register.open(settings.data).contents.agreements:
        state = f"ended {one.ended.at}" if one.ended else f"since {one.since}"
        print(f"{one.id}  {one.sender} may refer to {one.receiver}, {state}")


def _agree(given: argparse.Namespace, settings: Settings) -> None:
    today = datetime.now(UTC).date()
    registrar(settings).agree(uuid7(), given.sender, given.receiver, today)
    print(f"{given.sender} may refer to {given.receiver} from now on.")


def _end(given: argparse.Namespace, settings: Settings) -> None:
    try:
        agreement = UUID(given.agreement)
    except ValueError:
        raise Refused("uuid-invalid", value=given.agreement) from None
    registrar(settings).end(agreement, given.by, datetime.now(UTC).date())
    print("The agreement has ended: no new referrals under it.")


def registrar(settings: Settings) -> Registrar:
    """A registrar whose changes a running broker takes over (that is said once); when none runs, the next start does."""
    say = cache(lambda: sys.stderr.write("the running broker took it over\n"))

    def changed() -> None:
        with suppress(Unavailable):
            asyncio.run(control.ask(settings.data, supervisor.PROCESS, "reload"))
            say()

    return Registrar(settings.data, changed)
