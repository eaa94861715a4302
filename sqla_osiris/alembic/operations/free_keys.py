"""Have a table that rows were written into give keys that are free: PostgreSQL's sequences know nothing of those rows.

MariaDB and SQLite count on from the largest key by themselves.
"""

from collections.abc import Sequence
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    String,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import REGCLASS

from sqla_osiris.alembic.operations.base import Table, database, run, table_with
from sqla_osiris.databases.identifiers import as_driver_reads
from sqla_osiris.databases.names import POSTGRESQL

__all__ = ["give_free_keys"]


def give_free_keys(operations: Operations, where: Table, names: Sequence[str]) -> None:
    """Set the sequence of each of these columns that has one beyond the column's largest value; it never goes back."""
    if database(operations) == POSTGRESQL:
        run(operations, *(_beyond(operations, where, name) for name in names))


def _beyond(operations: Operations, where: Table, name: str) -> Any:
    quoted = literal(_quoted(operations, where), String())
    sequence = select(
        cast(
            func.coalesce(
                func.pg_get_serial_sequence(quoted, literal(name, String())), _of_default(quoted, name)
            ),
            REGCLASS,
        ).label("name")
    ).subquery("sequence")
    rows = table_with(where, name)
    # Evaluated where there is a sequence alone, and so of numbers.
    largest = select(func.max(cast(cast(rows.c[name], Text()), BigInteger()))).scalar_subquery()
    beyond = func.greatest(func.nextval(sequence.c.name), largest)
    return select(func.setval(sequence.c.name, beyond)).where(sequence.c.name.is_not(None))


def _of_default(quoted: Any, name: str) -> Any:
    """A sequence that the column does not own: its DEFAULT reads it."""
    defaults = table("pg_attrdef", column("oid"), column("adrelid"), column("adnum"), schema="pg_catalog")
    needs = table(
        "pg_depend", *map(column, ("classid", "objid", "refclassid", "refobjid")), schema="pg_catalog"
    )
    found = table("pg_class", column("oid"), column("relkind"), schema="pg_catalog")
    columns = table("pg_attribute", *map(column, ("attrelid", "attnum", "attname")), schema="pg_catalog")
    of_default = and_(
        needs.c.classid == cast(literal("pg_attrdef", String()), REGCLASS), needs.c.objid == defaults.c.oid
    )
    return (
        select(cast(cast(found.c.oid, REGCLASS), Text()))
        .select_from(defaults)
        .join(columns, and_(columns.c.attrelid == defaults.c.adrelid, columns.c.attnum == defaults.c.adnum))
        .join(needs, of_default)
        .join(found, and_(found.c.oid == needs.c.refobjid, found.c.relkind == literal_column("'S'")))
        .where(defaults.c.adrelid == cast(quoted, REGCLASS), columns.c.attname == literal(name, String()))
        .limit(1)
        .scalar_subquery()
    )


def _quoted(operations: Operations, where: Table) -> str:
    dialect = operations.migration_context.dialect
    preparer = dialect.identifier_preparer
    name, schema = where
    whole = f"{preparer.quote_schema(schema)}.{preparer.quote(name)}" if schema else preparer.quote(name)
    return as_driver_reads(dialect, whole)
