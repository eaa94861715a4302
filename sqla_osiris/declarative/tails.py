"""Where the fold reads events from: the event table, or with a declared archive both tables as one.

With an archive the conditions stand inside each arm of the UNION ALL: SQLite does not push a condition that refers to
an outer row into it, and would read the whole log for every head. MariaDB allows no such condition there at all: it folds
each table by itself, the archive first.
"""

from typing import Any

from sqlalchemy import ColumnElement, Table, select, union_all

from sqla_osiris.declarative.stream import Stream

__all__ = ["TailEvents", "picked_event", "tail_in", "tail_of"]

Expression = ColumnElement[Any]

TailEvents = tuple[Any, tuple[Expression, ...]]
"""A FROM element, and what is still to be asked of its rows."""


def tail_of(stream: Stream, heads: Any, start: Expression, upto: Expression | None = None) -> TailEvents:
    """The events of a head's context beyond the seq ``start``, up to the seq ``upto``."""
    return _rows(stream, "tail", lambda events: _beyond(stream, heads, events, start, upto), heads)


def tail_in(
    table: Table, stream: Stream, heads: Any, start: Expression, upto: Expression | None = None
) -> TailEvents:
    """As :func:`tail_of`, from one of the tables alone."""
    events = stream.rows_of(table).alias("archived" if table is stream.archive else "tail")
    return events, _beyond(stream, heads, events, start, upto)


def _beyond(
    stream: Stream, heads: Any, events: Any, start: Expression, upto: Expression | None
) -> tuple[Expression, ...]:
    here = (events.c[name] == heads.c[name] for name in stream.context_names)
    bound = () if upto is None else (events.c.seq <= upto,)
    return (*here, events.c.seq > start, *bound)


def picked_event(stream: Stream, heads: Any, seq: Any) -> TailEvents:
    """The event of a head's context at this seq."""

    def here(events: Any) -> tuple[Expression, ...]:
        context = (events.c[name] == heads.c[name] for name in stream.context_names)
        return (*context, events.c.seq == seq)

    return _rows(stream, "picked", here, heads, seq.table)


def _rows(stream: Stream, name: str, conditions: Any, *outer: Any) -> TailEvents:
    if stream.archive is None:
        events = stream.rows_of(stream.events).alias(name)
        return events, conditions(events)
    names = [*stream.context_names, "seq", *stream.fields, "osiris_cleared"]
    arms = []
    for table in stream.event_rows:
        rows = table.alias()
        columns = [rows.c[column] for column in names]
        arms.append(select(*columns).where(*conditions(rows)).correlate(*outer))
    return union_all(*arms).subquery(name), ()
