"""Where the fold reads events from: the event table, or with a declared archive both tables as one.

With an archive the conditions stand inside each arm of the UNION ALL: SQLite does not push a condition that refers to
an outer row into it, and would read the whole log for every head.
"""

from typing import Any

from sqlalchemy import ColumnElement, select, union_all

from sqla_osiris.declarative.stream import Stream

__all__ = ["TailEvents", "picked_event", "tail_of"]

Expression = ColumnElement[Any]

TailEvents = tuple[Any, tuple[Expression, ...]]
"""A FROM element, and what is still to be asked of its rows."""


def tail_of(stream: Stream, heads: Any, start: Expression, upto: Expression | None = None) -> TailEvents:
    """The events of a head's context beyond the seq ``start``, up to the seq ``upto``."""

    def beyond(events: Any) -> tuple[Expression, ...]:
        here = (events.c[name] == heads.c[name] for name in stream.context_names)
        bound = () if upto is None else (events.c.seq <= upto,)
        return (*here, events.c.seq > start, *bound)

    return _rows(stream, "tail", beyond, heads)


def picked_event(stream: Stream, heads: Any, seq: Any) -> TailEvents:
    """The event of a head's context at this seq."""

    def here(events: Any) -> tuple[Expression, ...]:
        context = (events.c[name] == heads.c[name] for name in stream.context_names)
        return (*context, events.c.seq == seq)

    return _rows(stream, "picked", here, heads, seq.table)


def _rows(stream: Stream, name: str, conditions: Any, *outer: Any) -> TailEvents:
    if stream.archive is None:
        events = stream.events.alias(name)
        return events, conditions(events)
    names = [*stream.context_names, "seq", *stream.fields, "osiris_cleared"]
    arms = []
    for table in (stream.events, stream.archive):
        rows = table.alias()
        columns = [rows.c[column] for column in names]
        arms.append(select(*columns).where(*conditions(rows)).correlate(*outer))
    return union_all(*arms).subquery(name), ()
