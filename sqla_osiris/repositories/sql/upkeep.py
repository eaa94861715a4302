"""What an SQL repository does beside appending and reading: time travel, the feed, snapshots, archive, erasure, checks.

With an Engine or a sessionmaker the long ones are many short transactions, each over the next contexts: what is done
stays done, and a call that was broken off goes on where it was when it is made again. With a Session all of it is
part of that session's transaction.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool
from sqlalchemy.orm import Session

from sqla_osiris.databases.mariadb.settling import Settled, feed_columns_on_mariadb
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, database_of
from sqla_osiris.keeping.archiving import archive_events, require_archive, restore_events
from sqla_osiris.keeping.erasing import erase_stream, erased_contexts, lay_tombstone
from sqla_osiris.keeping.paging import due_contexts, next_contexts
from sqla_osiris.keeping.redacting import redact_touch
from sqla_osiris.keeping.refolding import counted_events, orphans, refolded, refolded_groups
from sqla_osiris.keeping.resealing import reseal_streams
from sqla_osiris.keeping.resuming import resume_positions
from sqla_osiris.reading.feed import feed_columns
from sqla_osiris.reading.past_states import past_state
from sqla_osiris.records import Event
from sqla_osiris.repositories.results import instance_of
from sqla_osiris.repositories.sql.events import events_of
from sqla_osiris.repositories.sql.routing import engine_chosen, reading
from sqla_osiris.repositories.sql.trying_again import tried_again
from sqla_osiris.repositories.verification import Difference, Verification, same_value
from sqla_osiris.schema.checks import archive_limits, refuse_limit, refuse_uncallable
from sqla_osiris.schema.log import Stream
from sqla_osiris.schema.moments import Moment, checked_moment
from sqla_osiris.schema.redaction import REDACTED, redaction
from sqla_osiris.schema.tables import TOMBSTONE
from sqla_osiris.views.refreshing import refresh_groups
from sqla_osiris.writing.encrypting import opening
from sqla_osiris.writing.snapshots import store_snapshots

__all__ = ["SQLUpkeep"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")

_CONTEXTS_A_PAGE = 1_000


class SQLUpkeep(Generic[ModelT]):
    """The methods of :class:`SQLRepository` that are no plain append and no plain read."""

    if TYPE_CHECKING:
        model: type[ModelT]
        _stream: Stream
        _target: Any
        _settled_by_pool: WeakKeyDictionary[Pool, dict[str | None, Settled]]

        def _connection(self, *, reads: bool = False) -> AbstractContextManager[Connection]: ...
        def _transact(
            self, work: Callable[[Connection], T], *, looks_first: bool = True, pages: bool = False
        ) -> T: ...
        def _statement(self, *, reads: bool = False) -> AbstractContextManager[Connection]: ...
        def _refuse_in_the_past(self) -> None: ...
        @property
        def _own_engine(self) -> Engine | None: ...
        def _expire(self, key: tuple[Any, ...]) -> None: ...

    @property
    def capabilities(self) -> frozenset[str]:
        """What this store can do; ``archive`` where the model declares one."""
        able = {
            "expected_seq",
            "event_id",
            "atomic_batches",
            "feed",
            "erase",
            "redact",
            "encrypted",
            "time_travel",
            "snapshots",
        }
        return frozenset(able if self._stream.archive is None else able | {"archive"})

    @property
    def _bound_engine(self) -> Engine:
        """The engine behind the target, whosever the transactions are."""
        target = self._target
        if isinstance(target, Engine):
            return target
        asked = reading(self.model, self._stream)
        if isinstance(target, Session):
            return engine_chosen(target, asked)
        with target() as session:
            return engine_chosen(session, asked)

    def _settled(self, engine: Engine) -> Settled:
        """What is known of the log behind this engine: a session may choose another one each time."""
        translated = engine.get_execution_options().get("schema_translate_map") or {}
        schema = translated.get(self._stream.events.schema, self._stream.events.schema)
        return self._settled_by_pool.setdefault(engine.pool, {}).setdefault(schema, Settled())

    def _state_at(self, context: Any, at: Moment) -> ModelT | None:
        key = self._stream.key_of(context)
        moment = checked_moment(at)
        with self._connection(reads=True) as connection:
            row = past_state(connection, self._stream, key, moment)
        if row is None:
            return None
        keys = [*zip(self._stream.context_names, self._stream.context_keys, strict=True), ("seq", "seq")]
        keys += [(name, field.key) for name, field in self._stream.fields.items()]
        values = row._mapping  # noqa: SLF001  (public, for all its name)
        return instance_of(self.model, {key: values[name] for name, key in keys})

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        """The events of all contexts beyond the position ``after``, at most ``limit``, in the order of positions.

        No event can appear later at or before the position of one returned: on PostgreSQL and MariaDB the feed therefore
        stays behind transactions that write, on SQLite there is one writer. On MariaDB it reads what is committed, through
        connections of its own. Raises InvalidValue for a position of another store.
        """
        refuse_limit(limit)
        engine, stream = self._bound_engine, self._stream
        database = database_of(engine.dialect)
        events = events_of(stream, database, self._feed_columns(after, limit))
        if stream.keys is None or not events:
            return events
        # MariaDB's rows are what is committed now, which a transaction of before may not see.
        with engine.connect() if database == MARIADB else self._connection(reads=True) as connection:
            opened = opening(connection, stream, [stream.key_of(event.context) for event in events])
        return events if opened is None else list(map(opened, events))

    def _feed_columns(self, after: Any, limit: int) -> list[Sequence[Any]]:
        """As :meth:`feed`, but the columns of the event table; nothing of no event."""
        engine, stream = self._bound_engine, self._stream
        if database_of(engine.dialect) == MARIADB:
            return feed_columns_on_mariadb(engine, stream, after, limit, self._settled(engine))
        with self._statement(reads=True) as connection:
            return feed_columns(connection, stream, after, limit)

    def resume(self, *, after: Any = None) -> None:
        """Have positions go on beyond all that the log has, and beyond ``after``: where it was restored without its counter.

        On PostgreSQL it raises the database's epoch, which its owner may, and closes the engine's idle connections: other
        processes must connect anew before they write. Raises InvalidValue for a position of another store.
        """
        self._refuse_in_the_past()
        with self._connection() as connection:
            resume_positions(connection, self._stream, after)
        if self._own_engine is not None and database_of(self._own_engine.dialect) == POSTGRESQL:
            self._own_engine.dispose()

    def snapshots(self, *, progress: Callable[[int], object] | None = None) -> int:
        """Store the snapshot of every context whose policy wants one, or whose fingerprint is another; how many.

        So with the model's declared views, each counted as one, unless the target is a Session: each is a transaction of
        its own.
        """
        refuse_uncallable(progress)
        done = self._over_pages(due_contexts, store_snapshots, progress)
        engine = self._own_engine if self._stream.views else None
        if engine is None:
            return done
        for view in self._stream.views:
            refresh = partial(refresh_groups, engine, view, self._settled(engine))
            done += tried_again(refresh, engine.dialect)
            if progress is not None:
                progress(done)
        return done

    def archive(
        self,
        *,
        before: datetime | None = None,
        keep: int | None = None,
        progress: Callable[[int], object] | None = None,
    ) -> int:
        """Move folded events to the archive, but for the newest ``keep`` of each context; how many."""
        refuse_uncallable(progress)
        self._refuse_in_the_past()
        require_archive(self._stream)
        limits = archive_limits(before, keep)
        move = partial(archive_events, before=limits.before, keep=limits.keep)
        return self._over_pages(next_contexts, move, progress)

    def restore(self, context: Any = None, /, *, progress: Callable[[int], object] | None = None) -> int:
        """Move archived events back to the log: one stream's, or all; how many."""
        refuse_uncallable(progress)
        self._refuse_in_the_past()
        require_archive(self._stream)
        if context is None:
            return self._over_pages(next_contexts, restore_events, progress)
        key = self._stream.key_of(context)
        return self._transact(lambda connection: restore_events(connection, self._stream, [key]), pages=True)

    def rewrite_encrypted(self, *, progress: Callable[[int], object] | None = None) -> int:
        """Rewrite encrypted values and keys of the first format, which are bound to nothing, in the present one.

        Returns how many events were rewritten. What is done stays done where it is broken off, and what has been done is
        left alone.
        """
        refuse_uncallable(progress)
        self._refuse_in_the_past()
        return (
            self._over_pages(next_contexts, reseal_streams, progress) if self._stream.keys is not None else 0
        )

    def _over_pages(
        self,
        find: Callable[..., list[tuple[Any, ...]]],
        act: Callable[[Connection, Stream, list[tuple[Any, ...]]], int],
        progress: Callable[[int], object] | None,
    ) -> int:
        def step(connection: Connection) -> tuple[list[tuple[Any, ...]], int]:
            page = find(connection, self._stream, last, _CONTEXTS_A_PAGE)
            return page, act(connection, self._stream, page) if page else 0

        done, last = 0, None
        while True:
            page, acted = self._transact(step, pages=True)
            if not page:
                return done
            done, last = done + acted, page[-1]
            if progress is not None:
                progress(done)

    def erase(self, context: Any, /) -> int:
        """Remove a stream for good: its events, its accumulators, its archive. Returns how many events there were.

        Its head stays, for foreign keys to it and as a tombstone: every later append raises ContextErased.
        """
        return self._erase(context, anyway=False)

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        return self._erase(context, anyway=True)

    def _erase(self, context: Any, *, anyway: bool) -> int:
        self._refuse_in_the_past()
        key = self._stream.key_of(context)

        def bury(connection: Connection) -> int:
            if anyway:
                lay_tombstone(connection, self._stream, key)
            return erase_stream(connection, self._stream, key)

        erased = self._transact(bury)
        self._expire(key)
        return erased

    def erased(self) -> Iterator[Any]:
        """The contexts of the streams that were erased, in no order."""
        query = erased_contexts(self._stream).execution_options(yield_per=_CONTEXTS_A_PAGE)
        with self._connection() as connection, connection.execute(query) as rows:
            for row in rows:
                yield self._stream.context_of(tuple(row))

    def redact(
        self,
        context: Any,
        seq: int,
        field: str,
        /,
        *,
        reason: str,
        event_meta: Mapping[str, Any] | None = None,
    ) -> Event | None:
        """As every store's: event, head, snapshot and audit change in one transaction."""
        self._refuse_in_the_past()
        asked = redaction(self._stream, context, seq, field, reason, event_meta)
        done = self._transact(lambda connection: redact_touch(connection, self._stream, asked))
        if done is None:
            return None
        self._expire(asked.key)
        written, ends = done
        return Event(
            context=self._stream.context_of(asked.key),
            seq=written.seq,
            position=written.position,
            recorded_at=cast(datetime, written.recorded_at),
            fields={},
            event_type=REDACTED,
            event_meta=asked.event_meta,
            ends=ends,
        )

    def verify(self) -> Verification:
        """Fold every context with a snapshot again, count every context's events, and report each difference.

        So with every stored group of the model's declared views: ``context`` is its key then, ``field`` is ``View.field``.
        """
        contexts = events = 0
        differences: list[Difference] = []
        last = None
        while True:
            with self._connection(reads=True) as connection:
                page = next_contexts(connection, self._stream, last, _CONTEXTS_A_PAGE)
                if not page:
                    differences += self._orphans(connection)
                    differences += self._misfolded_views(connection)
                    return Verification(contexts, events, tuple(differences))
                for row in counted_events(connection, self._stream, page):
                    key, (head, count, *ends) = tuple(row)[:-4], tuple(row)[-4:]
                    contexts += head != TOMBSTONE
                    events += count
                    differences += self._gaps(key, head, count, tuple(ends))
                differences += self._misfolded(connection, page)
            last = page[-1]

    def _gaps(
        self, key: tuple[Any, ...], head: int, count: int, ends: tuple[Any, Any]
    ) -> Iterator[Difference]:
        expected = (1, head) if head != TOMBSTONE else (None, None)
        contiguous = count == (0 if head == TOMBSTONE else head)
        if ends != expected or not contiguous:
            found = f"{count} events from {ends[0]} to {ends[1]}"
            stored = None if head == TOMBSTONE else head
            yield Difference(self._stream.context_of(key), "seq", stored, found)

    def _misfolded(self, connection: Connection, page: list[tuple[Any, ...]]) -> Iterator[Difference]:
        for key, states in refolded(connection, self._stream, page):
            for field, left, right in states:
                if not same_value(left, right):
                    yield Difference(self._stream.context_of(key), field.key, left, right)

    def _misfolded_views(self, connection: Connection) -> Iterator[Difference]:
        for view in self._stream.views:
            for key, states in refolded_groups(connection, view):
                for name, left, right in states:
                    if not same_value(left, right):
                        context = key[0] if len(key) == 1 else key
                        yield Difference(context, f"{view.of_stored.model}.{name}", left, right)

    def _orphans(self, connection: Connection) -> Iterator[Difference]:
        for row in orphans(connection, self._stream):
            context = self._stream.context_of(tuple(row)[:-1])
            yield Difference(context, "seq", None, f"{row[-1]} events without a head")
