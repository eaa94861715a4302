"""Moves events that are folded in a snapshot from the event table to the archive table, and back."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Insert,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.positions import position_kept
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.snapshots import keys_to_bind, lock_heads

__all__ = ["archive_events", "require_archive", "restore_events"]


def require_archive(stream: Stream) -> None:
    """Raise OsirisError for a model that declares no archive."""
    if stream.archive is None:
        raise OsirisError(
            f"{stream.model} has no archive table (capability 'archive'): declare __archive__ = True in the class, "
            f"and create {stream.events.name}_archive (repository.create(), or a migration)."
        )


def archive_events(
    connection: Connection,
    stream: Stream,
    keys: Sequence[tuple[Any, ...]],
    *,
    before: datetime | None,
    keep: int,
) -> int:
    """Move these contexts' events that are folded, but for the newest ``keep`` of each. Returns how many.

    ``before`` leaves those in the log that were not recorded before then, and what comes behind them.
    """
    here = _locked(connection, stream, keys)
    if not keys:
        return 0
    database = database_of(connection.dialect)
    limits = {"keep": keep} | ({} if before is None else {"before": before})
    connection.execute(_copying(stream, database, before is not None), here | limits)
    with unlocked(connection, stream), position_kept(connection, stream, keys[0]):
        return connection.execute(_removing(stream, database, stream.events), here).rowcount


def restore_events(connection: Connection, stream: Stream, keys: Sequence[tuple[Any, ...]]) -> int:
    """Move these contexts' archived events back to the event table. Returns how many."""
    here = _locked(connection, stream, keys)
    if not keys:
        return 0
    database = database_of(connection.dialect)
    connection.execute(_copying_back(stream, database), here)
    with unlocked(connection, stream):
        return connection.execute(_removing(stream, database, _archive(stream)), here).rowcount


def _locked(connection: Connection, stream: Stream, keys: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The binds of these contexts, which nobody else archives, restores or erases meanwhile.

    Where there is one writer, its INSERT locks all.
    """
    require_archive(stream)
    if keys and not database_of(connection.dialect).one_writer:
        lock_heads(connection, stream, keys)
    return {"keys": keys_to_bind(stream, keys)}


@lru_cache(maxsize=256)
def _copying(stream: Stream, database: Database, dated: bool) -> Insert:  # noqa: FBT001  (a cache's key)
    events, heads, archive = stream.events, stream.heads, _archive(stream)
    columns = stream.context_columns(heads)
    same = stream.same_context(heads, events)
    moved: list[Any] = [events.c[column.name] for column in archive.c]
    rows = select(*moved).where(
        *same,
        database.in_contexts(columns),
        heads.c.osiris_fingerprint == number(stream.fingerprint),
        events.c.seq > number(0),
        events.c.seq <= heads.c.osiris_folded,
        events.c.seq <= heads.c.seq - bindparam("keep", type_=heads.c.seq.type),
    )
    if dated:
        rows = _beginning(rows, stream, database)
    return insert(archive).from_select([column.name for column in archive.c], rows)


def _beginning(rows: Any, stream: Stream, database: Database) -> Any:
    """These events up to the first one of each context that was recorded at the moment or later."""
    events, names = stream.events, stream.context_names
    later = events.alias("osiris_later")
    keys = [later.c[name] for name in names]
    since = later.c.recorded_at >= bindparam("before", type_=events.c.recorded_at.type)
    first = (
        select(*keys, func.min(later.c.seq).label("seq"))
        .where(database.in_contexts(keys), later.c.seq > number(0), since)
        .group_by(*keys)
        .subquery("osiris_first")
    )
    same = and_(*(first.c[name] == stream.heads.c[name] for name in names))
    return rows.outerjoin_from(stream.heads, first, same).where(
        or_(first.c.seq.is_(None), events.c.seq < first.c.seq)
    )


@lru_cache(maxsize=256)
def _copying_back(stream: Stream, database: Database) -> Insert:
    events, archive = stream.events, _archive(stream)
    names = [column.name for column in archive.c]
    columns = stream.context_columns(archive)
    rows = select(*(archive.c[name] for name in names)).where(database.in_contexts(columns))
    return insert(events).from_select(names, rows)


@lru_cache(maxsize=256)
def _removing(stream: Stream, database: Database, table: Table) -> Delete:
    """Delete from one of the two tables what is in the other one now.

    Not by a condition again: a head that moved on meanwhile would have more events removed than were copied.
    """
    other = _archive(stream) if table is stream.events else stream.events
    there = exists().where(*(other.c[name] == table.c[name] for name in [*stream.context_names, "seq"]))
    columns = stream.context_columns(table)
    return delete(table).where(database.in_contexts(columns), there)


def _archive(stream: Stream) -> Any:
    return stream.archive
