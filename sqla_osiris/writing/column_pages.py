"""Columns of one log's feed as those that another SQL database appends: no event is made in between."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqla_osiris.databases.plan import METADATA, BatchColumns, Key
from sqla_osiris.schema.log import Log
from sqla_osiris.writing.batch_columns import CONTEXTS_A_CHUNK, checked_touches

__all__ = ["next_page"]


def next_page(log: Log, pieces: Iterator[Sequence[Sequence[Any]]], limit: int) -> BatchColumns:
    """The next ``limit`` events or a few more, or fewer that have many contexts, of pieces of the event table's columns.

    Empty when the pieces are at their end. Raises InvalidValue for what no field holds.
    """
    columns: dict[str, list[Any]] = {column.name: [] for column in log.events.c}
    contexts = [columns[name] for name in log.context_names]
    numbers: dict[Key, int] = {}
    owners: list[int] = []
    while len(owners) < limit and len(numbers) < CONTEXTS_A_CHUNK and (piece := next(pieces, None)):
        for column, values in zip(columns.values(), piece, strict=True):
            column.extend(values)
        keys = list(zip(*(values[len(owners) :] for values in contexts), strict=True))
        for key in dict.fromkeys(keys):
            numbers.setdefault(key, len(numbers))
        owners += map(numbers.__getitem__, keys)
    touches = {name: columns[name] for name in log.fields if _given(columns[name])}
    cleared = columns["osiris_cleared"]
    return BatchColumns(
        keys=list(numbers),
        owners=owners,
        touches={name: checked_touches(log.fields[name], values) for name, values in touches.items()},
        metadata={name: columns[name] for name in METADATA if _given(columns[name])},
        cleared=cleared if _given(cleared) else None,
        seqs=columns["seq"],
    )


def _given(values: list[Any]) -> bool:
    return values.count(None) < len(values)
