"""The feed on MySQL: rows by position, up to the first missing one that an event may still come to take.

AUTO_INCREMENT gives a position while its transaction runs, so an event may commit behind one that is visible already.
Whoever has taken a position holds the event table's metadata lock until its transaction is over, and who holds it can be
looked up. When all are gone who held it at a moment, every position that was visible by then is settled: no row can come to
stand before it any more. No writer waits for that.

Everything is read through connections of their own. A session's transaction may see the past (REPEATABLE READ), and
rows have to be read again after positions were settled.
"""

from collections.abc import Sequence
from time import monotonic, sleep
from typing import Any, Final

from sqlalchemy import Connection, Engine, Table, and_, bindparam, column, func, or_, select, table, text
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.mysql_family.errors import NOT_PERMITTED, code_of
from sqla_osiris.databases.positions import Settled, greatest_of
from sqla_osiris.errors import OsirisError

__all__ = ["Settling"]

_PATIENCE: Final = 0.1
_PAUSE: Final = 0.002

_BEGIN = text("START TRANSACTION")


class Settling(Database):
    """By looking who has the table locked."""

    def settle(
        self, engine: Engine, model: str, tables: Sequence[Table], settled: Settled, *, patient: bool
    ) -> bool:
        with engine.connect() as connection:
            _refuse_other_writers(connection, model)
            connection.rollback()
            # What it reads it has locked until it ends, also where the driver commits each statement by itself.
            connection.execute(_BEGIN)
            greatest = connection.scalar(greatest_of(tuple(tables))) or 0
            _note(settled, greatest, _writers(connection, model, tables[0]))
            deadline = monotonic() + _PATIENCE
            while settled.until < greatest and patient and monotonic() < deadline:
                sleep(_PAUSE)
                _note(settled, greatest, _writers(connection, model, tables[0]))
            connection.rollback()
        return settled.until >= greatest


def _note(settled: Settled, greatest: int, writers: frozenset[Any]) -> None:
    """Note who writes now: once all are gone who wrote when a position was seen, it is settled.

    What was seen first is waited for first, however many calls that takes.
    """
    until, waited_for = settled.awaited or (greatest, writers)
    waited_for &= writers
    if waited_for:
        settled.awaited = until, waited_for
        return
    settled.until = max(settled.until, until)
    settled.awaited = (greatest, writers) if settled.until < greatest else None


_LOCKS = table(
    "metadata_locks",
    *map(
        column,
        (
            "owner_thread_id",
            "owner_event_id",
            "object_type",
            "object_schema",
            "object_name",
            "lock_type",
            "lock_status",
        ),
    ),
    schema="performance_schema",
)
_OWN = _LOCKS.c.owner_thread_id == func.ps_current_thread_id()
_HOLDERS = select(_LOCKS.c.owner_thread_id, _LOCKS.c.owner_event_id, _LOCKS.c.lock_type, _OWN).where(
    _LOCKS.c.object_type == "TABLE",
    _LOCKS.c.object_schema == func.coalesce(bindparam("schema"), func.database()),
    _LOCKS.c.object_name == bindparam("table"),
    _LOCKS.c.lock_status == "GRANTED",
)
_WRITES: Final = frozenset({"SHARED_WRITE", "SHARED_WRITE_LOW_PRIO", "SHARED_NO_READ_WRITE", "EXCLUSIVE"})


def _writers(connection: Connection, model: str, events: Table) -> frozenset[Any]:
    """Return who may have taken positions of a table that this transaction has read. Raises OsirisError."""
    place = {"schema": connection.schema_for_object(events), "table": events.name}
    try:
        holders = connection.execute(_HOLDERS, place).all()
    except DBAPIError as error:
        if code_of(error) not in NOT_PERMITTED:
            raise
        raise OsirisError(
            f"{model}: feed() found positions without an event, and may not look who is about to fill them. "
            "GRANT SELECT ON performance_schema.metadata_locks TO this user; docs/mysql.md has another way."
        ) from error
    if not any(own for *_, own in holders):
        raise OsirisError(
            f"{model}: feed() found positions without an event, and this server does not show who holds a lock of "
            f"{events.name}. Set performance_schema = ON and have its instrument wait/lock/metadata/sql/mdl enabled, with "
            "performance_schema_max_metadata_locks as it is by default."
        )
    return frozenset((thread, event) for thread, event, kind, own in holders if kind in _WRITES and not own)


_VARIABLES = table(
    "global_variables", column("variable_name"), column("variable_value"), schema="performance_schema"
)
_OTHER_WRITERS = select(_VARIABLES.c.variable_name).where(
    or_(
        and_(_VARIABLES.c.variable_name.in_(["read_only", "wsrep_on"]), _VARIABLES.c.variable_value != "OFF"),
        and_(
            _VARIABLES.c.variable_name == "group_replication_single_primary_mode",
            _VARIABLES.c.variable_value == "OFF",
        ),
    )
)


def _refuse_other_writers(connection: Connection, model: str) -> None:
    """Raise OsirisError where transactions run that no lock on this server shows."""
    found = connection.scalar(_OTHER_WRITERS)
    if found is not None:
        raise OsirisError(
            f"{model}: feed() found positions without an event, and this server cannot tell whether one is still "
            f"to come: its {found} says that others write too, as on a replica or in a cluster. Read the feed from the "
            "server that takes the writes."
        )
