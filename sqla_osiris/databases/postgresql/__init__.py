"""PostgreSQL: one statement for head and event, arrays, LATERAL, COPY, and transactions with ids."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Executable,
    Integer,
    LargeBinary,
    Numeric,
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
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.literals import number, words
from sqla_osiris.databases.postgresql.batches import Batches
from sqla_osiris.databases.postgresql.counting import Counting
from sqla_osiris.databases.postgresql.errors import Errors
from sqla_osiris.databases.postgresql.keys import Keys
from sqla_osiris.databases.postgresql.notifying import Notifying
from sqla_osiris.databases.postgresql.positions import Positions
from sqla_osiris.databases.postgresql.reshaping import Shaping
from sqla_osiris.databases.postgresql.sequences import move_on
from sqla_osiris.databases.postgresql.statements import COMPILER
from sqla_osiris.databases.postgresql.triggers import Triggers
from sqla_osiris.databases.postgresql.wire import Wire
from sqla_osiris.databases.postgresql.writing import Writing

__all__ = ["PostgreSQL"]

CONTEXTS_AN_ARRAY = 10_000


class PostgreSQL(Batches, Counting, Errors, Keys, Notifying, Positions, Shaping, Triggers, Wire, Writing):
    """PostgreSQL 13 or newer."""

    name = "postgresql"
    names: ClassVar[tuple[str, ...]] = ("postgresql",)
    compiler = COMPILER
    epoch_seconds = "extract(epoch FROM clock_timestamp())::double precision"
    statement_time = "statement_timestamp()"
    keeps_zones = True
    folds_laterally = True
    picks_by_arrays = True
    has_arrays = True
    skips_locked = True
    isolation_costs_nothing = True
    keys_beside_rows = True
    converts_by_using = True
    creates_enumerations = True
    hashes_rows = True

    def insert(self, table: Table) -> Any:
        return postgresql.insert(table)

    def in_contexts(self, columns: Sequence[Any]) -> Any:
        if len(columns) > 1:
            return super().in_contexts(columns)
        # One array is one statement text, whatever its length.
        return columns[0] == any_(bindparam("keys", type_=ARRAY(columns[0].type)))

    def contexts_a_statement(self, width: int) -> int:
        return CONTEXTS_AN_ARRAY if width == 1 else super().contexts_a_statement(width)

    def document(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        return cast(text, JSON())

    def comparable_document(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        # JSON itself has no operator for equality.
        return cast(cast(value, Text), postgresql.JSONB)

    def row_hash(self, values: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
        # 64 bits. A type without a hash is an error.
        return cast(func.hash_record_extended(func.row(*values), number(0)), Numeric)

    def move_keys_on(self, dialect: Dialect, where: TableClause) -> list[Executable]:
        return move_on(dialect, where)

    def find(self, text: ColumnElement[Any], part: ColumnElement[str]) -> ColumnElement[Any]:
        return func.strpos(text, part)

    def failing(self, message: ColumnElement[str], state: TypeEngine[Any]) -> ColumnElement[Any]:
        return cast(case((cast(message, Integer).is_(None), null())), state)

    def handed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return cast(func.json_build_array(value), Text)

    def part_text(self, part: ColumnElement[Any]) -> ColumnElement[Any]:
        # A cast of a moment depends on DateStyle and time zone, one of bytes on bytea_output.
        type_ = part.type
        while isinstance(type_, TypeDecorator):
            type_ = type_.impl_instance
        if isinstance(type_, DateTime | Date):
            at = func.timezone(words("UTC"), part) if getattr(type_, "timezone", False) else part
            return func.to_char(at, words("YYYY-MM-DD HH24:MI:SS.US"), type_=Text())
        if isinstance(type_, LargeBinary):
            return func.encode(part, words("hex"), type_=Text())
        return cast(part, Text)
