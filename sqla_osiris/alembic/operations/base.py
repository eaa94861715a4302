"""What the operations on a log have in common: a name in ``op``, a text in a migration, and the log's tables to work on."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, ClassVar, Self

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.migration import MigrationContext
from alembic.operations import MigrateOperation, Operations
from sqlalchemy import Column, Executable, MetaData, TableClause
from sqlalchemy import Table as WholeTable

from sqla_osiris.alembic.rendering import IMPORT, column_text
from sqla_osiris.databases.base import Database
from sqla_osiris.databases.identifiers import schema_on
from sqla_osiris.databases.registry import database_of
from sqla_osiris.databases.triggers import LogTable
from sqla_osiris.errors import OsirisError
from sqla_osiris.keeping.triggers import log_table, unlocking
from sqla_osiris.views.stored import forget_groups_of_log

__all__ = [
    "LogOperation",
    "ModelOperation",
    "Table",
    "TableOperation",
    "database",
    "forget_groups",
    "run",
    "table_with",
    "unlocked_log",
]

Table = tuple[str, str | None]
"""A table's name and schema."""

_WIDTH = 100


class LogOperation(MigrateOperation):
    """A dataclass of an operation's parts, callable as ``op.<name>``.

    A part that is ``existing_x`` here is ``x`` in the other direction.
    """

    name: ClassVar[str]
    opposite: ClassVar[type[Any]]
    """The operation of the other direction: itself, or that of which the class keyword ``reverses`` tells."""
    follows_maps: ClassVar[bool] = False
    """Whether all that it sends goes where a ``schema_translate_map`` says; Alembic's own ALTER TABLE does not."""
    swaps: ClassVar[tuple[str, ...]]
    """Two further parts that change places in the other direction."""
    remark: str = ""
    """A comment above it in a generated migration, for who reviews that."""

    def __init_subclass__(
        cls,
        name: str = "",
        reverses: "type[LogOperation] | None" = None,
        swaps: tuple[str, ...] = (),
        **kw: Any,
    ) -> None:
        super().__init_subclass__(**kw)
        cls.opposite, cls.swaps = reverses or cls, swaps
        if reverses is not None:
            reverses.opposite = cls
        if name:
            cls.name = name
            _register(cls)

    def with_remark(self, remark: str) -> Self:
        """Set the remark, and return the operation."""
        self.remark = remark
        return self

    def reverse(self) -> MigrateOperation:
        """Return the operation that takes this one back."""
        parts = [part.name for part in fields(self) if part.init]  # type: ignore[arg-type]  # subclasses are dataclasses
        swaps = dict(zip(self.swaps, reversed(self.swaps), strict=True))
        for part in parts:
            if f"existing_{part}" in parts:
                swaps |= {part: f"existing_{part}", f"existing_{part}": part}
        taking_back: MigrateOperation = self.opposite(
            **{part: getattr(self, swaps.get(part, part)) for part in parts}
        )
        return taking_back

    @property
    def described(self) -> str:
        """The operation's name and the names that it works on, for a line of the log."""
        names = [value.name if isinstance(value, Column) else value for _, value in self._parts()]
        return f"{self.name}({', '.join(repr(name) for name in names[:3] if isinstance(name, str) and name)})"

    def perform(self, operations: Operations) -> None:
        """Have its effect: within the migration that runs, or by what is written of it."""
        raise NotImplementedError

    def to_diff_tuple(self) -> tuple[Any, ...]:
        """Return what ``compare_metadata`` shows."""
        return (self.name, *(value for _, value in self._parts()))

    def _parts(self) -> list[tuple[str, Any]]:
        return [(part.name, getattr(self, part.name)) for part in fields(self)]  # type: ignore[arg-type]  # as above


class ModelOperation(LogOperation):
    """An operation on a model's tables, whose names begin with ``model``."""

    model: str
    schema: str | None
    archive: bool = False
    snapshot_table: str | None = None

    @property
    def logs(self) -> list[Table]:
        """The tables of the model's events: the log, and the archive where it has one."""
        kinds = ("event", "event_archive") if self.archive else ("event",)
        return [(f"{self.model}_{kind}", self.schema) for kind in kinds]

    @property
    def heads(self) -> Table:
        """The table of the model's heads."""
        return self.snapshot_table or f"{self.model}_snapshot", self.schema


