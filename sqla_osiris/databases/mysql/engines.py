"""Refuses tables that keep no transactions, as MyISAM's do: of an append that fails, a part would stay there."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, Table, bindparam, column, func, select, table

from sqla_osiris.databases.base import Database
from sqla_osiris.errors import OsirisError

__all__ = ["Engines"]

_TABLES: Final = table(
    "TABLES", *map(column, ("TABLE_SCHEMA", "TABLE_NAME", "ENGINE")), schema="information_schema"
)
_OTHERS: Final = select(_TABLES.c.TABLE_NAME, _TABLES.c.ENGINE).where(
    func.coalesce(bindparam("schema"), func.database()) == _TABLES.c.TABLE_SCHEMA,
    _TABLES.c.TABLE_NAME.in_(bindparam("names", expanding=True)),
    _TABLES.c.ENGINE != "InnoDB",
)


class Engines(Database):
    """InnoDB alone."""

    has_storage_engines = True

    def refuse_storage_engines(self, connection: Connection, model: str, tables: Sequence[Table]) -> None:
        place = {"schema": connection.schema_for_object(tables[0]), "names": [each.name for each in tables]}
        found = connection.execute(_OTHERS, place).first()
        if found is not None:
            name, engine = found
            raise OsirisError(
                f"{model}: the table {name} is {engine}'s, which keeps no transactions: of an append that fails, a part "
                f"would stay. Nothing was written. Run ALTER TABLE {name} ENGINE = InnoDB."
            )
