"""Writes a chunk of a long batch on MariaDB: one upsert of all its heads, then one insert of all its events.

Both are an ``executemany`` whose VALUES is all binds: the drivers send it as a few statements of many rows.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, bindparam, case, func, insert, select
from sqlalchemy.dialects import mysql

from sqla_osiris.declarative.batch_columns import BatchColumns, FoldedBatch, Key
from sqla_osiris.declarative.dialects import MARIADB
from sqla_osiris.declarative.driver_statements import positional
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.mariadb_statements import given, in_key_order, ordered
from sqla_osiris.declarative.mariadb_types import refuse_long_keys
from sqla_osiris.declarative.statements import clock
from sqla_osiris.declarative.stream import Stream
from sqla_osiris.declarative.writing import heads_of
from sqla_osiris.reducers import Last

__all__ = ["insert_on_mariadb", "raise_on_mariadb"]


def raise_on_mariadb(
    connection: Connection, stream: Stream, folded: FoldedBatch
) -> dict[Key, tuple[int, int, int]]:
    """Raise each head by its count, merging what its events fold to. Returns seq, folded and fingerprint by context."""
    refuse_long_keys(stream, folded.keys)
    accumulators = folded.accumulators
    names = None if accumulators is None else tuple(accumulators)
    columns: list[Sequence[Any]] = [*zip(*folded.keys, strict=True), folded.counts]
    columns += (accumulators or {}).values()
    # Heads are locked in one order by every batch, so that two of them cannot wait for each other.
    order = in_key_order(range(len(folded.keys)), folded.keys.__getitem__)
    in_order = [[values[place] for place in order] for values in columns]
    _heads(stream, names, connection.dialect).run(connection, in_order)
    return heads_of(connection, stream, folded.keys)


def insert_on_mariadb(connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]) -> None:
    """Insert the events. The clock is read once, with all heads locked."""
    columns: dict[str, Sequence[Any]] = dict(
        zip(stream.context_names, zip(*batch.keys, strict=True), strict=True)
    )
    columns |= {"seq": seqs, **batch.touches, **batch.metadata}
    if batch.cleared is not None:
        columns["osiris_cleared"] = batch.cleared
    moments = columns.get("recorded_at", [None] * len(seqs))
    if None in moments:
        column = stream.events.c.recorded_at
        now = connection.scalar(select(func.coalesce(clock(MARIADB), type_=column.type)))
        columns["recorded_at"] = [now if moment is None else moment for moment in moments]
    _events(stream, tuple(columns), connection.dialect).run(connection, list(columns.values()))


class _Rows:
    """An insert compiled once, which takes columns of values: a dict for each row would cost more than sending it."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text, self._names = positional(compiled)
        self._fixed = compiled.params
        self._processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect)
            for name, bind in compiled.binds.items()
        }

    def run(self, connection: Connection, columns: Sequence[Sequence[Any]]) -> None:
        """Send a row for each place of the columns, which are those of the binds ``c0``, ``c1`` and so on."""
        rows = len(columns[0])
        values = [self._values(name, columns, rows) for name in self._names]
        connection.exec_driver_sql(self._text, list(zip(*values, strict=True)))

    def _values(self, name: str, columns: Sequence[Sequence[Any]], rows: int) -> Sequence[Any]:
        if name in self._fixed and self._fixed[name] is not None:
            return [self._fixed[name]] * rows
        values, process = columns[int(name[1:])], self._processors[name]
        return values if process is None else [process(value) for value in values]


@lru_cache(maxsize=256)
def _heads(stream: Stream, names: tuple[str, ...] | None, dialect: Dialect) -> _Rows:
    heads, fields = stream.heads, stream.fields
    written = [*stream.context_names, "seq", *(names or ())]
    binds = {name: bindparam(f"c{i}", type_=heads.c[name].type) for i, name in enumerate(written)}
    born = {
        "osiris_origin": number(0),
        "osiris_folded": number(0) if names is None else binds["seq"],
        "osiris_fingerprint": number(stream.fingerprint),
    }
    identities = {
        name: number(field.sql.identity) for name, field in fields.items() if field.sql.identity is not None
    }
    upsert = mysql.insert(heads).values(given({**identities, **born, **binds}))
    following = heads.c.seq + upsert.inserted.seq
    changes: dict[str, Any] = {"seq": following}
    # A stale head keeps its fingerprint and is folded afterwards.
    fresh = heads.c.osiris_fingerprint == number(stream.fingerprint)
    if names is not None:
        changes["osiris_folded"] = case((fresh, following), else_=heads.c.osiris_folded)
    for name in names or ():
        value = upsert.inserted[name]
        if isinstance(fields[name].reducer, Last):
            merged: Any = func.coalesce(value, heads.c[name])
        else:
            merged = fields[name].sql.merge(heads.c[name], value, MARIADB)
        changes[name] = case((fresh, merged), else_=heads.c[name])
    return _Rows(upsert.on_duplicate_key_update(ordered(changes)), dialect)


@lru_cache(maxsize=256)
def _events(stream: Stream, names: tuple[str, ...], dialect: Dialect) -> _Rows:
    events = stream.events
    binds = {name: bindparam(f"c{i}", type_=events.c[name].type) for i, name in enumerate(names)}
    return _Rows(insert(events).values(binds), dialect)
