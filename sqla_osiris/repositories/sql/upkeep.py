"""What keeps a log small and true: snapshots, archive, erasure, redaction, the counter of a restored database, proofs.

With an Engine or a sessionmaker the long calls are many short transactions, each over the next contexts: what is done
stays done, and a call that was broken off goes on where it was when it is made again. With a Session all of it is
part of that session's transaction.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, select

from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.archiving import archive_events, require_archive, restore_events
from sqla_osiris.keeping.erasing import erase_stream, erased_contexts, lay_tombstone
from sqla_osiris.keeping.paging import due_contexts, next_contexts
from sqla_osiris.keeping.positions import resume_positions
from sqla_osiris.keeping.redacting import redact_touch
from sqla_osiris.keeping.refolding import counted_events, orphans, refolded, refolded_groups
from sqla_osiris.keeping.resealing import reseal_streams
from sqla_osiris.keeping.rewrapping import rewrap_keys
from sqla_osiris.records import Event
from sqla_osiris.repositories.protocol import Meta, Progress, Report
from sqla_osiris.repositories.sql.reading import Reading
from sqla_osiris.repositories.sql.transactions import tried_again
from sqla_osiris.repositories.verification import Difference, Verification, same_value
from sqla_osiris.schema.checks import archive_limits, reporting
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.redaction import REDACTED, redaction
from sqla_osiris.schema.sealing import rewrapping
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.types.encrypted import MasterKey
from sqla_osiris.views.refreshing import refresh_groups
from sqla_osiris.writing.snapshots import store_snapshots

__all__ = ["Upkeep"]

ModelT = TypeVar("ModelT")

_CONTEXTS_A_PAGE = 1_000

Key = tuple[Any, ...]


class Upkeep(Reading[ModelT]):
    """The calls of a repository that change no state, but for what is erased or redacted."""

    def snapshot(self, context: Any, /) -> int | None:
        log, key = self._log, self._log.key_of(context)
        heads = log.heads.c
        here = (heads[name] == part for name, part in zip(log.context_names, key, strict=True))
        folded = select(heads.osiris_folded).where(*here, heads.seq > heads.osiris_origin)

        def take(connection: Connection) -> int | None:
            store_snapshots(connection, log, [key])
            return connection.scalar(folded)

        return self._bound.transaction(take)

    def snapshots(self, *, progress: Progress = None) -> int:
        """Store the snapshot of every context whose policy wants one, or whose fingerprint is another; how many.

        So with the model's declared views, each counted as one, unless the target is a Session: each is a transaction of
        its own.
        """
        report = reporting(progress)
        done = self._over_pages(due_contexts, store_snapshots, report)
        engine = self._bound.own_engine if self._log.views else None
        if engine is None:
            return done
        for view in self._log.views:
            refresh = partial(refresh_groups, engine, view, self._bound.settled(engine))
            done += tried_again(refresh, engine.dialect)
            report(done)
        return done

    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> int:
        """Move folded events to the archive, but for the newest ``keep`` of each context; how many."""
        report = self._moving(progress)
        limits = archive_limits(before, keep)
        move = partial(archive_events, before=limits.before, keep=limits.keep)
        return self._over_pages(next_contexts, move, report)

    def restore(self, context: Any = None, /, *, progress: Progress = None) -> int:
        """Move archived events back to the log: one stream's, or all; how many."""
        report = self._moving(progress)
        log = self._log
        if context is None:
            return self._over_pages(next_contexts, restore_events, report)
        key = log.key_of(context)
        return self._bound.transaction(lambda connection: restore_events(connection, log, [key]), pages=True)

    def _moving(self, progress: Progress) -> Report:
        """Return what reports. Raises where nothing can be moved."""
        report = reporting(progress)
        self._bound.refuse_past()
        require_archive(self._log)
        return report

    def rewrite_encrypted(self, *, progress: Progress = None) -> int:
        """Rewrite encrypted values and keys of the first format, which are bound to nothing, in the present one.

        Returns how many events were rewritten. What is done stays done where it is broken off, and what has been done is
        left alone.
        """
        report = reporting(progress)
        self._bound.refuse_past()
        return 0 if self._log.keys is None else self._over_pages(next_contexts, reseal_streams, report)

    def rotate_master_key(
        self, old: MasterKey | None, new: MasterKey, /, *, progress: Progress = None
    ) -> int:
        """As every store's, a page of contexts a transaction."""
        report = reporting(progress)
        self._bound.refuse_past()
        if self._log.keys is None:
            return 0
        rewrap = partial(rewrap_keys, exchange=rewrapping(self._log, old, new))
        return self._over_pages(next_contexts, rewrap, report)

    def _over_pages(
        self,
        find: Callable[..., list[Key]],
        act: Callable[[Connection, Log, list[Key]], int],
        report: Report,
    ) -> int:
        def step(connection: Connection) -> tuple[list[Key], int]:
            page = find(connection, self._log, last, _CONTEXTS_A_PAGE)
            return page, act(connection, self._log, page) if page else 0

        done, last = 0, None
        while True:
            page, acted = self._bound.transaction(step, pages=True)
            if not page:
                return done
            done, last = done + acted, page[-1]
            report(done)

    def erase(self, context: Any, /) -> int:
        """Remove a stream for good: its events, its accumulators, its archive. Returns how many events there were.

        Its head stays, for foreign keys to it and as a tombstone: every later append raises ContextErased.
        """
        return self._erase(context, anyway=False)

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return self._erase(context, anyway=True)

    def _erase(self, context: Any, *, anyway: bool) -> int:
        self._bound.refuse_past()
        log, key = self._log, self._log.key_of(context)

        def bury(connection: Connection) -> int:
            if anyway:
                lay_tombstone(connection, log, key)
            return erase_stream(connection, log, key)

        removed = self._bound.transaction(bury)
        self._bound.expire(key)
        return removed

    def erased(self) -> Iterator[Any]:
        """Yield the contexts of the streams that were erased, in no order."""
        query = erased_contexts(self._log).execution_options(yield_per=_CONTEXTS_A_PAGE)
        with self._bound.connection() as connection, connection.execute(query) as rows:
            for row in rows:
                yield self._log.context_of(tuple(row))

    def redact(
        self, context: Any, seq: int, field: str, /, *, reason: str, event_meta: Meta = None
    ) -> Event | None:
        """As every store's: event, head, snapshot and audit change in one transaction."""
        self._bound.refuse_past()
        log = self._log
        asked = redaction(log, context, seq, field, reason, event_meta)
        redacted = self._bound.transaction(lambda connection: redact_touch(connection, log, asked))
        if redacted is None:
            return None
        self._bound.expire(asked.key)
        written, ends = redacted
        return Event(
            context=log.context_of(asked.key),
            seq=written.seq,
            position=written.position,
            recorded_at=cast(datetime, written.recorded_at),
            fields={},
            event_type=REDACTED,
            event_meta=asked.event_meta,
            ends=ends,
        )

    def resume(self, *, after: Any = None) -> None:
        """Have positions go on beyond all that the log has, and beyond ``after``: where it was restored without its counter.

        On PostgreSQL it raises the database's epoch, which its owner may, and closes the engine's idle connections: other
        processes must connect anew before they write. Raises InvalidValue for a position of another store.
        """
        self._bound.refuse_past()
        with self._bound.connection() as connection:
            resume_positions(connection, self._log, after)
        engine = self._bound.own_engine
        if engine is not None and database_of(engine.dialect).resumes_for_new_connections:
            engine.dispose()

    def verify(self, *, progress: Progress = None) -> Verification:
        """Fold every context with a snapshot again, count every context's events, and report each difference.

        So with every stored group of the model's declared views: ``context`` is its key then, ``field`` is ``View.field``.
        Each page of contexts is a transaction.
        """
        log, report = self._log, reporting(progress)
        contexts = events = 0
        differences: list[Difference] = []
        last = None
        while True:
            with self._bound.connection(reads=True) as connection:
                page = next_contexts(connection, log, last, _CONTEXTS_A_PAGE)
                if not page:
                    differences += _orphans(connection, log)
                    differences += _misfolded_views(connection, log)
                    return Verification(contexts, events, tuple(differences))
                for row in counted_events(connection, log, page):
                    key, (head, count, *ends) = tuple(row)[:-4], tuple(row)[-4:]
                    contexts += head != TOMBSTONE
                    events += count
                    differences += _gaps(log, key, head, count, tuple(ends))
                differences += _misfolded(connection, log, page)
            report(events)
            last = page[-1]


