"""``cover_log``: which columns PostgreSQL keeps in the log's primary key, so that a fold reads the index alone.

Dropping one of them would drop the primary key with it, so the key is made anew first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import Column, MetaData, PrimaryKeyConstraint
from sqlalchemy import Table as SchemaTable
from sqlalchemy.schema import AddConstraint

from sqla_osiris.alembic.operation import LogOperation, database, named, run
from sqla_osiris.declarative.dialects import POSTGRESQL

__all__ = ["CoverLog"]


@named
@dataclass
class CoverLog(LogOperation, name="cover_log"):
    """Make the primary key of a log anew, with these columns in it. Does nothing but on PostgreSQL."""

    model: str
    key: Sequence[str]
    include: Sequence[str] = field(kw_only=True)
    existing_include: Sequence[str] = field(kw_only=True)
    constraint_name: str = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def reverse(self) -> "CoverLog":
        return CoverLog(
            self.model,
            self.key,
            include=self.existing_include,
            existing_include=self.include,
            constraint_name=self.constraint_name,
            schema=self.schema,
        )


@Operations.implementation_for(CoverLog)
def _cover_log(operations: Operations, operation: CoverLog) -> None:
    if database(operations) != POSTGRESQL:
        return
    name = f"{operation.model}_event"
    operations.drop_constraint(operation.constraint_name, name, schema=operation.schema, type_="primary")
    include: dict[str, Any] = {"postgresql_include": list(operation.include)} if operation.include else {}
    key = PrimaryKeyConstraint(*operation.key, name=operation.constraint_name, **include)
    columns = dict.fromkeys([*operation.key, *operation.include])
    SchemaTable(name, MetaData(), *(Column(each) for each in columns), key, schema=operation.schema)
    run(operations, AddConstraint(key))
