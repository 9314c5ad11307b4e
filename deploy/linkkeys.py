"""An organisation's key for who holds a link: made once, its public half beside."""

from pathlib import Path

from deploy.keys import exchanged, kept, replaced
from shared.linkkeys import PRIVATE, PUBLIC, LinkKey
from shared.register import Register
from shared.rules import Unavailable
from shared.signing import Signer


def keep_links(data: Path, organisation: str) -> None:
    """See that there is one, and that the public half is its.

    Raises `Refused("secret-unreadable")`.
    """
    folder = data / organisation
    key = LinkKey(organisation, kept(folder / "keys" / PRIVATE, lambda: Signer.generate().seed))
    shown, public = folder / PUBLIC, f"{key.public}\n"
    if not shown.exists() or shown.read_text() != public:
        replaced(shown, public.encode())


def renew_links(data: Path, organisation: str) -> None:
    """A new one, or the first: whoever came by a link has to come again, and codes that were given out are none any more.

    Raises `Refused`: `organisation-unknown`, `keys-missing` (they are on the organisation's own machine), `secret-unreadable`.
    """
    keys = data / Register.open(data).organisation(organisation).slug / "keys"
    if not keys.is_dir():
        raise Unavailable("keys-missing", path=str(keys))
    exchanged(keys / PRIVATE, [Signer.generate().seed])
    keep_links(data, organisation)
