"""``adopt_table``: an ordinary table's rows become first events; ``materialise``: states become an ordinary table's rows.

Both run within the database, whatever the number of rows. What a mapping says of a column is SQL over the source.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alembic.operations import Operations
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    String,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    not_,
    or_,
    select,
    update,
)

from sqla_osiris.alembic.operations.base import (
    LogOperation,
    Table,
    columns_of,
    database,
    forget_groups,
    named,
    run,
)
from sqla_osiris.alembic.operations.checking_adoption import check_adopted
from sqla_osiris.alembic.operations.covering import keys_made_afterwards
from sqla_osiris.alembic.operations.free_keys import give_free_keys
from sqla_osiris.alembic.operations.own_references import checked_afterwards, own_references
from sqla_osiris.databases.names import POSTGRESQL, SQLITE
from sqla_osiris.databases.positions import XID, transaction_id
from sqla_osiris.errors import OsirisError
from sqla_osiris.writing.head_changes import STALE

__all__ = ["ADOPTED", "AdoptTable", "Materialise"]

ADOPTED = "adopted"
"""The ``event_type`` of the events that :class:`AdoptTable` writes."""


@named
@dataclass
class AdoptTable(LogOperation, name="adopt_table"):
    """Write each row of a table as the first event of its stream, and leave the table where it is."""

    table_name: str
    model: str
    key: Mapping[str, str] = field(kw_only=True)
    fields: Mapping[str, str] = field(kw_only=True)
    state: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    initial: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    fingerprint: int = field(default=STALE, kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    remark: str = field(default="", kw_only=True)

    def reverse(self) -> "Materialise":
        parts = [name for name in self.state if name not in self.fields]
        # A state of several accumulators, such as a mean, is in none of the head's columns.
        whole = [n for n in self.fields if n in self.state and not any(p.endswith(f"_{n}") for p in parts)]
        states = {_plain(self.fields[name]): _quoted_like(self.fields[name], name) for name in whole}
        return Materialise(
            self.model,
            self.table_name,
            key={_plain(source): _quoted_like(source, name) for name, source in self.key.items()},
            columns=states,
            fingerprint=self.fingerprint,
            schema=self.schema,
            adopted=self,
            remark=""
            if states
            else f"No head holds a state to write back: {self.table_name} stays as it was when it was adopted.",
        )


def _plain(source: str) -> str:
    """The name of a column that is quoted in SQL, or is not."""
    quote = source[:1]
    return source[1:-1].replace(quote * 2, quote) if _is_quoted(source) else source


def _quoted_like(source: str, name: str) -> str:
    """The name in SQL, quoted where the one that it stands for is."""
    quote = source[:1]
    return f"{quote}{name.replace(quote, quote * 2)}{quote}" if _is_quoted(source) else name


def _is_quoted(source: str) -> bool:
    return len(source) > 1 and source[0] in {'"', "`"} and source[-1] == source[0]


@named
@dataclass
class Materialise(LogOperation, name="materialise"):
    """Write the states of a model into a table: rows are changed, added, and removed where a stream has ended.

    Without columns it does nothing.
    """

    model: str
    table_name: str
    key: Mapping[str, str] = field(kw_only=True)
    columns: Mapping[str, str] = field(kw_only=True)
    fingerprint: int = field(kw_only=True)
    schema: str | None = field(default=None, kw_only=True)
    adopted: AdoptTable | None = field(default=None, kw_only=True, repr=False)
    remark: str = field(default="", kw_only=True)

    def reverse(self) -> AdoptTable:
        if self.adopted is None:
            raise OsirisError(
                f"materialise({self.model!r}, {self.table_name!r}) has no reverse of its own: write adopt_table(...) "
                "into the other direction."
            )
        return self.adopted


@Operations.implementation_for(AdoptTable)
def _adopt(operations: Operations, operation: AdoptTable) -> None:
    logs: list[Table] = [(f"{operation.model}_{kind}", operation.schema) for kind in ("event", "snapshot")]
    forget_groups(operations, logs[:1])
    with keys_made_afterwards(operations, logs), checked_afterwards(operations, logs[1]):
        run(operations, _first_events(operations, operation), _first_heads(operation))
    if not operations.migration_context.as_sql:
        check_adopted(operations, operation)


def _first_events(operations: Operations, operation: AdoptTable) -> Any:
    one: ColumnElement[Any] = literal_column("1", BigInteger())
    values: dict[str, Any] = {name: literal_column(said) for name, said in operation.key.items()}
    values |= {"seq": one} | {name: literal_column(said) for name, said in operation.fields.items()}
    if database(operations) == SQLITE:
        values["position"] = func.row_number().over()
    values["event_type"] = literal(ADOPTED, String())
    meta = literal(json.dumps({"adopted_from": operation.table_name}), String())
    # PostgreSQL alone asks for a cast, and knows one.
    values["event_meta"] = cast(meta, JSON()) if database(operations) == POSTGRESQL else meta
    events = columns_of((f"{operation.model}_event", operation.schema), *values)
    return insert(events).from_select(
        list(values),
        select(*values.values()).select_from(columns_of((operation.table_name, operation.schema))),
    )


def _first_heads(operation: AdoptTable) -> Any:
    folded = 1 if operation.state else 0
    numbers = {
        "seq": 1,
        "osiris_origin": 0,
        "osiris_folded": folded,
        "osiris_fingerprint": operation.fingerprint,
    }
    values: dict[str, Any] = {name: literal_column(said) for name, said in operation.key.items()}
    values |= {name: literal_column(str(number), BigInteger()) for name, number in numbers.items()}
    values[XID] = transaction_id()
    values |= {name: literal(number) for name, number in operation.initial.items()}
    values |= {name: literal_column(said) for name, said in operation.state.items()}
    heads = columns_of((f"{operation.model}_snapshot", operation.schema), *values)
    return insert(heads).from_select(
        list(values),
        select(*values.values()).select_from(columns_of((operation.table_name, operation.schema))),
    )


@Operations.implementation_for(Materialise)
def _materialise(operations: Operations, operation: Materialise) -> None:
    if not operation.columns:
        return
    if not operations.migration_context.as_sql:
        _refuse_unfolded(operations, operation)
    where: Table = (operation.table_name, operation.schema)
    with checked_afterwards(operations, where):
        run(operations, *_written(operations, operation, where))
    give_free_keys(operations, where, [*operation.key, *operation.columns])


def _written(operations: Operations, operation: Materialise, where: Table) -> list[Any]:
    target, states, same = _target(operation)
    values = {name: states.c[f"c{i}"] for i, name in enumerate(operation.columns)}
    steps = [
        delete(target).where(not_(exists().where(same))),
        update(target).where(same).values(values),
        _added(operation, target, states, same),
    ]
    # What goes may be referred to until the others are changed, and what they refer to then may be new.
    return steps[::-1] if own_references(operations, where) else steps


def _target(operation: Materialise) -> tuple[Any, Any, Any]:
    names = [*operation.key, *operation.columns]
    target = columns_of((operation.table_name, operation.schema), *names)
    heads = _heads(operation)
    states = (
        select(
            *(literal_column(said).label(f"k{i}") for i, said in enumerate(operation.key.values())),
            *(literal_column(said).label(f"c{i}") for i, said in enumerate(operation.columns.values())),
        )
        .select_from(heads)
        .where(heads.c.seq > heads.c.osiris_origin)
        .subquery("state")
    )
    same = and_(*(target.c[name] == states.c[f"k{i}"] for i, name in enumerate(operation.key)))
    return target, states, same


def _added(operation: Materialise, target: Any, states: Any, same: Any) -> Any:
    names = [*operation.key, *operation.columns]
    known = exists(select(literal_column("1")).select_from(target).where(same).correlate(states))
    return insert(target).from_select(names, select(*states.c).where(not_(known)))


def _heads(operation: Materialise) -> Any:
    where: Table = (f"{operation.model}_snapshot", operation.schema)
    return columns_of(where, "seq", "osiris_origin", "osiris_folded", "osiris_fingerprint")


def _refuse_unfolded(operations: Operations, operation: Materialise) -> None:
    heads = _heads(operation)
    behind = or_(heads.c.osiris_fingerprint != operation.fingerprint, heads.c.osiris_folded < heads.c.seq)
    query = select(func.count()).select_from(heads).where(heads.c.seq > heads.c.osiris_origin, behind)
    found = operations.get_bind().scalar(query)
    if found:
        raise OsirisError(
            f"materialise({operation.model!r}): {found} states are not folded in {operation.model}_snapshot by the model "
            "of this revision. Run repository(Model, engine).snapshots() with that version of the code first."
        )
