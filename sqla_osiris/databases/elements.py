"""Elements of a statement that each database writes in its own way: the statement around them is the same for all."""

from typing import Any, ClassVar

from sqlalchemy import BigInteger, ColumnElement, Double, Text, literal_column
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.expressions import Expressions

__all__ = [
    "EpochSeconds",
    "Horizon",
    "NextXid",
    "OwnElement",
    "PartText",
    "StatementTime",
    "TransactionId",
    "transaction_id",
]


class OwnElement(FunctionElement[Any]):
    """Compiled as the SQL that a database has as this capability."""

    inherit_cache: bool | None = True
    capability: ClassVar[str]

    def on(self, database: Expressions) -> ColumnElement[Any]:
        return literal_column(getattr(database, self.capability))


class EpochSeconds(OwnElement):
    """The clock as a number when the row is read, which neither a session's time zone nor daylight saving time changes."""

    inherit_cache: bool | None = True
    name = "osiris_epoch_seconds"
    type: TypeEngine[Any] = Double()
    capability = "epoch_seconds"


class StatementTime(OwnElement):
    """The clock when the statement began: the default of ``recorded_at``.

    A COPY that leaves the column out begins with all its heads locked. So time does not go back while seq goes on, as it
    could with the transaction's start.
    """

    inherit_cache: bool | None = True
    capability = "statement_time"

    def __init__(self, type_: TypeEngine[Any]) -> None:
        super().__init__()
        self.type = type_


class PartText(OwnElement):
    """A part of a context as text, which no setting of a connection changes."""

    inherit_cache: bool | None = True
    type: TypeEngine[Any] = Text()

    def on(self, database: Expressions) -> ColumnElement[Any]:
        (part,) = self.clauses
        return database.part_text(part)


class TransactionId(OwnElement):
    """The id of the transaction that runs, on PostgreSQL; 0 elsewhere."""

    inherit_cache: bool | None = True
    name = "osiris_xid"
    type: TypeEngine[Any] = BigInteger()
    capability = "transaction_id"


class Horizon(TransactionId):
    """The least id that a transaction which runs may have: all smaller ones are complete."""

    inherit_cache: bool | None = True
    capability = "horizon"


class NextXid(TransactionId):
    """An id that no row which this transaction sees can have, unless another server wrote it."""

    inherit_cache: bool | None = True
    capability = "next_xid"


def transaction_id() -> ColumnElement[int]:
    """Return the id of the transaction that runs."""
    return TransactionId()
