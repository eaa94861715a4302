"""How far a log's AUTO_INCREMENT is, and how it is set."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, bindparam, column, func, select, table

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.positions import POSITION, Counter, greatest_position
from sqla_osiris.databases.triggers import RenderedDDL

__all__ = ["Counting"]


class Counting(Database):
    """The table's AUTO_INCREMENT is the counter."""

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        place = {"schema": connection.schema_for_object(tables[0]), "table": tables[0].name}
        following, newest = tuple(connection.execute(_beside_auto_increment(tables[-1]), place).one())
        # A role may see no rows of information_schema.
        return None if following is None else Counter(following, behind=newest < following)

    def mending(self, log: str) -> str:
        return f"ALTER TABLE {log} AUTO_INCREMENT = …, or "

    def resume(self, connection: Connection, tables: Sequence[Table], reached: int) -> None:
        newest = (connection.scalar(select(func.max(each.c[POSITION]))) or 0 for each in tables)
        connection.execute(_set_auto_increment(tables[0], 1 + max(*newest, reached)))


_TABLES = table(
    "TABLES",
    column("TABLE_SCHEMA"),
    column("TABLE_NAME"),
    column("AUTO_INCREMENT"),
    schema="information_schema",
)


@lru_cache(maxsize=256)
def _beside_auto_increment(events: Table) -> Any:
    """``events`` are those that may be beyond: the archive's, where there is one."""
    here: Any = func.coalesce(bindparam("schema"), func.database())
    following = select(_TABLES.c.AUTO_INCREMENT).where(
        here == _TABLES.c.TABLE_SCHEMA, bindparam("table") == _TABLES.c.TABLE_NAME
    )
    asked: list[Any] = [following.scalar_subquery(), greatest_position(events)]
    return select(*asked)


def _set_auto_increment(log: Table, following: int) -> RenderedDDL:
    return RenderedDDL(
        log.name,
        lambda compiler: f"ALTER TABLE {compiler.preparer.format_table(log)} AUTO_INCREMENT = {following:d}",
    )
