"""Writes a long batch of events, any number of them to one context, in a few statements a chunk.

A chunk raises each context's head by its count, merging what its events fold to, and so takes its seqs; then it
writes the events, their seq known. Heads that could not merge it (stale ones, other policies) are folded last.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import lru_cache, partial
from typing import Any, NoReturn

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Dialect,
    Integer,
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
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeDecorator

from sqla_osiris.conflicts import misplaced
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import DriverStatement, driver_values
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.mariadb.inserted import inserted
from sqla_osiris.databases.mariadb.statements import in_key_order, ordered, with_own_binds
from sqla_osiris.databases.mariadb.types import refuse_long_keys
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, SQLITE, database_of
from sqla_osiris.databases.plan import heads_of
from sqla_osiris.databases.positions import (
    POSITION,
    POSITIONS_A_BLOCK,
    XID,
    transaction_id,
)
from sqla_osiris.databases.postgresql.copy import copy_columns
from sqla_osiris.databases.postgresql.positions import free_positions
from sqla_osiris.databases.translating import name_on
from sqla_osiris.databases.undone import undone_told
from sqla_osiris.reading.reached import refuse_restored
from sqla_osiris.reducers import Last
from sqla_osiris.schema.log import END, Stream
from sqla_osiris.writing.batch_beginnings import must_live, refuse_beginnings, undone_if_refused
from sqla_osiris.writing.batch_columns import (
    BatchColumns,
    FoldedBatch,
    Key,
    fold_batch,
)
from sqla_osiris.writing.batch_repeats import append_missing
from sqla_osiris.writing.head_changes import clock, emptied, identities, typed_bind
from sqla_osiris.writing.refusals import translating_erasure
from sqla_osiris.writing.refused_values import refused_values
from sqla_osiris.writing.sealed_batches import write_sealed
from sqla_osiris.writing.snapshots import store_snapshots, take_due

__all__ = ["append_columns"]

_Head = tuple[int, ...]
"""What ``_OF_HEADS`` names."""
_OF_HEADS = ("seq", "osiris_folded", "osiris_fingerprint", "osiris_origin")
_Raised = tuple[dict[Key, _Head], dict[Key, int]]
"""The heads, and the transaction ids that their events carry where the database has such."""
_FEW = 500


def append_columns(connection: Connection, stream: Stream, batch: BatchColumns) -> int:
    """Append a chunk that is in columns already, and checked; how many of its events were written.

    Raises ContextErased, and InvalidValue for an event that would begin a life without what it must touch.
    """
    refuse_restored(connection, stream)
    if not batch.owners:
        return 0
    if "event_id" in batch.metadata:
        return append_missing(connection, stream, batch, partial(_append, connection, stream))
    _append(connection, stream, batch)
    return len(batch.owners)


def _append(connection: Connection, stream: Stream, batch: BatchColumns) -> list[Key]:
    """Append all of them; to which streams, of those that were there before."""
    to_live = must_live(stream, batch)
    undoing = undone_if_refused(connection, stream) if to_live else nullcontext()
    write = partial(_write, connection, stream, to_live)
    told = refused_values(connection, stream, batch)
    with (
        undone_told(connection, stream.model),
        undoing,
        translating_erasure(connection, stream, batch.keys),
        told,
    ):
        if stream.keys is None:
            return write(batch)
        return write_sealed(connection, stream, batch, write)


def _write(connection: Connection, stream: Stream, to_live: dict[int, int], batch: BatchColumns) -> list[Key]:
    # Inside of every savepoint: where nothing of the transaction is left, none can be rolled back.
    with undone_told(connection, stream.model):
        return _written(connection, stream, to_live, batch)


def _written(
    connection: Connection, stream: Stream, to_live: dict[int, int], batch: BatchColumns
) -> list[Key]:
    database = database_of(connection.dialect)
    raise_heads, insert_events = _BY_DIALECT[database]
    folded = fold_batch(stream, batch, database)
    heads, xids = raise_heads(connection, stream, folded)
    refuse_beginnings(stream, batch, to_live, heads, folded.counts)
    if xids:
        by_owner = [xids[key] for key in batch.keys]
        batch.metadata[XID] = list(map(by_owner.__getitem__, batch.owners))
    seqs = _seqs(folded, heads)
    there = [key for key, count in zip(folded.keys, folded.counts, strict=True) if heads[key][0] > count]
    if batch.seqs is not None and batch.seqs != seqs:
        _refuse_misplaced(stream, batch, seqs)
    insert_events(connection, stream, batch, seqs)
    if batch.cleared is not None and END in batch.cleared:
        heads |= _end_streams(connection, stream, batch, seqs, heads)
    fresh = stream.fingerprint
    behind = [key for key, (seq, at, its, _) in heads.items() if at != seq or its != fresh]
    due = [key for key in behind if take_due(stream, *heads[key][:3])]
    if due:
        store_snapshots(connection, stream, due)
    return there


def _end_streams(
    connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int], heads: dict[Key, _Head]
) -> dict[Key, _Head]:
    """Have the heads know where their last life ended in this chunk. What follows it is folded afterwards."""
    cleared = batch.cleared or ()
    ended = {owner: seq for owner, seq, said in zip(batch.owners, seqs, cleared, strict=True) if said == END}
    last = {batch.keys[owner]: seq for owner, seq in ended.items()}
    binds = [
        {f"k{i}": part for i, part in enumerate(key)} | {"ended": seq} for key, seq in sorted(last.items())
    ]
    connection.execute(_ending(stream), binds)
    return {key: (heads[key][0], seq, stream.fingerprint, seq) for key, seq in last.items()}


@lru_cache(maxsize=256)
def _ending(stream: Stream) -> Any:
    heads = stream.heads
    here = (
        heads.c[name] == bindparam(f"k{i}", type_=heads.c[name].type)
        for i, name in enumerate(stream.context_names)
    )
    ended = bindparam("ended", type_=BigInteger())
    values = {
        "osiris_origin": ended,
        "osiris_folded": ended,
        "osiris_fingerprint": number(stream.fingerprint),
        **emptied(stream),
    }
    return update(heads).where(*here).values(values)


def _seqs(folded: FoldedBatch, heads: dict[Key, _Head]) -> list[int]:
    before = [heads[key][0] - count for key, count in zip(folded.keys, folded.counts, strict=True)]
    if not any(before):
        return folded.places
    return [before[owner] + place for owner, place in zip(folded.owners, folded.places, strict=True)]


def _refuse_misplaced(stream: Stream, batch: BatchColumns, seqs: list[int]) -> NoReturn:
    pairs = zip(batch.owners, batch.seqs or (), seqs, strict=True)
    owner, seq, following = next(pair for pair in pairs if pair[1] != pair[2])
    raise misplaced(stream.model, stream.context_of(batch.keys[owner]), seq, following)


# The heads


def _birth(stream: Stream, count: Any, accumulators: dict[str, Any] | None) -> dict[str, Any]:
    """A head that is born with a chunk; with no accumulators its events are folded afterwards, all at once."""
    zero = number(0)
    return {
        "seq": count,
        "osiris_origin": zero,
        "osiris_folded": zero if accumulators is None else count,
        "osiris_fingerprint": number(stream.fingerprint),
        **identities(stream),
        **(accumulators or {}),
    }


def _raised(stream: Stream, given: Any, names: tuple[str, ...] | None, database: Database) -> dict[str, Any]:
    """What a chunk, its values given, changes in a head that exists.

    A stale head keeps its fingerprint and is folded afterwards.
    """
    heads = stream.heads.c
    following = heads.seq + given["seq"]
    if names is None:
        return {"seq": following}
    fresh = heads.osiris_fingerprint == number(stream.fingerprint)
    changes = {"seq": following, "osiris_folded": case((fresh, following), else_=heads.osiris_folded)}
    for name in names:
        if isinstance(stream.fields[name].reducer, Last):
            merged: Any = func.coalesce(given[name], heads[name])
        else:
            merged = stream.accumulators[name].form.merge(heads[name], given[name], database)
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
    contexts = [[key[i] for key in folded.keys] for i in range(len(folded.keys[0]))]
    return [*contexts, folded.counts, *accumulators.values()]


def _merged_names(folded: FoldedBatch) -> tuple[str, ...] | None:
    return None if folded.accumulators is None else tuple(folded.accumulators)


def _raise_on_postgresql(connection: Connection, stream: Stream, folded: FoldedBatch) -> _Raised:
    # Heads are locked in one order by every batch, so that two of them cannot wait for each other.
    order = sorted(range(len(folded.keys)), key=folded.keys.__getitem__)
    names = _merged_names(folded)
    columns = _head_columns(folded)
    arrays = [[values[place] for place in order] for values in columns]
    binds = dict(zip(_head_binds(stream, names), arrays, strict=True))
    rows: Any = connection.execute(_postgresql_heads(stream, names), binds).all()
    *said, xids = zip(*rows, strict=True)
    width = len(stream.contexts)
    keys = list(zip(*said[:width], strict=True))
    heads = zip(*said[width:], strict=True)
    return dict(zip(keys, heads, strict=True)), dict(zip(keys, xids, strict=True))


@lru_cache(maxsize=256)
def _postgresql_heads(stream: Stream, names: tuple[str, ...] | None) -> Any:
    heads = stream.heads
    given = _unnested("given", _head_binds(stream, names)).c
    accumulators = None if names is None else {name: given[f"f{i}"] for i, name in enumerate(names)}
    values: dict[str, Any] = {name: given[f"k{i}"] for i, name in enumerate(stream.context_names)}
    values |= _birth(stream, given.counts, accumulators)
    # A subquery, which is evaluated once: the function would be once a row.
    values[XID] = select(transaction_id()).scalar_subquery()
    raised = postgresql.insert(heads).from_select(list(values), select(*values.values()))
    changes = _raised(stream, raised.excluded, names, POSTGRESQL)
    changes[XID] = func.greatest(heads.c[XID], raised.excluded[XID])
    return raised.on_conflict_do_update(index_elements=list(stream.context_names), set_=changes).returning(
        *_head_result(stream), heads.c[XID]
    )


def _head_result(stream: Stream) -> list[Any]:
    heads = stream.heads.c
    return [heads[name] for name in (*stream.context_names, *_OF_HEADS)]


def _unnested(name: str, types: dict[str, Any]) -> Any:
    arrays = (_array_bind(bind, type_) for bind, type_ in types.items())
    rows = func.unnest(*arrays).table_valued(*(column(bind, type_) for bind, type_ in types.items()))
    return rows.render_derived(name=name)


def _array_bind(name: str, type_: Any) -> Any:
    """Texts and integers, which most columns are, go as one text: drivers take forty times as long over their elements."""
    if isinstance(type_, Integer):
        return cast(bindparam(name, type_=_ArrayText()), ARRAY(BigInteger()))
    if type(type_) in (String, Text):
        return cast(bindparam(name, type_=_ArrayText()), ARRAY(Text()))
    return typed_bind(name, type_, array=True)


class _ArrayText(TypeDecorator[Sequence[Any]]):
    """An array of texts or integers in PostgreSQL's own notation: ``{"a", NULL}``."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        types = set(map(type, value))
        if types == {int}:
            return "{" + ",".join(map(str, value)) + "}"
        if types == {str}:
            joined = '","'.join(value)
            if "\\" not in joined and joined.count('"') == 2 * (len(value) - 1):
                return f'{{"{joined}"}}'
        return "{" + ",".join(map(_array_element, value)) + "}"


