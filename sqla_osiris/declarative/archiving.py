"""Moves events that are folded in a snapshot from the event table to the archive table."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Delete, Insert, bindparam, delete, exists, insert, select

from sqla_osiris.declarative.append_only import unlocked
from sqla_osiris.declarative.dialects import database_of
from sqla_osiris.declarative.erasing import position_kept
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.snapshots import among, keys_to_bind
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.errors import OsirisError

__all__ = ["archive_events", "require_archive"]


def require_archive(stream: Stream) -> None:
    """Raise OsirisError for a model that declares no archive."""
    if stream.archive is None:
        raise OsirisError(
            f"{stream.model} has no archive table (capability 'archive'): declare __archive__ = True in the class, "
            f"and create {stream.events.name}_archive (repository.create(), or a migration)."
        )


def archive_events(
    connection: Connection, stream: Stream, keys: Sequence[tuple[Any, ...]], before: datetime
) -> int:
    """Move these contexts' events that are folded and were recorded before then. Returns how many."""
    require_archive(stream)
    if not keys:
        return 0
    dialect = database_of(connection.dialect)
    here = {"keys": keys_to_bind(stream, keys)}
    if dialect != "sqlite":
        # Nobody else archives or erases these meanwhile. SQLite's INSERT locks the whole database.
        columns = [stream.heads.c[name] for name in stream.context_names]
        locked = select(*columns).where(among(columns, dialect)).order_by(*columns).with_for_update()
        connection.execute(locked, here).all()
    connection.execute(_copying(stream, dialect), here | {"before": before})
    with unlocked(connection, stream), position_kept(connection, stream, keys[0]):
        return connection.execute(_removing(stream, dialect), here).rowcount


@lru_cache(maxsize=256)
def _copying(stream: Stream, dialect: str) -> Insert:
    events, heads, archive = stream.events, stream.heads, _archive(stream)
    columns = [heads.c[name] for name in stream.context_names]
    same = (heads.c[name] == events.c[name] for name in stream.context_names)
    rows = select(*(events.c[column.name] for column in archive.c)).where(
        *same,
        among(columns, dialect),
        heads.c.osiris_fingerprint == number(stream.fingerprint),
        events.c.seq > number(0),
        events.c.seq <= heads.c.osiris_folded,
        events.c.recorded_at < bindparam("before", type_=events.c.recorded_at.type),
    )
    return insert(archive).from_select([column.name for column in archive.c], rows)


@lru_cache(maxsize=256)
def _removing(stream: Stream, dialect: str) -> Delete:
    # Not by the condition again: a head that moved on meanwhile would have more events removed than were copied.
    events, archive = stream.events, _archive(stream)
    keys = [*stream.context_names, "seq"]
    archived = exists().where(*(archive.c[name] == events.c[name] for name in keys))
    columns = [events.c[name] for name in stream.context_names]
    return delete(events).where(among(columns, dialect), archived)


def _archive(stream: Stream) -> Any:
    return stream.archive
