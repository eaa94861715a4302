"""Says which constraint refuses a new head: an upsert updates whichever row holds one of its unique values.

The upsert of a model with unique fields overflows where that is not the row of its context. The same row is inserted
then, and the server names the constraint.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from sqla_osiris.databases.base import Database, Refusal
from sqla_osiris.databases.plan import Plan

__all__ = ["naming_duplicates"]


@contextmanager
def naming_duplicates(
    database: Database,
    connection: Connection,
    plan: Plan,
    columns: Mapping[str, Sequence[Any]],
    insertion: Callable[[], Any],
) -> Iterator[None]:
    """Raise IntegrityError where an overflow inside was one of an upsert that found a row of another context.

    ``columns`` are the rows' values by the name of their bind, and ``insertion`` gives the insert of one of them.
    """
    try:
        yield
    except DBAPIError as error:
        if plan.unique and database.refusal(error) is Refusal.OUT_OF_RANGE:
            with database.reading_the_newest(connection):
                _insert_missing(database, connection, plan, columns, insertion())
        raise


def _insert_missing(
    database: Database,
    connection: Connection,
    plan: Plan,
    columns: Mapping[str, Sequence[Any]],
    insertion: Any,
) -> None:
    keys = list(zip(*(columns[f"k{i}"] for i in range(len(plan.context))), strict=True))
    query = database.newest(select(*plan.columns(())).where(database.in_contexts(plan.columns(()))))
    there = set(map(tuple, database.rows_of(connection, query, keys)))
    values = zip(*columns.values(), strict=True)
    rows = [
        dict(zip(columns, row, strict=True))
        for key, row in zip(keys, values, strict=True)
        if key not in there
    ]
    if rows:
        with connection.begin_nested() as savepoint:
            connection.execute(insertion, rows)
            # The row that was in the way has gone meanwhile, or there was none.
            savepoint.rollback()
