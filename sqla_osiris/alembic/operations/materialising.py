"""``materialise``: the states of a model become the rows of an ordinary table, within the database.

What a mapping gives for a column is SQL over a head. A table's foreign keys may lead to rows of its own, as those of an
employee's manager do; MariaDB checks each row as it is written, and knows of no later one.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import MigrateOperation, Operations
from sqlalchemy import and_, delete, exists, func, insert, inspect, literal_column, not_, or_, select, update

from sqla_osiris.alembic.operations.base import ModelOperation, Table, database, run, table_with
from sqla_osiris.errors import OsirisError

__all__ = ["Materialise", "checked_afterwards", "refuse_unfolded", "unchecked_keys"]


@dataclass
class Materialise(ModelOperation, name="materialise"):
    """Write the states of a model into an ordinary table: rows are changed, added, and removed where a stream has ended.

    ``key`` and ``columns`` are SQL over a head for each of the row's columns; without columns nothing is done. Raises
    OsirisError where a head is not folded by the model of this fingerprint.
    """

    model: str
    table_name: str
    key: Mapping[str, str] = field(kw_only=True)
    columns: Mapping[str, str] = field(kw_only=True)
    fingerprint: int = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    snapshot_table: str | None = field(default=None, kw_only=True)
    adopted: MigrateOperation | None = field(default=None, init=False, repr=False)

    def reverse(self) -> MigrateOperation:
        if self.adopted is None:
            raise OsirisError(
                f"materialise({self.model!r}, {self.table_name!r}) has no reverse of its own: write adopt_table(...) "
                "into the other direction."
            )
        return self.adopted

    def perform(self, operations: Operations) -> None:
        if not self.columns:
            return
        if not operations.migration_context.as_sql:
            refuse_unfolded(operations, self, self.fingerprint)
        with checked_afterwards(operations, self.table):
            run(operations, *self._statements(operations))
        written = table_with(self.table, *self.key, *self.columns)
        run(operations, *database(operations).move_keys_on(operations.migration_context.dialect, written))

    @property
    def table(self) -> Table:
        """The ordinary table."""
        return self.table_name, self.schema

    def _statements(self, operations: Operations) -> list[Any]:
        names = [*self.key, *self.columns]
        target, states = table_with(self.table, *names), self._states()
        same = and_(*(target.c[name] == states.c[f"k{i}"] for i, name in enumerate(self.key)))
        values = {name: states.c[f"c{i}"] for i, name in enumerate(self.columns)}
        known = exists(select(literal_column("1")).select_from(target).where(same).correlate(states))
        steps = [
            delete(target).where(not_(exists().where(same))),
            update(target).where(same).values(values),
            insert(target).from_select(names, select(*states.c).where(not_(known))),
        ]
        # What goes may be referred to until the others are changed, and what they refer to then may be new.
        return steps[::-1] if _own_references(operations, self.table) else steps

    def _states(self) -> Any:
        heads = _heads_folded(self)
        sources = {"k": self.key, "c": self.columns}
        return (
            select(
                *(
                    literal_column(source).label(f"{prefix}{i}")
                    for prefix, each in sources.items()
                    for i, source in enumerate(each.values())
                )
            )
            .select_from(heads)
            .where(heads.c.seq > heads.c.osiris_origin)
            .subquery("state")
        )


def _heads_folded(operation: ModelOperation) -> Any:
    return table_with(operation.heads, "seq", "osiris_origin", "osiris_folded", "osiris_fingerprint")


def refuse_unfolded(operations: Operations, operation: ModelOperation, fingerprint: int) -> None:
    """Raise OsirisError where the head of a stream that lives is not folded by the model of this fingerprint."""
    heads = _heads_folded(operation)
    behind = or_(heads.c.osiris_fingerprint != fingerprint, heads.c.osiris_folded < heads.c.seq)
    query = select(func.count()).select_from(heads).where(heads.c.seq > heads.c.osiris_origin, behind)
    found = operations.get_bind().scalar(query)
    if found:
        raise OsirisError(
            f"{operation.name}({operation.model!r}): {found} states are not folded in {operation.heads[0]} by the model "
            "of this revision. Run repository(Model, engine).snapshots() with that version of the code first."
        )


@contextmanager
def unchecked_keys(operations: Operations) -> Iterator[None]:
    """Have no key checked, where each row's are as it is written."""
    checks = database(operations).keys_checked_by_row
    if checks is None:
        yield
        return
    stop, resume = checks
    run(operations, stop)
    try:
        yield
    finally:  # the setting is the session's, not the transaction's
        run(operations, resume)


@contextmanager
def checked_afterwards(operations: Operations, where: Table) -> Iterator[None]:
    """Have a table's keys to itself checked once all rows are there. Raises OsirisError where one leads nowhere."""
    checked_by_row = database(operations).keys_checked_by_row is not None
    keys = _own_references(operations, where) if checked_by_row else []
    with unchecked_keys(operations) if keys else nullcontext():
        yield
    for columns, referred in keys:
        lost = operations.get_bind().scalar(_lost(where, columns, referred))
        if lost:
            raise OsirisError(
                f"{where[0]}: {lost} rows refer by {', '.join(columns)} to rows of the table that are not there. "
                "Mend them first."
            )


def _own_references(operations: Operations, where: Table) -> list[tuple[list[str], list[str]]]:
    """Return the columns of each key of a table to itself, with those that they lead to; none where nothing is executed."""
    if operations.migration_context.as_sql:
        return []
    name, schema = where
    return [
        (key["constrained_columns"], key["referred_columns"])
        for key in inspect(operations.get_bind()).get_foreign_keys(name, schema=schema)
        if (key["referred_table"], key["referred_schema"]) == (name, schema)
    ]


def _lost(where: Table, columns: list[str], referred: list[str]) -> Any:
    rows, others = table_with(where, *columns).alias("rows_"), table_with(where, *referred).alias("others_")
    same = and_(*(rows.c[a] == others.c[b] for a, b in zip(columns, referred, strict=True)))
    given = (rows.c[name].is_not(None) for name in columns)
    return (
        select(func.count())
        .select_from(rows.outerjoin(others, same))
        .where(*given, others.c[referred[0]].is_(None))
    )
