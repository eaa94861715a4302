"""Whether each row of an adopted table is an event and a head that say the same: a column may have cut a value off."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.operations import Operations
from sqlalchemy import (
    JSON,
    Numeric,
    Text,
    and_,
    cast,
    func,
    inspect,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from sqla_osiris.alembic.operations.base import columns_of, database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.names import POSTGRESQL
from sqla_osiris.errors import OsirisError

if TYPE_CHECKING:
    from sqla_osiris.alembic.operations.adopting import AdoptTable

__all__ = ["check_adopted"]


def check_adopted(operations: Operations, operation: "AdoptTable") -> None:
    """Raise OsirisError unless every row is an event and a head that say the same."""
    if database(operations) == POSTGRESQL and _hashes_agree(operations, operation):
        return
    found = operations.get_bind().scalar(_differing(operations, operation))
    if found:
        raise OsirisError(
            f"adopt_table({operation.table_name!r}): {found} rows differ from the first events or states that were made of "
            f"them, so nothing is adopted. A column of {operation.model}_event or {operation.model}_snapshot holds less "
            "than the table's: widen its type, or say in fields= how a value is converted."
        )


def _hashes_agree(operations: Operations, operation: "AdoptTable") -> bool:
    """Whether the sums of all rows' hashes are equal: a scan of each table, where a join of the three writes to the disk.

    They are not where the types hash otherwise, such as an integer and a numeric: then the join knows.
    """
    connection = operations.get_bind()
    try:
        with connection.begin_nested():
            for kind, said in {"event": operation.fields, "snapshot": operation.state}.items():
                names = {**operation.key, **said}
                documents = _documents(operations, operation, kind)
                there = columns_of((f"{operation.model}_{kind}", operation.schema), *names, "seq")
                rows: dict[str, Any] = {name: literal_column(source) for name, source in names.items()}
                expected = _hashed(rows, documents).select_from(
                    columns_of((operation.table_name, operation.schema))
                )
                found = _hashed({name: there.c[name] for name in names}, documents).where(there.c.seq == 1)
                if connection.execute(expected).one() != connection.execute(found).one():
                    return False
    except DBAPIError:
        return False  # a type without a hash
    return True


def _hashed(columns: Mapping[str, Any], documents: set[str]) -> Any:
    """How many rows there are, and the sum of their hashes."""
    values = (_document(POSTGRESQL)(each) if name in documents else each for name, each in columns.items())
    row = func.hash_record_extended(func.row(*values), number(0))
    return select(func.count(), func.sum(cast(row, Numeric)))


def _differing(operations: Operations, operation: "AdoptTable") -> Any:
    """The SELECT of how many rows differ."""
    said = {"k": operation.key, "f": operation.fields, "s": operation.state}
    columns: list[Any] = [
        literal_column(each).label(f"{prefix}{i}")
        for prefix, names in said.items()
        for i, each in enumerate(names.values())
    ]
    rows = (
        select(*columns)
        .select_from(columns_of((operation.table_name, operation.schema)))
        .subquery("adopted_row")
    )
    events = _joined(operation, "event", rows, operation.fields)
    heads = _joined(operation, "snapshot", rows, operation.state)
    differing = [events.missing, heads.missing]
    differing += _differences(operations, operation, "event", events.table, rows, "f", operation.fields)
    differing += _differences(operations, operation, "snapshot", heads.table, rows, "s", operation.state)
    joined = rows.outerjoin(events.table, events.same).outerjoin(heads.table, heads.same)
    return select(func.count()).select_from(joined).where(or_(*differing))


@dataclass
class _Joined:
    table: Any
    same: Any
    missing: Any


def _joined(operation: "AdoptTable", kind: str, rows: Any, names: Mapping[str, str]) -> _Joined:
    where = (f"{operation.model}_{kind}", operation.schema)
    there = columns_of(where, *operation.key, "seq", *names).alias(f"adopted_{kind}")
    same = and_(*(there.c[name] == rows.c[f"k{i}"] for i, name in enumerate(operation.key)), there.c.seq == 1)
    return _Joined(there, same, there.c.seq.is_(None))


def _differences(  # noqa: PLR0913, PLR0917  (where to look, and for what)
    operations: Operations,
    operation: "AdoptTable",
    kind: str,
    there: Any,
    rows: Any,
    prefix: str,
    names: Mapping[str, str],
) -> list[Any]:
    documents = _documents(operations, operation, kind)
    comparable: dict[bool, Any] = {True: _document(database(operations)), False: lambda value: value}
    return [
        comparable[name in documents](there.c[name]).is_distinct_from(
            comparable[name in documents](rows.c[f"{prefix}{i}"])
        )
        for i, name in enumerate(names)
    ]


def _document(dialect: str) -> Any:
    """JSON as it can be compared: PostgreSQL compares none of the type itself."""
    if dialect == POSTGRESQL:
        return lambda value: cast(cast(value, Text), JSONB)
    return lambda value: value


def _documents(operations: Operations, operation: "AdoptTable", kind: str) -> set[str]:
    found = inspect(operations.get_bind()).get_columns(f"{operation.model}_{kind}", schema=operation.schema)
    return {each["name"] for each in found if isinstance(each["type"], JSON)}
