"""Says of a value that only the database could refuse which field it was: a sum too great, a document too deep.

``append`` and the unit of work say it of their writes; this says it of a batch.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from sqlite3 import SQLITE_ERROR
from typing import Any, Final

from sqlalchemy import Connection
from sqlalchemy.exc import StatementError

from sqla_osiris.databases.mariadb.errors import CHECK_FAILED, OUT_OF_RANGE, mariadb_code
from sqla_osiris.errors import InvalidValue
from sqla_osiris.schema.log import Stream
from sqla_osiris.types.json_documents import depth_of
from sqla_osiris.writing.batch_columns import BatchColumns
from sqla_osiris.writing.out_of_range import (
    SUM_OUT_OF_RANGE,
    sqlite_sum_out_of_range,
    sum_out_of_range,
)

__all__ = ["document_too_deep", "refused_values"]

_MARIADB_LEVELS: Final = 31
"""MariaDB's JSON_DEPTH_LIMIT is 32, values within counted: its CHECK of a JSON column takes what is deeper for no JSON."""


@contextmanager
def refused_values(connection: Connection, stream: Stream, batch: BatchColumns) -> Iterator[None]:
    """Raise InvalidValue where the database refused one of a batch's values."""
    try:
        yield
    except StatementError as error:
        told = _told(connection, stream, batch, error)
        if told is None:
            raise
        raise told from error


def document_too_deep(stream: Stream, values: Mapping[str, Iterable[Any]]) -> InvalidValue | None:
    """The error of a write that a CHECK of MariaDB's refused; None if no document among the values is too deep."""
    for name, given in values.items():
        if any(depth_of(value) > _MARIADB_LEVELS for value in given):
            key = stream.fields[name].key if name in stream.fields else name
            return InvalidValue(
                f"{stream.model}.{key}: a document of more than {_MARIADB_LEVELS} levels, which MariaDB does not take for "
                "JSON. Nothing was written. Keep the inner ones as documents of their own, or as text."
            )
    return None


def _told(
    connection: Connection, stream: Stream, batch: BatchColumns, error: StatementError
) -> InvalidValue | None:
    code = mariadb_code(error)
    if code == CHECK_FAILED:
        return document_too_deep(stream, batch.touches | batch.metadata)
    if getattr(error.orig, "sqlstate", None) == SUM_OUT_OF_RANGE or code in OUT_OF_RANGE:
        return sum_out_of_range(stream, _touched(batch))
    if getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR:
        return sqlite_sum_out_of_range(connection, stream, _touched(batch))
    return None


def _touched(batch: BatchColumns) -> dict[tuple[Any, ...], dict[str, Any]]:
    """What the batch adds to each context's numbers, roughly."""
    added: dict[tuple[Any, ...], dict[str, Any]] = {key: defaultdict(float) for key in batch.keys}
    for name, touches in batch.touches.items():
        for owner, touch in zip(batch.owners, touches, strict=True):
            if isinstance(touch, int | float | Decimal):
                added[batch.keys[owner]][name] += float(touch)
    return added
