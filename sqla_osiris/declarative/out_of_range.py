"""Says of a sum that the database found too great which field and context it was.

Nobody knows a sum but the database, so it is the one to notice; its error names a type at best.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from sqlite3 import SQLITE_ERROR
from typing import Any, Final

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.declarative.batch_columns import BatchColumns
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.mariadb_errors import OUT_OF_RANGE, mariadb_code
from sqla_osiris.declarative.snapshots import among, keys_to_bind
from sqla_osiris.declarative.stream import Field, Stream
from sqla_osiris.declarative.undone import sqlstate_of
from sqla_osiris.errors import InvalidValue
from sqla_osiris.reducers import Mean, Sum

__all__ = ["OUT_OF_RANGE_ON_POSTGRESQL", "batch_sum_told", "sqlite_sum_out_of_range", "sum_out_of_range"]

OUT_OF_RANGE_ON_POSTGRESQL: Final = "22003"
"""numeric_value_out_of_range."""

_GREATEST = 2.0**63

Touched = Mapping[tuple[Any, ...], Mapping[str, Any]]
"""What was to be written: touches by column name, by context."""


def sum_out_of_range(stream: Stream, touched: Touched) -> InvalidValue | None:
    """The error of a write that PostgreSQL refused; its transaction answers no question any more."""
    sums = _sums(stream, touched)
    if not sums:
        return None
    return _error(stream, sums, list(touched))


def sqlite_sum_out_of_range(connection: Connection, stream: Stream, touched: Touched) -> InvalidValue | None:
    """The error of a write that SQLite refused for whatever reason; None if no sum is too great.

    SQLite's error has no code of its own. Its ``total()`` adds up as a double, which does not overflow.
    """
    sums = _sums(stream, touched)
    if not sums:
        return None
    events, heads = stream.rows_of(stream.events).c, stream.heads.c
    keys = [events[name] for name in stream.context_names]
    present = (events[name] == heads[name] for name in stream.context_names)
    totals = (func.total(events[field.name]) for field in sums)
    # What the head holds counts events that are not in the log any more.
    stored = (func.coalesce(func.max(heads[field.name]), number(0)) for field in sums)
    query = (
        select(*keys, *totals, *stored)
        .where(*present, events.seq > heads.osiris_origin, among(keys, "sqlite"))
        .group_by(*keys)
    )
    try:
        rows = connection.execute(query, {"keys": keys_to_bind(stream, list(touched))}).all()
    except DBAPIError:
        return None  # Whatever is wrong with the tables, the write's own error says it.
    width = len(keys)
    for row in rows:
        key = tuple(row[:width])
        for field, sum_ in zip(sums * 2, row[width:], strict=True):
            if abs(sum_ + float(touched[key].get(field.name) or 0)) >= _GREATEST:
                return _error(stream, [field], [key])
    return None


@contextmanager
def batch_sum_told(connection: Connection, stream: Stream, batch: BatchColumns) -> Iterator[None]:
    """Raise InvalidValue where a batch makes a sum too great: PostgreSQL and MariaDB say so by a code, SQLite does not."""
    try:
        yield
    except StatementError as error:
        refused = sqlstate_of(error) == OUT_OF_RANGE_ON_POSTGRESQL or mariadb_code(error) in OUT_OF_RANGE
        told = None
        if refused:
            told = sum_out_of_range(stream, dict.fromkeys(batch.keys, batch.touches))
        elif getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR:
            told = sqlite_sum_out_of_range(connection, stream, _added_up(stream, batch))
        if told is None:
            raise
        raise told from error


def _added_up(stream: Stream, batch: BatchColumns) -> Touched:
    """What a batch adds to each sum, as a double, by context."""
    added: dict[tuple[Any, ...], dict[str, float]] = {key: {} for key in batch.keys}
    for field in _sums(stream, {(): batch.touches}):
        for owner, touch in zip(batch.owners, batch.touches[field.name], strict=True):
            sums = added[batch.keys[owner]]
            sums[field.name] = sums.get(field.name, 0.0) + float(touch or 0)
    return added


def _sums(stream: Stream, touched: Touched) -> list[Field]:
    names = {name for touches in touched.values() for name in touches}
    return [f for f in stream.fields.values() if f.name in names and isinstance(f.reducer, Sum | Mean)]


def _error(stream: Stream, sums: Sequence[Field], keys: Sequence[tuple[Any, ...]]) -> InvalidValue:
    fields = " or ".join(f"{stream.model}.{field.key}" for field in sums)
    named = ", ".join(repr(stream.context_of(key)) for key in keys[:_NAMED])
    more = f" or another of {len(keys)}" if len(keys) > _NAMED else ""
    return InvalidValue(
        f"{fields}: the sum of {named}{more} would no longer fit its column. Nothing was written. "
        "Append a smaller value, or declare the field as Numeric."
    )


_NAMED = 3
