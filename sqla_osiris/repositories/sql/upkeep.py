"""What keeps a log small and true: snapshots, archive, erasure, redaction, and the counter of a restored database.

With an Engine or a sessionmaker the long calls are many short transactions, each over the next contexts: what is done
stays done, and a call that was broken off goes on where it was when it is made again. With a Session all of it is
part of that session's transaction.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import Connection, select

from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.archiving import archive_events, restore_events
from sqla_osiris.keeping.erasing import erase_stream, erased_contexts, lay_tombstone
from sqla_osiris.keeping.paging import due_contexts, next_contexts
from sqla_osiris.keeping.positions import resume_positions
from sqla_osiris.keeping.redacting import redact_touch
from sqla_osiris.keeping.resealing import reseal_streams
from sqla_osiris.records import Event
from sqla_osiris.repositories.sql.target import Target
from sqla_osiris.repositories.sql.trying_again import tried_again
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.schema.log import Stream
from sqla_osiris.schema.redaction import REDACTED, Redaction
from sqla_osiris.views.refreshing import refresh_groups
from sqla_osiris.writing.snapshots import store_snapshots

__all__ = [
    "archive",
    "erase",
    "erased",
    "redact",
    "restore",
    "resume",
    "rewrite_encrypted",
    "snapshot",
    "snapshots",
]

_CONTEXTS_A_PAGE = 1_000

Key = tuple[Any, ...]
Progress = Callable[[int], object]


def snapshot(target: Target[Any], context: Any) -> int | None:
    """Store the context's snapshot and return its seq, None where no stream lives."""
    stream, key = target.stream, target.stream.key_of(context)
    heads = stream.heads.c
    here = (heads[name] == part for name, part in zip(stream.context_names, key, strict=True))
    folded = select(heads.osiris_folded).where(*here, heads.seq > heads.osiris_origin)

    def take(connection: Connection) -> int | None:
        store_snapshots(connection, stream, [key])
        return connection.scalar(folded)

    return target.transaction(take)


def snapshots(target: Target[Any], progress: Progress | None) -> int:
    """Store every snapshot that is due, and every declared view's; how many."""
    done = _over_pages(target, due_contexts, store_snapshots, progress)
    engine = target.own_engine if target.stream.views else None
    if engine is None:
        return done
    for view in target.stream.views:
        refresh = partial(refresh_groups, engine, view, target.settled(engine))
        done += tried_again(refresh, engine.dialect)
        if progress is not None:
            progress(done)
    return done


def archive(target: Target[Any], limits: ArchiveLimits, progress: Progress | None) -> int:
    """Move folded events to the archive, as far as the limits allow; how many."""
    move = partial(archive_events, before=limits.before, keep=limits.keep)
    return _over_pages(target, next_contexts, move, progress)


def restore(target: Target[Any], context: Any, progress: Progress | None) -> int:
    """Move archived events back to the log: one stream's, or all; how many."""
    stream = target.stream
    if context is None:
        return _over_pages(target, next_contexts, restore_events, progress)
    key = stream.key_of(context)
    return target.transaction(lambda connection: restore_events(connection, stream, [key]), pages=True)


def rewrite_encrypted(target: Target[Any], progress: Progress | None) -> int:
    """Rewrite encrypted values and keys of the first format; how many events."""
    return 0 if target.stream.keys is None else _over_pages(target, next_contexts, reseal_streams, progress)


def _over_pages(
    target: Target[Any],
    find: Callable[..., list[Key]],
    act: Callable[[Connection, Stream, list[Key]], int],
    progress: Progress | None,
) -> int:
    def step(connection: Connection) -> tuple[list[Key], int]:
        page = find(connection, target.stream, last, _CONTEXTS_A_PAGE)
        return page, act(connection, target.stream, page) if page else 0

    done, last = 0, None
    while True:
        page, acted = target.transaction(step, pages=True)
        if not page:
            return done
        done, last = done + acted, page[-1]
        if progress is not None:
            progress(done)


def erase(target: Target[Any], context: Any, *, anyway: bool) -> int:
    """Remove a stream for good; how many events. ``anyway`` lays a tombstone also where no stream is."""
    stream, key = target.stream, target.stream.key_of(context)

    def bury(connection: Connection) -> int:
        if anyway:
            lay_tombstone(connection, stream, key)
        return erase_stream(connection, stream, key)

    removed = target.transaction(bury)
    target.expire(key)
    return removed


def erased(target: Target[Any]) -> Iterator[Any]:
    """Yield the contexts of the streams that were erased."""
    query = erased_contexts(target.stream).execution_options(yield_per=_CONTEXTS_A_PAGE)
    with target.connection() as connection, connection.execute(query) as rows:
        for row in rows:
            yield target.stream.context_of(tuple(row))


def redact(target: Target[Any], redaction: Redaction) -> Event | None:
    """Take one field out of one event: event, head, snapshot and audit change in one transaction."""
    stream = target.stream
    redacted = target.transaction(lambda connection: redact_touch(connection, stream, redaction))
    if redacted is None:
        return None
    target.expire(redaction.key)
    written, ends = redacted
    return Event(
        context=stream.context_of(redaction.key),
        seq=written.seq,
        position=written.position,
        recorded_at=cast(datetime, written.recorded_at),
        fields={},
        event_type=REDACTED,
        event_meta=redaction.event_meta,
        ends=ends,
    )


def resume(target: Target[Any], after: Any) -> None:
    """Have positions go on beyond all that the log has, and beyond ``after``."""
    with target.connection() as connection:
        resume_positions(connection, target.stream, after)
    engine = target.own_engine
    if engine is not None and database_of(engine.dialect).resumes_for_new_connections:
        engine.dispose()
