"""What PostgreSQL's SQLSTATEs mean to us."""

from typing import Final

from sqlalchemy.exc import StatementError

from sqla_osiris.databases.base import Refusal

__all__ = ["refusal"]

_BY_STATE: Final = {
    "40001": Refusal.LOST_RACE,  # serialization_failure
    "40P01": Refusal.LOST_RACE,  # deadlock_detected
    "55P03": Refusal.LOCKED,  # lock_not_available
    "22003": Refusal.OUT_OF_RANGE,  # numeric_value_out_of_range
    "54000": Refusal.LIMIT_EXCEEDED,  # program_limit_exceeded
}


def refusal(error: StatementError) -> Refusal | None:
    """As :meth:`~sqla_osiris.databases.base.Database.refusal`."""
    original = error.orig
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    return None if state is None else _BY_STATE.get(state)
