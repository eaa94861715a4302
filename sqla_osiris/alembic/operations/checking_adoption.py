"""The check of an adoption: each row is an event and a head of the same values; a narrower column may have cut one off."""

from collections.abc import Callable, Mapping
from typing import Any

from alembic.operations import Operations
from sqlalchemy import JSON, and_, func, inspect, literal_column, or_, select
from sqlalchemy.exc import DBAPIError

from sqla_osiris.alembic.operations.adoption import AdoptTable
from sqla_osiris.alembic.operations.base import Table, database, table_with
from sqla_osiris.errors import OsirisError

__all__ = ["check_adopted"]

_Comparable = Callable[[str, Any], Any]
"""Of a column's name and its value: the value as it can be compared."""


def check_adopted(operations: Operations, operation: AdoptTable) -> None:
    """Raise OsirisError unless every row is an event and a head of the same values."""
    if database(operations).hashes_rows and _hashes_agree(operations, operation):
        return
    found = operations.get_bind().scalar(_differing(operations, operation))
    if found:
        raise OsirisError(
            f"adopt_table({operation.table_name!r}): {found} rows differ from the first events or states that were made of "
            f"them, so nothing is adopted. A column of {operation.model}_event or {operation.model}_snapshot holds less "
            "than the table's: widen its type, or say in fields= how a value is converted."
        )


def _written(operation: AdoptTable) -> list[tuple[Table, Mapping[str, str]]]:
    """Return each table that was written to, with the SQL over a row for its columns."""
    return [(operation.logs[0], operation.fields), (operation.heads, operation.state or {})]


def _hashes_agree(operations: Operations, operation: AdoptTable) -> bool:
    """Return whether the sums of all rows' hashes are equal.

    That scans each table, where a join of the three writes to the disk. The sums also differ where the types hash otherwise,
    such as an integer and a numeric: then the join decides.
    """
    connection = operations.get_bind()
    try:
        with connection.begin_nested():
            for where, sources in _written(operation):
                columns = {**operation.key, **sources}
                comparable = _comparable(operations, where)
                written = table_with(where, *columns, "seq")
                rows: dict[str, Any] = {name: literal_column(source) for name, source in columns.items()}
                expected = _hashed(operations, rows, comparable).select_from(table_with(operation.table))
                found = _hashed(operations, {name: written.c[name] for name in columns}, comparable)
                found = found.where(written.c.seq == 1)
                if connection.execute(expected).one() != connection.execute(found).one():
                    return False
    except DBAPIError:
        return False  # a type without a hash
    return True


def _hashed(operations: Operations, columns: Mapping[str, Any], comparable: _Comparable) -> Any:
    """Return the SELECT of how many rows there are, and of the sum of their hashes."""
    hashed = database(operations).row_hash(comparable(name, value) for name, value in columns.items())
    return select(func.count(), func.sum(hashed))


def _differing(operations: Operations, operation: AdoptTable) -> Any:
    """Return the SELECT of how many rows differ."""
    sources = {"k": operation.key, "f": operation.fields, "s": operation.state or {}}
    columns: list[Any] = [
        literal_column(source).label(f"{prefix}{i}")
        for prefix, each in sources.items()
        for i, source in enumerate(each.values())
    ]
    rows = select(*columns).select_from(table_with(operation.table)).subquery("adopted_row")
    joined: Any = rows
    missing, differing = [], []
    for prefix, (where, names) in zip("fs", _written(operation), strict=True):
        written = table_with(where, *operation.key, "seq", *names).alias(
            f"adopted{where[0].removeprefix(operation.model)}"
        )
        same = (written.c[name] == rows.c[f"k{i}"] for i, name in enumerate(operation.key))
        joined = joined.outerjoin(written, and_(*same, written.c.seq == 1))
        missing.append(written.c.seq.is_(None))
        comparable = _comparable(operations, where)
        differing += [
            comparable(name, written.c[name]).is_distinct_from(comparable(name, rows.c[f"{prefix}{i}"]))
            for i, name in enumerate(names)
        ]
    return select(func.count()).select_from(joined).where(or_(*missing, *differing))


def _comparable(operations: Operations, where: Table) -> _Comparable:
    """Return what makes a table's values comparable."""
    there = database(operations)
    found = inspect(operations.get_bind()).get_columns(where[0], schema=where[1])
    documents = {each["name"] for each in found if isinstance(each["type"], JSON)}
    return lambda name, value: there.comparable_document(value) if name in documents else value
