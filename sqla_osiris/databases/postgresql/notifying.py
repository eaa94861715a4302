"""Has PostgreSQL tell who listens of new events: a trigger on the event table notifies when its transaction commits.

A trigger, and not the writer's statement, because it sees every way in: flushes, appends, COPY and other programs. It is
asked for (``__notify__ = True``), as commits that notify wait for each other. Other databases have nothing alike.
"""

from typing import Any, Final

from sqlalchemy import Connection, Engine, Table

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.postgresql.triggers import Trigger, creation, removal, tables_with_trigger
from sqla_osiris.databases.triggers import RenderedDDL

__all__ = ["CHANNEL", "Notifying", "notification"]

CHANNEL: Final = "sqla_osiris"
"""The one channel of all logs of a database; what is notified is the table's name behind its schema's."""


class Notifying(Database):
    """One trigger is all of it."""

    notifies = True

    def notify(self, table: str, schema: str | None) -> list[RenderedDDL]:
        return creation(_NOTIFY, table, schema)

    def silence(self, table: str, schema: str | None) -> list[RenderedDDL]:
        return removal(_NOTIFY, table, schema)

    def notifying_tables(self, connection: Connection, schema: str | None) -> set[str]:
        return tables_with_trigger(connection, _NOTIFY, schema)


def _notification(_compiler: Any, _table: str) -> str:
    # The same text twice in a transaction is one notification.
    return (
        "\nBEGIN\n"
        f"    PERFORM pg_notify('{CHANNEL}', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);\n"
        "    RETURN NULL;\n"
        "END\n"
    )


_NOTIFY: Final = Trigger("osiris_notify", "AFTER INSERT", "notify", _notification)


def notification(engine: Engine, table: Table) -> str:
    """What is notified of inserts into this table, as the engine's connections find it; one must have been made."""
    translated = engine.get_execution_options().get("schema_translate_map", {})
    schema = translated.get(table.schema, table.schema) or engine.dialect.default_schema_name
    return f"{schema}.{table.name}"
