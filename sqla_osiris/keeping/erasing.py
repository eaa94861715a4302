"""Erases a stream for good. Its head stays as a tombstone, whose seq no append may raise.

The head is locked first, so an append that runs at the same time comes before, and is erased, or after, and is refused:
by the head's CHECK constraint, in every statement that writes an event, without one word more in any of them.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Delete, Select, Table, Update, delete, select, update

from sqla_osiris.databases.literals import number
from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.positions import position_kept
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.log import Log, context_binds
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.views.stored import forget_stored_groups
from sqla_osiris.writing.head_changes import emptied

__all__ = ["erase_stream", "erased_contexts", "lay_tombstone"]


def erase_stream(connection: Connection, log: Log, key: tuple[Any, ...]) -> int:
    """Remove the context's events and accumulators. Returns how many events; 0 where there is no stream."""
    here = context_binds(key)
    forget_stored_groups(connection, log)
    if log.keys is not None and database_of(connection.dialect).locks_what_it_ignores:
        # Who makes the stream's first encryption key locks that, then the head: in the same order, nobody waits in a circle.
        connection.execute(_lock_of_key(log), here)
    # A write: it waits for appends that run, and lets no later one pass.
    if not connection.execute(_tombstone_update(log), here).rowcount:
        return 0
    if log.keys is not None:
        connection.execute(_removal_of_key(log), here)
    with unlocked(connection, log), position_kept(connection, log, key):
        return sum(connection.execute(_removal(log, table), here).rowcount for table in log.event_tables)


def lay_tombstone(connection: Connection, log: Log, key: tuple[Any, ...]) -> None:
    """Have the context take no events, where it has no head yet."""
    values = dict(zip(log.context_names, key, strict=True)) | _tombstone(log)
    database = database_of(connection.dialect)
    insert = database.insert(log.heads).values(values)
    with database.keeping_keys(connection, log.heads, [key]):
        connection.execute(database.upsert(insert, log.context_names, None))


def erased_contexts(log: Log) -> Select[Any]:
    """The query of the contexts of erased streams."""
    heads = log.heads
    return select(*log.context_columns(heads)).where(heads.c.seq == number(TOMBSTONE))


@lru_cache(maxsize=256)
def _tombstone_update(log: Log) -> Update:
    heads = log.heads
    here = (*log.in_context(heads), heads.c.seq != number(TOMBSTONE))
    return update(heads).where(*here).values(_tombstone(log))


def _tombstone(log: Log) -> dict[str, Any]:
    """Return what the head of an erased stream holds beside its context."""
    tombstone = number(TOMBSTONE)
    return {
        "seq": tombstone,
        "osiris_origin": tombstone,
        "osiris_folded": tombstone,
        "osiris_fingerprint": number(log.fingerprint),
        **emptied(log),
    }


@lru_cache(maxsize=256)
def _removal(log: Log, table: Table) -> Delete:
    return delete(table).where(*log.in_context(table), table.c.seq > number(0))


@lru_cache(maxsize=256)
def _lock_of_key(log: Log) -> Select[Any]:
    assert log.keys is not None  # noqa: S101  (asked for encrypted fields alone)
    return select(log.keys.c.key).where(*log.in_context(log.keys)).with_for_update()


@lru_cache(maxsize=256)
def _removal_of_key(log: Log) -> Delete:
    """Return the statement that deletes the context's key: no copy of its events can be read then."""
    assert log.keys is not None  # noqa: S101  (asked for encrypted fields alone)
    return delete(log.keys).where(*log.in_context(log.keys))
