"""The feed on MariaDB: rows by position, up to the first missing one that an event may still come to take.

AUTO_INCREMENT gives a position while its transaction runs, so an event may commit behind one that is visible already. A
position that is missing is *on its way*, or *gone* for good: rolled back, or erased. Where it matters, that is found out
at no cost for writers. Whoever has taken a position holds the event table's metadata lock until its transaction is over.
``LOCK TABLES … READ`` is granted at a moment when nobody holds it; from then on every position up to the greatest
that was there before is settled: no row can come to stand at it any more.

Everything is read through connections of their own. A session's transaction may see the past (REPEATABLE READ), and
rows have to be read again after positions were settled.
"""

from collections.abc import Sequence
from time import monotonic
from typing import Final

from sqlalchemy import Connection, Engine, Table, column, select, table, text
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.mariadb.errors import LOCK_NOT_GRANTED
from sqla_osiris.databases.mysql_family.errors import NOT_PERMITTED, code_of
from sqla_osiris.databases.positions import Settled, greatest_of
from sqla_osiris.databases.triggers import RenderedDDL
from sqla_osiris.errors import OsirisError

__all__ = ["Settling"]

_SECONDS_BETWEEN_PAUSES: Final = 2.0

# Without autocommit InnoDB locks the table too: a prepared XA transaction that its client or a restart of the server
# left behind holds no metadata lock, but InnoDB's.
_SHORT = text("SET SESSION autocommit = 0, innodb_table_locks = 1, max_statement_time = 0.1")


class Settling(Database):
    """By locking the table, as little as may be."""

    def settle(
        self, engine: Engine, model: str, tables: Sequence[Table], settled: Settled, *, patient: bool
    ) -> bool:
        with engine.connect() as connection:
            # Never back into the pool: neither a lock nor a setting may leak.
            connection.detach()
            _refuse_other_writers(connection, model)
            greatest = connection.scalar(greatest_of(tuple(tables))) or 0
            connection.rollback()
            connection.execute(_SHORT)
            if not _is_quiet(connection, model, tables[0], settled, patient=patient):
                return False
        settled.until = max(settled.until, greatest)
        return True


def _is_quiet(connection: Connection, model: str, events: Table, settled: Settled, *, patient: bool) -> bool:
    """Whether now, or soon, no transaction has written events.

    READ waits without keeping anybody from writing, so under a steady load that moment may not come. WRITE CONCURRENT
    has new writers (not readers) wait behind it, a tenth of a second at most, and not often.
    """
    if _is_locked(connection, model, events, "READ" if patient else "READ NOWAIT"):
        return True
    if not patient or monotonic() < settled.pause_from:
        return False
    settled.pause_from = monotonic() + _SECONDS_BETWEEN_PAUSES
    return _is_locked(connection, model, events, "WRITE CONCURRENT")


def _is_locked(connection: Connection, model: str, events: Table, kind: str) -> bool:
    try:
        connection.execute(_lock_table(events, kind))
    except DBAPIError as error:
        code = code_of(error)
        if code in LOCK_NOT_GRANTED:
            return False
        if code in NOT_PERMITTED:
            raise OsirisError(
                f"{model}: feed() found positions without an event, and may not lock {events.name} to see "
                "whether a transaction is about to fill them. GRANT LOCK TABLES on its database to this user."
            ) from error
        raise
    return True


def _lock_table(events: Table, kind: str) -> RenderedDDL:
    """The lock ends with the connection."""
    return RenderedDDL(
        events.name, lambda compiler: f"LOCK TABLES {compiler.preparer.format_table(events)} {kind}"
    )


_VARIABLES = table(
    "GLOBAL_VARIABLES", column("VARIABLE_NAME"), column("VARIABLE_VALUE"), schema="information_schema"
)
_OTHER_WRITERS = select(_VARIABLES.c.VARIABLE_NAME).where(
    _VARIABLES.c.VARIABLE_NAME.in_(["READ_ONLY", "WSREP_ON"]), _VARIABLES.c.VARIABLE_VALUE != "OFF"
)


def _refuse_other_writers(connection: Connection, model: str) -> None:
    """Raise OsirisError where transactions run that no lock on this server waits for."""
    found = connection.scalar(_OTHER_WRITERS)
    if found is not None:
        raise OsirisError(
            f"{model}: feed() found positions without an event, and this server cannot tell whether one is still "
            f"to come: {found} is on, so it may be a replica or a node of a cluster. Read the feed from the server that "
            "takes the writes."
        )
