"""The log in an SQL database: SQLite and PostgreSQL, through SQLAlchemy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, Engine, inspect, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.declarative import stream_of
from sqla_osiris.declarative.batches import append_batch
from sqla_osiris.declarative.erasing import context_erased, erased_among
from sqla_osiris.declarative.past import Moment
from sqla_osiris.declarative.snapshots import store_snapshots
from sqla_osiris.declarative.statements import Expect
from sqla_osiris.declarative.writing import Write, write_events
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.sql_upkeep import SQLUpkeep, event_reader

__all__ = ["SQLRepository"]

ModelT = TypeVar("ModelT")

_EVENTS_A_CHUNK = 50_000
_STATES_A_CHUNK = 500


class SQLRepository(SQLUpkeep[ModelT]):
    """A model's log behind a Session, an Engine or a sessionmaker.

    With a Session everything belongs to its transaction, pending changes are flushed first, and states are its
    own objects. With an Engine or a sessionmaker each call is a transaction of its own and states are detached.
    """

    def __init__(self, model: type[ModelT], target: Session | Engine | sessionmaker[Session]) -> None:
        self.model = model
        self._stream = stream_of(model)
        self._target = target

    def create(self) -> None:
        """Create the event and the head table, and a declared archive, where they are missing."""
        stream = self._stream
        tables = [table for table in (stream.events, stream.heads, stream.archive) if table is not None]
        with self._connection() as connection:
            stream.events.metadata.create_all(connection, tables=tables)

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
        metadata = stream.metadata(event_id, event_type, event_meta)
        write = Write(
            stream.key_of(context),
            stream.touches(fields),
            expect=_expectation(expected_seq),
            expected_seq=expected_seq,
            metadata=metadata,
        )
        if event_id is None:
            with self._erasure_told(write.key), self._statement() as connection:
                written = write_events(connection, stream, [write])[0]
        else:
            with self._connection() as connection:
                known = self._event_by_id(connection, write.key, event_id)
                if known is not None:
                    return known
                try:
                    with connection.begin_nested():
                        written = write_events(connection, stream, [write])[0]
                except IntegrityError:
                    # Another writer may have brought the same event in between.
                    known = self._event_by_id(connection, write.key, event_id)
                    if known is None:
                        raise
                    return known
        self._expire(write.key)
        return Event(
            context=stream.context_of(write.key),
            seq=written.seq,
            position=written.position,
            recorded_at=cast(Any, written.recorded_at),
            fields={stream.fields[name].key: touch for name, touch in write.touches.items()},
            event_id=event_id,
            event_type=event_type,
            event_meta=event_meta,
        )

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        source = iter(events)
        appended = 0
        with self._connection() as connection:
            # No name holds a chunk while the next one is read: one chunk is in memory at a time.
            for written in iter(lambda: self._append_chunk(connection, source), None):
                appended += written
                if progress is not None:
                    progress(appended)
        if isinstance(self._target, Session):
            self._target.expire_all()
        return appended

    def _append_chunk(self, connection: Connection, source: Iterator[NewEvent]) -> int | None:
        chunk = list(islice(source, _EVENTS_A_CHUNK))
        if not chunk:
            return None
        # After an error PostgreSQL answers no query, such as which context it was about; but to a savepoint it goes back.
        savepoint = connection.begin_nested() if connection.dialect.name == "postgresql" else nullcontext()
        try:
            with savepoint:
                return append_batch(connection, self._stream, chunk)
        except IntegrityError as error:
            keys = list({self._stream.key_of(event.context) for event in chunk})
            erased = erased_among(connection, self._stream, keys)
            if erased is None:
                raise
            raise context_erased(self._stream, erased) from error

    @contextmanager
    def _erasure_told(self, key: tuple[Any, ...]) -> Iterator[None]:
        """Translate what a tombstone refused without SQLAlchemy's statement knowing of it."""
        try:
            yield
        except IntegrityError as error:
            if isinstance(self._target, Session):
                raise
            with self._connection() as connection:
                erased = erased_among(connection, self._stream, [key])
            if erased is None:
                raise
            raise context_erased(self._stream, erased) from error

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        if at is not None:
            return self._state_at(context, at)
        key = self._stream.key_of(context)
        with self._session() as session:
            return session.get(self.model, key, populate_existing=True)

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        with self._session() as session:
            if contexts is None:
                query = select(self.model).execution_options(yield_per=_STATES_A_CHUNK)
                with session.scalars(query) as states:
                    for state in states:
                        yield self._released(session, state)
                return
            asked = iter(contexts)
            while chunk := [self._stream.key_of(context) for context in islice(asked, _STATES_A_CHUNK)]:
                yield from self._states_of(session, chunk)

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        key = self._stream.key_of(context)
        events = self._stream.log
        query = (
            select(events)
            .where(*self._here(key), events.c.seq > max(after, 0))
            .order_by(events.c.seq)
            .execution_options(yield_per=_STATES_A_CHUNK)
        )
        with self._connection() as connection, connection.execute(query) as rows:
            yield from map(event_reader(self._stream, connection.dialect.name), rows)

    def snapshot(self, context: Any, /) -> int | None:
        key = self._stream.key_of(context)
        heads = self._stream.heads.c
        here = (heads[name] == part for name, part in zip(self._stream.context_names, key, strict=True))
        with self._connection() as connection:
            store_snapshots(connection, self._stream, [key])
            live = heads.seq > heads.osiris_origin
            return connection.scalar(select(heads.osiris_folded).where(*here, live))

    def _states_of(self, session: Session, keys: list[tuple[Any, ...]]) -> Iterator[ModelT]:
        columns = self._stream.contexts
        within = columns[0].in_([k[0] for k in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
        mapper = inspect(self.model)
        found = {
            tuple(mapper.primary_key_from_instance(s)): s
            for s in session.scalars(select(self.model).where(within))
        }
        for key in keys:
            if key in found:
                yield self._released(session, found[key])

    def _released(self, session: Session, state: ModelT) -> ModelT:
        if session is not self._target and state in session:
            session.expunge(state)
        return state

    def _event_by_id(self, connection: Connection, key: tuple[Any, ...], event_id: UUID) -> Event | None:
        events = self._stream.log
        query = select(events).where(*self._here(key), events.c.event_id == event_id)
        row = connection.execute(query).one_or_none()
        return None if row is None else event_reader(self._stream, connection.dialect.name)(row)

    def _here(self, key: tuple[Any, ...]) -> list[Any]:
        events = self._stream.log.c
        return [events[name] == part for name, part in zip(self._stream.context_names, key, strict=True)]

    def _expire(self, key: tuple[Any, ...]) -> None:
        if isinstance(self._target, Session):
            identity = inspect(self.model).identity_key_from_primary_key(key)
            loaded = self._target.identity_map.get(identity)
            if loaded is not None:
                self._target.expire(loaded)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        target = self._target
        if isinstance(target, Engine):
            with target.begin() as connection:
                yield connection
        elif isinstance(target, Session):
            target.flush()
            yield target.connection(bind_arguments={"mapper": inspect(self.model)})
        else:
            with target.begin() as session:
                yield session.connection(bind_arguments={"mapper": inspect(self.model)})

    @contextmanager
    def _statement(self) -> Iterator[Connection]:
        """A connection for one append. Where that is one statement, it needs no BEGIN and COMMIT around it.

        So the head stays locked inside the server alone, and not while the client answers.
        """
        target = self._target
        if isinstance(target, Engine) and target.dialect.name == "postgresql":
            with target.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                yield connection
        else:
            with self._connection() as connection:
                yield connection

    @contextmanager
    def _session(self) -> Iterator[Session]:
        target = self._target
        if isinstance(target, Session):
            yield target
        elif isinstance(target, Engine):
            with Session(target, expire_on_commit=False) as session:
                yield session
        else:
            with target() as session:
                yield session


def _expectation(expected_seq: int | None) -> Expect:
    if expected_seq is None:
        return Expect.ANYTHING
    return Expect.SEQ if expected_seq else Expect.NOT_LIVE