def _array_element(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(int(value))
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _raise_on_sqlite(connection: Connection, stream: Stream, folded: FoldedBatch) -> _Raised:
    names = _merged_names(folded)
    columns = dict(zip(_head_binds(stream, names), _head_columns(folded), strict=True))
    _sqlite_heads(stream, names, connection.dialect).execute_columns(connection, columns)
    # JSON carries text and integers as they are: all keys are one bind, unless a user's type stores them otherwise.
    if len(folded.keys) <= _FEW or not _are_stored_as_they_are(stream, folded.keys):
        return heads_of(connection, stream, folded.keys, _OF_HEADS), {}
    width = len(stream.contexts)
    rows = connection.execute(_sqlite_heads_query(stream), {"keys": json.dumps(folded.keys)}).all()
    return {tuple(row[:width]): tuple(row[width:]) for row in rows}, {}


def _are_stored_as_they_are(stream: Stream, keys: Sequence[Key]) -> bool:
    if any(isinstance(context.type, TypeDecorator) for context in stream.contexts):
        return False
    return all(type(part) in (str, int) for key in keys for part in key)


@lru_cache(maxsize=256)
def _sqlite_heads(stream: Stream, names: tuple[str, ...] | None, dialect: Dialect) -> DriverStatement:
    raised = sqlite.insert(stream.heads).values(_bound_heads(stream, names))
    raised = raised.on_conflict_do_update(
        index_elements=list(stream.context_names), set_=_raised(stream, raised.excluded, names, SQLITE)
    )
    return DriverStatement(raised, dialect)


@lru_cache(maxsize=256)
def _sqlite_heads_query(stream: Stream) -> Any:
    keys = func.json_each(bindparam("keys", type_=Text())).table_valued("value")
    parts: list[Any] = [func.json_extract(keys.c.value, f"$[{i}]") for i in range(len(stream.contexts))]
    columns = [stream.heads.c[name] for name in stream.context_names]
    context: Any = columns[0] if len(columns) == 1 else tuple_(*columns)
    return select(*_head_result(stream)).where(context.in_(select(*parts)))


def _raise_on_mariadb(connection: Connection, stream: Stream, folded: FoldedBatch) -> _Raised:
    refuse_long_keys(stream, folded.keys)
    names = _merged_names(folded)
    # In one order, as on PostgreSQL.
    order = in_key_order(range(len(folded.keys)), folded.keys.__getitem__)
    in_order = [[values[place] for place in order] for values in _head_columns(folded)]
    columns = dict(zip(_head_binds(stream, names), in_order, strict=True))
    _mariadb_heads(stream, names, connection.dialect).execute_columns(connection, columns)
    return heads_of(connection, stream, folded.keys, _OF_HEADS), {}


@lru_cache(maxsize=256)
def _mariadb_heads(stream: Stream, names: tuple[str, ...] | None, dialect: Dialect) -> DriverStatement:
    """An upsert whose VALUES is all binds: the drivers send it as a few statements of many rows."""
    raised = mysql.insert(stream.heads).values(with_own_binds(_bound_heads(stream, names)))
    changes = _raised(stream, inserted(stream.heads), names, MARIADB)
    return DriverStatement(raised.on_duplicate_key_update(ordered(changes)), dialect)


def _bound_heads(stream: Stream, names: tuple[str, ...] | None) -> dict[str, Any]:
    binds = {name: bindparam(name, type_=type_) for name, type_ in _head_binds(stream, names).items()}
    accumulators = None if names is None else {name: binds[f"f{i}"] for i, name in enumerate(names)}
    values: dict[str, Any] = {name: binds[f"k{i}"] for i, name in enumerate(stream.context_names)}
    return values | _birth(stream, binds["counts"], accumulators)


# The events


def _event_columns(stream: Stream, batch: BatchColumns, seqs: list[int]) -> dict[str, Sequence[Any]]:
    """By column name, without recorded_at and position."""
    columns: dict[str, Sequence[Any]] = {
        name: _parts(batch, i) for i, name in enumerate(stream.context_names)
    }
    columns["seq"] = seqs
    columns |= batch.touches
    columns |= {name: values for name, values in batch.metadata.items() if name != "recorded_at"}
    if batch.cleared is not None:
        columns["osiris_cleared"] = batch.cleared
    return columns


def _parts(batch: BatchColumns, place: int) -> list[Any]:
    parts = [key[place] for key in batch.keys]
    return [parts[owner] for owner in batch.owners]


def _driver_columns(
    dialect: Dialect, stream: Stream, batch: BatchColumns, seqs: list[int]
) -> dict[str, Sequence[Any]]:
    """By column name, without recorded_at and position, as the driver takes them."""
    table = stream.events.c
    columns = _event_columns(stream, batch, seqs)
    return {name: driver_values(table[name].type, values, dialect) for name, values in columns.items()}


def _times(connection: Connection, stream: Stream, batch: BatchColumns, now: Any) -> Sequence[Any]:
    """recorded_at as the driver takes it; where it is not given, the clock's, read once with all heads locked."""
    read = connection.scalar(select(now))
    if "recorded_at" not in batch.metadata:
        return [read] * len(batch.owners)
    type_ = stream.events.c.recorded_at.type
    given = driver_values(type_, batch.metadata["recorded_at"], connection.dialect)
    return [read if time is None else time for time in given]


def _insert_on_postgresql(
    connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]
) -> None:
    if _copies(connection, stream):
        columns = _driver_columns(connection.dialect, stream, batch, seqs)
        name = name_on(connection, stream.events)
        # Asked for with all heads locked: within a context, positions go on as seqs do.
        first = connection.scalar(free_positions(name)) if len(seqs) <= POSITIONS_A_BLOCK else None
        if first is not None:
            columns[POSITION] = range(first, first + len(seqs))
        # Else the column's default: a time that is the same for all rows need not be sent and read for each.
        if "recorded_at" in batch.metadata:
            columns["recorded_at"] = _times(connection, stream, batch, cast(clock(POSTGRESQL), Text))
        copy_columns(connection, stream.events, columns)
        return
    given = _event_columns(stream, batch, seqs)
    if "recorded_at" in batch.metadata:
        given["recorded_at"] = batch.metadata["recorded_at"]
    binds = {f"e{i}": list(values) for i, values in enumerate(given.values())}
    connection.execute(_postgresql_events(stream, tuple(given)), binds)


