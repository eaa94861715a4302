"""Where does a test of the contract find its tables? In a store that is kept, and emptied behind each test.

A table costs more than most tests. An engine costs more still: the statements that it has compiled are lost with it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database
from sqlalchemy import Engine, inspect

from sqla_osiris import SQLRepository

__all__ = ["KeptDatabase", "Opens", "emptied_collections", "emptied_tables", "tables_of"]

Opens = Callable[[type[Any]], Any]


class KeptDatabase:
    """A SQL database and its engine, for many tests."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._created: dict[str, type[Any]] = {}

    @contextmanager
    def opening(self) -> Iterator[Opens]:
        """Open repositories of any model, whose tables are created once and emptied behind the block."""
        opened = set[str]()

        def open_one(model: type[Any]) -> Any:
            name = model.Event.__table__.name.removesuffix("_event")
            repository = SQLRepository(model, self.engine)
            if self._created.get(name) is not model:
                self._drop(name)
                repository.create()
                self._created[name] = model
            opened.add(name)
            return repository

        yield open_one
        with self.engine.begin() as connection:
            for table in self._tables(opened):
                connection.exec_driver_sql(f"DELETE FROM {table}")

    def _drop(self, name: str) -> None:
        """Drop the tables that another model of this name has left."""
        with self.engine.begin() as connection:
            for table in self._tables({name}):
                if table.startswith(f"{name}_"):
                    connection.exec_driver_sql(f"DROP TABLE {table}")

    def _tables(self, names: set[str]) -> list[str]:
        """The tables of the models of these names, and those that belong to none, as that of subscriptions."""
        others = tuple(f"{name}_" for name in self._created.keys() - names)
        return [table for table in inspect(self.engine).get_table_names() if not table.startswith(others)]


@contextmanager
def emptied_collections(database: Database[dict[str, Any]]) -> Iterator[Database[dict[str, Any]]]:
    """Delete what the block leaves in a MongoDB database; its collections and indexes stay."""
    yield database
    for name in database.list_collection_names():
        database[name].delete_many({})


@contextmanager
def emptied_tables(client: Any, prefix: str) -> Iterator[str]:
    """Delete what the block leaves in DynamoDB's tables of this prefix."""
    yield prefix
    for name in tables_of(client, prefix):
        names = {f"#{place}": key for place, key in enumerate(_keys_of(client, name))}
        pages = client.get_paginator("scan").paginate(
            TableName=name, ProjectionExpression=",".join(names), ExpressionAttributeNames=names
        )
        held = [{"DeleteRequest": {"Key": item}} for page in pages for item in page["Items"]]
        for start in range(0, len(held), 25):
            client.batch_write_item(RequestItems={name: held[start : start + 25]})


_KEYS: dict[str, list[str]] = {}
"""Of tables of a prefix of their own; asked for once, as this is done behind each test."""


def _keys_of(client: Any, table: str) -> list[str]:
    if table not in _KEYS:
        schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
        _KEYS[table] = [each["AttributeName"] for each in schema]
    return _KEYS[table]


def tables_of(client: Any, prefix: str) -> list[str]:
    """Return the names of DynamoDB's tables that begin with the prefix."""
    pages = client.get_paginator("list_tables").paginate(ExclusiveStartTableName=prefix)
    return [name for page in pages for name in page["TableNames"] if name.startswith(prefix)]
