"""Which seq does a context's next event get? Asked before it is written, by what is bound to it: an encrypted value."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.snapshots import keys_to_bind

__all__ = ["next_seqs"]

Key = tuple[Any, ...]

_KEYS_A_QUERY = 500


def next_seqs(
    connection: Connection, log: Log, keys: Sequence[Key], *, begun: bool = False
) -> dict[Key, int]:
    """The seq of each context's next event, its head locked until the transaction ends.

    A context without a head is left out where another writer may still begin it. ``begun`` says that one has, which a
    transaction that reads what was before does not see.
    """
    database = database_of(connection.dialect)
    keys = sorted(set(keys))
    database.lock_all(connection, log.heads)
    if database.locks_gaps and not begun:
        # To lock the place of a head that is not there yet keeps other writers from making it, and may end in a deadlock.
        keys = list(_seqs(connection, _query(log, database), log, keys))
    query = _query(log, database)
    locked = query if database.one_writer else query.with_for_update()
    found = _seqs(connection, locked, log, keys)
    if database.one_writer:
        return {key: found.get(key, 0) + 1 for key in keys}
    return {key: seq + 1 for key, seq in found.items()}


def _seqs(connection: Connection, query: Select[Any], log: Log, keys: Sequence[Key]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for start in range(0, len(keys), _KEYS_A_QUERY):
        part = keys[start : start + _KEYS_A_QUERY]
        for *context, seq in connection.execute(query, {"keys": keys_to_bind(log, part)}):
            found[tuple(context)] = seq
    return found


@lru_cache(maxsize=256)
def _query(log: Log, database: Database) -> Select[Any]:
    columns = log.context_columns(log.heads)
    return select(*columns, log.heads.c.seq).where(database.in_contexts(columns)).order_by(*columns)
