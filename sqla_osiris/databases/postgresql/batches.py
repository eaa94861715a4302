"""Writes a chunk of a long batch on PostgreSQL: the heads from arrays, then the events by COPY where that is allowed."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Dialect,
    Integer,
    String,
    Text,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator

from sqla_osiris.databases.base import Advanced, Database
from sqla_osiris.databases.batch_statements import OF_HEADS, driver_columns, times
from sqla_osiris.databases.elements import transaction_id
from sqla_osiris.databases.identifiers import name_on
from sqla_osiris.databases.plan import BatchColumns, FoldedBatch, Plan
from sqla_osiris.databases.positions import POSITION, POSITIONS_A_BLOCK, XID
from sqla_osiris.databases.postgresql.arrays import array_element
from sqla_osiris.databases.postgresql.copy import copy_columns
from sqla_osiris.databases.postgresql.positions import free_positions
from sqla_osiris.databases.postgresql.statements import clock, typed_array, unnested

__all__ = ["Batches"]


class Batches(Database):
    """Heads in one order, so that two batches cannot wait for each other."""

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        order = sorted(range(len(folded.keys)), key=folded.keys.__getitem__)
        binds = dict(zip(plan.chunk_types(folded.names), folded.columns(order), strict=True))
        rows: Any = connection.execute(_heads(plan, folded.names), binds).all()
        *columns, xids = zip(*rows, strict=True)
        width = len(plan.context)
        keys = list(zip(*columns[:width], strict=True))
        heads = zip(*columns[width:], strict=True)
        return dict(zip(keys, heads, strict=True)), dict(zip(keys, xids, strict=True))

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        (_copy if _copies(connection, plan) else _insert)(connection, plan, batch, seqs)


@lru_cache(maxsize=256)
def _heads(plan: Plan, names: tuple[str, ...] | None) -> Any:
    heads = plan.heads
    values = plan.chunk_heads(unnested(plan.chunk_types(names), _array_bind).c, names)
    # A subquery, which is evaluated once: the function would be once a row.
    values[XID] = select(transaction_id()).scalar_subquery()
    upsert = postgresql.insert(heads).from_select(list(values), select(*values.values()))
    changes = plan.chunk_update(upsert.excluded, names)
    changes[XID] = func.greatest(heads.c[XID], upsert.excluded[XID])
    return upsert.on_conflict_do_update(index_elements=list(plan.context), set_=changes).returning(
        *plan.columns((*OF_HEADS, XID))
    )


def _copy(connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
    columns = driver_columns(connection.dialect, plan, batch, seqs)
    name = name_on(connection, plan.events)
    # Asked for with all heads locked: within a context, positions go on as seqs do.
    first = connection.scalar(free_positions(name)) if len(seqs) <= POSITIONS_A_BLOCK else None
    if first is not None:
        columns[POSITION] = range(first, first + len(seqs))
    # Else the column's default: a time that is the same for all rows need not be sent and read for each.
    if "recorded_at" in batch.metadata:
        columns["recorded_at"] = times(connection, plan, batch, cast(clock(), Text))
    copy_columns(connection, plan.events, columns)


def _insert(connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
    given = batch.columns(plan.context, seqs)
    if "recorded_at" in batch.metadata:
        given["recorded_at"] = batch.metadata["recorded_at"]
    binds = {f"e{i}": list(values) for i, values in enumerate(given.values())}
    connection.execute(_events(plan, tuple(given)), binds)


def _copies(connection: Connection, plan: Plan) -> bool:
    """Whether COPY may write the events: psycopg can, and PostgreSQL refuses it under row-level security."""
    if connection.dialect.driver != "psycopg" or connection.dialect.is_async:
        return False
    name = name_on(connection, plan.events)
    return not connection.scalar(select(func.row_security_active(bindparam("name", name, type_=String()))))


@lru_cache(maxsize=256)
def _events(plan: Plan, names: tuple[str, ...]) -> Any:
    events = plan.events
    given = unnested({f"e{i}": events.c[name].type for i, name in enumerate(names)}, _array_bind).c
    values: dict[str, Any] = {name: given[f"e{i}"] for i, name in enumerate(names)}
    now = clock()
    values["recorded_at"] = func.coalesce(values["recorded_at"], now) if "recorded_at" in values else now
    return insert(events).from_select(list(values), select(*values.values()))


def _array_bind(name: str, type_: Any) -> Any:
    """Texts and integers, which most columns are, go as one text: drivers take forty times as long over their elements."""
    if isinstance(type_, Integer):
        return cast(bindparam(name, type_=_ArrayText()), ARRAY(BigInteger()))
    if type(type_) in (String, Text):
        return cast(bindparam(name, type_=_ArrayText()), ARRAY(Text()))
    return typed_array(name, type_)


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
        return "{" + ",".join(map(array_element, value)) + "}"
