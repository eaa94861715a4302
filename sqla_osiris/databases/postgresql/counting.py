"""How far PostgreSQL's transactions are counted, and the epoch that stands before their ids."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Table, func, or_, select

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.elements import NextXid
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.positions import XID, Counter
from sqla_osiris.databases.postgresql.positions import EPOCH
from sqla_osiris.databases.triggers import RenderedDDL
from sqla_osiris.errors import OsirisError

__all__ = ["Counting"]


class Counting(Database):
    """The server's count of transactions is the counter."""

    counts_transactions = True
    resumes_for_new_connections = True

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        row: Any = connection.execute(_beside_ids(tuple(tables))).one()
        return Counter(row.next, behind=not row.ahead, is_standby=row.is_standby)

    def restored(self, log: str) -> OsirisError:
        return OsirisError(
            f"{log} holds transaction ids that this server has not reached: the log was restored from "
            "another server's dump, and its feed would skip what is appended now. Raise the setting "
            "sqla_osiris.epoch of the database by one (ALTER DATABASE … SET sqla_osiris.epoch = '1', or the "
            "repository's resume()) and connect anew."
        )

    def reached(self, token: Any) -> int:
        return self.position_parts(token)[0]

    def resume(self, connection: Connection, tables: Sequence[Table], reached: int) -> None:
        # It is the whole database's. Its owner must ask, and connections that are open know it no sooner than they are
        # made anew.
        now = connection.scalar(select(func.current_setting(EPOCH, True))) or "0"  # noqa: FBT003  (the server's signature)
        database = connection.scalar(select(func.current_database()))
        connection.execute(_set_epoch(str(database), 1 + max(int(now), reached >> 48)))


@lru_cache(maxsize=256)
def _beside_ids(tables: tuple[Table, ...]) -> Any:
    ahead = (select(each.c.seq).where(each.c[XID] >= NextXid()).limit(number(1)).exists() for each in tables)
    standby = func.pg_is_in_recovery().label("is_standby")
    asked: list[Any] = [NextXid().label("next"), or_(*ahead).label("ahead"), standby]
    return select(*asked)


def _set_epoch(database: str, epoch: int) -> RenderedDDL:
    def set_epoch(compiler: Any) -> str:
        return f"ALTER DATABASE {compiler.preparer.quote_identifier(database)} SET {EPOCH} = '{epoch:d}'"

    return RenderedDDL(database, set_epoch)
