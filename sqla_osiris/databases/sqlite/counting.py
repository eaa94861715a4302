"""How far SQLite's positions are: it has no counter, and goes on from the greatest one that is there."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.positions import Counter, greatest_position

__all__ = ["Counting"]


class Counting(Database):
    """The greatest position is the counter."""

    counts_from_the_greatest = True

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        given, newest = tuple(connection.execute(_beside_maximum(tuple(tables))).one())
        return Counter(given + 1, behind=newest <= given)


@lru_cache(maxsize=256)
def _beside_maximum(tables: tuple[Table, ...]) -> Any:
    return select(greatest_position(tables[0]), greatest_position(tables[-1]))
