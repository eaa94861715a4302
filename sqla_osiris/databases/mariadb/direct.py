"""Appends one event on MariaDB in one round trip: a compound statement holds all of it."""

from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect

from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mariadb.writing import event_driver_statement
from sqla_osiris.databases.mysql_family import direct
from sqla_osiris.databases.mysql_family.writing import head_driver_statement
from sqla_osiris.databases.plan import Plan, Shape

__all__ = ["Direct"]


class Direct(direct.Direct):
    """One compound statement."""

    def whole_append(
        self, plan: Plan, shape: Shape, dialect: Dialect
    ) -> tuple[str, tuple[DriverStatement, ...]]:
        return _statement(plan, shape, dialect)

    def sent(self, driver: Any, text: str, values: list[Any]) -> Any:
        cursor = driver.cursor()
        cursor.execute(text, values)
        row = cursor.fetchone()
        # Reads what else the server says: that it has committed.
        cursor.close()
        return row


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
