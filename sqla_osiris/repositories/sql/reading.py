"""Reads one model's log: states, now or as of a moment, a stream's history, and the feed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine, and_, inspect, select, tuple_
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.snapshots_at_reads import is_taken_at_reads, tail_length, take_without_waiting
from sqla_osiris.reading.feed import feed_columns, settled_feed_columns
from sqla_osiris.reading.past import past_state
from sqla_osiris.records import Event
from sqla_osiris.repositories.protocol import Closing
from sqla_osiris.repositories.results import events_from, instance_of
from sqla_osiris.repositories.sql.target import target_of
from sqla_osiris.schema.checks import each_of, refuse_limit
from sqla_osiris.schema.log import END, Log
from sqla_osiris.schema.moments import Moment, checked_after, checked_moment
from sqla_osiris.schema.tables import refuse_arrays
from sqla_osiris.writing.encrypting import opening

__all__ = ["Reading", "events_of"]

ModelT = TypeVar("ModelT")

_ROWS_A_CHUNK = 500

Key = tuple[Any, ...]


class Reading(Closing, Generic[ModelT]):
    """What a repository on a Session, an Engine or a sessionmaker reads."""

    def __init__(self, model: type[ModelT], target: Session | Engine | sessionmaker[Session]) -> None:
        self._bound = target_of(model, target)
        self._log = self._bound.log
        if self._bound.given_engine is not None:
            refuse_arrays(self._log.events, self._bound.given_engine.dialect)
        self._target = target
        self._takes_at_reads = is_taken_at_reads(self._log)
        self.model = model

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        """As every store's. With ``Every(n)``, a read that folded n events or more takes the snapshot that was missing.

        It does so after the read, in a transaction of its own, and not where the read is part of somebody's transaction.
        """
        if at is not None:
            return self._past_state(context, at)
        key = self._log.key_of(context)
        engine = self._bound.own_engine if self._takes_at_reads else None
        if engine is None:
            with self._bound.session() as session:
                return session.get(self.model, key, populate_existing=True)
        found = self._state_and_tail(key)
        if found is None:
            return None
        state, tail = found
        if self._log.policy.is_due(tail):
            self._takes_at_reads = take_without_waiting(engine, self._log, key)
        return state

    def _state_and_tail(self, key: Key) -> tuple[ModelT, int] | None:
        """Return the present state and how many events were folded for it, or None where no stream lives."""
        log, heads = self._log, self._log.heads.c
        attributes = [getattr(self.model, name) for name in log.context_keys]
        same = (a == heads[name] for a, name in zip(attributes, log.context_names, strict=True))
        here = (attribute == part for attribute, part in zip(attributes, key, strict=True))
        query = select(self.model, tail_length(log)).join(log.heads, and_(*same)).where(*here)
        with self._bound.session() as session:
            found = session.execute(query).one_or_none()
        return None if found is None else (found[0], found[1])

    def _past_state(self, context: Any, at: Moment) -> ModelT | None:
        """Return the state as of a moment, which belongs to no session, or None where no stream lived."""
        log = self._log
        key, moment = log.key_of(context), checked_moment(at)
        with self._bound.connection(reads=True) as connection:
            row = past_state(connection, log, key, moment)
        if row is None:
            return None
        keys = [*zip(log.context_names, log.context_keys, strict=True), ("seq", "seq")]
        keys += [(name, field.key) for name, field in log.folded_fields.items()]
        values = row._mapping  # noqa: SLF001  (public, for all its name)
        return instance_of(self.model, {key: values[name] for name, key in keys})

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        return self._all_states() if contexts is None else self._states_of(contexts)

    def _all_states(self) -> Iterator[ModelT]:
        with self._bound.session() as session:
            self._bound.begin_reading(session)
            query = select(self.model).execution_options(yield_per=_ROWS_A_CHUNK)
            with session.scalars(query) as states:
                for state in states:
                    if self._bound.detaches and state in session:
                        session.expunge(state)
                    yield state

    def _states_of(self, contexts: Iterable[Any]) -> Iterator[ModelT]:
        with self._bound.session() as session:
            remaining = each_of(contexts, "states", "contexts")
            while keys := [self._log.key_of(context) for context in islice(remaining, _ROWS_A_CHUNK)]:
                yield from self._states_at(session, keys)

    def _states_at(self, session: Session, keys: list[Key]) -> Iterator[ModelT]:
        columns = self._log.contexts
        within = columns[0].in_([k[0] for k in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
        mapper = inspect(self.model)
        found = {
            tuple(mapper.primary_key_from_instance(s)): s
            for s in session.scalars(select(self.model).where(within))
        }
        if self._bound.detaches:
            # One by one takes a third of the time that reading them does.
            session.expunge_all()
        yield from (found[key] for key in keys if key in found)

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        log, all_events = self._log, self._log.rows
        key, after = log.key_of(context), checked_after(after)
        here = (all_events.c[name] == part for name, part in zip(log.context_names, key, strict=True))
        query = select(all_events).where(*here, all_events.c.seq > after).order_by(all_events.c.seq)
        with self._bound.connection(reads=True) as connection:
            opened = opening(connection, log, [key])
            with connection.execute(query.execution_options(yield_per=_ROWS_A_CHUNK)) as rows:
                for part in rows.partitions():
                    columns = list(zip(*part, strict=True))
                    events = events_of(log, database_of(connection.dialect), columns)
                    yield from events if opened is None else map(opened, events)

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        """Return the events of all contexts beyond the position ``after``, at most ``limit``, in the order of positions.

        No event can appear later at or before the position of one returned: on PostgreSQL and MariaDB the feed therefore
        stays behind transactions that write, on SQLite there is one writer. On MariaDB it reads what is committed, through
        connections of its own. Raises InvalidValue for a position of another store.
        """
        refuse_limit(limit)
        engine, log = self._bound.engine, self._log
        database = database_of(engine.dialect)
        events = events_of(log, database, self._columns_beyond(after, limit))
        if log.keys is None or not events:
            return events
        # Rows that are settled are committed now, which a transaction of before may not see.
        reading = engine.connect() if database.settles else self._bound.connection(reads=True)
        with reading as connection:
            opened = opening(connection, log, [log.key_of(event.context) for event in events])
        return events if opened is None else list(map(opened, events))

    def _columns_beyond(self, after: Any, limit: int) -> list[Sequence[Any]]:
        """Return the event table's columns of what :meth:`feed` returns; nothing of no event."""
        engine = self._bound.engine
        if database_of(engine.dialect).settles:
            return settled_feed_columns(engine, self._log, after, limit, self._bound.settled(engine))
        with self._bound.statement(reads=True) as connection:
            return feed_columns(connection, self._log, after, limit)


def events_of(log: Log, database: Database, columns: Sequence[Sequence[Any]]) -> list[Event]:
    """Return the events of all the event table's columns, in their order; nothing of nothing.

    All of a page are made at once: a call for each takes twice as long.
    """
    if not columns:
        return []
    named = {column.name: values for column, values in zip(log.events.c, columns, strict=True)}
    width = len(log.contexts)
    return events_from(
        columns[0] if width == 1 else zip(*columns[:width], strict=True),
        named["seq"],
        database.positions_of(named[XID], named[POSITION]),
        named["recorded_at"],
        _touches(log, named),
        named["event_id"],
        named["event_type"],
        named["event_meta"],
        [names == END for names in named["osiris_cleared"]],
    )


def _touches(log: Log, named: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the touched fields of each event, by their keys and in the order in which they are declared."""
    cleared = named["osiris_cleared"]
    touches: list[dict[str, Any]] = [{} for _ in cleared]
    for name, field in log.fields.items():
        key, listed = field.key, f",{name},"
        for touched, touch, names in zip(touches, named[name], cleared, strict=True):
            if touch is not None or (names is not None and listed in names):
                touched[key] = touch
    return touches