def _gaps(log: Log, key: Key, head: int, count: int, ends: tuple[Any, Any]) -> Iterator[Difference]:
    expected = (1, head) if head != TOMBSTONE else (None, None)
    contiguous = count == (0 if head == TOMBSTONE else head)
    if ends != expected or not contiguous:
        found = f"{count} events from {ends[0]} to {ends[1]}"
        yield Difference(log.context_of(key), "seq", None if head == TOMBSTONE else head, found)


def _misfolded(connection: Connection, log: Log, page: list[Key]) -> Iterator[Difference]:
    for key, states in refolded(connection, log, page):
        for field, left, right in states:
            if not same_value(left, right):
                yield Difference(log.context_of(key), field.key, left, right)


def _misfolded_views(connection: Connection, log: Log) -> Iterator[Difference]:
    for view in log.views:
        for key, states in refolded_groups(connection, view):
            for name, left, right in states:
                if not same_value(left, right):
                    context = key[0] if len(key) == 1 else key
                    yield Difference(context, f"{view.of_stored.model}.{name}", left, right)


def _orphans(connection: Connection, log: Log) -> Iterator[Difference]:
    for row in orphans(connection, log):
        yield Difference(log.context_of(tuple(row)[:-1]), "seq", None, f"{row[-1]} events without a head")
