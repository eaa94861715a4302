"""``adopt_table``: the rows of an ordinary table become the first events of a log, within the database.

What a mapping gives for a column is SQL over the source. Each row is checked to be an event and a head of the same values: a
narrower column may have cut one off.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    String,
    and_,
    cast,
    func,
    insert,
    inspect,
    literal,
    literal_column,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError

from sqla_osiris.alembic.operations.adoption_in_place import RestoreTable, become_heads
from sqla_osiris.alembic.operations.base import (
    ModelOperation,
    Table,
    database,
    forget_groups,
    run,
    table_with,
)
from sqla_osiris.alembic.operations.covering import keys_created_afterwards
from sqla_osiris.alembic.operations.materialising import Materialise, checked_afterwards
from sqla_osiris.databases.elements import transaction_id
from sqla_osiris.databases.plan import STALE
from sqla_osiris.databases.positions import XID
from sqla_osiris.errors import OsirisError

__all__ = ["ADOPTED", "AdoptTable"]

ADOPTED = "adopted"
"""The ``event_type`` of the events that :class:`AdoptTable` writes."""

_Comparable = Callable[[str, Any], Any]
"""Of a column's name and its value: the value as it can be compared."""


@dataclass
class AdoptTable(ModelOperation, name="adopt_table"):
    """Write each row of a table as the first event of its stream, check it, and leave the table where it is.

    ``key`` and ``fields`` are SQL over a row for each column of the context and each field, ``state`` for what a head holds
    of it; without a state heads hold ``initial`` and are folded when they are read. Raises OsirisError where a row differs
    from its event.

    ``in_place``: the table itself becomes that of the heads, ``state`` being what a column holds that changes. Then
    ``required`` columns take NULL, for streams that have ended, ``types`` are columns' new types, and ``index`` and
    ``check`` are the names of the index on ``osiris_fingerprint`` and of the CHECK on ``seq``.
    """

    table_name: str
    model: str
    key: Mapping[str, str] = field(kw_only=True)
    fields: Mapping[str, str] = field(kw_only=True)
    state: Mapping[str, str] | None = field(default=None, kw_only=True)
    initial: Mapping[str, Any] | None = field(default=None, kw_only=True)
    fingerprint: int = field(default=STALE, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)
    in_place: bool = field(default=False, kw_only=True)
    required: Sequence[str] = field(default=(), kw_only=True)
    types: Sequence[Column[Any]] = field(default=(), kw_only=True)
    existing_types: Sequence[Column[Any]] = field(default=(), kw_only=True)
    index: str | None = field(default=None, kw_only=True)
    check: str | None = field(default=None, kw_only=True)

    @property
    def heads(self) -> Table:
        return self.table if self.in_place else super().heads

    def reverse(self) -> Materialise | RestoreTable:
        return self._restoring() if self.in_place else self._materialising()

    def _restoring(self) -> RestoreTable:
        back = RestoreTable(
            self.model,
            self.table_name,
            key=list(self.key),
            required=self.required,
            types=self.existing_types,
            index=self.index,
            check=self.check,
            fingerprint=self.fingerprint,
            schema=self.schema,
        )
        back.adopted = self
        return back

    def _materialising(self) -> Materialise:
        state = self.state or {}
        parts = [name for name in state if name not in self.fields]
        # A state of several accumulators, such as a mean, is in none of the head's columns.
        whole = [n for n in self.fields if n in state and not any(p.endswith(f"_{n}") for p in parts)]
        back = Materialise(
            self.model,
            self.table_name,
            key={_plain(source): _quoted_like(source, name) for name, source in self.key.items()},
            columns={_plain(self.fields[name]): _quoted_like(self.fields[name], name) for name in whole},
            fingerprint=self.fingerprint,
            schema=self.schema,
            snapshot_table=self.snapshot_table,
        )
        back.adopted = self
        if not whole:
            back.remark = (
                f"No head holds a state to write back: {self.table_name} stays as it was when it was adopted."
            )
        return back

    def first_head(self) -> dict[str, Any]:
        """Return what a head holds, but for its key, by column."""
        numbers = {
            "seq": 1,
            "osiris_origin": 0,
            "osiris_folded": 1 if self.state or self.in_place else 0,
            "osiris_fingerprint": self.fingerprint,
        }
        values: dict[str, Any] = {
            name: literal_column(str(number), BigInteger()) for name, number in numbers.items()
        }
        values[XID] = transaction_id()
        values |= {name: literal(identity) for name, identity in (self.initial or {}).items()}
        return values | _columns(self.state or {})

    def perform(self, operations: Operations) -> None:
        if self.in_place:
            run(operations, _first_events(operations, self))
            if not operations.migration_context.as_sql:
                _check_adopted(operations, self)
            become_heads(operations, self)
            return
        forget_groups(operations, self.logs)
        written = [*self.logs, self.heads]
        with keys_created_afterwards(operations, written), checked_afterwards(operations, self.heads):
            run(operations, _first_events(operations, self), _first_heads(self))
        heads = table_with(self.heads, *self.key)
        run(operations, *database(operations).move_keys_on(operations.migration_context.dialect, heads))
        if not operations.migration_context.as_sql:
            _check_adopted(operations, self)

    @property
    def table(self) -> Table:
        """The ordinary table."""
        return self.table_name, self.schema


