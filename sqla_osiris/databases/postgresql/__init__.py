"""PostgreSQL: one statement for head and event, arrays, LATERAL, COPY, and transactions with ids."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.positions import POSITION, XID
from sqla_osiris.databases.postgresql import positions
from sqla_osiris.databases.postgresql.errors import refusal

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

    position_columns = (XID, POSITION)

    def position_of(self, xid: Any, position: Any) -> Any:
        return positions.position_of(xid, position)

    def positions_of(self, xids: Sequence[Any], places: Sequence[Any]) -> Sequence[Any]:
        return positions.positions_of(xids, places)

    def position_expression(self, columns: Any) -> ColumnElement[Any]:
        return positions.position_expression(columns)

    def position_parts(self, token: Any) -> tuple[int, int]:
        return positions.position_parts(token)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        # After any error it takes nothing but a rollback, and calls a COMMIT that is one a success.
        return not connection.in_nested_transaction()
