"""PostgreSQL: one statement for head and event, arrays, LATERAL, COPY, and transactions with ids."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, Dialect, Executable, TableClause, cast
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.databases.postgresql import positions
from sqla_osiris.databases.postgresql.comparing import comparable_document, row_hash
from sqla_osiris.databases.postgresql.errors import refusal
from sqla_osiris.databases.postgresql.sequences import move_on

__all__ = ["PostgreSQL"]


class PostgreSQL(Database):
    """PostgreSQL 13 or newer."""

    name = "postgresql"
    names = ("postgresql",)
    compiler: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    answers_after_errors = False
    counts_transactions = True
    writes_in_one_statement = True
    skips_locked = True
    renders = positions.RENDERS
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

    def document(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        return cast(text, JSON())

    def comparable_document(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        return comparable_document(value)

    def row_hash(self, values: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
        return row_hash(values)

    def move_keys_on(self, dialect: Dialect, where: TableClause) -> list[Executable]:
        return move_on(dialect, where)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        # After any error it takes nothing but a rollback, and calls a COMMIT that is one a success.
        return not connection.in_nested_transaction()
