"""Leaves out of a batch the events that their streams have already, by their ``event_id``.

The log and the archive are looked into with the streams' heads locked: nobody else appends, archives or restores meanwhile.
A stream that begins while the batch is written has no head to lock before; then it is looked at again.
"""

from collections.abc import Callable, Collection
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.exc import IntegrityError

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import BatchColumns, Key, keys_to_bind
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.snapshots import lock_known_heads

__all__ = ["append_missing"]

Append = Callable[[BatchColumns], Collection[Key]]
"""Writes a batch, and returns those of its streams that were there before."""

_A_QUERY: Final = 500
_TRIES: Final = 20
_TRIES_IF_CONSTRAINED: Final = 3


def append_missing(connection: Connection, log: Log, batch: BatchColumns, append: Append) -> int:
    """Have those events appended that their streams have not yet, each event_id once; how many. SQLite's lock is held."""
    if database_of(connection.dialect).one_writer:
        missing = _missing(connection, log, batch, set(batch.keys))
        if missing.owners:
            append(missing)
        return len(missing.owners)
    missing = batch
    most = _TRIES_IF_CONSTRAINED if log.constrained else _TRIES
    for tries in range(most):
        there = lock_known_heads(connection, log, batch.keys, again=tries > 0)
        missing = _missing(connection, log, batch, there)
        if not missing.owners:
            break
        try:
            with connection.begin_nested() as savepoint:
                if there.issuperset(append(missing)):
                    break
                # It began meanwhile, and what it holds was not looked at.
                savepoint.rollback()
        except IntegrityError:
            # So it did, or it is another constraint's.
            if tries == most - 1:
                raise
    else:
        raise OsirisError(
            f"{log.model}: other writers began streams of this batch {most} times while it was written. Nothing of "
            "this chunk was written. Append it again."
        )
    return len(missing.owners)


def _missing(connection: Connection, log: Log, batch: BatchColumns, there: set[Key]) -> BatchColumns:
    known = _known(connection, log, batch, there)
    kept = []
    for owner, event_id in zip(batch.owners, batch.metadata["event_id"], strict=True):
        identity = (batch.keys[owner], event_id)
        kept.append(event_id is None or identity not in known)
        known.add(identity)
    return batch.only(kept)


def _known(connection: Connection, log: Log, batch: BatchColumns, there: set[Key]) -> set[tuple[Key, Any]]:
    """The contexts and ids of those that are in the log or the archive."""
    owners = {owner for owner, key in enumerate(batch.keys) if key in there}
    pairs = zip(batch.owners, batch.metadata["event_id"], strict=True)
    asked = [(owner, event_id) for owner, event_id in pairs if event_id is not None and owner in owners]
    # Those of one context together: a query finds what any of its contexts has of any of its ids.
    asked.sort(key=itemgetter(0))
    known: set[tuple[Key, Any]] = set()
    database = database_of(connection.dialect)
    with database.reading_the_newest(connection):
        for start in range(0, len(asked), _A_QUERY):
            page = asked[start : start + _A_QUERY]
            keys = [batch.keys[owner] for owner in dict.fromkeys(owner for owner, _ in page)]
            binds = {"keys": keys_to_bind(keys), "ids": [event_id for _, event_id in page]}
            for query in _queries(log, database):
                known.update((tuple(row[:-1]), row[-1]) for row in connection.execute(query, binds))
    return known


@lru_cache(maxsize=256)
def _queries(log: Log, database: Database) -> list[Any]:
    return [_query(log, table, database) for table in log.event_tables]


def _query(log: Log, table: Table, database: Database) -> Any:
    columns = log.context_columns(table)
    ids = bindparam("ids", expanding=True, type_=table.c.event_id.type)
    query = select(*columns, table.c.event_id).where(database.in_contexts(columns), table.c.event_id.in_(ids))
    return database.newest(query)
