"""Writes the events of one shape on MariaDB: the heads, then the events, in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Dialect, delete, select
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mariadb.duplicates import naming_duplicates
from sqla_osiris.databases.mariadb.keys import inserted_keys
from sqla_osiris.databases.mariadb.snapshot_isolation import blindly
from sqla_osiris.databases.mariadb.statements import (
    PLACEHOLDER,
    clock,
    event_statement,
    head_statement,
    in_key_order,
    insert_statement,
)
from sqla_osiris.databases.mariadb.types import refuse_long_keys
from sqla_osiris.databases.plan import (
    Expect,
    NotAsExpected,
    Plan,
    Shape,
    Write,
    Written,
    bind_columns,
    keys_to_bind,
)

__all__ = ["Writing", "driver_statements"]

_CLOCK = select(clock())


class Writing(Database):
    """Heads are locked in one order by all, so that two flushes cannot wait for each other."""

    def write(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        if shape.expect is Expect.NEW:
            return self._begin(connection, plan, shape, writes)
        refuse_long_keys(plan, [write.key for write in writes])
        if len(writes) > 1:
            return self._write_many(connection, plan, shape, writes)
        given = writes[0].values(shape)
        write_head, write_event = driver_statements(plan, shape, connection.dialect, many=False)
        before = blindly(connection) if shape.expect in {Expect.ANYTHING, Expect.LIVE} else ""
        with _overflows(self, connection, plan, shape, writes):
            advanced = write_head.execute(connection, given, before=before).rowcount
        if not advanced:
            raise NotAsExpected(writes)
        event: Any = write_event.execute(connection, given, before=before).one()
        seq, position, recorded_at, folded, fingerprint = event
        return [Written(seq, folded, fingerprint, position, recorded_at.replace(tzinfo=UTC))]

    def _write_many(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        in_order = in_key_order(writes, lambda write: write.key)
        columns = bind_columns(shape, in_order)
        write_head, write_event = driver_statements(plan, shape, connection.dialect, many=True)
        blind = shape.expect is Expect.LIVE
        newest = self.reading_the_newest(connection) if blind else nullcontext()
        with _overflows(self, connection, plan, shape, writes), newest:
            counted = write_head.execute_columns(connection, columns)
        # MariaDB counts 2 for an update and 1 for an insert.
        if shape.expect.updates and counted != 2 * len(writes):
            self._delete_placeholders(connection, plan, writes)
            # The others have been advanced by now.
            raise NotAsExpected(writes, lambda _write, seq: seq is None)
        heads = self.heads_of(connection, plan, [write.key for write in writes])
        columns["seq"] = [heads[write.key][0] for write in in_order]
        _insert_events(connection, write_event, columns)
        return [Written(*heads[write.key]) for write in writes]

    def _begin(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        """Insert new heads, which give the keys, and their events."""
        keys = inserted_keys(connection, plan, shape, writes)
        columns = {"k0": keys, **bind_columns(shape, writes), "seq": [1] * len(keys)}
        _, write_event = driver_statements(
            plan, shape._replace(expect=Expect.NOT_LIVE), connection.dialect, many=len(keys) > 1
        )
        if len(keys) > 1:
            _insert_events(connection, write_event, columns)
            return [Written(1, int(plan.merges), plan.fingerprint, key=(key,)) for key in keys]
        given = [*keys, *writes[0].values(shape)]
        event: Any = write_event.execute(connection, given).one()
        seq, position, recorded_at, folded, fingerprint = event
        return [Written(seq, folded, fingerprint, position, recorded_at.replace(tzinfo=UTC), (keys[0],))]

    def _delete_placeholders(self, connection: Connection, plan: Plan, writes: Sequence[Write]) -> None:
        heads = plan.heads
        columns = [heads.c[name] for name in plan.context]
        placeholders = delete(heads).where(self.in_contexts(columns), heads.c.osiris_origin == PLACEHOLDER)
        keys = keys_to_bind([write.key for write in writes])
        connection.execute(placeholders, {"keys": keys})


def _insert_events(connection: Connection, write_event: DriverStatement, columns: dict[str, Any]) -> None:
    if "recorded_at" not in columns:
        now: Any = connection.scalar(_CLOCK)
        columns["recorded_at"] = [now.replace(tzinfo=UTC)] * len(columns["seq"])
    write_event.execute_columns(connection, columns)


@lru_cache(maxsize=1024)
def driver_statements(
    plan: Plan, shape: Shape, dialect: Dialect, *, many: bool
) -> tuple[DriverStatement, DriverStatement]:
    """Return the head's statement, and the event's."""
    order = shape.names(len(plan.context))
    return (
        DriverStatement(head_statement(plan, shape, many=many), dialect, order=order),
        DriverStatement(event_statement(plan, shape, many=many), dialect, order=order),
    )


@contextmanager
def _overflows(
    database: Database, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
) -> Iterator[None]:
    """Raise NotAsExpected for an overflow: what is not as expected makes one, and an accumulator may do so too.

    Raises IntegrityError where a new head has another one's unique value.
    """
    try:
        if not plan.unique or shape.expect.updates:
            yield
            return
        insertion = partial(insert_statement, plan, shape)
        with naming_duplicates(database, connection, plan, bind_columns(shape, writes), insertion):
            yield
    except DBAPIError as error:
        if database.refusal(error) is not Refusal.OUT_OF_RANGE:
            raise
        raise NotAsExpected(writes, _is_lost) from error


def _is_lost(write: Write, seq: int | None) -> bool:
    as_expected = {
        Expect.ANYTHING: True,
        Expect.NOT_LIVE: seq is None,
        Expect.SEQ: seq == write.expected_seq,
        Expect.LIVE: seq is not None,
    }
    return not as_expected[write.expect]
