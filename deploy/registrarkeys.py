"""New keys for who keeps the register: the registrar's, the gateway's, and the operator's user of the broker."""

from pathlib import Path

from deploy.changing import alone, amended
from deploy.keys import exchanged, nkey_public, nkey_seed, replaced
from deploy.natsconf import write_accounts
from shared.register import Register, path, pinned, sealed
from shared.rules import Unavailable
from shared.signing import Signer


def renew(data: Path) -> None:
    """Make them. All that runs keeps to the old ones until it is started again; other machines are given `registrar.pub` by hand.

    Raises `Refused`: `register-…`, `keys-missing` (the register is kept elsewhere), `network-configuration-refused`, `secret-unreadable`.
    """
    network = data / "network"
    secret = network / "registrar"
    with alone(network):
        register = Register.open(data)
        if not secret.exists() or Signer(secret.read_text().strip()).public != pinned(data):
            raise Unavailable("keys-missing", path=str(secret))
        signer, gateway, system = Signer.generate(), nkey_seed(), nkey_seed()
        contents = amended(register, gateway=nkey_public(gateway), sys=nkey_public(system))
        write_accounts(network, Register(contents))
        exchanged(data / "gateway" / "gateway.nk", (gateway,))
        exchanged(network / "sys.nk", (system,))
        exchanged(secret, (signer.seed,))
        replaced(path(data), sealed(contents, signer))
        replaced(network / "registrar.pub", f"{signer.public}\n".encode())
