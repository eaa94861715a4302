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
from sqla_osiris.databases.plan import keys_to_bind
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.positions import position_kept
from sqla_osiris.keeping.triggers import unlocked
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.snapshots import lock_heads

__all__ = ["archive_events", "require_archive", "restore_events"]


def require_archive(log: Log) -> None:
    """Raise OsirisError for a model that declares no archive."""
    if log.archive is None:
        raise OsirisError(
            f"{log.model} has no archive table (capability 'archive'): declare __archive__ = True in the class, "
            f"and create {log.events.name}_archive (repository.create(), or a migration)."
        )


def archive_events(
    connection: Connection,
    log: Log,
    keys: Sequence[tuple[Any, ...]],
    *,
    before: datetime | None,
    keep: int,
) -> int:
    """Move these contexts' events that are folded, but for the newest ``keep`` of each. Returns how many.

    ``before`` leaves those in the log that were not recorded before then, and what comes behind them.
    """
    here = _locked(connection, log, keys)
    if not keys:
        return 0
    database = database_of(connection.dialect)
    limits = {"keep": keep} | ({} if before is None else {"before": before})
    connection.execute(_copying(log, database, before is not None), here | limits)
    with unlocked(connection, log), position_kept(connection, log, keys[0]):
        return connection.execute(_removing(log, database, log.events), here).rowcount


def restore_events(connection: Connection, log: Log, keys: Sequence[tuple[Any, ...]]) -> int:
    """Move these contexts' archived events back to the event table. Returns how many."""
    here = _locked(connection, log, keys)
    if not keys:
        return 0
    database = database_of(connection.dialect)
    connection.execute(_copying_back(log, database), here)
    with unlocked(connection, log):
        return connection.execute(_removing(log, database, log.event_tables[-1]), here).rowcount


def _locked(connection: Connection, log: Log, keys: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """The binds of these contexts, which nobody else archives, restores or erases meanwhile.

    Where there is one writer, its INSERT locks all.
    """
    require_archive(log)
    if keys and not database_of(connection.dialect).one_writer:
        lock_heads(connection, log, keys)
    return {"keys": keys_to_bind(keys)}


@lru_cache(maxsize=256)
def _copying(log: Log, database: Database, dated: bool) -> Insert:  # noqa: FBT001  (a cache's key)
    (events, archive), heads = log.event_tables, log.heads
    columns = log.context_columns(heads)
    same = log.same_context(heads, events)
    moved: list[Any] = [events.c[column.name] for column in archive.c]
    rows = select(*moved).where(
        *same,
        database.in_contexts(columns),
        heads.c.osiris_fingerprint == number(log.fingerprint),
        events.c.seq > number(0),
        events.c.seq <= heads.c.osiris_folded,
        events.c.seq <= heads.c.seq - bindparam("keep", type_=heads.c.seq.type),
    )
    if dated:
        rows = _beginning(rows, log, database)
    return insert(archive).from_select([column.name for column in archive.c], rows)


def _beginning(rows: Any, log: Log, database: Database) -> Any:
    """These events up to the first one of each context that was recorded at the moment or later."""
    events, names = log.events, log.context_names
    later = events.alias("osiris_later")
    keys = [later.c[name] for name in names]
    since = later.c.recorded_at >= bindparam("before", type_=events.c.recorded_at.type)
    first = (
        select(*keys, func.min(later.c.seq).label("seq"))
        .where(database.in_contexts(keys), later.c.seq > number(0), since)
        .group_by(*keys)
        .subquery("osiris_first")
    )
    same = and_(*(first.c[name] == log.heads.c[name] for name in names))
    return rows.outerjoin_from(log.heads, first, same).where(
        or_(first.c.seq.is_(None), events.c.seq < first.c.seq)
    )


@lru_cache(maxsize=256)
def _copying_back(log: Log, database: Database) -> Insert:
    events, archive = log.event_tables
    names = [column.name for column in archive.c]
    columns = log.context_columns(archive)
    rows = select(*(archive.c[name] for name in names)).where(database.in_contexts(columns))
    return insert(events).from_select(names, rows)


@lru_cache(maxsize=256)
def _removing(log: Log, database: Database, table: Table) -> Delete:
    """Delete from one of the two tables what is in the other one now.

    Not by a condition again: a head that moved on meanwhile would have more events removed than were copied.
    """
    (other,) = (each for each in log.event_tables if each is not table)
    there = exists().where(*(other.c[name] == table.c[name] for name in [*log.context_names, "seq"]))
    columns = log.context_columns(table)
    return delete(table).where(database.in_contexts(columns), there)
