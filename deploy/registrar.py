"""Keeps the register: adds organisations and agreements, signs, and lets the broker follow.

One change at a time, whole or not at all.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from deploy import agreements
from deploy.changing import alone, amended
from deploy.keys import kept, nkey_public, nkey_seed, replaced
from deploy.linkkeys import keep_links
from deploy.natsconf import write_accounts
from deploy.rotation import PARTY, rotated, signer
from shared.agreements import Agreement, Covenant
from shared.contracts.catalogue import SUBJECTS
from shared.grants import Grant, check_webhook, granted, matches
from shared.identity import Issuer
from shared.ids import uuid7
from shared.register import SERVICES, Contents, Organisation, Register, path, sealed
from shared.rules import Refused
from shared.signing import MASTER, MASTER_BYTES, Signer, text
from shared.succession import NodeKeys
from shared.wire.seal import LetterKeys
from shared.wire.webhooks import new_secret, secret_path

RESERVED = frozenset({"network", "gateway", "sys", "public"})
"""Names that mean something else in the data folder or on the wire."""
_SETTLE = 0.5
"""Seconds between two reloads: nats-server 2.15 makes a new account with the first, and lets it use what others export with the second."""


class Registrar:
    """The one who signs the register of a data folder. `changed` is called after every change (the broker reloads)."""

    def __init__(self, data: Path, changed: Callable[[], None] = lambda: None) -> None:
        self.data = data
        self.network = data / "network"
        self._changed = changed
        self._signer = Signer(kept(self.network / "registrar", lambda: Signer.generate().seed))

    def begin(self) -> Register:
        """An empty register, when there is none yet; keys of the gateway and the operator with it."""
        with alone(self.network):
            if path(self.data).exists():
                return self._completed(Register.open(self.data))
            replaced(self.network / "registrar.pub", f"{self._signer.public}\n".encode())
            gateway = nkey_public(kept(self.data / "gateway" / "gateway.nk", nkey_seed))
            system = nkey_public(kept(self.network / "sys.nk", nkey_seed))
            return self._publish(Contents(number=1, gateway=gateway, sys=system))

    def add_organisation(self, slug: str, *, name: str, area: str, source: str, demo: bool = False) -> Register:
        """Let an organisation take part, with new keys for it and its three nodes.

        Raises `Refused`: `organisation-exists`, `organisation-reserved`, or `organisation-invalid` naming what is wrong.
        """
        with alone(self.network):
            register = Register.open(self.data)
            if slug in register.organisations:
                raise Refused("organisation-exists", organisation=slug)
            if slug in RESERVED:
                raise Refused("organisation-reserved", organisation=slug)
            given = {"slug": slug, "name": name, "area": area, "source": source, "demo": demo}
            _checked({**given, "key": "", "issuers": {}, "nodes": {}})
            added = _checked({**given, **self._keys(slug)})
            return self._publish(amended(register, organisations=(*register.contents.organisations, added)))

    def on_its_own(self, slug: str) -> Register:
        """Record that an organisation has a nats-server of its own from now on, with a new key that lets it connect to ours.

        Raises `Refused`: `organisation-unknown`.
        """
        with alone(self.network):
            register = Register.open(self.data)
            leaf = nkey_public(kept(self.data / register.organisation(slug).slug / "keys" / "leaf.nk", nkey_seed))
            given = register.contents.organisations
            changed = tuple(msgspec.structs.replace(one, leaf=leaf) if one.slug == slug else one for one in given)
            return self._publish(amended(register, organisations=changed))

    def agree(self, identifier: UUID, sender: str, receiver: str, since: date) -> Register:
        """Record an agreement, signed by both: `sender` may refer to `receiver`. Raises `Refused` as `agreements.agreed` does."""
        draft = Agreement(identifier, sender, receiver, since, signatures={})
        return self._change(lambda register: agreements.agreed(register, self._sign, draft))

    def end(self, identifier: UUID, by: str, at: date) -> Register:
        """Record that one party ended an agreement: no new referrals; what is open goes on. Raises `Refused` as `agreements.ended` does."""
        return self._change(lambda register: agreements.ended(register, self._sign, identifier, by, at))

    def covenant(self, identifier: UUID, name: str, members: Sequence[str], since: date) -> Register:
        """Record a covenant, signed once by each member. Raises `Refused` as `agreements.founded` does."""
        draft = Covenant(identifier, name, since, members={})
        return self._change(lambda register: agreements.founded(register, self._sign, draft, members))

    def join(self, name: str, member: str) -> Register:
        """Record that an organisation signed a covenant. Raises `Refused` as `agreements.joined` does."""
        return self._change(lambda register: agreements.joined(register, self._sign, name, member))

    def leave(self, name: str, member: str, at: date) -> Register:
        """Record that a member left a covenant: no new referrals; what is open goes on. Raises `Refused` as `agreements.left` does."""
        return self._change(lambda register: agreements.left(register, self._sign, name, member, at))

    def rotate(self, slug: str, *, everything: bool = False) -> Register:
        """Give an organisation and its nodes new keys, signed with the old. Raises `Refused` as `rotated` does."""
        return self._change(lambda register: rotated(self.data, register, slug, everything=everything))

    def grant(self, organisation: str, name: str, filter: str, start: datetime | None, nkey: str) -> Grant:  # noqa: A002  (NATS' word)
        """Let an integrator follow the organisation's events that the filter takes, from a moment on or (None) from the first.

        Raises `Refused`: `organisation-unknown`, `integrator-exists`, `integrator-invalid`, `integrator-filter`.
        """
        with alone(self.network):
            added = self._grant(Grant(uuid7(), organisation, name, filter, start, nkey))
            time.sleep(_SETTLE)
            self._changed()
            return added

    def grant_webhook(self, organisation: str, name: str, filter: str, start: datetime | None, url: str) -> str:  # noqa: A002  (NATS' word)
        """Let the organisation's node send such events to a web address; gives the secret that it signs them with.

        Raises `Refused` as `grant` does, and `webhook-credentials`, `webhook-insecure`, `webhook-invalid`, `secret-unreadable`.
        """
        check_webhook(url)
        with alone(self.network):
            register = Register.open(self.data)
            draft = Grant(uuid7(), register.organisation(organisation).slug, name, filter, start, webhook=url)
            path = self._hook(draft)
            secret = kept(path, new_secret)
            try:
                self._grant(draft)
            except Refused:
                path.unlink()
                raise
            return secret

    def _grant(self, draft: Grant) -> Grant:
        register = Register.open(self.data)
        slug = register.organisation(draft.organisation).slug
        if any(one.name == draft.name for one in granted(register.contents.grants, slug)):
            raise Refused("integrator-exists", organisation=slug, name=draft.name)
        try:
            added = msgspec.json.decode(msgspec.json.encode(draft), type=Grant)
        except msgspec.ValidationError:
            raise Refused("integrator-invalid", name=draft.name, filter=draft.filter) from None
        if not any(matches(draft.filter, subject) for subject in SUBJECTS):
            raise Refused("integrator-filter", filter=draft.filter, known=", ".join(SUBJECTS))
        self._publish(amended(register, grants=(*register.contents.grants, added)))
        return added

    def _hook(self, grant: Grant) -> Path:
        return secret_path(self.data / grant.organisation / "keys", grant)

    def revoke(self, organisation: str, name: str) -> None:
        """Take an integrator's grant back; its user or its secret goes too.

        Raises `Refused`: `organisation-unknown`, `integrator-unknown`.
        """
        with alone(self.network):
            register = Register.open(self.data)
            mine = granted(register.contents.grants, register.organisation(organisation).slug)
            gone = [one for one in mine if one.name == name]
            if not gone:
                known = ", ".join(one.name for one in mine) or "-"
                raise Refused("integrator-unknown", organisation=organisation, name=name, known=known)
            left = tuple(one for one in register.contents.grants if one not in gone)
            self._publish(amended(register, grants=left))
            for one in gone:
                self._hook(one).unlink(missing_ok=True)

    def _change(self, parts: Callable[[Register], Mapping[str, object]]) -> Register:
        with alone(self.network):
            register = Register.open(self.data)
            return self._publish(amended(register, **parts(register)))

    def _sign(self, register: Register, slug: str, said: bytes) -> str:
        return self._party(slug, register).sign(said)

    def _publish(self, contents: Contents) -> Register:
        """The broker first: a route must be there before nodes hear of it."""
        register = Register(contents)
        write_accounts(self.network, register)
        self._changed()
        replaced(path(self.data), sealed(contents, self._signer))
        return register

    def _party(self, slug: str, register: Register | None = None) -> Signer:
        """An organisation's own key, as the register names it. It is here because this machine hosts the organisation."""
        held = kept(self.data / slug / "keys" / PARTY, lambda: Signer.generate().seed)
        return signer(held, register.organisation(slug).key if register else "")

    def _completed(self, register: Register) -> Register:
        """Give organisations of this machine what earlier versions of Kring did not make."""
        for slug in register.organisations:
            folder = self.data / slug
            if (folder / "keys" / PARTY).exists():
                keep_links(self.data, slug)
                if not any(folder.glob("*.keys.db")):
                    self._master(slug)
        return register

    def _master(self, slug: str) -> None:
        kept(self.data / slug / "keys" / MASTER, lambda: text(os.urandom(MASTER_BYTES)))

    def _keys(self, slug: str) -> dict[str, object]:
        self._master(slug)
        keep_links(self.data, slug)
        issuer = Signer(kept(self.data / slug / "keys" / "issuer", lambda: Signer.generate().seed))
        return {
            "key": self._party(slug).public,
            "issuers": {Issuer.name(slug): {issuer.public[:8]: issuer.public}},
            "nodes": {service: self._node(slug, service) for service in SERVICES},
        }

    def _node(self, slug: str, service: str) -> NodeKeys:
        folder = self.data / slug / "keys"
        nkey = nkey_public(kept(folder / f"{service}.nk", nkey_seed))
        letters = LetterKeys(kept(folder / f"{service}.letters", lambda: LetterKeys.generate().seed))
        return NodeKeys(nkey, letters.sign, letters.seal, letters.id)


def _checked(given: dict[str, object]) -> Organisation:
    """Built from JSON, so that every constraint is checked."""
    try:
        return msgspec.json.decode(msgspec.json.encode(given), type=Organisation)
    except msgspec.ValidationError as wrong:
        raise Refused("organisation-invalid", reason=str(wrong)) from None