@dataclass
class TableOperation(LogOperation):
    """An operation on one table of events, wherever a ``schema_translate_map`` has it."""

    follows_maps = True

    table_name: str
    schema: str | None = field(default=None, kw_only=True)


def _register(kind: type[LogOperation]) -> None:
    def call(cls: Any, operations: Operations, *args: Any, **kw: Any) -> Any:
        return operations.invoke(cls(*args, **kw))

    call.__name__, call.__doc__ = kind.name, kind.__doc__
    setattr(kind, kind.name, classmethod(call))
    Operations.register_operation(kind.name)(kind)


@Operations.implementation_for(LogOperation)
def _perform(operations: Operations, operation: LogOperation) -> None:
    _refuse_translated(operations.migration_context, operation)
    operation.perform(operations)


def _refuse_translated(context: MigrationContext, operation: LogOperation) -> None:
    """Raise OsirisError where a ``schema_translate_map`` has another schema, which the operation would not follow."""
    connection = context.connection
    if operation.follows_maps or context.as_sql or connection is None:
        return
    schema = getattr(operation, "schema", None)
    translated = schema_on(connection, schema)
    if translated != schema:
        raise OsirisError(
            f"{operation.described}: the connection's schema_translate_map has {translated!r} for the schema {schema!r}, "
            "and Alembic's ALTER TABLE does not follow it: another tenant's tables would be changed. Give "
            f"schema={translated!r}, or migrate with a connection whose default schema it is (search_path, USE)."
        )


@renderers.dispatch_for(LogOperation)
def _render(context: AutogenContext, operation: LogOperation) -> list[str]:
    arguments = list(_arguments(operation, context))
    context.imports.add(IMPORT)
    call = f"osiris.{operation.name}("
    remark = [f"# {line}" for line in operation.remark.splitlines()]
    line = f"{call}{', '.join(arguments)})"
    if len(line) <= _WIDTH:
        return [*remark, line]
    return [*remark, "\n".join([call, *(f"    {text}," for text in arguments), ")"])]


def _arguments(operation: LogOperation, context: AutogenContext) -> Iterator[str]:
    for part in fields(operation):  # type: ignore[arg-type]  # as above
        value = getattr(operation, part.name)
        # A column is compared with nothing: an encrypted one refuses it.
        if part.init and (isinstance(value, Column) or value != part.default):
            text = _literal(value, context)
            yield f"{part.name}={text}" if part.kw_only else text


def _literal(value: Any, context: AutogenContext) -> str:
    if isinstance(value, Column):
        return column_text(value, context)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key!r}: {_literal(each, context)}' for key, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(_literal(each, context) for each in value)}]"
    if isinstance(value, str):
        return repr(str(value))
    return repr(value)


def database(operations: Operations) -> Database:
    """Return the database that the migration runs on, or is written for."""
    return database_of(operations.migration_context.dialect)


def table_with(where: Table, *names: str) -> TableClause:
    """Return a table to write statements with, with columns of these names."""
    return WholeTable(where[0], MetaData(), *(Column(name) for name in names), schema=where[1])


def run(operations: Operations, *statements: Executable) -> None:
    """Execute the statements, or write them where the migration is only written."""
    for statement in statements:
        operations.execute(statement)


def unlocked_log(operations: Operations, tables: list[Table]) -> AbstractContextManager[None]:
    """Let this migration change append-only logs, and have views fold them anew.

    Where it is only written for a database that unlocks by dropping triggers, whether there are any is unknown: drop and
    create them around it yourself.
    """
    forget_groups(operations, tables)
    there = database(operations)
    protected = [LogTable(*table) for table in tables]
    if there.unlocks_by_dropping:
        protected = [] if operations.migration_context.as_sql else _protected(operations, tables)
    return unlocking(there, protected, operations.execute)


def forget_groups(operations: Operations, tables: list[Table]) -> None:
    """Have views of these logs fold them anew. Their tables are unknown where the migration is only written."""
    if not operations.migration_context.as_sql:
        for name, schema in tables:
            forget_groups_of_log(operations.get_bind(), name, schema)


def _protected(operations: Operations, tables: list[Table]) -> list[LogTable]:
    connection = operations.get_bind()
    protected = partial(database(operations).protected_tables, connection, partly=True)
    return [
        log_table(connection, name, schema)
        for name, schema in tables
        if name in protected(schema_on(connection, schema))
    ]
