"""What the databases' batches have in common: what they ask of heads, and the insert of events in columns."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, Connection, Dialect, bindparam, insert, select

from sqla_osiris.databases.driver import DriverStatement, driver_values
from sqla_osiris.databases.plan import BatchColumns, Plan

__all__ = ["OF_HEADS", "Head", "driver_columns", "insert_columns", "times"]

Head = tuple[Any, ...]
"""What ``OF_HEADS`` names."""

OF_HEADS: Final = ("seq", "osiris_folded", "osiris_fingerprint", "osiris_origin")


def driver_columns(
    dialect: Dialect, plan: Plan, batch: BatchColumns, seqs: list[int]
) -> dict[str, Sequence[Any]]:
    """Return the event table's columns by name, without recorded_at and position, as the driver takes them."""
    table = plan.events.c
    columns = batch.columns(plan.context, seqs)
    return {name: driver_values(table[name].type, values, dialect) for name, values in columns.items()}


def times(connection: Connection, plan: Plan, batch: BatchColumns, now: Any) -> Sequence[Any]:
    """Return recorded_at as the driver takes it; where it is not given, the clock's, read once with all heads locked."""
    read = connection.scalar(select(now))
    if "recorded_at" not in batch.metadata:
        return [read] * len(batch.owners)
    type_ = plan.events.c.recorded_at.type
    given = driver_values(type_, batch.metadata["recorded_at"], connection.dialect)
    return [read if time is None else time for time in given]


def insert_columns(
    connection: Connection, plan: Plan, columns: Mapping[str, Sequence[Any]], style: str
) -> None:
    """Insert events given by column, as the driver takes their values."""
    statement = _events_statement(plan, tuple(columns), connection.dialect, style)
    statement.execute_columns(connection, {f"e{i}": values for i, values in enumerate(columns.values())})


@lru_cache(maxsize=256)
def _events_statement(plan: Plan, names: tuple[str, ...], dialect: Dialect, style: str) -> DriverStatement:
    # The values are as the driver takes them already: the type of a bind that leaves them alone.
    values = {name: bindparam(f"e{i}", type_=BigInteger()) for i, name in enumerate(names)}
    return DriverStatement(insert(plan.events).values(values), dialect, style=style)
