"""Write rows of a table whose foreign keys lead to rows of its own, as those of an employee's manager do.

MariaDB checks each row as it is written, and knows of no later one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alembic.operations import Operations
from sqlalchemy import and_, func, inspect, select

from sqla_osiris.alembic.operations.base import Table, database, run, table_with
from sqla_osiris.errors import OsirisError

__all__ = ["checked_afterwards", "own_references"]


def own_references(operations: Operations, where: Table) -> list[tuple[list[str], list[str]]]:
    """Return the columns of each key of a table to itself, with those that they lead to; none where nothing is executed."""
    if operations.migration_context.as_sql:
        return []
    name, schema = where
    return [
        (key["constrained_columns"], key["referred_columns"])
        for key in inspect(operations.get_bind()).get_foreign_keys(name, schema=schema)
        if (key["referred_table"], key["referred_schema"]) == (name, schema)
    ]


@contextmanager
def checked_afterwards(operations: Operations, where: Table) -> Iterator[None]:
    """Have a table's keys to itself checked once all rows are there. Raises OsirisError where one leads nowhere."""
    checks = database(operations).keys_checked_by_row
    keys = [] if checks is None else own_references(operations, where)
    if checks is None or not keys:
        yield
        return
    stop, resume = checks
    run(operations, stop)
    try:
        yield
    finally:  # the setting is the session's, not the transaction's
        run(operations, resume)
    for columns, referred in keys:
        lost = operations.get_bind().scalar(_lost(where, columns, referred))
        if lost:
            raise OsirisError(
                f"{where[0]}: {lost} rows refer by {', '.join(columns)} to rows of the table that are not there. "
                "Mend them first."
            )


def _lost(where: Table, columns: list[str], referred: list[str]) -> Any:
    rows, others = table_with(where, *columns).alias("rows_"), table_with(where, *referred).alias("others_")
    same = and_(*(rows.c[a] == others.c[b] for a, b in zip(columns, referred, strict=True)))
    given = (rows.c[name].is_not(None) for name in columns)
    return (
        select(func.count())
        .select_from(rows.outerjoin(others, same))
        .where(*given, others.c[referred[0]].is_(None))
    )
