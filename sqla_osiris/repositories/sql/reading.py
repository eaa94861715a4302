"""Reads the states of one model's streams, now or as of a moment, and a stream's history."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Select, and_, inspect, select, tuple_
from sqlalchemy.orm import Session

from sqla_osiris.databases.registry import database_of
from sqla_osiris.keeping.snapshots_at_reads import tail_length
from sqla_osiris.reading.past import past_state
from sqla_osiris.records import Event
from sqla_osiris.repositories.results import instance_of
from sqla_osiris.repositories.sql.events import events_of
from sqla_osiris.repositories.sql.target import Target
from sqla_osiris.schema.checks import each_of
from sqla_osiris.schema.moments import Moment, checked_after, checked_moment
from sqla_osiris.writing.encrypting import opening

__all__ = ["all_states", "history", "past_state_of", "state_and_tail", "state_of", "states_of"]

ModelT = TypeVar("ModelT")

_ROWS_A_CHUNK = 500

Key = tuple[Any, ...]


def state_of(target: Target[ModelT], key: Key) -> ModelT | None:
    """Return the present state, or None where no stream lives."""
    with target.session() as session:
        return session.get(target.model, key, populate_existing=True)


def state_and_tail(target: Target[ModelT], key: Key) -> tuple[ModelT, int] | None:
    """Return the present state and how many events were folded for it, or None where no stream lives."""
    stream, heads = target.stream, target.stream.heads.c
    attributes = [getattr(target.model, name) for name in stream.context_keys]
    same = (a == heads[name] for a, name in zip(attributes, stream.context_names, strict=True))
    here = (attribute == part for attribute, part in zip(attributes, key, strict=True))
    query = select(target.model, tail_length(stream)).join(stream.heads, and_(*same)).where(*here)
    with target.session() as session:
        found = session.execute(query).one_or_none()
    return None if found is None else (found[0], found[1])


def past_state_of(target: Target[ModelT], context: Any, at: Moment) -> ModelT | None:
    """Return the state as of a moment, which belongs to no session, or None where no stream lived."""
    stream = target.stream
    key, moment = stream.key_of(context), checked_moment(at)
    with target.connection(reads=True) as connection:
        row = past_state(connection, stream, key, moment)
    if row is None:
        return None
    keys = [*zip(stream.context_names, stream.context_keys, strict=True), ("seq", "seq")]
    keys += [(name, field.key) for name, field in stream.fields.items()]
    values = row._mapping  # noqa: SLF001  (public, for all its name)
    return instance_of(target.model, {key: values[name] for name, key in keys})


def all_states(target: Target[ModelT]) -> Iterator[ModelT]:
    """Yield the states of all live streams, streamed."""
    with target.session() as session:
        target.begin_reading(session)
        query = select(target.model).execution_options(yield_per=_ROWS_A_CHUNK)
        with session.scalars(query) as states:
            for state in states:
                if target.detaches and state in session:
                    session.expunge(state)
                yield state


def states_of(target: Target[ModelT], contexts: Iterable[Any]) -> Iterator[ModelT]:
    """Yield the states of these contexts in their order; those without one are left out."""
    with target.session() as session:
        remaining = each_of(contexts, "states", "contexts")
        while keys := [target.stream.key_of(context) for context in islice(remaining, _ROWS_A_CHUNK)]:
            yield from _states_at(target, session, keys)


def _states_at(target: Target[ModelT], session: Session, keys: list[Key]) -> Iterator[ModelT]:
    columns = target.stream.contexts
    within = columns[0].in_([k[0] for k in keys]) if len(columns) == 1 else tuple_(*columns).in_(keys)
    mapper = inspect(target.model)
    found = {
        tuple(mapper.primary_key_from_instance(s)): s
        for s in session.scalars(select(target.model).where(within))
    }
    if target.detaches:
        # One by one takes a third of the time that reading them does.
        session.expunge_all()
    yield from (found[key] for key in keys if key in found)


def history(target: Target[Any], context: Any, after: int) -> Iterator[Event]:
    """Yield the stream's events beyond seq ``after``, in the order of seq."""
    stream = target.stream
    key, after = stream.key_of(context), checked_after(after)
    with target.connection(reads=True) as connection:
        opened = opening(connection, stream, [key])
        with connection.execute(_history_query(target, key, after)) as rows:
            for part in rows.partitions():
                columns = list(zip(*part, strict=True))
                events = events_of(stream, database_of(connection.dialect), columns)
                yield from events if opened is None else map(opened, events)


def _history_query(target: Target[Any], key: Key, after: int) -> Select[Any]:
    log = target.stream.log
    here = (log.c[name] == part for name, part in zip(target.stream.context_names, key, strict=True))
    query = select(log).where(*here, log.c.seq > after).order_by(log.c.seq)
    return query.execution_options(yield_per=_ROWS_A_CHUNK)
