"""Print the table: `python -m tests.access > tests/access/table.md`."""

import sys

from tests.access.declared import table

sys.stdout.write(table())