def _copies(connection: Connection, stream: Stream) -> bool:
    """Whether COPY may write the events: psycopg can, and PostgreSQL refuses it under row-level security."""
    if connection.dialect.driver != "psycopg" or connection.dialect.is_async:
        return False
    name = name_on(connection, stream.events)
    return not connection.scalar(select(func.row_security_active(bindparam("name", name, type_=String()))))


@lru_cache(maxsize=256)
def _postgresql_events(stream: Stream, names: tuple[str, ...]) -> Any:
    events = stream.events
    given = _unnested("given", {f"e{i}": events.c[name].type for i, name in enumerate(names)}).c
    values: dict[str, Any] = {name: given[f"e{i}"] for i, name in enumerate(names)}
    now = clock(POSTGRESQL)
    values["recorded_at"] = func.coalesce(values["recorded_at"], now) if "recorded_at" in values else now
    return insert(events).from_select(list(values), select(*values.values()))


def _insert_on_sqlite(connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]) -> None:
    columns = _driver_columns(connection.dialect, stream, batch, seqs)
    columns["recorded_at"] = _times(connection, stream, batch, clock(SQLITE))
    # The heads' statement took the write lock: nobody else takes a position from here on.
    last = connection.scalar(select(func.coalesce(func.max(stream.events.c.position), 0))) or 0
    columns["position"] = range(last + 1, last + 1 + len(seqs))
    _insert_columns(connection, stream, columns)


