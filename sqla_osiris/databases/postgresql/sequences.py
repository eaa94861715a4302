"""Sequences behind the keys of a table that rows were written into: they know nothing of those rows."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Dialect,
    Executable,
    String,
    TableClause,
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

from sqla_osiris.databases.identifiers import as_driver_reads

__all__ = ["move_on"]


def move_on(dialect: Dialect, where: TableClause) -> list[Executable]:
    """Return what sets the sequence of each column that has one beyond the column's largest value; it never goes back."""
    quoted = literal(_quoted(dialect, where), String())
    return [_beyond(quoted, where, name) for name in where.c.keys()]  # noqa: SIM118  (columns are no names)


def _beyond(quoted: Any, where: TableClause, name: str) -> Any:
    sequence = select(
        cast(
            func.coalesce(
                func.pg_get_serial_sequence(quoted, literal(name, String())), _of_default(quoted, name)
            ),
            REGCLASS,
        ).label("name")
    ).subquery("sequence")
    # Evaluated where there is a sequence alone, and so of numbers.
    largest = select(func.max(cast(cast(where.c[name], Text()), BigInteger()))).scalar_subquery()
    beyond = func.greatest(func.nextval(sequence.c.name), largest)
    return select(func.setval(sequence.c.name, beyond)).where(sequence.c.name.is_not(None))


def _of_default(quoted: Any, name: str) -> Any:
    """Return a sequence that the column does not own, but its DEFAULT reads."""
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


def _quoted(dialect: Dialect, where: TableClause) -> str:
    return as_driver_reads(dialect, dialect.identifier_preparer.format_table(where))
