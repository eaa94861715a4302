"""How long adopting a table takes beside INSERT … SELECT of the same rows, and what memory it needs.

python benchmarks/adopting.py [rows]    # PostgreSQL, durable; starts its own
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent))  # for tests.servers

from alembic.autogenerate import produce_migrations
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.operations.ops import ModifyTableOps
from cases import Result, Size
from sqlalchemy import Engine, Integer, MetaData, Numeric, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase
from stores import PostgreSQL, Store

from sqla_osiris import Aggregate, Context, EventSourced, Latest
from tests.servers import postgresql_server

ROUNDS = 3
OURS = {
    "ledger",
    "ledger_event",
    "ledger_snapshot",
}  # the benchmark's database has other tables, which no model names
OPTIONS = {"autogenerate_plugins": ["alembic.autogenerate.*", "sqla_osiris"]}


class Base(DeclarativeBase):
    metadata = MetaData()


class Ledger(EventSourced, Base):
    __tablename__ = "ledger"
    id = Context(String(40))
    owner = Latest(String(50))
    city = Latest(String(50))
    balance = Aggregate(Integer)
    rate = Latest(Numeric(10, 2))


COLUMNS = (
    "id varchar(40) PRIMARY KEY, owner varchar(50), city varchar(50), balance integer, rate numeric(10, 2)"
)


def prepare(engine: Engine, rows: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS ledger_event, ledger_snapshot, ledger, plain"))
        connection.execute(text(f"CREATE TABLE ledger ({COLUMNS})"))
        connection.execute(
            text(
                "INSERT INTO ledger SELECT 'ledger-' || n, 'owner ' || n % 1000, 'city ' || n % 100, n % 5000, "
                "n % 100 / 10.0 FROM generate_series(1, :rows) AS n"
            ),
            {"rows": rows},
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE ledger"))
        connection.execute(text("CHECKPOINT"))


def copied(engine: Engine) -> float:
    """The floor: the same rows into a table of the same primary key."""
    started = perf_counter()
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE plain ({COLUMNS})"))
        connection.execute(text("INSERT INTO plain SELECT * FROM ledger"))
    return perf_counter() - started


def adopted(engine: Engine) -> float:
    """The whole migration: both tables, events and heads, their indexes, and the check of every row."""
    started = perf_counter()
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts=OPTIONS)
        for operation in produce_migrations(context, Base.metadata).upgrade_ops.ops:
            steps = operation.ops if isinstance(operation, ModifyTableOps) else [operation]
            for step in steps:
                if getattr(step, "table_name", None) in OURS:
                    Operations(context).invoke(step)
    return perf_counter() - started


def measure(engine: Engine, rows: int) -> tuple[float, float]:
    """Seconds of the floor and of the adoption, medians of the rounds."""
    floors, times = [], []
    for _ in range(ROUNDS):
        prepare(engine, rows)
        floors.append(copied(engine))
        prepare(engine, rows)
        times.append(adopted(engine))
    return median(floors), median(times)


def adopt(store: Store, size: Size) -> Iterator[Result]:
    """The whole migration beside INSERT … SELECT of the same rows; the bar is three times as long."""
    if isinstance(store, PostgreSQL):
        floor, ours = measure(store.engine, size.folded)
        yield Result(f"adopt a table of {size.folded:,} rows", store.name, floor, ours, "s", 3)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with postgresql_server(durable=True) as url:
        engine = create_engine(url)
        measure(engine, 1_000)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        floor, time = measure(engine, rows)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        engine.dispose()
    print(
        f"adopt_table, {rows:,} rows: {time:.2f} s, {time / floor:.2f} times INSERT … SELECT ({floor:.2f} s); "
        f"the client's peak memory grew by {grown:.1f} MB"
    )


if __name__ == "__main__":
    main()
