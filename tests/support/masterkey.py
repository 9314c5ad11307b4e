"""A master key for tests that open a log themselves."""

import os

from shared.eventlog.masterkey import Master
from shared.signing import MASTER_BYTES, text

MASTER_TEXT = text(os.urandom(MASTER_BYTES))
MASTER = Master(MASTER_TEXT)
