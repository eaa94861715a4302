"""PostgreSQL: one statement for head and event, arrays, LATERAL, COPY, and transactions with ids."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Integer,
    Table,
    TableClause,
    Text,
    any_,
    bindparam,
    case,
    cast,
    func,
    null,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Advanced, Database, Refusal
from sqla_osiris.databases.plan import BatchColumns, FoldedBatch, Plan, Shape, Stood, Write
from sqla_osiris.databases.positions import POSITION, XID, Counter
from sqla_osiris.databases.postgresql import (
    batches,
    clocks,
    counting,
    notifying,
    part_text,
    positions,
    statements,
    triggers,
    wire,
    writing,
)
from sqla_osiris.databases.postgresql.comparing import comparable_document, row_hash
from sqla_osiris.databases.postgresql.errors import refusal
from sqla_osiris.databases.postgresql.sequences import move_on
from sqla_osiris.databases.triggers import LogTable, ProtectionDDL, TriggerDDL
from sqla_osiris.errors import OsirisError

__all__ = ["PostgreSQL"]


class PostgreSQL(Database):
    """PostgreSQL 13 or newer."""

    name = "postgresql"
    names = ("postgresql",)
    compiler = statements.COMPILER
    keeps_zones = True
    answers_after_errors = False
    counts_transactions = True
    folds_laterally = True
    picks_by_arrays = True
    writes_in_one_statement = True
    skips_locked = True
    resumes_for_new_connections = True
    isolation_costs_nothing = True
    renders = clocks.RENDERS | positions.RENDERS | triggers.RENDERS | notifying.RENDERS | part_text.RENDERS
    keys_beside_rows = True
    converts_by_using = True
    creates_enumerations = True
    hashes_rows = True
    notifies = True

    position_columns = (XID, POSITION)

    def position_of(self, xid: Any, position: Any) -> Any:
        return positions.position_of(xid, position)

    def positions_of(self, xids: Sequence[Any], places: Sequence[Any]) -> Sequence[Any]:
        return positions.positions_of(xids, places)

    def position_expression(self, columns: Any) -> ColumnElement[Any]:
        return positions.position_expression(columns)

    def position_parts(self, token: Any) -> tuple[int, int]:
        return positions.position_parts(token)

    @property
    def clock(self) -> ColumnElement[Any]:
        return statements.clock()

    def insert(self, table: Table) -> Any:
        return postgresql.insert(table)

    def in_contexts(self, columns: Sequence[Any]) -> Any:
        if len(columns) > 1:
            return super().in_contexts(columns)
        # One array is one statement text, whatever its length.
        return columns[0] == any_(bindparam("keys", type_=ARRAY(columns[0].type)))

    def contexts_a_statement(self, width: int) -> int:
        return 10_000 if width == 1 else super().contexts_a_statement(width)

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        return counting.counter(connection, tables)

    def restored(self, log: str) -> OsirisError:
        return counting.restored(log)

    def reached(self, token: Any) -> int:
        return self.position_parts(token)[0]

    def resume(self, connection: Connection, tables: Sequence[Table], reached: int) -> None:
        counting.resume(connection, reached)

    def document(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        return cast(text, JSON())

    def comparable_document(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return comparable_document(value)

    def row_hash(self, values: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
        return row_hash(values)

    def move_keys_on(self, dialect: Dialect, where: TableClause) -> list[Executable]:
        return move_on(dialect, where)

    def write(self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]) -> list[Stood]:
        return writing.write(connection, plan, shape, writes)

    def advance_heads(self, connection: Connection, plan: Plan, folded: FoldedBatch) -> Advanced:
        return batches.advance_heads(connection, plan, folded)

    def insert_events(self, connection: Connection, plan: Plan, batch: BatchColumns, seqs: list[int]) -> None:
        batches.insert_events(connection, plan, batch, seqs)

    def find(self, text: ColumnElement[Any], part: ColumnElement[str]) -> ColumnElement[Any]:
        return func.strpos(text, part)

    def failing(self, message: ColumnElement[str], state: TypeEngine[Any]) -> ColumnElement[Any]:
        return cast(case((cast(message, Integer).is_(None), null())), state)

    def handed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(func.json_build_array(value), Text)

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return wire.written(value)

    def reader(self, declared: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any]:
        return wire.reader(declared, dialect)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        # After any error it takes nothing but a rollback, and calls a COMMIT that is one a success.
        return not connection.in_nested_transaction()

    def protect(self, table: LogTable, *, guard: bool) -> list[ProtectionDDL]:
        return triggers.protect(table)

    def unprotect(self, table: str, schema: str | None) -> list[ProtectionDDL]:
        return triggers.unprotect(table, schema)

    def unlock(self, tables: list[LogTable]) -> list[Executable]:
        return triggers.UNLOCK

    def lock(self, tables: list[LogTable]) -> list[Executable]:
        return triggers.LOCK

    def protected_tables(self, connection: Connection, schema: str | None, *, partly: bool) -> set[str]:
        return triggers.protected_tables(connection, schema)

    def notify(self, table: str, schema: str | None) -> list[TriggerDDL]:
        return notifying.notify(table, schema)

    def silence(self, table: str, schema: str | None) -> list[TriggerDDL]:
        return notifying.silence(table, schema)

    def notifying_tables(self, connection: Connection, schema: str | None) -> set[str]:
        return notifying.notifying_tables(connection, schema)
