"""Rows of one log's feed as the columns that another SQL database appends: no event is made of a row in between."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row

from sqla_osiris.declarative.batch_columns import CONTEXTS_A_CHUNK, BatchColumns, Key, checked_touches
from sqla_osiris.declarative.statements import METADATA
from sqla_osiris.declarative.stream import Stream

__all__ = ["columns_of_rows"]


def columns_of_rows(stream: Stream, pieces: Iterator[Sequence[Row[Any]]], limit: int) -> BatchColumns:
    """The columns of the next ``limit`` rows of the event table or a few more, or of fewer that have many contexts.

    Empty when the pieces are at their end. Raises InvalidValue for what no field holds.
    """
    columns: dict[str, list[Any]] = {column.name: [] for column in stream.events.c}
    contexts = [columns[name] for name in stream.context_names]
    numbers: dict[Key, int] = {}
    owners: list[int] = []
    while len(owners) < limit and len(numbers) < CONTEXTS_A_CHUNK and (rows := next(pieces, None)):
        for column, values in zip(columns.values(), zip(*rows, strict=True), strict=True):
            column.extend(values)
        keys = list(zip(*(values[len(owners) :] for values in contexts), strict=True))
        for key in dict.fromkeys(keys):
            numbers.setdefault(key, len(numbers))
        owners += map(numbers.__getitem__, keys)
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
