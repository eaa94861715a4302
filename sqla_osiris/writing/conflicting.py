"""Which conflict it was: the error of a write whose head was not as it expects."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.databases import heads as heads_
from sqla_osiris.databases.plan import Expect, Key, NotAsExpected, Write
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.checks import context_erased, incomplete, lacks
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.tables import TOMBSTONE

__all__ = ["begins_incomplete", "conflict_among", "conflict_of", "heads_of"]


def heads_of(
    connection: Connection,
    log: Log,
    keys: Sequence[Key],
    names: tuple[str, ...] = heads_.OF_ACCUMULATORS,
) -> dict[Key, tuple[Any, ...]]:
    """Return what the heads that are there hold in these columns, by context."""
    database = database_of(connection.dialect)
    return heads_.heads_of(database, connection, log.heads, log.context_names, keys, names)


def conflict_among(connection: Connection, log: Log, error: NotAsExpected) -> OsirisError | None:
    """Return the first conflict of the writes that a database gave back; None where there was another reason."""
    for write in error.writes:
        conflict = conflict_of(connection, log, write)
        if not isinstance(conflict, ConcurrentAppend) or error.lost(write, conflict.found_seq):
            return conflict
    return None


def begins_incomplete(log: Log, write: Write) -> bool:
    """Whether the write is to begin a life without what its first event must touch."""
    return write.expect is Expect.NOT_LIVE and lacks(log, write.touches)


def conflict_of(connection: Connection, log: Log, write: Write) -> OsirisError:
    """The error of a write whose head was not as it expects: an erased stream, a lost race, or no life to follow."""
    heads = log.heads.c
    here = [heads[name] == part for name, part in zip(log.context_names, write.key, strict=True)]
    query = select(heads.seq, heads.osiris_origin).where(*here)
    head = connection.execute(database_of(connection.dialect).newest(query)).one_or_none()
    if head is not None and head.seq == TOMBSTONE:
        return context_erased(log, log.context_of(write.key))
    live = head is not None and head.seq > head.osiris_origin
    if write.expect is Expect.LIVE or (not live and begins_incomplete(log, write)):
        return incomplete(log, log.context_of(write.key), write.touches)
    return ConcurrentAppend(
        context=log.context_of(write.key),
        expected_seq=0 if write.expect is Expect.NOT_LIVE else write.expected_seq,
        found_seq=head.seq if head is not None and live else None,
        model=log.model,
    )
