"""Writes a long batch of events, any number of them to one context, in a few statements a chunk.

A chunk raises each context's head by its count, merging what its events fold to, and so takes its seqs; then it
writes the events, their seq known. Heads that could not merge it (stale ones, other policies) are folded last.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from itertools import repeat
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    String,
    Text,
    bindparam,
    case,
    cast,
    column,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from sqla_osiris.declarative.batch_columns import (
    BatchColumns,
    FoldedBatch,
    Key,
    checked_columns,
    fold_batch,
)
from sqla_osiris.declarative.literals import number
from sqla_osiris.declarative.positions import XID, transaction_id
from sqla_osiris.declarative.snapshots import store_snapshots, take_due
from sqla_osiris.declarative.statements import clock, typed_bind
from sqla_osiris.declarative.stream import END, Stream
from sqla_osiris.declarative.writing import heads_of
from sqla_osiris.records import NewEvent
from sqla_osiris.reducers import Last

__all__ = ["append_batch"]

_Head = tuple[int, int, int]
_FEW = 500


def append_batch(connection: Connection, stream: Stream, events: Sequence[NewEvent]) -> int:
    """Append a chunk, in order within each context. Returns how many: an event_id already there is left out.

    Raises InvalidValue and UnknownField before anything of the chunk is written.
    """
    batch = _without_known_ids(connection, stream, checked_columns(stream, events))
    if not batch.keys:
        return 0
    folded = fold_batch(stream, batch)
    if connection.dialect.name == "postgresql":
        heads, xids = _raise_on_postgresql(connection, stream, folded)
        seqs = _seqs(folded, heads)
        batch.metadata[XID] = [xids[key] for key in batch.keys]
        _insert_on_postgresql(connection, stream, batch, seqs)
    else:
        heads = _raise_on_sqlite(connection, stream, folded)
        seqs = _seqs(folded, heads)
        _insert_on_sqlite(connection, stream, batch, seqs)
    if batch.cleared is not None and END in batch.cleared:
        heads |= _end_streams(connection, stream, batch, seqs, heads)
    due = [key for key, head in heads.items() if take_due(stream, *head)]
    if due:
        store_snapshots(connection, stream, due)
    return len(batch.keys)


def _without_known_ids(connection: Connection, stream: Stream, batch: BatchColumns) -> BatchColumns:
    if "event_id" not in batch.metadata:
        return batch
    given = batch.metadata["event_id"]
    ids = [event_id for event_id in given if event_id is not None]
    table = stream.log.c
    columns = [*(table[name] for name in stream.context_names), table.event_id]
    known: set[Key] = set()
    for start in range(0, len(ids), _FEW):
        found = connection.execute(select(*columns).where(table.event_id.in_(ids[start : start + _FEW])))
        known.update(tuple(row) for row in found)
    kept = []
    for key, event_id in zip(batch.keys, given, strict=True):
        identity = (*key, event_id)
        kept.append(event_id is None or identity not in known)
        known.add(identity)
    return batch.only(kept)


def _end_streams(
    connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int], heads: dict[Key, _Head]
) -> dict[Key, _Head]:
    """Have the heads know where their last life ended in this chunk. What follows it is folded afterwards."""
    cleared = batch.cleared or ()
    last = {key: seq for key, seq, said in zip(batch.keys, seqs, cleared, strict=True) if said == END}
    binds = [
        {f"k{i}": part for i, part in enumerate(key)} | {"ended": seq} for key, seq in sorted(last.items())
    ]
    connection.execute(_ending(stream), binds)
    return {key: (heads[key][0], seq, stream.fingerprint) for key, seq in last.items()}


@lru_cache(maxsize=256)
def _ending(stream: Stream) -> Any:
    heads = stream.heads
    here = (
        heads.c[name] == bindparam(f"k{i}", type_=heads.c[name].type)
        for i, name in enumerate(stream.context_names)
    )
    ended = bindparam("ended", type_=BigInteger())
    values = {name: field.sql.identity for name, field in stream.fields.items()}
    values |= {
        "osiris_origin": ended,
        "osiris_folded": ended,
        "osiris_fingerprint": number(stream.fingerprint),
    }
    return update(heads).where(*here).values(values)


def _seqs(folded: FoldedBatch, heads: dict[Key, _Head]) -> list[int]:
    before = [heads[key][0] - count for key, count in zip(folded.keys, folded.counts, strict=True)]
    return [before[owner] + place for owner, place in zip(folded.owners, folded.places, strict=True)]


# The heads


def _birth(stream: Stream, count: Any, accumulators: dict[str, Any] | None) -> dict[str, Any]:
    """A head that is born with a chunk; with no accumulators its events are folded afterwards, all at once."""
    zero = number(0)
    identities = {
        name: number(field.sql.identity)
        for name, field in stream.fields.items()
        if field.sql.identity is not None
    }
    return {
        "seq": count,
        "osiris_origin": zero,
        "osiris_folded": zero if accumulators is None else count,
        "osiris_fingerprint": number(stream.fingerprint),
        **identities,
        **(accumulators or {}),
    }


def _raised(stream: Stream, raised: Any, names: tuple[str, ...] | None, dialect: str) -> dict[str, Any]:
    """What a chunk changes in a head that exists. A stale head keeps its fingerprint and is folded afterwards."""
    heads = stream.heads.c
    following = heads.seq + raised.excluded.seq
    if names is None:
        return {"seq": following}
    fresh = heads.osiris_fingerprint == number(stream.fingerprint)
    changes = {"seq": following, "osiris_folded": case((fresh, following), else_=heads.osiris_folded)}
    for name in names:
        field, excluded = stream.fields[name], raised.excluded[name]
        if isinstance(field.reducer, Last):
            merged: Any = func.coalesce(excluded, heads[name])
        else:
            merged = field.sql.merge(heads[name], excluded, dialect)
        changes[name] = case((fresh, merged), else_=heads[name])
    return changes


def _head_binds(stream: Stream, names: tuple[str, ...] | None) -> dict[str, Any]:
    heads = stream.heads.c
    binds = {f"k{i}": heads[name].type for i, name in enumerate(stream.context_names)}
    binds["counts"] = BigInteger()
    return binds | {f"f{i}": heads[name].type for i, name in enumerate(names or ())}


def _head_columns(folded: FoldedBatch) -> list[Sequence[Any]]:
    """In the order of ``_head_binds``."""
    accumulators = folded.accumulators or {}
    return [*zip(*folded.keys, strict=True), folded.counts, *accumulators.values()]


def _merged_names(folded: FoldedBatch) -> tuple[str, ...] | None:
    return None if folded.accumulators is None else tuple(folded.accumulators)


def _raise_on_postgresql(
    connection: Connection, stream: Stream, folded: FoldedBatch
) -> tuple[dict[Key, _Head], dict[Key, int]]:
    """The heads, and the transaction ids that their events carry."""
    # Heads are locked in one order by every batch, so that two of them cannot wait for each other.
    order = sorted(range(len(folded.keys)), key=folded.keys.__getitem__)
    names = _merged_names(folded)
    columns = _head_columns(folded)
    arrays = [[values[place] for place in order] for values in columns]
    binds = dict(zip(_head_binds(stream, names), arrays, strict=True))
    rows: Any = connection.execute(_postgresql_heads(stream, names), binds).all()
    heads: dict[Key, _Head] = {tuple(row[:-4]): tuple(row[-4:-1]) for row in rows}
    return heads, {tuple(row[:-4]): row[-1] for row in rows}


@lru_cache(maxsize=256)
def _postgresql_heads(stream: Stream, names: tuple[str, ...] | None) -> Any:
    heads = stream.heads
    given = _unnested("given", _head_binds(stream, names)).c
    accumulators = None if names is None else {name: given[f"f{i}"] for i, name in enumerate(names)}
    values: dict[str, Any] = {name: given[f"k{i}"] for i, name in enumerate(stream.context_names)}
    values |= _birth(stream, given.counts, accumulators)
    values[XID] = transaction_id()
    raised = postgresql.insert(heads).from_select(list(values), select(*values.values()))
    changes = _raised(stream, raised, names, "postgresql")
    changes[XID] = func.greatest(heads.c[XID], raised.excluded[XID])
    return raised.on_conflict_do_update(index_elements=list(stream.context_names), set_=changes).returning(
        *_head_result(stream), heads.c[XID]
    )


def _head_result(stream: Stream) -> list[Any]:
    heads = stream.heads.c
    context = (heads[name] for name in stream.context_names)
    return [*context, heads.seq, heads.osiris_folded, heads.osiris_fingerprint]


def _unnested(name: str, types: dict[str, Any]) -> Any:
    arrays = (typed_bind(bind, type_, array=True) for bind, type_ in types.items())
    rows = func.unnest(*arrays).table_valued(*(column(bind, type_) for bind, type_ in types.items()))
    return rows.render_derived(name=name)


def _raise_on_sqlite(connection: Connection, stream: Stream, folded: FoldedBatch) -> dict[Key, _Head]:
    statement = _sqlite_heads(stream, _merged_names(folded), connection.dialect)
    statement.run(connection, _head_columns(folded))
    # JSON carries text and integers as they are: all keys are one bind.
    plain = all(type(part) in (str, int) for key in folded.keys for part in key)
    if len(folded.keys) <= _FEW or not plain:
        return heads_of(connection, stream, folded.keys)
    rows = connection.execute(_sqlite_heads_query(stream), {"keys": json.dumps(folded.keys)}).all()
    return {tuple(row[:-3]): tuple(row[-3:]) for row in rows}


@lru_cache(maxsize=256)
def _sqlite_heads(stream: Stream, names: tuple[str, ...] | None, dialect: Dialect) -> "_DriverStatement":
    binds = _head_binds(stream, names)
    accumulators: dict[str, Any] | None = (
        None if names is None else {name: bindparam(f"f{i}") for i, name in enumerate(names)}
    )
    values: dict[str, Any] = {name: bindparam(f"k{i}") for i, name in enumerate(stream.context_names)}
    values |= _birth(stream, bindparam("counts"), accumulators)
    raised = sqlite.insert(stream.heads).values(values)
    raised = raised.on_conflict_do_update(
        index_elements=list(stream.context_names), set_=_raised(stream, raised, names, "sqlite")
    )
    return _DriverStatement(raised, binds, dialect)


@lru_cache(maxsize=256)
def _sqlite_heads_query(stream: Stream) -> Any:
    keys = func.json_each(bindparam("keys", type_=Text())).table_valued("value")
    parts: list[Any] = [func.json_extract(keys.c.value, f"$[{i}]") for i in range(len(stream.contexts))]
    columns = [stream.heads.c[name] for name in stream.context_names]
    context: Any = columns[0] if len(columns) == 1 else tuple_(*columns)
    return select(*_head_result(stream)).where(context.in_(select(*parts)))


# The events


def _event_columns(stream: Stream, batch: BatchColumns, seqs: list[int]) -> dict[str, Sequence[Any]]:
    """By column name, without recorded_at and position."""
    columns: dict[str, Sequence[Any]] = {
        name: [key[i] for key in batch.keys] for i, name in enumerate(stream.context_names)
    }
    columns["seq"] = seqs
    columns |= batch.touches
    columns |= {name: values for name, values in batch.metadata.items() if name != "recorded_at"}
    if batch.cleared is not None:
        columns["osiris_cleared"] = batch.cleared
    return columns


def _processed(type_: Any, values: Sequence[Any], dialect: Dialect) -> Sequence[Any]:
    """The values as the driver takes them."""
    process = type_.dialect_impl(dialect).bind_processor(dialect)
    return values if process is None else [process(value) for value in values]


def _driver_columns(
    connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]
) -> dict[str, Sequence[Any]]:
    """All columns but position, as the driver takes them. The clock is read once, with all heads locked."""
    dialect, table = connection.dialect, stream.events.c
    columns = _event_columns(stream, batch, seqs)
    columns = {name: _processed(table[name].type, values, dialect) for name, values in columns.items()}
    now = connection.scalar(
        select(cast(clock(dialect.name), Text) if dialect.name == "postgresql" else clock(dialect.name))
    )
    given = batch.metadata.get("recorded_at", [None] * len(seqs))
    times = _processed(table.recorded_at.type, given, dialect) if "recorded_at" in batch.metadata else given
    columns["recorded_at"] = [now if time is None else time for time in times]
    return columns


def _insert_on_postgresql(
    connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]
) -> None:
    if _copies(connection, stream):
        _copy(connection, stream, _driver_columns(connection, stream, batch, seqs))
        return
    columns = _event_columns(stream, batch, seqs)
    if "recorded_at" in batch.metadata:
        columns["recorded_at"] = batch.metadata["recorded_at"]
    binds = {f"e{i}": list(values) for i, values in enumerate(columns.values())}
    connection.execute(_postgresql_events(stream, tuple(columns)), binds)


def _copies(connection: Connection, stream: Stream) -> bool:
    """Whether COPY may write the events: psycopg can, and PostgreSQL refuses it under row-level security."""
    if connection.dialect.driver != "psycopg" or connection.dialect.is_async:
        return False
    name = connection.dialect.identifier_preparer.format_table(stream.events)
    return not connection.scalar(select(func.row_security_active(bindparam("name", name, type_=String()))))


def _copy(connection: Connection, stream: Stream, columns: dict[str, Sequence[Any]]) -> None:
    prepare = connection.dialect.identifier_preparer
    names = ", ".join(prepare.quote(name) for name in columns)
    statement = f"COPY {prepare.format_table(stream.events)} ({names}) FROM STDIN"
    error_type = connection.dialect.loaded_dbapi.Error
    cursor: Any = connection.connection.cursor()
    try:
        with cursor.copy(statement) as copy:
            for row in zip(*columns.values(), strict=True):
                copy.write_row(row)
    except error_type as error:
        # What SQLAlchemy does for the statements that it sends itself.
        raise DBAPIError.instance(statement, None, error, error_type, dialect=connection.dialect) from error
    finally:
        cursor.close()


@lru_cache(maxsize=256)
def _postgresql_events(stream: Stream, names: tuple[str, ...]) -> Any:
    events = stream.events
    given = _unnested("given", {f"e{i}": events.c[name].type for i, name in enumerate(names)}).c
    values: dict[str, Any] = {name: given[f"e{i}"] for i, name in enumerate(names)}
    now = clock("postgresql")
    values["recorded_at"] = func.coalesce(values["recorded_at"], now) if "recorded_at" in values else now
    return insert(events).from_select(list(values), select(*values.values()))


def _insert_on_sqlite(connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]) -> None:
    columns = _driver_columns(connection, stream, batch, seqs)
    # The heads' statement took the write lock: nobody else takes a position from here on.
    last = connection.scalar(select(func.coalesce(func.max(stream.events.c.position), 0))) or 0
    columns["position"] = range(last + 1, last + 1 + len(seqs))
    statement = _sqlite_events(stream, tuple(columns), connection.dialect)
    statement.run(connection, list(columns.values()))


@lru_cache(maxsize=256)
def _sqlite_events(stream: Stream, names: tuple[str, ...], dialect: Dialect) -> "_DriverStatement":
    # The values are as the driver takes them already.
    binds = {f"e{i}": BigInteger() for i in range(len(names))}
    values: dict[str, Any] = {name: bindparam(f"e{i}") for i, name in enumerate(names)}
    return _DriverStatement(insert(stream.events).values(values), binds, dialect)


class _DriverStatement:
    """A statement compiled once, which takes columns of positional values.

    SQLAlchemy builds a dict of parameters for each row of an executemany, which would cost more than SQLite itself.
    """

    def __init__(self, statement: Any, binds: dict[str, Any], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        names = list(binds)
        self._text = str(compiled)
        params = compiled.params
        # A column's place, or the value of a bind of the statement's own.
        self._sources = [
            (names.index(name), None) if name in binds else (None, params[name])
            for name in compiled.positiontup
        ]
        self._types = list(binds.values())

    def run(self, connection: Connection, columns: Sequence[Sequence[Any]]) -> None:
        driven = [
            _processed(type_, values, connection.dialect)
            for type_, values in zip(self._types, columns, strict=True)
        ]
        given = (repeat(own) if place is None else driven[place] for place, own in self._sources)
        # Not strict: a value of the statement's own has no length.
        rows = list(zip(*given, strict=False))
        connection.exec_driver_sql(self._text, rows)
