"""Where the fold reads events from: the event table, or with a declared archive both tables as one.

With an archive they are the arms of a UNION ALL. SQLite does not push a condition that refers to an outer row into it, and
would read the whole log for every head, so there the conditions stand inside each arm. PostgreSQL pushes them, and reads the
arms' rows with less ado where it has to. MariaDB takes no such condition in an arm at all: it folds each table by itself,
the archive first.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Table, select, union_all

from sqla_osiris.databases.base import Database
from sqla_osiris.schema.log import Log

__all__ = ["TailEvents", "picked_event", "tail_in", "tail_of"]

Expression = ColumnElement[Any]

TailEvents = tuple[Any, tuple[Expression, ...]]
"""A FROM element, and what is still to be asked of its rows."""


def tail_of(
    log: Log, heads: Any, database: Database, start: Expression, upto: Expression | None = None
) -> TailEvents:
    """The events of a head's context beyond the seq ``start``, up to the seq ``upto``; not on MariaDB."""

    def beyond(events: Any) -> tuple[Expression, ...]:
        return _beyond(log, heads, events, start, upto)

    if log.archive is not None and not database.folds_laterally:
        return _both(log, "tail", lambda arm, rows: arm.where(*beyond(rows)).correlate(heads)), ()
    events = _log(log, "tail")
    return events, beyond(events)


def tail_in(
    table: Table, log: Log, heads: Any, start: Expression, upto: Expression | None = None
) -> TailEvents:
    """As :func:`tail_of`, from one of the tables alone."""
    events = log.rows_of(table).alias("archived" if table is log.archive else "tail")
    return events, _beyond(log, heads, events, start, upto)


def _beyond(
    log: Log, heads: Any, events: Any, start: Expression, upto: Expression | None
) -> tuple[Expression, ...]:
    here = log.same_context(events, heads)
    bound = () if upto is None else (events.c.seq <= upto,)
    return (*here, events.c.seq > start, *bound)


def picked_event(log: Log, heads: Any, seq: Any) -> TailEvents:
    """The event of a head's context at this seq, on PostgreSQL."""
    events = _log(log, "picked")
    context = log.same_context(events, heads)
    return events, (*context, events.c.seq == seq)


def _log(log: Log, name: str) -> Any:
    return log.event_rows[0].alias(name) if log.archive is None else _both(log, name)


def _both(log: Log, name: str, narrowed: Callable[[Any, Any], Any] = lambda arm, _rows: arm) -> Any:
    names = [*log.context_names, "seq", *log.fields, "osiris_cleared"]
    tables = [rows.alias() for rows in log.event_rows]
    arms = [narrowed(select(*(rows.c[column] for column in names)), rows) for rows in tables]
    return union_all(*arms).subquery(name)
