"""Writes a chunk of a long batch on SQLite: the heads by upserts, then the events, their positions counted here."""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Text, bindparam, func, select, tuple_
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator

from sqla_osiris.databases.base import CONTEXTS_A_STATEMENT, Advanced, Database
from sqla_osiris.databases.batch_statements import OF_HEADS, driver_columns, insert_columns, times
from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.plan import BatchColumns, FoldedBatch, Key, Plan
from sqla_osiris.databases.sqlite.statements import clock

__all__ = ["Batches"]


class Batches(Database):
    """Heads by upserts, then the events."""

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        columns = dict(zip(plan.chunk_types(folded.names), folded.columns(), strict=True))
        _heads(plan, folded.names, connection.dialect).execute_columns(connection, columns)
        # JSON carries text and integers as they are: all keys are one bind, unless a user's type stores them otherwise.
        if len(folded.keys) <= CONTEXTS_A_STATEMENT or not _are_stored_as_they_are(plan, folded.keys):
            return self.heads_of(connection, plan, folded.keys, OF_HEADS), {}
        width = len(plan.context)
        rows = connection.execute(_heads_query(plan), {"keys": json.dumps(folded.keys)}).all()
        return {tuple(row[:width]): tuple(row[width:]) for row in rows}, {}

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        columns = driver_columns(connection.dialect, plan, batch, seqs)
        columns["recorded_at"] = times(connection, plan, batch, clock())
        # The heads' statement took the write lock: nobody else takes a position from here on.
        last = connection.scalar(select(func.coalesce(func.max(plan.events.c.position), 0))) or 0
        columns["position"] = range(last + 1, last + 1 + len(seqs))
        insert_columns(connection, plan, columns, "qmark")


def _are_stored_as_they_are(plan: Plan, keys: Sequence[Key]) -> bool:
    if any(isinstance(plan.heads.c[name].type, TypeDecorator) for name in plan.context):
        return False
    return all(type(part) in (str, int) for key in keys for part in key)


@lru_cache(maxsize=256)
def _heads(plan: Plan, names: tuple[str, ...] | None, dialect: Dialect) -> DriverStatement:
    binds = {name: bindparam(name, type_=type_) for name, type_ in plan.chunk_types(names).items()}
    upsert = sqlite.insert(plan.heads).values(plan.chunk_heads(binds, names))
    changes = plan.chunk_update(upsert.excluded, names)
    return DriverStatement(
        upsert.on_conflict_do_update(index_elements=list(plan.context), set_=changes), dialect, style="qmark"
    )


@lru_cache(maxsize=256)
def _heads_query(plan: Plan) -> Any:
    keys = func.json_each(bindparam("keys", type_=Text())).table_valued("value")
    parts: list[Any] = [func.json_extract(keys.c.value, f"$[{i}]") for i in range(len(plan.context))]
    columns = [plan.heads.c[name] for name in plan.context]
    context: Any = columns[0] if len(columns) == 1 else tuple_(*columns)
    return select(*plan.columns(OF_HEADS)).where(context.in_(select(*parts)))
