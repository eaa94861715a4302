"""Appends one event on MariaDB in one round trip, through the pool's own connection.

A compound statement holds the head's statement, the event's and the COMMIT. By the ordinary way they are three, and the
pool's ROLLBACK is a fourth; each costs more than what the server does for it.
"""

from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any, ClassVar

from sqlalchemy import Dialect, Engine

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.driver import DriverStatement, driver_error
from sqla_osiris.databases.mariadb.errors import Errors
from sqla_osiris.databases.mariadb.writing import event_driver_statement
from sqla_osiris.databases.mysql_family.keys import has_zero
from sqla_osiris.databases.mysql_family.types import Types, refuse_long_keys
from sqla_osiris.databases.mysql_family.writing import head_driver_statement
from sqla_osiris.databases.plan import Plan, Shape, Written

__all__ = ["Direct"]

# Nothing is written then, and the ordinary way says what it was.
_LEFT_TO_THE_ORDINARY_WAY = frozenset({Refusal.OUT_OF_RANGE, Refusal.LOST_RACE, Refusal.CHECK_FAILED})


class Direct(Errors, Types):
    """One compound statement."""

    direct_drivers: ClassVar[frozenset[str]] = frozenset({"pymysql"})

    def append_directly(
        self, engine: Engine, plan: Plan, shape: Shape, given: Sequence[Any]
    ) -> Written | None:
        keys = [tuple(given[: len(plan.context)])]
        refuse_long_keys(self.product, plan, keys)
        if has_zero(plan.heads, keys):
            return None
        text, parts = _statement(plan, shape, engine.dialect)
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
                row = _executed(pooled, text, values)
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


@lru_cache(maxsize=1024)
def _statement(
    plan: Plan, shape: Shape, dialect: Dialect
) -> tuple[str, tuple[DriverStatement, DriverStatement]]:
    head = head_driver_statement(plan, shape, dialect, many=False)
    event = event_driver_statement(plan, shape, dialect)
    # START TRANSACTION for engines that commit by themselves. An UPDATE that finds no head leaves the rest out.
    text = (
        f"BEGIN NOT ATOMIC START TRANSACTION; {head.text}; "
        f"IF ROW_COUNT() > 0 THEN {event.text}; COMMIT; END IF; END"
    )
    return text, (head, event)


def _executed(pooled: Any, text: str, values: list[Any]) -> Any:
    cursor = pooled.dbapi_connection.cursor()
    cursor.execute(text, values)
    row = cursor.fetchone()
    # Reads what else the server says: that it has committed.
    cursor.close()
    return row


def _is_broken(engine: Engine, error: BaseException) -> bool:
    """Whether the connection is of no more use: it is lost, or an interrupt left an answer half read."""
    if not isinstance(error, Exception):
        return True
    return isinstance(error, engine.dialect.loaded_dbapi.Error) and engine.dialect.is_disconnect(
        error, None, None
    )
