"""Streams that begin without a key, where an event is written in some other way than by the statement that gives one.

Encrypted touches are bound to their context, and a batch's heads are advanced by their keys. Both have the keys drawn first.
An ``event_id`` that comes again finds the event that began a stream with it: who repeats it does not know the key.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Table, bindparam, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import name_on
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import BatchColumns, Expect, NewKey, Write
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.head_changes import plan_of

__all__ = ["alone_with", "with_drawn_keys", "with_keys"]

_LOCKS: Final = 64
"""More would not fit: a batch may have as many ids as events."""
_IDS_A_QUERY: Final = 500


def with_drawn_keys(connection: Connection, log: Log, writes: Sequence[Write]) -> Sequence[Write]:
    """Return the writes with keys for those that begin streams without one, unless their statement gives them."""
    database = database_of(connection.dialect)
    count = sum(write.expect is Expect.NEW for write in writes)
    plan = plan_of(log, database)
    if not count or (log.keys is None and database.gives_keys(plan, count)):
        return writes
    given = {write.key for write in writes if write.expect is not Expect.NEW}
    keys = iter(database.draw_keys(connection, plan, count, given))
    return [
        replace(write, key=next(keys), expect=Expect.NOT_LIVE) if write.expect is Expect.NEW else write
        for write in writes
    ]


@contextmanager
def with_keys(connection: Connection, log: Log, batch: BatchColumns) -> Iterator[BatchColumns]:
    """Yield the batch with keys for its new streams, and without those that were begun before, by their ``event_id``."""
    new = {owner for owner, key in enumerate(batch.keys) if type(key[0]) is NewKey}
    if not new:
        yield batch
        return
    ids = batch.metadata.get("event_id") or [None] * len(batch.owners)
    asked = [id_ for owner, id_ in zip(batch.owners, ids, strict=True) if owner in new and id_ is not None]
    database = database_of(connection.dialect)
    with alone_with(connection, log, asked):
        known = _begun(connection, log, asked)
        kept = []
        for owner, id_ in zip(batch.owners, ids, strict=True):
            repeated = owner in new and id_ is not None and id_ in known
            kept.append(not repeated)
            if owner in new and id_ is not None:
                known.add(id_)
        missing = batch.only(kept)
        places = [place for place, key in enumerate(missing.keys) if type(key[0]) is NewKey]
        drawn = database.draw_keys(connection, plan_of(log, database), len(places), {*missing.keys})
        keys = dict(zip(places, drawn, strict=True))
        yield replace(missing, keys=[keys.get(place, key) for place, key in enumerate(missing.keys)])


def alone_with(connection: Connection, log: Log, ids: Iterable[UUID]) -> Any:
    """Have nobody else begin a stream by one of these ids meanwhile. SQLite's write lock is held already."""
    table = name_on(connection, log.heads)
    names = sorted({f"{table} {id_.int % _LOCKS:02}" for id_ in ids})
    return database_of(connection.dialect).alone(connection, names)


def _begun(connection: Connection, log: Log, ids: Sequence[UUID]) -> set[UUID]:
    """Return those of the ids by which streams were begun, in the log or the archive."""
    found: set[UUID] = set()
    database = database_of(connection.dialect)
    with database.reading_the_newest(connection):
        for start in range(0, len(ids), _IDS_A_QUERY):
            for table in log.event_tables:
                binds = {"ids": ids[start : start + _IDS_A_QUERY]}
                found.update(connection.scalars(_beginnings(table, database), binds))
    return found


@lru_cache(maxsize=256)
def _beginnings(table: Table, database: Database) -> Any:
    event_id = table.c.event_id
    ids = bindparam("ids", expanding=True, type_=event_id.type)
    return database.newest(select(event_id).where(event_id.in_(ids), table.c.seq == number(1)))
