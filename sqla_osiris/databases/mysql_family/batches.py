"""Writes a chunk of a long batch on MySQL and MariaDB: the heads by an upsert of many rows, then the events."""

from functools import lru_cache, partial

from sqlalchemy import Connection, Dialect, String, bindparam, cast

from sqla_osiris.databases.base import Advanced
from sqla_osiris.databases.batch_statements import OF_HEADS, driver_columns, insert_columns, times
from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mysql_family.duplicates import naming_duplicates
from sqla_osiris.databases.mysql_family.statements import (
    chunk_changes,
    chunk_insert_statement,
    clock,
    in_key_order,
    upserting,
    with_own_binds,
)
from sqla_osiris.databases.mysql_family.types import Types, refuse_long_keys
from sqla_osiris.databases.plan import BatchColumns, FoldedBatch, Plan

__all__ = ["Batches"]


class Batches(Types):
    """Heads in one order, so that two batches cannot wait for each other."""

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        refuse_long_keys(self.product, plan, folded.keys)
        order = in_key_order(range(len(folded.keys)), folded.keys.__getitem__)
        columns = dict(zip(plan.chunk_types(folded.names), folded.columns(order), strict=True))
        insertion = partial(chunk_insert_statement, plan, folded.names)
        with (
            self.keeping_keys(connection, plan.heads, folded.keys),
            naming_duplicates(self, connection, plan, columns, insertion),
        ):
            counted = _heads(plan, folded.names, connection.dialect).execute_columns(connection, columns)
        # The server counts 2 for an update and 1 for an insert.
        if counted == len(folded.keys):
            return plan.begun(folded), {}
        return self.heads_of(connection, plan, folded.keys, OF_HEADS), {}

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        columns = driver_columns(connection.dialect, plan, batch, seqs)
        # As text: PyMySQL takes longer to write a moment than all else of a row.
        columns["recorded_at"] = times(connection, plan, batch, cast(clock(), String))
        insert_columns(connection, plan, columns, "format")


@lru_cache(maxsize=256)
def _heads(plan: Plan, names: tuple[str, ...] | None, dialect: Dialect) -> DriverStatement:
    """Return an upsert whose VALUES is all binds: the drivers send it as a few statements of many rows."""
    binds = {name: bindparam(name, type_=type_) for name, type_ in plan.chunk_types(names).items()}
    upsert = upserting(plan.heads).values(with_own_binds(plan.chunk_heads(binds, names)))
    return DriverStatement(upsert.on_duplicate_key_update(chunk_changes(plan, names)), dialect)
