"""Writes the events of one shape on MySQL and MariaDB: the heads, then the events, in one transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Dialect, Table, delete, select
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import OF_ACCUMULATORS, Database, Refusal
from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.mysql_family.duplicates import naming_duplicates
from sqla_osiris.databases.mysql_family.statements import (
    PLACEHOLDER,
    clock,
    event_statement,
    head_statement,
    in_key_order,
    insert_statement,
)
from sqla_osiris.databases.mysql_family.types import Types, refuse_long_keys
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

__all__ = ["Begun", "Writing", "head_driver_statement", "heads_and_clock"]

_FEW = 100
"""So many heads go into one statement, whatever stands in front of it."""

Begun = list[tuple[Any, Any]]
"""The keys of new heads in the order of their writes, each with the time."""


class Writing(Types):
    """Heads are locked in one order by all, so that two flushes cannot wait for each other."""

    def blindly(self, connection: Connection) -> str:
        """Return what stands before a statement that depends on nothing its transaction has read."""
        return ""

    def insert_event(
        self, connection: Connection, plan: Plan, shape: Shape, given: Sequence[Any], *, before: str = ""
    ) -> Written:
        """Insert the event of a head that has been written; ``given`` are its values, and ``before`` stands before it."""
        raise NotImplementedError

    def insert_heads(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> Begun:
        """Insert heads that begin with these writes, and are given their keys."""
        raise NotImplementedError

    def write(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        if shape.expect is Expect.NEW:
            return self._begin(connection, plan, shape, writes)
        keys = [write.key for write in writes]
        refuse_long_keys(self.product, plan, keys)
        with self.keeping_keys(connection, plan.heads, keys):
            return self._write(connection, plan, shape, writes)

    def _write(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        if len(writes) > 1:
            return self._write_many(connection, plan, shape, writes)
        given = writes[0].values(shape)
        write_head = head_driver_statement(plan, shape, connection.dialect, many=False)
        before = self.blindly(connection) if shape.expect in {Expect.ANYTHING, Expect.LIVE} else ""
        with _overflows(self, connection, plan, shape, writes):
            advanced = write_head.execute(connection, given, before=before).rowcount
        if not advanced:
            raise NotAsExpected(writes)
        return [self.insert_event(connection, plan, shape, given, before=before)]

    def _write_many(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        # A row is checked as it is written: a new head stands before those that refer to it.
        as_given = not shape.expect.updates and _refer_to_one_another(plan.heads)
        in_order = writes if as_given else in_key_order(writes, lambda write: write.key)
        columns = bind_columns(shape, in_order)
        write_head = head_driver_statement(plan, shape, connection.dialect, many=True)
        with _overflows(self, connection, plan, shape, writes):
            counted = self._write_heads(connection, write_head, shape, columns)
        # The server counts 2 for an update and 1 for an insert.
        if shape.expect.updates and counted != 2 * len(writes):
            self._delete_placeholders(connection, plan, writes)
            # The others have been advanced by now.
            raise NotAsExpected(writes, lambda _write, seq: seq is None)
        keys = [write.key for write in writes]
        rows = self.rows_of(connection, heads_and_clock(self, plan), keys)
        heads = {tuple(row[: len(plan.context)]): row[-4:-1] for row in rows}
        columns["seq"] = [heads[write.key][0] for write in in_order]
        if "recorded_at" not in columns:
            columns["recorded_at"] = [rows[-1][-1].replace(tzinfo=UTC)] * len(writes)
        _events(plan, shape, connection.dialect).execute_columns(connection, columns)
        return [Written(*heads[key]) for key in keys]

    def _write_heads(
        self,
        connection: Connection,
        write_head: DriverStatement,
        shape: Shape,
        columns: dict[str, list[Any]],
    ) -> int:
        if shape.expect is not Expect.LIVE:
            return write_head.execute_columns(connection, columns)
        before = self.blindly(connection)
        if before and len(columns["k0"]) <= _FEW:
            return write_head.execute_together(connection, columns, before=before).rowcount
        with self.reading_the_newest(connection):
            return write_head.execute_columns(connection, columns)

    def _begin(
        self, connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]
    ) -> list[Written]:
        """Insert new heads, which give the keys, and their events."""
        heads = self.insert_heads(connection, plan, shape, writes)
        known = shape._replace(expect=Expect.NOT_LIVE)
        if len(heads) > 1:
            columns = {
                "k0": [key for key, _ in heads],
                **bind_columns(shape, writes),
                "seq": [1] * len(heads),
            }
            columns.setdefault("recorded_at", [heads[-1][1].replace(tzinfo=UTC)] * len(heads))
            _events(plan, known, connection.dialect).execute_columns(connection, columns)
            return [Written(1, int(plan.merges), plan.fingerprint, key=(key,)) for key, _ in heads]
        (key, _), given = heads[0], writes[0].values(shape)
        return [self.insert_event(connection, plan, known, [key, *given])._replace(key=(key,))]

    def _delete_placeholders(self, connection: Connection, plan: Plan, writes: Sequence[Write]) -> None:
        heads = plan.heads
        columns = [heads.c[name] for name in plan.context]
        placeholders = delete(heads).where(self.in_contexts(columns), heads.c.osiris_origin == PLACEHOLDER)
        keys = keys_to_bind([write.key for write in writes])
        connection.execute(placeholders, {"keys": keys})


@lru_cache(maxsize=256)
def _refer_to_one_another(heads: Table) -> bool:
    return any(constraint.referred_table is heads for constraint in heads.foreign_key_constraints)


@lru_cache(maxsize=256)
def heads_and_clock(database: Database, plan: Plan) -> Any:
    """Return the query of contexts, of what their accumulators are, and of the time."""
    contexts = plan.columns(())
    return select(*plan.columns(OF_ACCUMULATORS), clock()).where(database.in_contexts(contexts))


@lru_cache(maxsize=1024)
def head_driver_statement(plan: Plan, shape: Shape, dialect: Dialect, *, many: bool) -> DriverStatement:
    """Return what writes a head, or many of them."""
    order = shape.names(len(plan.context))
    return DriverStatement(head_statement(plan, shape, many=many), dialect, order=order)


@lru_cache(maxsize=1024)
def _events(plan: Plan, shape: Shape, dialect: Dialect) -> DriverStatement:
    return DriverStatement(event_statement(plan, shape), dialect, order=shape.names(len(plan.context)))


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
