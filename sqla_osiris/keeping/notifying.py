"""Has a database that can notify tell of new events, where a model asks for it: triggers made and dropped with its table."""

from typing import Any

from sqlalchemy import Connection, Table, event

from sqla_osiris.databases.registry import database_of
from sqla_osiris.schema.log import Stream

__all__ = ["listen_for_notifying_tables"]


def listen_for_notifying_tables(stream: Stream) -> None:
    """Have ``create_all`` make the trigger of a model that asks for it, and ``drop_all`` clear it away."""
    if stream.notifies:
        event.listen(stream.events, "after_create", _install)
        event.listen(stream.events, "before_drop", _remove)


def _install(table: Table, connection: Connection, **_: Any) -> None:
    for statement in database_of(connection.dialect).notify(table.name, table.schema):
        connection.execute(statement)


def _remove(table: Table, connection: Connection, **_: Any) -> None:
    for statement in database_of(connection.dialect).silence(table.name, table.schema):
        connection.execute(statement)