def _plain(source: str) -> str:
    """Return the name of a column from its SQL, quoted or not."""
    quote = source[:1]
    return source[1:-1].replace(quote * 2, quote) if _is_quoted(source) else source


def _quoted_like(source: str, name: str) -> str:
    """Return the name in SQL, quoted as the source that it stands for is."""
    quote = source[:1]
    return f"{quote}{name.replace(quote, quote * 2)}{quote}" if _is_quoted(source) else name


def _is_quoted(source: str) -> bool:
    return len(source) > 1 and source[0] in {'"', "`"} and source[-1] == source[0]


def _first_events(operations: Operations, operation: AdoptTable) -> Any:
    one: ColumnElement[Any] = literal_column("1", BigInteger())
    values = _columns(operation.key) | {"seq": one} | _columns(operation.fields)
    if database(operations).counts_from_the_greatest:
        values["position"] = func.row_number().over()
    values["event_type"] = literal(ADOPTED, String())
    meta = literal(json.dumps({"adopted_from": operation.table_name}), String())
    values["event_meta"] = database(operations).document(meta)
    return _from_rows(operation, operation.logs[0], values)


def _first_heads(operation: AdoptTable) -> Any:
    return _from_rows(operation, operation.heads, _columns(operation.key) | operation.first_head())


def _columns(sources: Mapping[str, str]) -> dict[str, Any]:
    return {name: literal_column(source) for name, source in sources.items()}


def _from_rows(operation: AdoptTable, where: Table, values: Mapping[str, Any]) -> Any:
    rows = select(*values.values()).select_from(table_with(operation.table))
    return insert(table_with(where, *values)).from_select(list(values), rows)


def _check_adopted(operations: Operations, operation: AdoptTable) -> None:
    """Raise OsirisError unless every row is an event and a head of the same values."""
    if database(operations).hashes_rows and _hashes_agree(operations, operation):
        return
    found = operations.get_bind().scalar(_differing(operations, operation))
    if found:
        raise OsirisError(
            f"adopt_table({operation.table_name!r}): {found} rows differ from the first events or states that were made of "
            f"them, so nothing is adopted. A column of {operation.model}_event or {operation.heads[0]} holds less "
            "than the table's: widen its type, or say in fields= how a value is converted."
        )


def _written(operation: AdoptTable) -> list[tuple[Table, Mapping[str, str]]]:
    """Return each table that was written to, with the SQL over a row for its columns."""
    if operation.in_place:
        return [(operation.logs[0], operation.fields)]
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
    tables = dict(zip("fs", _written(operation), strict=False))
    sources = {"k": operation.key, **{prefix: sources for prefix, (_, sources) in tables.items()}}
    columns: list[Any] = [
        literal_column(source).label(f"{prefix}{i}")
        for prefix, each in sources.items()
        for i, source in enumerate(each.values())
    ]
    rows = select(*columns).select_from(table_with(operation.table)).subquery("adopted_row")
    joined: Any = rows
    missing, differing = [], []
    for prefix, (where, names) in tables.items():
        written = table_with(where, *operation.key, "seq", *names).alias(
            f"adopted_{where[0].removeprefix(f'{operation.model}_')}"
        )
        same = (written.c[name] == rows.c[f"k{i}"] for i, name in enumerate(operation.key))
        joined = joined.outerjoin(written, and_(*same, written.c.seq == 1))
        missing.append(written.c.seq.is_(None))
        comparable, collated = _comparable(operations, where), _collations(operations, where)
        differing += [
            _differ(
                comparable(name, written.c[name]),
                comparable(name, rows.c[f"{prefix}{i}"]),
                collated.get(name),
            )
            for i, name in enumerate(names)
        ]
    return select(func.count()).select_from(joined).where(or_(*missing, *differing))


def _comparable(operations: Operations, where: Table) -> _Comparable:
    """Return what makes a table's values comparable."""
    there = database(operations)
    found = inspect(operations.get_bind()).get_columns(where[0], schema=where[1])
    documents = {each["name"] for each in found if isinstance(each["type"], JSON)}
    return lambda name, value: there.comparable_document(value) if name in documents else value


def _collations(operations: Operations, where: Table) -> dict[str, str | None]:
    """Return how a table's columns collate, where they say so."""
    found = inspect(operations.get_bind()).get_columns(where[0], schema=where[1])
    return {each["name"]: getattr(each["type"], "collation", None) for each in found}


def _differ(written: Any, source: Any, collation: str | None) -> Any:
    """Return the condition that a value is not what it was made of, as a text if it is one: a source may be a document."""
    if collation is None:
        return written.is_distinct_from(source)
    return written.collate(collation).is_distinct_from(cast(source, String()))
