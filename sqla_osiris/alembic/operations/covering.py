"""``cover_log``: which columns PostgreSQL keeps in the log's primary key, so that a fold reads the index alone.

Dropping one of them would drop the primary key with it, so the key is created again first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, inspect
from sqlalchemy import Table as SchemaTable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint

from sqla_osiris.alembic.operations.base import ModelOperation, Table, database, run

__all__ = ["CoverLog"]


@dataclass
class CoverLog(ModelOperation, name="cover_log"):
    """Create the log's primary key on PostgreSQL again, with these columns in it, so that folds read the index alone.

    Does nothing on other databases.
    """

    model: str
    key: Sequence[str]
    include: Sequence[str] = field(kw_only=True)
    existing_include: Sequence[str] = field(kw_only=True)
    constraint_name: str = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)

    def perform(self, operations: Operations) -> None:
        if not database(operations).keys_beside_rows:
            return
        (where,) = self.logs
        operations.drop_constraint(self.constraint_name, where[0], schema=where[1], type_="primary")
        run(operations, _primary_key(where, self.constraint_name, self.key, self.include))


@contextmanager
def keys_created_afterwards(operations: Operations, tables: Sequence[Table]) -> Iterator[None]:
    """Create the primary keys of tables that are about to be filled of all rows at once: that takes half the time.

    A key that something refers to already stays as it is, and so does one that is no index beside the rows.
    """
    dropped: list[AddConstraint] = []
    if database(operations).keys_beside_rows and not operations.migration_context.as_sql:
        dropped = [key for where in tables for key in _dropped_key(operations, where)]
    yield
    run(operations, *dropped)


def _dropped_key(operations: Operations, where: Table) -> Iterator[AddConstraint]:
    name, schema = where
    connection = operations.get_bind()
    found = inspect(connection).get_pk_constraint(name, schema=schema)
    if not found.get("name"):
        return
    include = found.get("dialect_options", {}).get("postgresql_include") or []
    try:
        with connection.begin_nested():
            operations.drop_constraint(str(found["name"]), name, schema=schema, type_="primary")
    except DBAPIError:
        return
    yield _primary_key(where, str(found["name"]), found["constrained_columns"], include)


def _primary_key(
    where: Table, constraint_name: str, key: Sequence[str], include: Sequence[str]
) -> AddConstraint:
    options: dict[str, Any] = {"postgresql_include": list(include)} if include else {}
    constraint = PrimaryKeyConstraint(*key, name=constraint_name, **options)
    columns: list[Column[Any]] = [Column(each) for each in dict.fromkeys([*key, *include])]
    SchemaTable(where[0], MetaData(), *columns, constraint, schema=where[1])
    return AddConstraint(constraint)
