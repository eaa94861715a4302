"""Keys that PostgreSQL gives to new streams: by the sequence behind the head's column, or by the column's default."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    bindparam,
    cast,
    column,
    exists,
    func,
    literal,
    literal_column,
    select,
    table,
    type_coerce,
)
from sqlalchemy import Sequence as Counter
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.schema import DefaultClause

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import name_on, schema_on
from sqla_osiris.databases.plan import Key, Plan
from sqla_osiris.databases.postgresql.sequences import move_on

__all__ = ["Keys", "new_key", "table_bind"]

_TABLE: Final = "osiris_heads"


class Keys(Database):
    """A key is drawn where it is needed before its head is written; a head gives it else, in the same statement."""

    def gives_keys(self, plan: Plan, count: int) -> bool:
        return True

    def draw_keys(self, connection: Connection, plan: Plan, count: int, given: Collection[Key]) -> list[Key]:
        binds = table_bind(connection, plan.heads)
        keys: list[Key] = []
        while missing := count - len(keys):
            drawn = connection.execute(_drawing(plan), {**binds, "count": missing}).scalars().all()
            # Keys that were given are passed over: a sequence knows nothing of them.
            keys += [(key,) for key in drawn if (key,) not in given]
        return keys

    def pass_keys(self, connection: Connection, heads: Table) -> None:
        (key,) = heads.primary_key
        if isinstance(key.default, Counter):
            # Nothing in the database says that it is this column's.
            sequence = cast(literal(name_on(connection, key.default), String()), REGCLASS)
            beyond = func.greatest(func.nextval(sequence), select(func.max(key)).scalar_subquery())
            connection.execute(select(func.setval(sequence, beyond)))
            return
        where = table(heads.name, column(key.name, key.type), schema=schema_on(connection, heads.schema))
        for statement in move_on(connection.dialect, where):
            connection.execute(statement)

    @contextmanager
    def alone(self, connection: Connection, names: Sequence[str]) -> Iterator[None]:
        connection.execute(_LOCKING, {"names": list(names)})
        yield


_LOCKING: Final = select(
    func.count(
        func.pg_advisory_xact_lock(func.hashtextextended(column("name", String()), literal_column("0")))
    )
).select_from(
    func.unnest(bindparam("names", type_=ARRAY(String()))).table_valued("name").render_derived("given")
)


@lru_cache(maxsize=256)
def _drawing(plan: Plan) -> Any:
    heads = plan.heads
    (head_key,) = plan.columns(())
    rows = (
        func.generate_series(literal_column("1"), bindparam("count", type_=Integer()))
        .table_valued("n")
        .render_derived("given")
    )
    drawn = select(rows.c.n, new_key(heads).label("key")).select_from(rows).cte("drawn")
    taken = exists().where(head_key == drawn.c.key).select_from(heads)
    return select(drawn.c.key).where(~taken).order_by(drawn.c.n)


def table_bind(connection: Connection, heads: Table) -> dict[str, Any]:
    """Return the binds of :func:`new_key`."""
    return {_TABLE: name_on(connection, heads)}


def new_key(heads: Table) -> ColumnElement[Any]:
    """Return the expression of a new stream's key, another one for each row."""
    (key,) = heads.primary_key
    if isinstance(key.default, Counter):
        given: Any = key.default.next_value()
    elif isinstance(key.server_default, DefaultClause):
        given = key.server_default.arg
    else:
        # Of SERIAL or Identity(), whatever its name. A subquery is evaluated once a statement, not once a row.
        own = func.pg_get_serial_sequence(bindparam(_TABLE, type_=String()), literal(key.name, String()))
        given = func.nextval(select(cast(own, REGCLASS)).scalar_subquery(), type_=BigInteger())
    return type_coerce(given, key.type)
