"""`kring integrator` and `kring listen`: who else may follow an organisation's events, and following them here."""

import argparse
import asyncio
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec

from deploy.cli.network import registrar
from deploy.cli.parsers import ORGANISATION, Commands, command, group
from deploy.cli.words import say
from deploy.keys import created, nkey_public, nkey_seed
from deploy.natsconf import address
from shared import control, logs
from shared.findings import moment
from shared.grants import Credentials, Grant, granted
from shared.register import Register
from shared.rules import Refused, Unavailable
from shared.settings import Settings
from shared.wire.integrators import KEEPER, Following
from shared.wire.listener import Told, listen
from shared.wire.stream import NAME
from shared.wire.tls import authority
from shared.wire.webhooks import Answered

PUBLIC = "events.public.>"


def add(commands: Commands) -> None:
    """Add these commands."""
    integrators = group(
        commands,
        "integrator",
        "systems of others that follow an organisation's events",
        example="kring integrator add agenda-site --organisation humanitas --filter 'events.public.>'",
    )
    every = command(
        integrators,
        "list",
        "all grants, how far each is, and what webhooks answer",
        _list,
        example="kring integrator list",
    )
    every.add_argument("--organisation", help="of this one only")
    _add_add(integrators)
    _add_others(integrators)
    _add_listen(commands)


def _add_others(integrators: Commands) -> None:
    retry = command(
        integrators,
        "retry",
        "send now what waits for a webhook, also when it has been given up",
        _retry,
        example="kring integrator retry agenda-site --organisation humanitas",
    )
    _add_whose(retry)
    revoke = command(
        integrators,
        "revoke",
        "take a grant back; the system is disconnected",
        _revoke,
        example="kring integrator revoke agenda-site --organisation humanitas",
    )
    _add_whose(revoke)


def _add_add(integrators: Commands) -> None:
    new = command(
        integrators,
        "add",
        "let a system follow events; writes the one file that its client needs (docs/guide-integrator.md)",
        _add,
        example="kring integrator add agenda-site --organisation humanitas --filter 'events.public.events.>'",
    )
    _add_whose(new)
    new.add_argument("--filter", default=PUBLIC, help=f"which events, by NATS subject ({PUBLIC})")
    new.add_argument("--from-now", action="store_true", help="only what happens from now on (otherwise from the first)")
    new.add_argument("--webhook", metavar="URL", help="send them to this web address; the file then holds its secret")
    new.add_argument("--file", type=Path, help="where to write it (ORGANISATION-NAME.json, or .secret with --webhook)")


def _add_whose(one: argparse.ArgumentParser) -> None:
    one.add_argument("name", help="small letters, digits and dashes")
    one.add_argument("--organisation", required=True, help="whose events")


def _add_listen(commands: Commands) -> None:
    here = command(
        commands, "listen", "follow an organisation's events in this terminal", _listen, example="kring listen welzin"
    )
    here.add_argument("organisation", help=ORGANISATION)
    here.add_argument("--filter", default=PUBLIC, help=f"which events, by NATS subject ({PUBLIC})")
    here.add_argument("--from-first", action="store_true", help="everything that ever happened first")
    here.add_argument("--credentials", type=Path, help="as this integrator, instead of with a grant for the occasion")


def _list(given: argparse.Namespace, settings: Settings) -> None:
    register = Register.open(settings.data)
    grants = register.contents.grants
    if given.organisation:
        grants = granted(grants, register.organisation(given.organisation).slug)
    known = _known(settings) if grants else {}
    for one in grants:
        start = f"from {one.start:%Y-%m-%d %H:%M} UTC" if one.start else "from the first"
        state = "; ".join(_state(one, known.get((one.organisation, one.name))))
        print(f"{one.organisation:28} {one.name:28} {one.filter}  {start}; {state}")
    if not grants:
        print("nobody follows anything")


def _known(settings: Settings) -> dict[tuple[str, str], Following]:
    """How far each is; nothing where that cannot be asked."""
    with suppress(Unavailable):
        health: dict[str, Any] = asyncio.run(control.ask(settings.data, KEEPER, "health"))
        return {
            (node["node"].partition(".")[0], one["name"]): msgspec.convert(one, Following)
            for node in health["nodes"]
            for one in node["integrators"]
        }
    return {}


