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
from sqla_osiris.schema.log import Stream, context_binds
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.views.stored import forget_stored_groups
from sqla_osiris.writing.head_changes import emptied

__all__ = ["erase_stream", "erased_contexts", "lay_tombstone"]


def erase_stream(connection: Connection, stream: Stream, key: tuple[Any, ...]) -> int:
    """Remove the context's events and accumulators. Returns how many events; 0 where there is no stream."""
    here = context_binds(key)
    forget_stored_groups(connection, stream)
    if stream.keys is not None and database_of(connection.dialect).locks_what_it_ignores:
        # Who makes the stream's first encryption key locks that, then the head: in the same order, nobody waits in a circle.
        connection.execute(_lock_of_key(stream), here)
    # A write: it waits for appends that run, and lets no later one pass.
    if not connection.execute(_burial(stream), here).rowcount:
        return 0
    if stream.keys is not None:
        connection.execute(_removal_of_key(stream), here)
    with unlocked(connection, stream), position_kept(connection, stream, key):
        return sum(
            connection.execute(_removal(stream, table), here).rowcount for table in stream.event_tables
        )


def lay_tombstone(connection: Connection, stream: Stream, key: tuple[Any, ...]) -> None:
    """Have the context take no events, where it has no head yet."""
    values = dict(zip(stream.context_names, key, strict=True)) | _buried(stream)
    database = database_of(connection.dialect)
    insert = database.insert(stream.heads).values(values)
    connection.execute(database.upsert(insert, stream.context_names, None))


def erased_contexts(stream: Stream) -> Select[Any]:
    """The query of the contexts of erased streams."""
    heads = stream.heads
    return select(*stream.context_columns(heads)).where(heads.c.seq == number(TOMBSTONE))


@lru_cache(maxsize=256)
def _burial(stream: Stream) -> Update:
    heads = stream.heads
    here = (*stream.in_context(heads), heads.c.seq != number(TOMBSTONE))
    return update(heads).where(*here).values(_buried(stream))


def _buried(stream: Stream) -> dict[str, Any]:
    """What the head of an erased stream holds beside its context."""
    tombstone = number(TOMBSTONE)
    return {
        "seq": tombstone,
        "osiris_origin": tombstone,
        "osiris_folded": tombstone,
        "osiris_fingerprint": number(stream.fingerprint),
        **emptied(stream),
    }


@lru_cache(maxsize=256)
def _removal(stream: Stream, table: Table) -> Delete:
    return delete(table).where(*stream.in_context(table), table.c.seq > number(0))


@lru_cache(maxsize=256)
def _lock_of_key(stream: Stream) -> Select[Any]:
    assert stream.keys is not None  # noqa: S101  (asked for encrypted fields alone)
    return select(stream.keys.c.key).where(*stream.in_context(stream.keys)).with_for_update()


@lru_cache(maxsize=256)
def _removal_of_key(stream: Stream) -> Delete:
    """What the events hold of it is unreadable then, wherever a copy of them is."""
    assert stream.keys is not None  # noqa: S101  (asked for encrypted fields alone)
    return delete(stream.keys).where(*stream.in_context(stream.keys))
