"""How far a log's AUTO_INCREMENT is: MySQL says it as it was a day ago, unless it is asked to look."""

from collections.abc import Sequence

from sqlalchemy import Connection, Table

from sqla_osiris.databases.driver import sent_to_driver
from sqla_osiris.databases.mysql_family import counting
from sqla_osiris.databases.positions import Counter

__all__ = ["Counting"]

_LOOK = "SET @osiris_expiry = @@information_schema_stats_expiry, SESSION information_schema_stats_expiry = 0"
_AS_BEFORE = "SET SESSION information_schema_stats_expiry = @osiris_expiry"


class Counting(counting.Counting):
    """Read anew each time."""

    def counter(self, connection: Connection, tables: Sequence[Table]) -> Counter | None:
        sent_to_driver(connection, _LOOK)
        try:
            return super().counter(connection, tables)
        finally:
            if not connection.invalidated:
                sent_to_driver(connection, _AS_BEFORE)