def _insert_on_mariadb(connection: Connection, stream: Stream, batch: BatchColumns, seqs: list[int]) -> None:
    columns = _driver_columns(connection.dialect, stream, batch, seqs)
    columns["recorded_at"] = _times(connection, stream, batch, clock(MARIADB))
    _insert_columns(connection, stream, columns)


def _insert_columns(connection: Connection, stream: Stream, columns: dict[str, Sequence[Any]]) -> None:
    statement = _events_statement(stream, tuple(columns), connection.dialect)
    statement.execute_columns(connection, {f"e{i}": values for i, values in enumerate(columns.values())})


@lru_cache(maxsize=256)
def _events_statement(stream: Stream, names: tuple[str, ...], dialect: Dialect) -> DriverStatement:
    # The values are as the driver takes them already: the type of a bind that leaves them alone.
    values = {name: bindparam(f"e{i}", type_=BigInteger()) for i, name in enumerate(names)}
    return DriverStatement(insert(stream.events).values(values), dialect)


_Raise = Callable[[Connection, Stream, FoldedBatch], _Raised]
_Insert = Callable[[Connection, Stream, BatchColumns, list[int]], None]

_BY_DIALECT: dict[Database, tuple[_Raise, _Insert]] = {
    POSTGRESQL: (_raise_on_postgresql, _insert_on_postgresql),
    SQLITE: (_raise_on_sqlite, _insert_on_sqlite),
    MARIADB: (_raise_on_mariadb, _insert_on_mariadb),
}
