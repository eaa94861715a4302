"""Keys that MariaDB gives to new streams as their heads are inserted: by AUTO_INCREMENT, a sequence or the default."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, func, insert, select
from sqlalchemy import Sequence as Counter

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.driver import sent_to_driver
from sqla_osiris.databases.identifiers import name_on
from sqla_osiris.databases.mariadb.statements import clock
from sqla_osiris.databases.plan import Plan, Shape, Write, bind_columns
from sqla_osiris.errors import OsirisError

__all__ = ["Keys", "has_zero", "inserted_heads"]

_SECONDS: Final = 50

_KEEP_ZERO: Final = (
    "SET @osiris_sql_mode = @@sql_mode, "
    "SESSION sql_mode = CONCAT_WS(',', NULLIF(@@sql_mode, ''), 'NO_AUTO_VALUE_ON_ZERO')"
)
_AS_BEFORE: Final = "SET SESSION sql_mode = @osiris_sql_mode"


class Keys(Database):
    """AUTO_INCREMENT goes on from the greatest key that was ever there, also from one that was given."""

    def gives_keys(self, plan: Plan, count: int) -> bool:
        # SQLAlchemy inserts rows one by one where their new keys do not say their order.
        counted = plan.heads.autoincrement_column
        return count == 1 or (counted is not None and counted.default is None)

    def pass_keys(self, connection: Connection, heads: Table) -> None:
        (key,) = heads.primary_key
        greatest = connection.scalar(select(func.max(key)))
        if isinstance(key.default, Counter) and greatest is not None:
            # It never goes back.
            name = name_on(connection, key.default)
            connection.exec_driver_sql(f"SELECT SETVAL({name}, {greatest:d})")

    def keeping_keys(
        self, connection: Connection, heads: Table, keys: Iterable[tuple[Any, ...]]
    ) -> AbstractContextManager[None]:
        return _keeping_zero(connection) if has_zero(heads, keys) else nullcontext()

    @contextmanager
    def alone(self, connection: Connection, names: Sequence[str]) -> Iterator[None]:
        # Given back before the transaction ends: a locking read waits for what it has written.
        locks = [blake2b(name.encode(), digest_size=16).hexdigest() for name in names]
        taken: list[str] = []
        try:
            for lock in locks:
                if connection.scalar(select(func.get_lock(lock, _SECONDS))) != 1:
                    raise OsirisError(
                        f"Another transaction holds {names[len(taken)]} for more than {_SECONDS} s: nothing was written."
                    )
                taken.append(lock)
            yield
        finally:
            for lock in taken:
                if not connection.invalidated:
                    connection.scalar(select(func.release_lock(lock)))


@contextmanager
def _keeping_zero(connection: Connection) -> Iterator[None]:
    # AUTO_INCREMENT takes 0 for no value, and gives another key.
    sent_to_driver(connection, _KEEP_ZERO)
    try:
        yield
    finally:
        # By the driver, as a transaction that was ended meanwhile takes no statements.
        if not connection.invalidated:
            sent_to_driver(connection, _AS_BEFORE)


def has_zero(heads: Table, keys: Iterable[tuple[Any, ...]]) -> bool:
    """Return whether one of these keys, of a column that counts, is 0."""
    return heads.autoincrement_column is not None and any(key[0] == 0 for key in keys)


def inserted_heads(connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]) -> list[Any]:
    """Insert heads that begin with these writes; return their keys in this order, and the time: a thousand a statement."""
    columns = bind_columns(shape, writes)
    rows = [
        {f"osiris_{name}": value for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]
    return list(connection.execute(_beginning(plan, shape), rows or [{}] * len(writes)))


@lru_cache(maxsize=1024)
def _beginning(plan: Plan, shape: Shape) -> Any:
    # SQLAlchemy takes a bind for a column's that is called like one.
    row = {name: bindparam(f"osiris_{name}", type_=type_) for name, type_ in plan.types(shape).items()}
    head = plan.first_head(plan.lift(plan.touches(shape, row)))
    (key,) = plan.columns(())
    return insert(plan.heads).values(head).returning(key, clock(), sort_by_parameter_order=True)
