"""Appends one event on MySQL and MariaDB through the pool's own connection: all of its statements are sent at once.

By the ordinary way the head's statement, the event's and the COMMIT are round trips of their own, and the pool's ROLLBACK
is one more; each costs more than what the server does for it.
"""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, ClassVar

from sqlalchemy import Dialect, Engine

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.driver import DriverStatement, driver_error
from sqla_osiris.databases.mysql_family.errors import Errors
from sqla_osiris.databases.mysql_family.keys import has_zero
from sqla_osiris.databases.mysql_family.types import Types, refuse_long_keys
from sqla_osiris.databases.plan import Plan, Shape, Written

__all__ = ["Direct"]

# Nothing is written then, and the ordinary way says what it was.
_LEFT_TO_THE_ORDINARY_WAY = frozenset({Refusal.OUT_OF_RANGE, Refusal.LOST_RACE, Refusal.CHECK_FAILED})


class Direct(Errors, Types):
    """One text, with the values of all of its statements."""

    direct_drivers: ClassVar[frozenset[str]] = frozenset({"pymysql"})

    def whole_append(
        self, plan: Plan, shape: Shape, dialect: Dialect
    ) -> tuple[str, tuple[DriverStatement, ...]]:
        """Return the text that writes an event and commits it, and those of its statements that take values, in order."""
        raise NotImplementedError

    def sent(self, driver: Any, text: str, values: list[Any]) -> Any:
        """Have it run; return what :class:`Written` has of a single event, None where a head was not as expected."""
        raise NotImplementedError

    def append_directly(
        self, engine: Engine, plan: Plan, shape: Shape, given: Sequence[Any]
    ) -> Written | None:
        keys = [tuple(given[: len(plan.context)])]
        refuse_long_keys(self.product, plan, keys)
        if has_zero(plan.heads, keys):
            return None
        text, parts = self.whole_append(plan, shape, engine.dialect)
        row = self._row(engine, text, [value for part in parts for value in part.ordered(given)])
        if row is None:
            return None
        seq, position, recorded_at, folded, fingerprint = row
        return Written(seq, folded, fingerprint, position, recorded_at.replace(tzinfo=UTC))

    def _row(self, engine: Engine, text: str, values: list[Any]) -> Any:
        """The event's row; None where nothing was written. Raises what SQLAlchemy would."""
        try:
            pooled: Any = engine.raw_connection()
            committed = False
            try:
                row = self.sent(pooled.dbapi_connection, text, values)
                committed = row is not None
                return row
            except BaseException as error:
                if _is_broken(engine, error):
                    pooled.invalidate(error)
                raise
            finally:
                # The pool's ROLLBACK would be a round trip for nothing; it has no public way to say so.
                pooled._close_special(transaction_reset=committed)  # noqa: SLF001
        except engine.dialect.loaded_dbapi.Error as error:
            if error.args and self.refusal_of_code(error.args[0]) in _LEFT_TO_THE_ORDINARY_WAY:
                return None
            translated: Any = driver_error(error, engine, text, values)
            if _is_broken(engine, error):
                # Whether the event was written is not known. The pool's other connections are as old: not used again.
                translated.connection_invalidated = True
                engine.dispose(close=False)
            raise translated from error


def _is_broken(engine: Engine, error: BaseException) -> bool:
    """Whether the connection is of no more use: it is lost, or an interrupt left an answer half read."""
    if not isinstance(error, Exception):
        return True
    return isinstance(error, engine.dialect.loaded_dbapi.Error) and engine.dialect.is_disconnect(
        error, None, None
    )
