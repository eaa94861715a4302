"""``VALUES(column)``: what an upsert would have inserted, in its ON DUPLICATE KEY UPDATE.

SQLAlchemy's own ``inserted`` doubles a percent sign in a column's name once too often.
"""

from typing import Any

from sqlalchemy import FromClause, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from sqla_osiris.databases.mariadb.types import NAMES

__all__ = ["inserted"]


class _Inserted(FunctionElement[Any]):
    inherit_cache = True


@compiles(_Inserted, *NAMES)
def _values(element: _Inserted, compiler: Any, **_: Any) -> str:
    (named,) = element.clauses
    return f"VALUES({compiler.preparer.quote(named.name)})"


def inserted(table: FromClause) -> dict[str, Any]:
    """By the names of the table's columns."""
    return {each.name: _one(each.name, each.type) for each in table.c}


def _one(name: str, type_: Any) -> _Inserted:
    value = _Inserted(column(name, type_))
    value.type = type_
    return value
