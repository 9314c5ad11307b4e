"""Keeps the register: adds organisations and agreements, signs, and lets the broker follow.

One change at a time, whole or not at all.
"""

import fcntl
import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

import msgspec

from deploy.keys import kept, nkey_public, nkey_seed, replaced
from deploy.linkkeys import keep_links
from deploy.natsconf import write_accounts
from deploy.rotation import PARTY, rotated, signer
from shared.contracts.catalogue import SUBJECTS
from shared.grants import Grant, check_webhook, granted, matches
from shared.identity import Issuer
from shared.ids import uuid7
from shared.register import SERVICES, Agreement, Contents, Ended, Organisation, Register, path, sealed
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
        with self._alone():
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
        with self._alone():
            register = Register.open(self.data)
            if slug in register.organisations:
                raise Refused("organisation-exists", organisation=slug)
            if slug in RESERVED:
                raise Refused("organisation-reserved", organisation=slug)
            given = {"slug": slug, "name": name, "area": area, "source": source, "demo": demo}
            _checked({**given, "key": "", "issuers": {}, "nodes": {}})
            added = _checked({**given, **self._keys(slug)})
            return self._publish(_with(register, organisations=(*register.contents.organisations, added)))

    def on_its_own(self, slug: str) -> Register:
        """Record that an organisation has a nats-server of its own from now on, with a new key that lets it connect to ours.

        Raises `Refused`: `organisation-unknown`.
        """
        with self._alone():
            register = Register.open(self.data)
            leaf = nkey_public(kept(self.data / register.organisation(slug).slug / "keys" / "leaf.nk", nkey_seed))
            given = register.contents.organisations
            changed = tuple(msgspec.structs.replace(one, leaf=leaf) if one.slug == slug else one for one in given)
            return self._publish(_with(register, organisations=changed))

    def agree(self, identifier: UUID, sender: str, receiver: str, since: date) -> Register:
        """Record an agreement, signed by both: `sender` may refer to `receiver`.

        Raises `Refused`: `organisation-unknown`, `agreement-self`, `agreement-exists`.
        """
        with self._alone():
            register = Register.open(self.data)
            parties = [register.organisation(slug).slug for slug in (sender, receiver)]
            if sender == receiver:
                raise Refused("agreement-self", organisation=sender)
            if register.may_refer(sender, receiver):
                raise Refused("agreement-exists", sender=sender, receiver=receiver)
            draft = Agreement(identifier, sender, receiver, since, signatures={})
            signed = {slug: self._party(slug, register).sign(draft.words()) for slug in parties}
            agreement = msgspec.structs.replace(draft, signatures=signed)
            return self._publish(_with(register, agreements=(*register.contents.agreements, agreement)))

    def end(self, identifier: UUID, by: str, at: date) -> Register:
        """Record that one party ended an agreement: no new referrals; what is open goes on.

        Raises `Refused`: `agreement-unknown`, `agreement-ended`, `agreement-party`.
        """
        with self._alone():
            register = Register.open(self.data)
            found = {one.id: one for one in register.contents.agreements}
            agreement = found.get(identifier)
            if agreement is None:
                raise Refused("agreement-unknown", agreement=str(identifier))
            if agreement.ended:
                raise Refused("agreement-ended", agreement=str(identifier), at=str(agreement.ended.at))
            if by not in (agreement.sender, agreement.receiver):
                raise Refused("agreement-party", organisation=by)
            ended = Ended(at, by, self._party(by, register).sign(agreement.words(at)))
            found[identifier] = msgspec.structs.replace(agreement, ended=ended)
            return self._publish(_with(register, agreements=tuple(found.values())))

    def rotate(self, slug: str) -> Register:
        """Give an organisation and its nodes new keys, signed with the old. Raises `Refused` as `rotated` does."""
        with self._alone():
            register = Register.open(self.data)
            return self._publish(_with(register, **rotated(self.data, register, slug)))

    def grant(self, organisation: str, name: str, filter: str, start: datetime | None, nkey: str) -> Grant:  # noqa: A002  (NATS' word)
        """Let an integrator follow the organisation's events that the filter takes, from a moment on or (None) from the first.

        Raises `Refused`: `organisation-unknown`, `integrator-exists`, `integrator-invalid`, `integrator-filter`.
        """
        with self._alone():
            added = self._grant(Grant(uuid7(), organisation, name, filter, start, nkey))
            time.sleep(_SETTLE)
            self._changed()
            return added

    def grant_webhook(self, organisation: str, name: str, filter: str, start: datetime | None, url: str) -> str:  # noqa: A002  (NATS' word)
        """Let the organisation's node send such events to a web address; gives the secret that it signs them with.

        Raises `Refused` as `grant` does, and `webhook-credentials`, `webhook-insecure`, `webhook-invalid`, `secret-unreadable`.
        """
        check_webhook(url)
        with self._alone():
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
        self._publish(_with(register, grants=(*register.contents.grants, added)))
        return added

    def _hook(self, grant: Grant) -> Path:
        return secret_path(self.data / grant.organisation / "keys", grant)

    def revoke(self, organisation: str, name: str) -> None:
        """Take an integrator's grant back; its user or its secret goes too.

        Raises `Refused`: `organisation-unknown`, `integrator-unknown`.
        """
        with self._alone():
            register = Register.open(self.data)
            mine = granted(register.contents.grants, register.organisation(organisation).slug)
            gone = [one for one in mine if one.name == name]
            if not gone:
                known = ", ".join(one.name for one in mine) or "-"
                raise Refused("integrator-unknown", organisation=organisation, name=name, known=known)
            left = tuple(one for one in register.contents.grants if one not in gone)
            self._publish(_with(register, grants=left))
            for one in gone:
                self._hook(one).unlink(missing_ok=True)

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

    @contextmanager
    def _alone(self) -> Generator[None, None, None]:
        """One registrar at work in a data folder."""
        with (self.network / "registrar.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _with(register: Register, **changed: object) -> Contents:
    return msgspec.structs.replace(register.contents, number=register.contents.number + 1, **changed)


def _checked(given: dict[str, object]) -> Organisation:
    """Built from JSON, so that every constraint is checked."""
    try:
        return msgspec.json.decode(msgspec.json.encode(given), type=Organisation)
    except msgspec.ValidationError as wrong:
        raise Refused("organisation-invalid", reason=str(wrong)) from None
