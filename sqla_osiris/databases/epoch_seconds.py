"""The database's clock as a number, which neither a session's time zone nor daylight saving time changes."""

from sqlalchemy import Double
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["epoch_seconds"]


class epoch_seconds(FunctionElement[float]):  # noqa: N801  (as SQLAlchemy writes functions)
    """Seconds since 1970, with fractions, when the row is read."""

    inherit_cache = True
    name = "osiris_epoch_seconds"
    type = Double()
