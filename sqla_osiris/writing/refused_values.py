"""Says of a value that only the database could refuse which field it was: a sum too great, a document too deep.

No one knows a sum but the database, so it is the one to notice; its error names a type at best.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, func, or_, select
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import BatchColumns, Key, keys_to_bind
from sqla_osiris.databases.registry import database_of, refusal_of
from sqla_osiris.errors import InvalidValue
from sqla_osiris.reducers import Mean, Sum
from sqla_osiris.schema.checks import sum_error
from sqla_osiris.schema.log import Field, Log
from sqla_osiris.types.json_documents import depth_of, greatest_integer
from sqla_osiris.types.portable import ExactDecimal

__all__ = ["refused_value", "refused_values", "unreadable_sum"]

_GREATEST = 2.0**63

Touched = Mapping[Key, Mapping[str, Any]]
"""What was to be written: touches by column name, by context."""


@contextmanager
def refused_values(connection: Connection, log: Log, batch: BatchColumns) -> Iterator[None]:
    """Raise InvalidValue where the database refused one of a batch's values."""
    try:
        yield
    except StatementError as error:
        refused = refused_value(
            connection, log, error, lambda: _touched(batch), lambda: batch.touches | batch.metadata
        )
        if refused is None:
            raise
        raise refused from error


def refused_value(
    connection: Connection,
    log: Log,
    error: StatementError,
    touched: Callable[[], Touched],
    values: Callable[[], Mapping[str, Iterable[Any]]],
) -> InvalidValue | None:
    """The error of a write that the database refused a value of; None for any other reason.

    ``values`` are by column name.
    """
    database = database_of(connection.dialect)
    refusal = database.refusal(error)
    if refusal is Refusal.CHECK_FAILED:
        return _document_refused(log, values(), database)
    if refusal is Refusal.OUT_OF_RANGE:
        return _sum_out_of_range(log, touched())
    if refusal is Refusal.UNEXPLAINED:
        return _sum_found_out_of_range(connection, log, touched())
    return None


def _document_refused(
    log: Log, values: Mapping[str, Iterable[Any]], database: Database
) -> InvalidValue | None:
    """Return the error of a document that the database does not take for JSON; None where there is none."""
    for name, given in values.items():
        reason = next(filter(None, (_beyond(value, database) for value in given)), None)
        if reason is not None:
            key = log.fields[name].key if name in log.fields else name
            return InvalidValue(
                f"{log.model}.{key}: {reason}, or as text. The database does not take it for JSON. Nothing was written."
            )
    return None


def _beyond(value: Any, database: Database) -> str | None:
    """Return what the database does not take of a document, and what to do; None where it takes it."""
    levels, digits = database.json_levels, database.json_digits
    if levels is not None and depth_of(value) > levels:
        return f"a document of more than {levels} levels: keep the inner ones as documents of their own"
    if digits is not None and greatest_integer(value) >= 10**digits:
        return f"an integer of more than {digits} digits: keep it in a column of its own"
    return None


def _touched(batch: BatchColumns) -> dict[Key, dict[str, Any]]:
    """Return what the batch adds to each context's numbers, roughly."""
    added: dict[Key, dict[str, Any]] = {key: defaultdict(float) for key in batch.keys}
    for name, touches in batch.touches.items():
        for owner, touch in zip(batch.owners, touches, strict=True):
            if isinstance(touch, int | float | Decimal):
                added[batch.keys[owner]][name] += float(touch)
    return added


def _sum_out_of_range(log: Log, touched: Touched) -> InvalidValue | None:
    """The error of a write that the database refused for a number that has no room; it is asked nothing."""
    sums = _sums(log, touched)
    if not sums:
        return None
    return sum_error(log, sums, list(touched))


def _sum_found_out_of_range(connection: Connection, log: Log, touched: Touched) -> InvalidValue | None:
    """The error of a write that was refused for whatever reason; None if no sum is too great.

    SQLite's error has no code of its own, for one. Its ``total()`` adds up as a double, which does not overflow.
    """
    sums = _sums(log, touched)
    if not sums:
        return None
    rows = log.rows_of(log.events)
    events, heads, keys = rows.c, log.heads.c, log.context_columns(rows)
    present = log.same_context(rows, log.heads)
    totals = (func.total(events[field.name]) for field in sums)
    # What the head holds counts events that are not in the log any more.
    stored = (func.coalesce(func.max(heads[field.name]), number(0)) for field in sums)
    query = (
        select(*keys, *totals, *stored)
        .where(*present, events.seq > heads.osiris_origin, database_of(connection.dialect).in_contexts(keys))
        .group_by(*keys)
    )
    try:
        found = connection.execute(query, {"keys": keys_to_bind(list(touched))}).all()
    except DBAPIError:
        return None  # Whatever is wrong with the tables, the write's own error says it.
    width = len(keys)
    for row in found:
        key = tuple(row[:width])
        for field, sum_ in zip(sums * 2, row[width:], strict=True):
            if abs(sum_ + float(touched[key].get(field.name) or 0)) >= _greatest(field):
                return sum_error(log, [field], [key])
    return None


def unreadable_sum(
    log: Log, error: StatementError, asking: Callable[[], AbstractContextManager[Connection]]
) -> InvalidValue | None:
    """The error of a read that a sum was too great for; None for any other reason.

    With ``Every(n)`` and ``Never()`` nothing adds up when an event is written. ``asking`` gives a connection.
    """
    sums = [f for f in log.fields.values() if isinstance(f.reducer, Sum | Mean)]
    if not sums:
        return None
    refusal = refusal_of(error)
    if refusal is Refusal.OUT_OF_RANGE:
        return _unreadable(log, sums, "a context")
    if refusal is not Refusal.UNEXPLAINED:
        return None
    try:
        with asking() as connection:
            found = connection.execute(_too_great(log, sums)).first()
    except DBAPIError:
        return None  # Whatever is wrong with the tables, the read's own error says it.
    return None if found is None else _unreadable(log, sums, repr(log.context_of(found)))


def _too_great(log: Log, sums: Sequence[Field]) -> Any:
    events, heads, keys = log.rows.c, log.heads.c, log.context_columns(log.rows)
    present = log.same_context(log.rows, log.heads)
    beyond = (func.abs(func.total(events[field.name])) >= number(_greatest(field)) for field in sums)
    query = select(*keys).where(*present, events.seq > heads.osiris_origin).group_by(*keys)
    return query.having(or_(*beyond)).limit(number(1))


def _greatest(field: Field) -> float:
    """Return what a sum must stay below on SQLite, which adds up integers, of decimals as well."""
    declared = field.sql.declared
    return _GREATEST / 10**declared.effective_scale if isinstance(declared, ExactDecimal) else _GREATEST


def _unreadable(log: Log, sums: Sequence[Field], whose: str) -> InvalidValue:
    fields = " or ".join(f"{log.model}.{field.key}" for field in sums)
    return InvalidValue(
        f"{fields}: the sum of {whose} no longer fits its column, so that its state cannot be read; its history can. Append "
        "what makes the sum smaller, or declare the field as Numeric. With __snapshot__ = Inline() an append refuses it."
    )


def _sums(log: Log, touched: Touched) -> list[Field]:
    names = {name for touches in touched.values() for name in touches}
    return [f for f in log.fields.values() if f.name in names and isinstance(f.reducer, Sum | Mean)]
