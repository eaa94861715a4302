"""PostgreSQL: one statement for head and event, arrays, LATERAL, COPY, and transactions with ids."""

from sqlalchemy import Connection, Dialect
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
    position_of = staticmethod(positions.position_of)
    positions_of = staticmethod(positions.positions_of)
    position_expression = staticmethod(positions.position_expression)
    position_parts = staticmethod(positions.position_parts)

    def refusal(self, error: StatementError) -> Refusal | None:
        return refusal(error)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        # After any error it takes nothing but a rollback, and calls a COMMIT that is one a success.
        return not connection.in_nested_transaction()
