"""The log in an SQL database: SQLite, PostgreSQL or MariaDB, through SQLAlchemy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Pool, Select, and_, inspect, select, tuple_
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.declarative import stream_of
from sqla_osiris.declarative.batches import append_batch
from sqla_osiris.declarative.changes_in_place import notice_changes_in_place
from sqla_osiris.declarative.dialects import MARIADB, POSTGRESQL, database_of
from sqla_osiris.declarative.direct import append_directly, appends_directly
from sqla_osiris.declarative.event_context import all_in_context, merged_meta
from sqla_osiris.declarative.keys import opening
from sqla_osiris.declarative.mariadb_feed import Settled
from sqla_osiris.declarative.moments import Moment, checked_after
from sqla_osiris.declarative.out_of_range import unreadable_sum
from sqla_osiris.declarative.passive import is_taken_at_reads, tail_length, take_without_waiting
from sqla_osiris.declarative.past_sessions import refuse_write
from sqla_osiris.declarative.required import lacks
from sqla_osiris.declarative.snapshots import store_snapshots
from sqla_osiris.declarative.statements import Expect
from sqla_osiris.declarative.upcasts import columns_as_read
from sqla_osiris.declarative.view_tables import view_tables
from sqla_osiris.declarative.writes import Write, Written, begins_incomplete
from sqla_osiris.declarative.writing import write_events
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.checkpoints_sql import SQLCheckpoints
from sqla_osiris.repositories.hints import Channel
from sqla_osiris.repositories.hints_sql import notifications
from sqla_osiris.repositories.routing import reading, refuse_sharded, writing
from sqla_osiris.repositories.sql_columns import SQLColumns
from sqla_osiris.repositories.sql_events import events_of
from sqla_osiris.repositories.sql_upkeep import SQLUpkeep

__all__ = ["SQLRepository"]

ModelT = TypeVar("ModelT")

_STATES_A_CHUNK = 500
_LIMIT_EXCEEDED = "54000"


class SQLRepository(SQLUpkeep[ModelT], SQLColumns):
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
            with self._connection() as connection:
                known = self._event_by_id(connection, write.key, event_id)
                if known is not None:
                    return known
                try:
                    with connection.begin_nested():
                        written = write_events(connection, stream, [write])[0]
                except IntegrityError:
                    # Another writer may have brought the same event in between.
                    known = self._event_by_id(connection, write.key, event_id, newest=True)
                    if known is None:
                        raise
                    return known
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
        with self._statement() as connection:
            return write_events(connection, stream, [write])[0]

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        source = all_in_context(events)
        appended = 0
        with self._batches() as connection:
            while True:
                read, written = append_batch(connection, self._stream, source)
                if not read:
                    break
                appended += written
                if progress is not None:
                    progress(appended)
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
                query = select(self.model).execution_options(yield_per=_STATES_A_CHUNK)
                with session.scalars(query) as states:
                    for state in states:
                        if session is not self._target and state in session:
                            session.expunge(state)
                        yield state
                return
            asked = iter(contexts)
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
        if session is not self._target:
            # One by one takes a third of the time that reading them does.
            session.expunge_all()
        yield from (found[key] for key in keys if key in found)

    def _event_by_id(
        self, connection: Connection, key: tuple[Any, ...], event_id: UUID, *, newest: bool = False
    ) -> Event | None:
        database = database_of(connection.dialect)
        log = self._stream.log
        asked: list[tuple[Any, Select[Any]]] = [(log, select(log))]
        if newest and database == MARIADB:
            # It reads repeatably by default: a plain SELECT would miss what was committed since the first one. And a
            # lock does not reach into a UNION.
            tables = self._stream.event_tables
            asked = [
                (table, columns_as_read(table, self._stream.fields).with_for_update(read=True))
                for table in tables
            ]
        for events, query in asked:
            here = (*self._here(key, events), events.c.event_id == event_id)
            row = connection.execute(query.where(*here)).one_or_none()
            if row is not None:
                (event,) = events_of(self._stream, database, [(value,) for value in row])
                opened = opening(connection, self._stream, [key])
                return event if opened is None else opened(event)
        return None

    def _here(self, key: tuple[Any, ...], events: Any) -> list[Any]:
        return [events.c[name] == part for name, part in zip(self._stream.context_names, key, strict=True)]

    def _refuse_in_the_past(self) -> None:
        if isinstance(self._target, Session):
            refuse_write(self._stream.model, self._target)

    def _expire(self, key: tuple[Any, ...]) -> None:
        if isinstance(self._target, Session):
            identity = inspect(self.model).identity_key_from_primary_key(key)
            loaded = self._target.identity_map.get(identity)
            if loaded is not None:
                self._target.expire(loaded)

    @property
    def _writing(self) -> dict[str, Any]:
        return writing(self.model, self._stream)

    @contextmanager
    def _connection(self, *, reads: bool = False) -> Iterator[Connection]:
        target = self._target
        asked = reading(self.model, self._stream) if reads else self._writing
        with self._refusals():
            if isinstance(target, Engine):
                with target.begin() as connection:
                    yield connection
            elif isinstance(target, Session):
                notice_changes_in_place(target)
                target.flush()
                yield target.connection(bind_arguments=asked)
            else:
                with target.begin() as session:
                    yield session.connection(bind_arguments=asked)

    @contextmanager
    def _batches(self) -> Iterator[Connection]:
        """A connection for many events: no object of a session knows which of them are its own."""
        self._refuse_in_the_past()
        with self._connection() as connection:
            yield connection
        if isinstance(self._target, Session):
            self._target.expire_all()

    @contextmanager
    def _statement(self, *, reads: bool = False) -> Iterator[Connection]:
        """A connection for one append, or one page of the feed: one statement needs no BEGIN and COMMIT around it.

        So an append's head stays locked inside the server alone, and not while the client answers.
        """
        target, stream = self._target, self._stream
        if (
            isinstance(target, Engine)
            and database_of(target.dialect) == POSTGRESQL
            and not stream.folds_after(POSTGRESQL)
            and stream.keys is None
        ):
            autocommitting = target.connect().execution_options(isolation_level="AUTOCOMMIT")
            with self._refusals(), autocommitting as connection:
                yield connection
        else:
            with self._connection(reads=reads) as connection:
                yield connection

    @contextmanager
    def _session(self) -> Iterator[Session]:
        target = self._target
        with self._refusals():
            if isinstance(target, Session):
                yield target
            elif isinstance(target, Engine):
                with Session(target, expire_on_commit=False) as session:
                    yield session
            else:
                with target() as session:
                    yield session

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """A value that its column's type refuses on the way to the driver is refused as any other, not as a StatementError.

        So is a sum that outgrew its column, where it is read, and what outgrows a limit of PostgreSQL's own, such as the
        bytes of a context that its index takes.
        """
        try:
            yield
        except StatementError as error:
            if isinstance(error.orig, OsirisError):
                raise error.orig from None
            if getattr(error.orig, "sqlstate", None) == _LIMIT_EXCEEDED:
                said = str(error.orig).partition("\n")[0]
                raise InvalidValue(
                    f"The database has no room for this: {said}. Nothing was written. Shorten the context, or use a hash "
                    "of it."
                ) from error
            told = unreadable_sum(self._stream, error, self._asking)
            if told is None:
                raise
            raise told from error

    @contextmanager
    def _asking(self) -> Iterator[Connection]:
        """A connection that says what was wrong with a read."""
        target = self._target
        if isinstance(target, Session):
            yield target.connection(bind_arguments=reading(self.model, self._stream))
        else:
            with self._bound_engine.connect() as connection:
                yield connection


def _expectation(expected_seq: int | None, *, lacks: bool) -> Expect:
    if expected_seq is None:
        return Expect.LIVE if lacks else Expect.ANYTHING
    return Expect.SEQ if expected_seq else Expect.NOT_LIVE
