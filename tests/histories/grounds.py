"""Where a round runs: a fresh database on each kind of store, gone afterwards."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import create_engine, make_url

from sqla_osiris.repositories.dynamo.target import client_and_prefix
from tests.conftest import new_database
from tests.dynamodb_local import dynamodb_local
from tests.servers import mariadb_server, mongodb_server, postgresql_server

__all__ = ["STORES", "Servers", "port_of", "through"]

STORES = (
    "sqlite",
    "sqlite-wal",
    "postgresql",
    "mariadb",
    "mariadb-snapshot",
    "mongodb",
    "mongodb-standalone",
    "dynamodb",
)


class Servers:
    """The servers that were asked for, each started once, or named by its OSIRIS_TEST_…_URL."""

    def __init__(self, **urls: str) -> None:
        self._urls = urls
        self._started = ExitStack()

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *error: object) -> None:
        self._started.close()

    def url(self, kind: str) -> str:
        if kind not in self._urls:
            given = os.environ.get(f"OSIRIS_TEST_{kind.upper()}_URL")
            self._urls[kind] = given or self._started.enter_context(_START[kind]())
        return self._urls[kind]

    @contextmanager
    def database(self, store: str, folder: Path) -> Iterator[str]:
        """The URL of an empty database, which is dropped with the block."""
        if store.startswith("sqlite"):
            yield _sqlite(folder, wal=store == "sqlite-wal")
        elif store.startswith(("postgresql", "mariadb")):
            yield from self._on_server(store.partition("-")[0])
        elif store == "dynamodb":
            yield from self._on_dynamodb()
        else:
            yield from self._on_mongodb(store.replace("-", "_"))

    def _on_server(self, kind: str) -> Iterator[str]:
        admin = create_engine(self.url(kind), isolation_level="AUTOCOMMIT")
        try:
            with new_database(admin) as url:
                yield url
        finally:
            admin.dispose()

    def _on_mongodb(self, kind: str) -> Iterator[str]:
        from pymongo import MongoClient  # noqa: PLC0415  (the driver is an extra)

        server, _, options = self.url(kind).partition("/?")
        name = _name()
        try:
            yield f"{server}/{name}?{options}"
        finally:
            with MongoClient[dict[str, Any]](self.url(kind)) as client:
                client.drop_database(name)

    def _on_dynamodb(self) -> Iterator[str]:
        url, prefix = self.url("dynamodb"), f"{_name()}_"
        try:
            yield f"{url}&table_prefix={prefix}"
        finally:
            client, _ = client_and_prefix(url)
            for page in client.get_paginator("list_tables").paginate():
                for table in page["TableNames"]:
                    if table.startswith(prefix):
                        client.delete_table(TableName=table)
            client.close()


def port_of(url: str) -> int | None:
    """The port of the server that it names; None for a file."""
    return None if url.startswith("sqlite") else make_url(url).port


def through(url: str, port: int) -> str:
    """The same URL by way of that port."""
    led = make_url(url).set(host="127.0.0.1", port=port)
    if url.startswith("mongodb"):
        # The set's members would lead round the proxy.
        led = led.difference_update_query(["replicaSet"]).update_query_dict({"directConnection": "true"})
    return led.render_as_string(hide_password=False)


def _sqlite(folder: Path, *, wal: bool) -> str:
    url = f"sqlite:///{folder / 'log.db'}"
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode = {'WAL' if wal else 'DELETE'}")
    engine.dispose()
    return url


def _name() -> str:
    return f"histories_{uuid4().hex[:16]}"


def _standalone() -> AbstractContextManager[str]:
    return mongodb_server(replica_set=False)


_START: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "postgresql": lambda: postgresql_server(durable=False),
    "mariadb": lambda: mariadb_server(durable=False),
    "mongodb": mongodb_server,
    "mongodb_standalone": _standalone,
    "dynamodb": dynamodb_local,
}
