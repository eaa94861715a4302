"""The log in an SQL database: SQLite, PostgreSQL or MariaDB, through SQLAlchemy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, and_, inspect, select, tuple_
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.databases.mariadb.settling import Settled
from sqla_osiris.databases.names import database_of
from sqla_osiris.databases.plan import Write, Written, begins_incomplete
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.snapshots_at_reads import is_taken_at_reads, tail_length, take_without_waiting
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.closing import Closing
from sqla_osiris.repositories.sql.batches import Batch
from sqla_osiris.repositories.sql.checkpoints import SQLCheckpoints
from sqla_osiris.repositories.sql.columns import SQLColumns
from sqla_osiris.repositories.sql.events import events_of
from sqla_osiris.repositories.sql.hints import notifications
from sqla_osiris.repositories.sql.once import append_once
from sqla_osiris.repositories.sql.routing import refuse_sharded
from sqla_osiris.repositories.sql.transactions import SQLTransactions
from sqla_osiris.repositories.sql.trying_again import tried_again
from sqla_osiris.repositories.sql.upkeep import SQLUpkeep
from sqla_osiris.schema.checks import each_of, refuse_expectation, refuse_uncallable
from sqla_osiris.schema.event_context import merged_meta
from sqla_osiris.schema.log import stream_of
from sqla_osiris.schema.moments import Moment, checked_after
from sqla_osiris.schema.required import lacks
from sqla_osiris.subscriptions.hints import Channel
from sqla_osiris.views.stored import view_tables
from sqla_osiris.writing.direct import append_directly, appends_directly
from sqla_osiris.writing.encrypting import opening
from sqla_osiris.writing.head_changes import Expect
from sqla_osiris.writing.savepoints import expire_after_rollback, expire_all_after_rollback
from sqla_osiris.writing.snapshots import store_snapshots
from sqla_osiris.writing.writer import write_events

__all__ = ["SQLRepository"]

ModelT = TypeVar("ModelT")

_STATES_A_CHUNK = 500


class SQLRepository(SQLTransactions, SQLUpkeep[ModelT], SQLColumns, Closing):
    """A model's log behind a Session, an Engine or a sessionmaker.

    With a Session everything belongs to its transaction, pending changes are flushed first, and states are its
    own objects. With an Engine or a sessionmaker each call is a transaction of its own and states are detached.
    """

    def __init__(self, model: type[ModelT], target: Session | Engine | sessionmaker[Session]) -> None:
        refuse_sharded(model.__name__, target)
        self.model = model
        self._stream = stream_of(model)
        self._target = target
        self._settled_by_pool: WeakKeyDictionary[Pool, dict[str | None, Settled]] = WeakKeyDictionary()
        self._takes_at_reads = is_taken_at_reads(self._stream)

    def create(self) -> None:
        """Create the event and the head table, a declared archive, and those of views, where they are missing."""
        stream = self._stream
        with self._connection() as connection:
            stream.events.metadata.create_all(connection, tables=[*stream.tables, *view_tables(stream)])

    def checkpoints(self) -> SQLCheckpoints:
        """Where its subscriptions stand. Raises OsirisError for a Session: each of their steps is a transaction."""
        self._refuse_session()
        target = self._target
        if isinstance(target, Engine):
            return SQLCheckpoints(self.model, lambda: Session(target))
        return SQLCheckpoints(self.model, target)

    def _refuse_session(self) -> None:
        if isinstance(self._target, Session):
            raise OsirisError(
                f"{self.model.__name__}: a subscription commits its own transactions, and this repository belongs to a "
                "Session. Open the repository on an Engine or a sessionmaker."
            )

    def channel(self) -> Channel | None:
        """What says that events were appended: PostgreSQL, of a model with ``__notify__ = True``; None elsewhere."""
        return notifications(self._bound_engine, self._stream)

    def within(self, session: Session) -> "SQLRepository[ModelT]":
        """The same log as part of that session's transaction."""
        return type(self)(self.model, session)

    def append(
        self,
        context: Any,
        /,
        *,
        expected_seq: int | None = None,
        event_id: UUID | None = None,
        event_type: str | None = None,
        event_meta: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Event:
        stream = self._stream
        self._refuse_in_the_past()
        event_meta = merged_meta(event_meta)
        metadata = stream.metadata(event_id, event_type, event_meta)
        touches = stream.touches(fields)
        write = Write(
            stream.key_of(context),
            touches,
            expect=_expectation(expected_seq, lacks=lacks(stream, touches)),
            expected_seq=expected_seq,
            metadata=metadata,
        )
        if event_id is None:
            written = self._append(write)
        else:
            appended = self._transact(lambda connection: append_once(connection, stream, write))
            if isinstance(appended, Event):
                return appended
            written = appended
        self._expire(write.key)
        return Event(
            context=stream.context_of(write.key),
            seq=written.seq,
            position=written.position,
            recorded_at=cast(Any, written.recorded_at),
            fields=stream.as_given_back(write.touches),
            event_id=event_id,
            event_type=event_type,
            event_meta=event_meta,
        )

    def _append(self, write: Write) -> Written:
        target, stream = self._target, self._stream
        direct = isinstance(target, Engine) and appends_directly(target, stream)
        if direct and not begins_incomplete(stream, write):
            written = append_directly(target, stream, write)
            if written is not None:
                return written
        # Also where the stream is not as expected: this raises what it found.
        if self._is_one_statement:
            return tried_again(lambda: self._append_in_one_statement(write), target.dialect)
        return self._transact(
            lambda connection: write_events(connection, stream, [write])[0], looks_first=False
        )

    def _append_in_one_statement(self, write: Write) -> Written:
        with self._committing_itself() as connection:
            return write_events(connection, self._stream, [write])[0]

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        refuse_uncallable(progress)
        self._refuse_in_the_past()
        batch = Batch(self._stream, events, progress)
        appended = self._transact(batch.append, may_repeat=batch.is_repeatable)
        self._expire_all()
        return appended

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        """As every store's. With ``Every(n)``, a read that folded n events or more takes the snapshot that was missing.

        It does so after the read, in a transaction of its own, and not where the read is part of somebody's transaction.
        """
        if at is not None:
            return self._state_at(context, at)
        key = self._stream.key_of(context)
        engine = self._own_engine if self._takes_at_reads else None
        if engine is None:
            with self._session() as session:
                return session.get(self.model, key, populate_existing=True)
        with self._session() as session:
            found: Any = session.execute(self._state_and_tail(key)).one_or_none()
        if found is None:
            return None
        state: ModelT = found[0]
        if self._stream.policy.is_due(found[1]):
            self._takes_at_reads = take_without_waiting(engine, self._stream, key)
        return state

    def _state_and_tail(self, key: tuple[Any, ...]) -> Any:
        stream, heads = self._stream, self._stream.heads.c
        attributes = [getattr(self.model, name) for name in stream.context_keys]
        same = (a == heads[name] for a, name in zip(attributes, stream.context_names, strict=True))
        here = (attribute == part for attribute, part in zip(attributes, key, strict=True))
        return select(self.model, tail_length(stream)).join(stream.heads, and_(*same)).where(*here)

    @property
    def _own_engine(self) -> Engine | None:
        """The engine of an own transaction; None where calls belong to somebody else's."""
        if isinstance(self._target, sessionmaker):
            with self._target() as session:
                bind = session.get_bind(**self._writing)
        else:
            bind = self._target
        return bind if isinstance(bind, Engine) else None

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        with self._session() as session:
            if contexts is None:
                self._begin_reading(session)
                query = select(self.model).execution_options(yield_per=_STATES_A_CHUNK)
                with session.scalars(query) as states:
                    for state in states:
                        if session is not self._target and state in session:
                            session.expunge(state)
                        yield state
                return
            asked = each_of(contexts, "states", "contexts")
            while keys := [self._stream.key_of(context) for context in islice(asked, _STATES_A_CHUNK)]:
                yield from self._states_of(session, keys)

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        key, after = self._stream.key_of(context), checked_after(after)
        events = self._stream.log
        query = (
            select(events)
            .where(*self._here(key, events), events.c.seq > after)
            .order_by(events.c.seq)
            .execution_options(yield_per=_STATES_A_CHUNK)
        )
        with self._connection(reads=True) as connection:
            opened = opening(connection, self._stream, [key])
            with connection.execute(query) as rows:
                for part in rows.partitions():
                    columns = list(zip(*part, strict=True))
                    found = events_of(self._stream, database_of(connection.dialect), columns)
                    yield from found if opened is None else map(opened, found)

    def snapshot(self, context: Any, /) -> int | None:
        key = self._stream.key_of(context)
        heads = self._stream.heads.c
        here = (heads[name] == part for name, part in zip(self._stream.context_names, key, strict=True))
        live = heads.seq > heads.osiris_origin

        def take(connection: Connection) -> int | None:
            store_snapshots(connection, self._stream, [key])
            return connection.scalar(select(heads.osiris_folded).where(*here, live))

        return self._transact(take)

    def _states_of(self, session: Session, keys: list[tuple[Any, ...]]) -> Iterator[ModelT]:
        columns = self._stream.contexts
        within = columns[0].in_([k[0] for k in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
        mapper = inspect(self.model)
        found = {
            tuple(mapper.primary_key_from_instance(s)): s
            for s in session.scalars(select(self.model).where(within))
        }
        if session is not self._target:
            # One by one takes a third of the time that reading them does.
            session.expunge_all()
        yield from (found[key] for key in keys if key in found)

    def _here(self, key: tuple[Any, ...], events: Any) -> list[Any]:
        return [events.c[name] == part for name, part in zip(self._stream.context_names, key, strict=True)]

    def _expire_all(self) -> None:
        # No object of a session knows which events are its own.
        if isinstance(self._target, Session):
            self._target.expire_all()
            expire_all_after_rollback(self._target)

    def _expire(self, key: tuple[Any, ...]) -> None:
        if isinstance(self._target, Session):
            identity = inspect(self.model).identity_key_from_primary_key(key)
            loaded = self._target.identity_map.get(identity)
            if loaded is not None:
                self._target.expire(loaded)
            expire_after_rollback(self._target, self.model, [key])


def _expectation(expected_seq: int | None, *, lacks: bool) -> Expect:
    refuse_expectation(expected_seq)
    if expected_seq is None:
        return Expect.LIVE if lacks else Expect.ANYTHING
    return Expect.SEQ if expected_seq else Expect.NOT_LIVE
