"""Keys that MySQL gives to new streams: those of AUTO_INCREMENT follow one another within the rows of a statement.

What a default gives, no INSERT says: the default is asked for it, and the key is written as if it was given.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Dialect, TextClause, bindparam, insert, literal_column, select, type_coerce

from sqla_osiris.databases.driver import DriverStatement
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.mysql_family import keys
from sqla_osiris.databases.mysql_family.statements import clock, with_own_binds
from sqla_osiris.databases.mysql_family.writing import Begun
from sqla_osiris.databases.plan import Key, Plan, Shape, Write, bind_columns

__all__ = ["Keys", "inserted_heads"]

_HEADS_A_STATEMENT: Final = 500

_COUNTED = "osiris_counted"


class Keys(keys.Keys):
    """Counted, or asked for."""

    def gives_keys(self, plan: Plan, count: int) -> bool:
        return plan.heads.autoincrement_column is not None

    def draw_keys(self, connection: Connection, plan: Plan, count: int, given: Collection[Key]) -> list[Key]:
        drawn: list[Key] = []
        while missing := count - len(drawn):
            if plan.heads.autoincrement_column is None:
                found = [connection.scalar(_default(plan)) for _ in range(missing)]
            else:
                found = _drawn(connection, plan, missing)
            drawn += [(key,) for key in found if (key,) not in given]
        return drawn


def _drawn(connection: Connection, plan: Plan, count: int) -> list[int]:
    """Return numbers of heads that were inserted for them, and are gone."""
    with connection.begin_nested() as savepoint:
        found = _numbers(connection, _unwritten(plan, connection.dialect), {}, count)
        savepoint.rollback()
    return found


def inserted_heads(connection: Connection, plan: Plan, shape: Shape, writes: Sequence[Write]) -> Begun:
    """Insert heads that begin with these writes; return their keys in this order, and the time."""
    statement = _beginning(plan, shape, connection.dialect)
    columns = {f"osiris_{name}": values for name, values in bind_columns(shape, writes).items()}
    found = _numbers(connection, statement, columns, len(writes))
    now = connection.scalar(_NOW)
    return [(key, now) for key in found]


_NOW: Final = select(clock())
_STEP: Final[Any] = select(literal_column("@@SESSION.auto_increment_increment"))


def _numbers(
    connection: Connection, statement: DriverStatement, columns: Mapping[str, Sequence[Any]], count: int
) -> list[int]:
    step = 1 if count == 1 else connection.scalar(_STEP) or 1
    found: list[int] = []
    for start in range(0, count, _HEADS_A_STATEMENT):
        size = min(_HEADS_A_STATEMENT, count - start)
        some = {name: values[start : start + size] for name, values in columns.items()}
        first = statement.execute_together(connection, {**some, _COUNTED: [0] * size}).lastrowid
        found += range(first, first + step * size, step)
    return found


@lru_cache(maxsize=1024)
def _beginning(plan: Plan, shape: Shape, dialect: Dialect) -> DriverStatement:
    # SQLAlchemy takes a bind for a column's that is called like one.
    row = {name: bindparam(f"osiris_{name}", type_=type_) for name, type_ in plan.types(shape).items()}
    return _insertion(plan, plan.first_head(plan.lift(plan.touches(shape, row))), dialect)


@lru_cache(maxsize=256)
def _unwritten(plan: Plan, dialect: Dialect) -> DriverStatement:
    return _insertion(plan, {**plan.first_head({}), "osiris_folded": number(0)}, dialect)


def _insertion(plan: Plan, head: Mapping[str, Any], dialect: Dialect) -> DriverStatement:
    # With 0, the column counts: so each row has a value that is given.
    (key,) = plan.context
    counted = bindparam(_COUNTED, type_=plan.heads.c[key].type)
    return DriverStatement(insert(plan.heads).values(with_own_binds({key: counted, **head})), dialect)


@lru_cache(maxsize=256)
def _default(plan: Plan) -> Any:
    (key,) = plan.columns(())
    default: Any = key.server_default
    asked = default.arg
    if isinstance(asked, TextClause):
        return select(literal_column(f"({asked.text})", key.type))
    return select(type_coerce(asked, key.type))
