"""An authority for trying Kring out with TLS: its key, and certificates for the broker, the gateway and the services."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from deploy.keys import exchanged, kept, replaced
from deploy.tlscheck import NAMES, SOON
from shared.rules import Refused
from shared.settings import Settings
from shared.wire.tls import LOOPBACK

YEAR = timedelta(days=365)
_LIFE = 5 * YEAR
"""Of the authority. Those who believe it must be given its successor by hand."""
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


class Made(Struct, frozen=True):
    """What stands in the folder now."""

    authority: Path
    begun: bool
    """The authority is new: nobody believes it yet."""
    renewed: tuple[str, ...]
    """Whose certificates were made now."""
    kept: tuple[str, ...]
    """Whose were there, and stay."""


def prepare(settings: Settings, names: Iterable[str], now: datetime) -> Made:
    """Make what is missing, and anew what ends soon or lacks one of `names`. What others made is left alone.

    Raises `Refused`: `tls-in-production`, `tls-name-invalid`, `tls-authority-foreign`, `tls-authority-ends`, `tls-key-differs` (the
        authority's), `tls-half` (of others), `tls-unreadable`, `secret-unreadable`.
    """
    folder = settings.certificates
    if settings.production:
        raise Refused("tls-in-production", path=str(folder))
    wanted = {*LOOPBACK, *map(_name, names)}
    begun = not (folder / "ca.crt").exists()
    authority = _Authority(folder, now)
    renewed = [name for name in NAMES if not authority.leaves(folder / name, wanted, now)]
    for name in renewed:
        authority.renew(folder / name, wanted, now)
    return Made(folder / "ca.crt", begun, tuple(renewed), tuple(name for name in NAMES if name not in renewed))


class _Authority:
    """Vouches for servers with its key, which never leaves the folder."""

    def __init__(self, folder: Path, now: datetime) -> None:
        path, key = folder / "ca.crt", folder / "ca.key"
        if path.exists() and not key.exists():
            raise Refused("tls-authority-foreign", path=str(path))
        kept(key, lambda: _pem(ec.generate_private_key(ec.SECP256R1())))
        self._key = _key(key)
        if not path.exists():
            replaced(path, self._itself(now).public_bytes(serialization.Encoding.PEM))
        self._certificate = _read(path)
        if self._certificate.public_key() != self._key.public_key():
            raise Refused("tls-key-differs", certificate=str(path), key=str(key))
        if self._certificate.not_valid_after_utc - now < SOON:
            raise Refused("tls-authority-ends", path=str(path), at=f"{self._certificate.not_valid_after_utc:%Y-%m-%d}")

    def leaves(self, files: Path, wanted: set[str], now: datetime) -> bool:
        """Whether the certificate that is there serves for these names with its key, or is somebody else's."""
        certificate, key = files.with_suffix(".crt"), files.with_suffix(".key")
        had = _read(certificate) if certificate.exists() else None
        ours = had is not None and self._vouches(had)
        if certificate.exists() != key.exists() and not ours:
            raise Refused("tls-half", certificate=str(certificate), key=str(key))
        if had is None or not key.exists():
            return False
        return not ours or (_key(key).public_key() == had.public_key() and _serves(had, wanted, now))

    def renew(self, files: Path, wanted: set[str], now: datetime) -> None:
        """Make a certificate for these names and those it had; its key comes after it, so a key that is alone was never ours."""
        certificate, key = files.with_suffix(".crt"), files.with_suffix(".key")
        had = _names(_read(certificate)) if certificate.exists() else set()
        fresh = ec.generate_private_key(ec.SECP256R1())
        made = self._vouched(fresh.public_key(), files.name, wanted | had, now)
        replaced(certificate, made.public_bytes(serialization.Encoding.PEM))
        exchanged(key, [_pem(fresh)])

    def _vouches(self, one: x509.Certificate) -> bool:
        with suppress(ValueError, TypeError, InvalidSignature):
            one.verify_directly_issued_by(self._certificate)
            return True
        return False

    def _itself(self, now: datetime) -> x509.Certificate:
        name, public = _called("Kring, for trying out"), self._key.public_key()
        usage = _usage(vouches=True)
        return (
            _begun(name, name, public, now, now + _LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def _vouched(
        self, public: ec.EllipticCurvePublicKey, name: str, names: set[str], now: datetime
    ) -> x509.Certificate:
        end = min(now + YEAR, self._certificate.not_valid_after_utc)
        both = [
            ExtendedKeyUsageOID.SERVER_AUTH,
            ExtendedKeyUsageOID.CLIENT_AUTH,
        ]  # servers of a cluster are each other's clients
        issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            _begun(_called(name), self._certificate.subject, public, now, end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(vouches=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(both if name == "broker" else both[:1]), critical=False)
            .add_extension(issued_by, critical=False)
            .add_extension(x509.SubjectAlternativeName(list(_alternatives(names))), critical=False)
            .sign(self._key, hashes.SHA256())
        )


def _begun(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(issuer, subject, public, x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks differ
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _usage(*, vouches: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not vouches,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=vouches,
        crl_sign=vouches,
        encipher_only=False,
        decipher_only=False,
    )


def _serves(one: x509.Certificate, wanted: set[str], now: datetime) -> bool:
    return one.not_valid_after_utc - now >= SOON and wanted <= _names(one)


def _names(one: x509.Certificate) -> set[str]:
    with suppress(x509.ExtensionNotFound):
        return {str(name.value) for name in one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value}
    return set()


def _alternatives(names: Iterable[str]) -> Iterator[x509.GeneralName]:
    for name in sorted(names):
        try:
            yield x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            yield x509.DNSName(name)


def _name(text: str) -> str:
    with suppress(ValueError):
        return str(ipaddress.ip_address(text))
    if len(text) > 253 or not _HOST.fullmatch(text.lower()):  # noqa: PLR2004  (RFC 1035)
        raise Refused("tls-name-invalid", name=text)
    return text.lower()


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode().strip()


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    with suppress(OSError, ValueError, TypeError):
        found = serialization.load_pem_private_key(path.read_bytes(), password=None)
        if isinstance(found, ec.EllipticCurvePrivateKey):
            return found
    raise Refused("tls-unreadable", path=str(path), reason="ValueError")


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as fault:
        raise Refused("tls-unreadable", path=str(path), reason=type(fault).__name__) from None
