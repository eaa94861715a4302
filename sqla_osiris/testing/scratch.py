"""Scratch databases: a model's tables, and nothing else, in a database that is dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema, CreateTable, DropSchema
from sqlalchemy.types import SchemaType

from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Log
from sqla_osiris.views.stored import view_tables

__all__ = ["empty", "scratch_database"]


@contextmanager
def scratch_database(log: Log, target: Engine | URL | str | None) -> Iterator[Engine]:
    """An engine on a new database that holds the model's tables.

    ``target`` says the server: a new database is created beside the one that it names, and dropped. On SQLite, and
    without a target, it is a temporary file. Foreign keys are left out: the laws are about the log, and the rows that
    keys point to are somebody else's.
    """
    url = target.url if isinstance(target, Engine) else make_url(target or "sqlite://")
    in_files = database_of(url.get_dialect()()).in_files
    with (
        _in_files(url, log) if in_files else _beside(url) as engine,
        _schema(engine, log.events.schema),
    ):
        with engine.begin() as connection:
            for table in _tables(log):
                _create_table(connection, table)
        yield engine


def empty(connection: Connection, log: Log) -> None:
    """Remove every event and every head, and what is stored of views."""
    for table in _tables(log):
        connection.execute(table.delete())


def _tables(log: Log) -> list[Table]:
    return [*log.tables, *view_tables(log)]


@contextmanager
def _in_files(url: URL, log: Log) -> Iterator[Engine]:
    with TemporaryDirectory(prefix="sqla_osiris_", ignore_cleanup_errors=True) as folder:
        main, attached = (str(Path(folder) / f"{name}.db") for name in ("main", "schema"))
        engine = create_engine(URL.create(url.get_backend_name(), database=main))

        @event.listens_for(engine, "connect")
        def connected(connection: Any, _record: object) -> None:
            # What is dropped in a moment need not reach the disk.
            connection.execute("PRAGMA synchronous = OFF")
            if log.events.schema is not None:
                connection.execute("ATTACH DATABASE ? AS ?", (attached, log.events.schema))

        with _disposed(engine):
            yield engine


@contextmanager
def _beside(url: URL) -> Iterator[Engine]:
    name = f"osiris_{uuid4().hex}"
    with _disposed(create_engine(url, isolation_level="AUTOCOMMIT")) as admin:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            with _disposed(create_engine(url.set(database=name))) as engine:
                yield engine
        finally:
            with admin.connect() as connection:
                connection.execute(text(f"DROP DATABASE {name}"))


@contextmanager
def _disposed(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def _schema(engine: Engine, schema: str | None) -> Iterator[None]:
    """The model's schema, made; and dropped where it is a database beside the scratch one: never somebody else's."""
    database = database_of(engine.dialect)
    if schema is None or database.in_files:
        yield
        return
    try:
        with engine.begin() as connection:
            connection.execute(CreateSchema(schema))
    except DBAPIError as error:
        raise OsirisError(
            f"The schema {schema!r} cannot be made for the check: a server's schema of that name is not touched. "
            "Check the model on SQLite, or against a server without it."
        ) from error
    try:
        yield
    finally:
        if database.schemas_are_databases:
            with engine.begin() as connection:
                connection.execute(DropSchema(schema))


def _create_table(connection: Connection, table: Table) -> None:
    for column in table.columns:
        if isinstance(column.type, SchemaType):
            column.type.create(connection, checkfirst=True)
    connection.execute(CreateTable(table, include_foreign_key_constraints=[]))
    for index in table.indexes:
        index.create(connection)
