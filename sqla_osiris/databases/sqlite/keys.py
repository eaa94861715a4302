"""Keys that SQLite gives to new streams: the greatest that a head has, and one, under the write lock."""

from collections.abc import Collection
from functools import lru_cache
from itertools import count as numbers
from itertools import islice
from typing import Any

from sqlalchemy import Connection, func, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.plan import Key, Plan

__all__ = ["Keys"]


class Keys(Database):
    """As its own ROWID does. A head stays when its stream is erased, so that no key is given twice."""

    def draw_keys(self, connection: Connection, plan: Plan, count: int, given: Collection[Key]) -> list[Key]:
        if plan.heads.autoincrement_column is None:
            return super().draw_keys(connection, plan, count, given)
        self.lock_all(connection, plan.heads)
        free = ((key,) for key in numbers(connection.scalar(_following(plan))) if (key,) not in given)
        return list(islice(free, count))


@lru_cache(maxsize=256)
def _following(plan: Plan) -> Any:
    (key,) = plan.columns(())
    return select(func.coalesce(func.max(key), number(0)) + number(1))
