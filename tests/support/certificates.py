"""Throw-away certificates, for servers that want some: of an authority as `kring tls init` makes it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from deploy import tls, tlsauthority
from shared.settings import Settings


def certificates(folder: Path, *names: str, ago: timedelta = timedelta()) -> Settings:
    """A folder of certificates for this machine and these names, made so long ago; settings that name it."""
    settings = Settings(data=folder.parent, tls=folder)
    tlsauthority.prepare(settings, names, datetime.now(UTC) - ago)
    return settings


def certificate(folder: Path, *names: str, ago: timedelta = timedelta()) -> tls.Tls:
    """The broker's of those."""
    found = tls.broker(certificates(folder, *names, ago=ago))
    assert found is not None
    return found
