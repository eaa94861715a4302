"""Keys that MariaDB gives to new streams as their heads are inserted: by AUTO_INCREMENT, a sequence or the default."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, func, insert, select
from sqlalchemy import Sequence as Counter

from sqla_osiris.databases.identifiers import name_on
from sqla_osiris.databases.mysql_family import keys
from sqla_osiris.databases.mysql_family.statements import clock
from sqla_osiris.databases.mysql_family.writing import Begun
from sqla_osiris.databases.plan import Plan, Shape, Write, bind_columns

__all__ = ["Keys", "inserted_heads"]


class Keys(keys.Keys):
    """INSERT returns them."""

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


def inserted_heads(connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]) -> Begun:
    """Insert heads that begin with these writes; return their keys in this order, and the time: a thousand a statement."""
    columns = bind_columns(shape, writes)
    rows = [
        {f"osiris_{name}": value for name, value in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]
    return [tuple(row) for row in connection.execute(_beginning(plan, shape), rows or [{}] * len(writes))]


@lru_cache(maxsize=1024)
def _beginning(plan: Plan, shape: Shape) -> Any:
    # SQLAlchemy takes a bind for a column's that is called like one.
    row = {name: bindparam(f"osiris_{name}", type_=type_) for name, type_ in plan.types(shape).items()}
    head = plan.first_head(plan.lift(plan.touches(shape, row)))
    (key,) = plan.columns(())
    return insert(plan.heads).values(head).returning(key, clock(), sort_by_parameter_order=True)
