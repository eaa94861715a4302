"""Rows of one log's feed as the columns that another SQL database appends: no event is made of a row in between."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row

from sqla_osiris.declarative.batch_columns import BatchColumns, Key, checked_touches
from sqla_osiris.declarative.statements import METADATA
from sqla_osiris.declarative.stream import Stream

__all__ = ["columns_of_rows"]


def columns_of_rows(stream: Stream, pieces: Iterable[Sequence[Row[Any]]]) -> BatchColumns:
    """The columns of rows of the event table, read some at a time. Raises InvalidValue for what no field holds."""
    columns: dict[str, list[Any]] = {column.name: [] for column in stream.events.c}
    for rows in pieces:
        for column, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
            column.extend(values)
    numbers: dict[Key, int] = {}
    keys = zip(*(columns[name] for name in stream.context_names), strict=True)
    owners = [numbers.setdefault(key, len(numbers)) for key in keys]
    touches = {name: columns[name] for name in stream.fields if _given(columns[name])}
    cleared = columns["osiris_cleared"]
    return BatchColumns(
        keys=list(numbers),
        owners=owners,
        touches={name: checked_touches(stream.fields[name], values) for name, values in touches.items()},
        metadata={name: columns[name] for name in METADATA if _given(columns[name])},
        cleared=cleared if _given(cleared) else None,
    )


def _given(values: list[Any]) -> bool:
    return values.count(None) < len(values)
