"""Says of a value that only the database could refuse which field it was: a sum too great, a document too deep.

``append`` and the unit of work say it of their writes; this says it of a batch.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import StatementError

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.plan import BatchColumns
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import InvalidValue
from sqla_osiris.schema.log import Log
from sqla_osiris.types.json_documents import depth_of
from sqla_osiris.writing.out_of_range import Touched, sum_found_out_of_range, sum_out_of_range

__all__ = ["refused_value", "refused_values"]


@contextmanager
def refused_values(connection: Connection, log: Log, batch: BatchColumns) -> Iterator[None]:
    """Raise InvalidValue where the database refused one of a batch's values."""
    try:
        yield
    except StatementError as error:
        told = refused_value(
            connection, log, error, lambda: _touched(batch), lambda: batch.touches | batch.metadata
        )
        if told is None:
            raise
        raise told from error


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
        return _document_too_deep(log, values(), database.json_levels)
    if refusal is Refusal.OUT_OF_RANGE:
        return sum_out_of_range(log, touched())
    if refusal is Refusal.UNEXPLAINED:
        return sum_found_out_of_range(connection, log, touched())
    return None


def _document_too_deep(
    log: Log, values: Mapping[str, Iterable[Any]], levels: int | None
) -> InvalidValue | None:
    """None if no document among the values is too deep."""
    for name, given in values.items():
        if levels is not None and any(depth_of(value) > levels for value in given):
            key = log.fields[name].key if name in log.fields else name
            return InvalidValue(
                f"{log.model}.{key}: a document of more than {levels} levels, which MariaDB does not take for "
                "JSON. Nothing was written. Keep the inner ones as documents of their own, or as text."
            )
    return None


def _touched(batch: BatchColumns) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the batch adds to each context's numbers, roughly."""
    added: dict[tuple[Any, ...], dict[str, Any]] = {key: defaultdict(float) for key in batch.keys}
    for name, touches in batch.touches.items():
        for owner, touch in zip(batch.owners, touches, strict=True):
            if isinstance(touch, int | float | Decimal):
                added[batch.keys[owner]][name] += float(touch)
    return added
