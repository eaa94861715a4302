"""How far PostgreSQL's transactions are counted, and the epoch that stands before their ids."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import XID, Counter, next_xid
from sqla_osiris.databases.postgresql.positions import EPOCH
from sqla_osiris.errors import OsirisError

__all__ = ["counter", "restored", "resume"]


def counter(connection: Connection, tables: Sequence[Table]) -> Counter:
    """As :meth:`~sqla_osiris.databases.base.Database.counter`."""
    row: Any = connection.execute(_beside_ids(tuple(tables))).one()
    return Counter(row.next, behind=not row.ahead, is_standby=row.is_standby)


@lru_cache(maxsize=256)
def _beside_ids(tables: tuple[Table, ...]) -> Any:
    ahead = (select(each.c.seq).where(each.c[XID] >= next_xid()).limit(number(1)).exists() for each in tables)
    standby = func.pg_is_in_recovery().label("is_standby")
    asked: list[Any] = [next_xid().label("next"), or_(*ahead).label("ahead"), standby]
    return select(*asked)


def restored(log: str) -> OsirisError:
    """As :meth:`~sqla_osiris.databases.base.Database.restored`."""
    return OsirisError(
        f"{log} holds transaction ids that this server has not reached: the log was restored from "
        "another server's dump, and its feed would skip what is appended now. Raise the setting "
        "sqla_osiris.epoch of the database by one (ALTER DATABASE … SET sqla_osiris.epoch = '1', or the "
        "repository's resume()) and connect anew."
    )


def resume(connection: Connection, reached: int) -> None:
    """Raise the whole database's epoch.

    Its owner must ask, and connections that are open know it no sooner than they are made anew.
    """
    now = connection.scalar(select(func.current_setting(EPOCH, True))) or "0"  # noqa: FBT003  (the server's signature)
    database = connection.scalar(select(func.current_database()))
    connection.execute(_SetEpoch(str(database), 1 + max(int(now), reached >> 48)))


class _SetEpoch(ExecutableDDLElement):
    def __init__(self, database: str, epoch: int) -> None:
        self.database = database
        self.epoch = epoch


@compiles(_SetEpoch)
def _render(element: _SetEpoch, compiler: Any, **_: Any) -> str:
    database = compiler.preparer.quote_identifier(element.database)
    return f"ALTER DATABASE {database} SET {EPOCH} = '{element.epoch:d}'"
