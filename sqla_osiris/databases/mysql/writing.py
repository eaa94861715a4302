"""Writes one event on MySQL: no INSERT returns anything, so its head is read between the two."""

from collections.abc import Sequence
from datetime import UTC
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect

from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mysql.keys import inserted_heads
from sqla_osiris.databases.mysql_family import writing
from sqla_osiris.databases.mysql_family.statements import event_statement
from sqla_osiris.databases.mysql_family.writing import heads_and_clock
from sqla_osiris.databases.plan import Plan, Shape, Write, Written, keys_to_bind

__all__ = ["Writing"]


class Writing(writing.Writing):
    """The head's row is locked, so what is read of it holds; AUTO_INCREMENT says the position."""

    def insert_event(
        self, connection: Connection, plan: Plan, shape: Shape, given: Sequence[Any], *, before: str = ""
    ) -> Written:
        width = len(plan.context)
        keys = {"keys": keys_to_bind([tuple(given[:width])])}
        seq, folded, fingerprint, now = connection.execute(heads_and_clock(self, plan), keys).one()[width:]
        recorded_at = now.replace(tzinfo=UTC)
        if "recorded_at" in shape.metadata:
            recorded_at = given[shape.names(width).index("recorded_at")] or recorded_at
        statement = _event(plan, shape, connection.dialect)
        position = statement.execute(connection, [*given, seq, recorded_at]).lastrowid
        return Written(seq, folded, fingerprint, position, recorded_at)

    def insert_heads(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> writing.Begun:
        return inserted_heads(connection, plan, shape, writes)


@lru_cache(maxsize=1024)
def _event(plan: Plan, shape: Shape, dialect: Dialect) -> DriverStatement:
    # A recorded_at that is given stands twice: the later one counts.
    names = shape.names(len(plan.context))
    order = [*(f"given_{name}" if name == "recorded_at" else name for name in names), "seq", "recorded_at"]
    return DriverStatement(event_statement(plan, shape), dialect, order=order)
