"""Writes the events of one shape on PostgreSQL: one statement, for one event or many."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.plan import Expect, NotAsExpected, Plan, Shape, Write, Written, bind_columns
from sqla_osiris.databases.postgresql.keys import table_bind
from sqla_osiris.databases.postgresql.statements import write_statement

__all__ = ["Writing"]


class Writing(Database):
    """The statement says which heads were as expected: those whose events it returns."""

    writes_in_one_statement = True

    def write(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        width, many = len(plan.context), len(writes) > 1
        one = zip(shape.names(width), writes[0].values(shape), strict=True)
        given = bind_columns(shape, writes) if many else dict(one)
        if shape.expect is Expect.NEW:
            return self._begin(connection, plan, shape, given, len(writes))
        rows = connection.execute(write_statement(plan, shape, many=many), given).all()
        found = {tuple(row[:width]): row for row in rows}
        for write in writes:
            if write.key not in found:
                raise NotAsExpected([write])
        written = []
        for write in writes:
            seq, position, recorded_at, folded, fingerprint = found[write.key][width:]
            written.append(Written(seq, folded, fingerprint, position, recorded_at))
        return written

    def _begin(
        self, connection: Connection, plan: Plan, shape: Shape, given: dict[str, Any], count: int
    ) -> list[Written]:
        many = count > 1
        binds = given | {"place": list(range(count)) if many else 0} | table_bind(connection, plan.heads)
        rows: Any = connection.execute(write_statement(plan, shape, many=many), binds).all()
        written = {
            place: Written(seq, folded, fingerprint, position, recorded_at, (key,))
            for key, seq, position, recorded_at, folded, fingerprint, place in rows
        }
        return [written[place] for place in range(count)]
