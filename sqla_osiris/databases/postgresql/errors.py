"""What PostgreSQL's SQLSTATEs mean to us."""

from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, StatementError

from sqla_osiris.databases.base import Database, Refusal

__all__ = ["Errors"]

_BY_STATE: Final = {
    "40001": Refusal.LOST_RACE,  # serialization_failure
    "40P01": Refusal.LOST_RACE,  # deadlock_detected
    "55P03": Refusal.LOCKED,  # lock_not_available
    "22003": Refusal.OUT_OF_RANGE,  # numeric_value_out_of_range
    "54000": Refusal.LIMIT_EXCEEDED,  # program_limit_exceeded
}


class Errors(Database):
    """What its drivers' errors say."""

    answers_after_errors = False

    def refusal(self, error: StatementError) -> Refusal | None:
        original = error.orig
        state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
        return None if state is None else _BY_STATE.get(state)

    def undid(self, connection: Connection, error: DBAPIError) -> bool:
        # After any error it takes nothing but a rollback, and calls a COMMIT that is one a success.
        return not connection.in_nested_transaction()
