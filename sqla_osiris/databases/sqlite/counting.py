"""How far SQLite's positions are: it has no counter, and goes on from the greatest one that is there."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, func, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import POSITION, Counter

__all__ = ["Counting"]


class Counting(Database):
    """The greatest position is the counter."""

    counts_from_the_greatest = True

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        given, newest = tuple(connection.execute(_beside_maximum(tuple(tables))).one())
        return Counter(given + 1, behind=newest <= given)


@lru_cache(maxsize=256)
def _beside_maximum(tables: tuple[Table, ...]) -> Any:
    asked = (func.coalesce(_greatest(table), number(0)) for table in (tables[0], tables[-1]))
    return select(*asked)


def _greatest(events: Table) -> Any:
    return select(func.max(events.c[POSITION])).scalar_subquery()
