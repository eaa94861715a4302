"""Writes the events of one shape on SQLite: the heads, then the events, under the one write lock."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, func, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.plan import (
    STALE,
    Expect,
    Key,
    NotAsExpected,
    Plan,
    Shape,
    Write,
    Written,
    bind_columns,
)
from sqla_osiris.databases.sqlite.statements import (
    clock,
    event_statement,
    fresh_head_statement,
    head_statement,
)

__all__ = ["Writing"]


class Writing(Database):
    """The statements are the driver's: SQLAlchemy's share would show."""

    def write(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        if len(writes) > 1:
            return self._write_many(connection, plan, shape, writes)
        given = writes[0].values(shape)
        write_head, write_event = _driver_statements(plan, shape, connection.dialect, many=False)
        head: Any = write_head.execute(connection, given).one_or_none()
        if head is None:
            raise NotAsExpected(writes)
        seq, folded, fingerprint = head
        event: Any = write_event.execute(connection, [*given, seq]).one()
        position, recorded_at = event
        at = datetime.fromisoformat(recorded_at).replace(tzinfo=UTC)
        return [Written(seq, folded, fingerprint, position, at)]

    def _write_many(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        write_head, write_event = _driver_statements(plan, shape, connection.dialect, many=True)
        columns = bind_columns(shape, writes)
        if shape.expect is Expect.SEQ and plan.merges and not shape.ends:
            written = self._advance_expected(connection, plan, shape, writes, columns)
        else:
            advanced = write_head.execute_columns(connection, columns)
            heads = self.heads_of(connection, plan, [write.key for write in writes])
            if advanced != len(writes):
                raise _first_conflict(connection, plan, writes, heads)
            written = [Written(*heads[write.key]) for write in writes]
        # The heads' statement took the write lock: nobody else takes a position from here on.
        found: Any = connection.execute(_position_and_clock(plan)).one()
        position, now = found
        columns["seq"] = [each.seq for each in written]
        columns["position"] = range(position + 1, position + 1 + len(writes))
        columns["now"] = [now] * len(writes)
        write_event.execute_columns(connection, columns)
        return written

    def _advance_expected(
        self,
        connection: Connection,
        plan: Plan,
        shape: Shape,
        writes: Sequence[Write],
        columns: dict[str, Any],
    ) -> list[Written]:
        """Advance heads that are expected to be fresh and at a known seq; those that were stale by the other statement."""
        advance_fresh = _fresh_statement(plan, shape, connection.dialect)
        advanced = advance_fresh.execute_columns(connection, columns)
        stale: list[Write] = []
        if advanced != len(writes):
            stale = self._stale(connection, plan, writes, advanced)
            advance_stale, _ = _driver_statements(plan, shape, connection.dialect, many=True)
            if advance_stale.execute_columns(connection, bind_columns(shape, stale)) != len(stale):
                raise NotAsExpected(stale[:1])
        left = {write.key for write in stale}
        seqs = [(write.expected_seq or 0) + 1 for write in writes]
        return [
            Written(seq, 0, STALE) if write.key in left else Written(seq, seq, plan.fingerprint)
            for write, seq in zip(writes, seqs, strict=True)
        ]

    def _stale(
        self, connection: Connection, plan: Plan, writes: Sequence[Write], advanced: int
    ) -> list[Write]:
        """Return the writes to stale heads that stand where they expect. Raises NotAsExpected if any other head does not."""
        heads = self.heads_of(connection, plan, [write.key for write in writes])
        stale: list[Write] = []
        others: list[Write] = []
        for write in writes:
            seq, _, fingerprint = heads.get(write.key, (None, None, None))
            left = seq == write.expected_seq and fingerprint != plan.fingerprint
            (stale if left else others).append(write)
        if advanced != len(others):
            raise _first_conflict(connection, plan, others, heads)
        return stale


@lru_cache(maxsize=1024)
def _driver_statements(
    plan: Plan, shape: Shape, dialect: Dialect, *, many: bool
) -> tuple[DriverStatement, DriverStatement]:
    head = head_statement(plan, shape, returning=not many)
    event = event_statement(plan, shape, many=many)
    order = [*shape.names(len(plan.context)), "seq"]
    return (
        DriverStatement(head, dialect, order=order[:-1], style="qmark"),
        DriverStatement(event, dialect, order=order, style="qmark"),
    )


@lru_cache(maxsize=1024)
def _fresh_statement(plan: Plan, shape: Shape, dialect: Dialect) -> DriverStatement:
    return DriverStatement(fresh_head_statement(plan, shape), dialect, style="qmark")


@lru_cache(maxsize=256)
def _position_and_clock(plan: Plan) -> Any:
    return select(func.coalesce(func.max(plan.events.c.position), 0), clock())


def _first_conflict(
    connection: Connection, plan: Plan, writes: Sequence[Write], heads: Mapping[Key, tuple[int, ...]]
) -> NotAsExpected:
    # The heads that were written stand at a seq that has no event yet: the batch inserts its events afterwards.
    events = plan.events.c
    for write in writes:
        head = heads.get(write.key)
        here = [events[name] == part for name, part in zip(plan.context, write.key, strict=True)]
        if head is None or connection.scalar(select(events.seq).where(*here, events.seq == head[0])):
            return NotAsExpected([write])
    return NotAsExpected(writes[:1])
