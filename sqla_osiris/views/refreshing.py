"""Stores the groups of a view: folds what came since the last time, up to where no earlier event can still appear.

The database folds and merges, in one statement of one transaction; nothing goes through the client.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Select,
    bindparam,
    delete,
    func,
    inspect,
    select,
    union_all,
)

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.elements import Horizon, transaction_id
from sqla_osiris.databases.identifiers import schema_on
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITION, Settled
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.reading.feed import settled_position
from sqla_osiris.schema.log import Log
from sqla_osiris.views.folding import behind, folded_to, merged_rows, since_stored
from sqla_osiris.views.grouping import Grouping
from sqla_osiris.views.stored import StoredGroups, lock_stored_groups, placing

__all__ = ["refresh_groups"]


def refresh_groups(engine: Engine, grouping: Grouping, settled: Settled) -> bool:
    """Store the view's groups if its policy wants it. Whether they were stored.

    Up to what is safe: on PostgreSQL what came before every transaction that still runs, on MariaDB what ``settled`` knows
    or finds out. Waits for another refresh of the model's views, an erasure or a redaction that runs.
    """
    stored, database = grouping.of_stored, database_of(engine.dialect)
    with engine.connect() as connection:
        if not stored.policy.is_due(connection.scalar(_tail_length(grouping, database)) or 0):
            return False
    until = settled_position(engine, grouping.log, settled) if database.settles else None
    with _transaction(engine) as connection:
        lock_stored_groups(connection, stored.places)
        since = connection.scalar(select(folded_to(stored, database)))
        upto = _reach(connection, grouping.log) if until is None else until
        if upto <= (since or 0):
            return False
        _store(connection, grouping, since, upto)
    return True


def _store(connection: Connection, grouping: Grouping, since: int | None, upto: int) -> None:
    stored, database = grouping.of_stored, database_of(connection.dialect)
    if since is None:
        # Of another version of the view, or of events that were erased since.
        _refuse_other_key(connection, stored)
        connection.execute(delete(stored.rows))
    span = {"since": -1 if since is None else since, "upto": upto}
    connection.execute(_storing(grouping, database), span)
    connection.execute(placing(stored.places, database, _place(stored, upto)))


def _refuse_other_key(connection: Connection, stored: StoredGroups) -> None:
    """Raise OsirisError where a group could be stored twice: Alembic sees no change of a primary key."""
    rows = stored.rows
    found = inspect(connection).get_pk_constraint(rows.name, schema_on(connection, rows.schema))
    if set(found["constrained_columns"]) != {column.name for column in rows.primary_key}:
        raise OsirisError(
            f"{stored.model}: the primary key of {rows.name} is {found['constrained_columns']}, and its groups are of "
            f"{[column.name for column in rows.primary_key]}. Drop the table in a migration and create it anew: its rows "
            "are folds of events, and the next snapshots() stores them."
        )


def _place(stored: StoredGroups, upto: int) -> dict[str, Any]:
    return {
        "view": stored.view,
        "osiris_fingerprint": stored.fingerprint,
        "osiris_folded": upto,
        "osiris_writer": transaction_id(),
    }


@contextmanager
def _transaction(engine: Engine) -> Iterator[Connection]:
    """One whose statements read what is committed when they begin: after it has waited for a lock, what was changed.

    On MariaDB the fold also locks no events then, as it would under REPEATABLE READ.
    """
    with engine.connect() as connection:
        database = database_of(engine.dialect)
        if not database.one_writer:
            connection.execution_options(isolation_level="READ COMMITTED")
        with connection.begin():
            database.begin(connection)
            yield connection


def _reach(connection: Connection, log: Log) -> int:
    if database_of(connection.dialect).counts_transactions:
        return connection.scalar(select(Horizon())) or 0
    # SQLite: nobody else writes, from the lock on.
    greatest = (select(func.max(table.c[POSITION])) for table in log.event_tables)
    return max(connection.scalar(each) or 0 for each in greatest)


@lru_cache(maxsize=256)
def _tail_length(grouping: Grouping, database: Database) -> Select[Any]:
    """Return how many events came since, counted up to what is enough to be due."""
    stored = grouping.of_stored
    most = number(stored.policy.n)
    arms = []
    for table in grouping.log.event_tables:
        conditions = behind(table, database, since_stored(stored, database))
        found = select(table.c.seq).where(*conditions, table.c.seq > number(0)).limit(most)
        arms.append(select(found.subquery().c.seq))
    return select(func.count()).select_from(union_all(*arms).subquery("behind"))


@lru_cache(maxsize=256)
def _storing(grouping: Grouping, database: Database) -> Any:
    """The groups with events in between, written over those stored."""
    rows = grouping.of_stored.rows
    names = [column.name for column in rows.c]
    merged = merged_rows(
        grouping, database, *(bindparam(name, type_=BigInteger()) for name in ("since", "upto"))
    )
    return database.replace_rows(rows, names, merged)
