"""Scratch databases: a model's tables, and nothing else, in a database that is dropped afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateSchema, CreateTable, DropSchema, ExecutableDDLElement
from sqlalchemy.types import SchemaType

from sqla_osiris.errors import OsirisError
from sqla_osiris.schema.log import Stream
from sqla_osiris.views.stored import view_tables

__all__ = ["empty", "scratch_database"]


@contextmanager
def scratch_database(stream: Stream, target: Engine | URL | str | None) -> Iterator[Engine]:
    """An engine on a new database that holds the model's tables.

    ``target`` says the server: a new database is created beside the one that it names, and dropped. On SQLite, and
    without a target, it is a temporary file. Foreign keys are left out: the laws are about the log, and the rows that
    keys point to are somebody else's.
    """
    url = target.url if isinstance(target, Engine) else make_url(target or "sqlite://")
    database = _sqlite(stream) if url.get_backend_name() == "sqlite" else _beside(url)
    with database as engine, _schema(engine, stream.events.schema):
        with engine.begin() as connection:
            for table in _tables(stream):
                _create_table(connection, table)
        yield engine


def empty(connection: Connection, stream: Stream) -> None:
    """Remove every event and every head, and what is stored of views."""
    for table in _tables(stream):
        connection.execute(table.delete())


def _tables(stream: Stream) -> list[Table]:
    return [*stream.tables, *view_tables(stream)]


@contextmanager
def _sqlite(stream: Stream) -> Iterator[Engine]:
    with TemporaryDirectory(prefix="sqla_osiris_", ignore_cleanup_errors=True) as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'main.db'}")

        @event.listens_for(engine, "connect")
        def connected(connection: Any, _record: object) -> None:
            # What is dropped in a moment need not reach the disk.
            connection.execute("PRAGMA synchronous = OFF")
            if stream.events.schema is not None:
                attached = str(Path(folder) / "schema.db")
                connection.execute("ATTACH DATABASE ? AS ?", (attached, stream.events.schema))

        try:
            yield engine
        finally:
            engine.dispose()


@contextmanager
def _beside(url: URL) -> Iterator[Engine]:
    name = f"osiris_{uuid4().hex}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(_CreateDatabase(name))
    try:
        engine = create_engine(url.set(database=name))
        try:
            yield engine
        finally:
            engine.dispose()
    finally:
        with admin.connect() as connection:
            connection.execute(_DropDatabase(name))
        admin.dispose()


@contextmanager
def _schema(engine: Engine, schema: str | None) -> Iterator[None]:
    """The model's schema, made and dropped. On MariaDB it is a database beside the scratch one: never somebody else's."""
    if schema is None or engine.dialect.name == "sqlite":
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
        with engine.begin() as connection:
            connection.execute(DropSchema(schema, cascade=engine.dialect.name == "postgresql"))


def _create_table(connection: Connection, table: Table) -> None:
    for column in table.columns:
        if isinstance(column.type, SchemaType):
            column.type.create(connection, checkfirst=True)
    connection.execute(CreateTable(table, include_foreign_key_constraints=[]))
    for index in table.indexes:
        index.create(connection)


class _Database(ExecutableDDLElement):
    """A statement about a whole database, for which SQLAlchemy has no construct."""

    inherit_cache = False
    verb: str

    def __init__(self, name: str) -> None:
        self.name = name


class _CreateDatabase(_Database):
    verb = "CREATE"


class _DropDatabase(_Database):
    verb = "DROP"


@compiles(_Database)
def _compile_database(element: _Database, compiler: Any, **_: Any) -> str:
    return f"{element.verb} DATABASE {compiler.preparer.quote(element.name)}"
