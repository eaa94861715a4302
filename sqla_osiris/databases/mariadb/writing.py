"""Writes one event on MariaDB: what its head's statement does not say, the INSERT of the event returns."""

from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect

from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mariadb.keys import inserted_heads
from sqla_osiris.databases.mariadb.snapshot_isolation import blindly
from sqla_osiris.databases.mariadb.statements import returning_event_statement
from sqla_osiris.databases.mysql_family import writing
from sqla_osiris.databases.plan import Plan, Shape, Write, Written

__all__ = ["Writing", "event_driver_statement"]


class Writing(writing.Writing):
    """An event reads its seq from the head."""

    def blindly(self, connection: Connection) -> str:
        return blindly(connection)

    def insert_event(
        self, connection: Connection, plan: Plan, shape: Shape, given: Sequence[Any], *, before: str = ""
    ) -> Written:
        statement = event_driver_statement(plan, shape, connection.dialect)
        event: Any = statement.execute(connection, given, before=before).one()
        seq, position, recorded_at, folded, fingerprint = event
        return Written(seq, folded, fingerprint, position, recorded_at.replace(tzinfo=UTC))

    def insert_heads(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> writing.Begun:
        return inserted_heads(connection, plan, shape, writes)


@lru_cache(maxsize=1024)
def event_driver_statement(plan: Plan, shape: Shape, dialect: Dialect) -> DriverStatement:
    """Return what inserts an event, and returns where it and its head came to stand."""
    order = shape.names(len(plan.context))
    return DriverStatement(returning_event_statement(plan, shape), dialect, order=order)