def _state(grant: Grant, known: Following | None) -> Iterator[str]:
    if known is None or known.waiting is None:
        yield "how far it is is not known now"
    else:
        yield f"{known.waiting} events not taken" + (f", since {moment(known.since)}" if known.since else "")
    if grant.webhook:
        yield f"{grant.webhook}: {_said(known.webhook if known else None)}"


def _said(webhook: Answered | None) -> str:
    if webhook is None:
        return say(Refused("webhook-untried"))
    times = {name: moment(getattr(webhook, name)) for name in ("at", "since", "again")}
    return say(Refused(f"webhook-{webhook.state}", answer=webhook.answer, tries=webhook.tries, **times))


def _add(given: argparse.Namespace, settings: Settings) -> None:
    file = given.file or Path(f"{given.organisation}-{given.name}.{'json' if given.webhook is None else 'secret'}")
    if file.exists():
        raise Refused("file-exists", path=str(file))
    secret = _secret(given, settings)
    try:
        created(file, secret)
    except Refused:
        registrar(settings).revoke(given.organisation, given.name)
        raise
    what = f"{given.filter} of {given.organisation}"
    print(f"{given.name} may follow {what}." if given.webhook is None else f"{what} goes to {given.webhook}.")
    print(f"Hand {file} over safely: who has it is {given.name}. docs/guide-integrator.md says how to use it.")


def _secret(given: argparse.Namespace, settings: Settings) -> str:
    """Grant it; gives what its file holds."""
    start = datetime.now(UTC) if given.from_now else None
    if given.webhook is not None:
        return registrar(settings).grant_webhook(given.organisation, given.name, given.filter, start, given.webhook)
    credentials = _granted(settings, given.organisation, given.name, given.filter, start)
    return msgspec.json.format(msgspec.json.encode(credentials)).decode()


def _retry(given: argparse.Namespace, settings: Settings) -> None:
    asked = {"organisation": given.organisation, "name": given.name}
    asyncio.run(control.ask(settings.data, KEEPER, "integrator.retry", **asked))
    print(f"What waits for {given.name} is sent now; 'kring integrator list' shows what came of it.")


def _revoke(given: argparse.Namespace, settings: Settings) -> None:
    registrar(settings).revoke(given.organisation, given.name)
    print(f"{given.name} may follow nothing of {given.organisation} any more.")


def _granted(settings: Settings, organisation: str, name: str, pattern: str, start: datetime | None) -> Credentials:
    url = settings.nats_url or address(settings.data / "network")
    seed = nkey_seed()
    grant: Grant = registrar(settings).grant(organisation, name, pattern, start, nkey_public(seed))
    return Credentials(url, seed, organisation, NAME, grant.consumer, grant.inbox, pattern, start)


def _listen(given: argparse.Namespace, settings: Settings) -> None:
    logs.configure("listen", "error")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), _credentials(given, settings) as credentials:
        sys.stderr.write(f"listening to {credentials.filter} of {credentials.organisation}; Ctrl-C ends it\n")
        asyncio.run(_tell(credentials, authority(settings)))


@contextmanager
def _credentials(given: argparse.Namespace, settings: Settings) -> Generator[Credentials]:
    if given.credentials:
        try:
            read = msgspec.json.decode(given.credentials.read_bytes(), type=Credentials)
        except (OSError, msgspec.DecodeError):
            raise Refused("credentials-unreadable", path=str(given.credentials)) from None
        yield read
        return
    name = f"listen-{token_hex(4)}"
    start = None if given.from_first else datetime.now(UTC)
    made = _granted(settings, given.organisation, name, given.filter, start)
    try:
        yield made
    finally:
        registrar(settings).revoke(given.organisation, name)


async def _tell(credentials: Credentials, believed: Path | None) -> None:
    async with aclosing(listen(credentials, believed)) as told:
        async for one in told:
            print(_line(one), flush=True)


def _line(told: Told) -> str:
    """When, what, and the contents as `name: value`."""
    *_, service, event, _ = told.envelope.type.split(".")
    data: dict[str, Any] = msgspec.json.decode(told.data)
    said = "  ".join(
        f"{name}: {_shown(value)}" for name, value in data.items() if name != "type" and value not in ("", [])
    )
    return f"{told.envelope.time.astimezone():%Y-%m-%d %H:%M:%S}  {service}: {event.replace('-', ' ')}  {said}"


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
