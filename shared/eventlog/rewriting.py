"""PostgreSQL's tables written anew, so that no bytes of deleted rows are left in their files."""

from collections.abc import Sequence

from sqlalchemy import Engine, Table, text
from sqlalchemy.exc import OperationalError

_NOW = text("SELECT pg_current_xact_id()::xid::text")
_BEFORE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type <> 'walsender' AND greatest(age(backend_xmin), age(backend_xid)) >= age(CAST(CAST(:now AS text) AS xid))"
)
"""Who began before and may still see what was deleted: it would be kept for them."""


def written_anew(engine: Engine, tables: Sequence[Table], patience: int) -> bool:
    """Write these tables into new files; the old ones are deleted. False: others are in the way for `patience` milliseconds."""
    if not tables:
        return True
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.scalar(_BEFORE, {"now": connection.scalar(_NOW)}):
            return False
        connection.execute(text(f"SET lock_timeout = {patience}"))
        try:
            for table in tables:
                connection.execute(text(f"VACUUM (FULL) {table.name}"))
        except OperationalError:  # nobody waits for long behind us
            return False
        finally:
            connection.execute(text("RESET lock_timeout"))
    return True
