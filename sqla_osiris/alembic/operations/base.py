"""What the operations on a log have in common: a name in ``op``, a text in a migration, and the log's tables to work on."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, Field, fields
from typing import Any, ClassVar, TypeVar

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Column, Executable, MetaData, TableClause
from sqlalchemy import Table as WholeTable

from sqla_osiris.alembic.rendering import IMPORT, column_text
from sqla_osiris.databases.names import MARIADB, SQLITE, database_of
from sqla_osiris.databases.translating import schema_on
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.append_only import LogTable, lock, log_table, protected_tables, unlock
from sqla_osiris.views.places import forget_groups_of_log

__all__ = [
    "LogOperation",
    "Table",
    "columns_of",
    "database",
    "forget_groups",
    "log_tables",
    "named",
    "run",
    "unlocked_log",
]

Table = tuple[str, str | None]
"""A table's name and schema."""

OperationT = TypeVar("OperationT", bound="LogOperation")

_WIDTH = 100


class LogOperation(MigrateOperation):
    """A dataclass of what a migration says. ``remark`` is a comment above it, for who reviews the migration."""

    name: ClassVar[str]
    follows_maps: ClassVar[bool] = False
    """Whether all that it sends goes where a ``schema_translate_map`` says; Alembic's own ALTER TABLE does not."""
    remark: str = ""

    def __init_subclass__(cls, name: str = "", **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if name:
            cls.name = name

    @property
    def described(self) -> str:
        """What it does and to what, for a line of the log."""
        said = [getattr(self, field.name) for field in fields(self)]  # type: ignore[arg-type]  # as below
        names = [value.name if isinstance(value, Column) else value for value in said]
        return f"{self.name}({', '.join(repr(name) for name in names[:3] if isinstance(name, str) and name)})"

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """As ``compare_metadata`` shows it."""
        said = ((field.name, getattr(self, field.name)) for field in fields(self))  # type: ignore[arg-type]  # subclasses are dataclasses
        return (self.name, *(value for name, value in said if name != "remark"))


def named(cls: type[OperationT]) -> type[OperationT]:
    """Make the operation callable as ``op.<name>``, and have migrations call the function of that name beside it."""

    def perform(cls: Any, operations: Operations, *args: Any, **kw: Any) -> Any:
        operation = cls(*args, **kw)
        _refuse_translated(operations, operation)
        return operations.invoke(operation)

    perform.__name__ = cls.name
    perform.__doc__ = cls.__doc__
    setattr(cls, cls.name, classmethod(perform))
    renderers.dispatch_for(cls)(_render)
    return Operations.register_operation(cls.name)(cls)


def _refuse_translated(operations: Operations, operation: LogOperation) -> None:
    connection = operations.migration_context.connection
    if operation.follows_maps or connection is None:
        return
    schema = getattr(operation, "schema", None)
    translated = schema_on(connection, schema)
    if translated != schema:
        raise OsirisError(
            f"{operation.described}: the connection's schema_translate_map has {translated!r} for the schema {schema!r}, "
            "and Alembic's ALTER TABLE does not follow it: another tenant's tables would be changed. Give "
            f"schema={translated!r}, or migrate with a connection whose default schema it is (search_path, USE)."
        )


def _render(context: AutogenContext, operation: LogOperation) -> list[str]:
    said = [text for field in fields(operation) for text in _argument(operation, field, context)]  # type: ignore[arg-type]
    context.imports.add(IMPORT)
    call = f"osiris.{operation.name}("
    remark = [f"# {line}" for line in operation.remark.splitlines()]
    line = f"{call}{', '.join(said)})"
    if len(line) <= _WIDTH:
        return [*remark, line]
    return [*remark, "\n".join([call, *(f"    {text}," for text in said), ")"])]


def _argument(operation: LogOperation, field: "Field[Any]", context: AutogenContext) -> Iterator[str]:
    value = getattr(operation, field.name)
    # A column is compared with nothing: an encrypted one refuses it.
    is_said = isinstance(value, Column) or value != field.default
    if field.name in {"remark", "adopted", "dropped"} or not is_said:
        return
    if field.default_factory is not MISSING and value == field.default_factory():
        return
    text = _value(value, context)
    yield f"{field.name}={text}" if field.kw_only else text


def _value(value: Any, context: AutogenContext) -> str:
    if isinstance(value, Column):
        return column_text(value, context)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_value(each, context)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(each, context) for each in value)}]"
    if isinstance(value, str):
        return repr(str(value))
    return repr(value)


def database(operations: Operations) -> str:
    """Which database the migration runs on, or is written for."""
    return database_of(operations.migration_context.dialect)


def log_tables(name: str, schema: str | None, *, archive: bool) -> list[Table]:
    """The tables of a model's events: the log, and the archive where it has one."""
    return [(f"{name}_event", schema), *([(f"{name}_event_archive", schema)] if archive else [])]


def columns_of(where: Table, *names: str) -> TableClause:
    """A table to write statements with, with columns of these names."""
    return WholeTable(where[0], MetaData(), *(Column(name) for name in names), schema=where[1])


def run(operations: Operations, *statements: Executable) -> None:
    """Execute them, or write them where the migration is only written."""
    for statement in statements:
        operations.execute(statement)


@contextmanager
def unlocked_log(operations: Operations, tables: list[Table]) -> Iterator[None]:
    """Let this migration change append-only logs, and have views fold them anew.

    Where SQLite's is only written, nobody knows whether there are triggers: drop and create them around it yourself.
    """
    forget_groups(operations, tables)
    dialect = database(operations)
    protected = [LogTable(*table) for table in tables]
    if dialect == SQLITE:
        protected = [] if operations.migration_context.as_sql else _protected(operations, tables)
    run(operations, *unlock(dialect, protected))
    try:
        yield
    except BaseException:
        if dialect == MARIADB:  # its setting is the session's, not the transaction's
            run(operations, *lock(dialect, protected))
        raise
    run(operations, *lock(dialect, protected))


def forget_groups(operations: Operations, tables: list[Table]) -> None:
    """Have views of these logs fold them anew. Where the migration is only written, nobody knows of their tables."""
    if not operations.migration_context.as_sql:
        for name, schema in tables:
            forget_groups_of_log(operations.get_bind(), name, schema)


def _protected(operations: Operations, tables: list[Table]) -> list[LogTable]:
    connection = operations.get_bind()
    return [
        log_table(connection, name, schema)
        for name, schema in tables
        if name in protected_tables(connection, schema_on(connection, schema), partly=True)
    ]
