"""A view over a million events by 100 groups: its query without snapshots, and with them and 1,000 events behind.

    python benchmarks/views.py sqlite:////tmp/views.db
    python benchmarks/views.py postgresql+psycopg://localhost/scratch
    python benchmarks/views.py mysql+pymysql://localhost/scratch

The database is an empty one: the tables are created in it, and left.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from statistics import median
from time import perf_counter

from sqlalchemy import Engine, Integer, String, create_engine, select, text
from sqlalchemy.orm import DeclarativeBase, Session

from sqla_osiris import (
    Aggregate,
    Context,
    Count,
    EventSourced,
    EventView,
    Every,
    Latest,
    Max,
    NewEvent,
    repository,
)

EVENTS, GROUPS, BEHIND, TURNS = 1_000_000, 100, 1_000, 5


class Base(DeclarativeBase):
    pass


class Employee(EventSourced, Base):
    name = Context(String(40))
    company = Latest(String(40))
    salary = Aggregate(Integer)


class Figures:
    __from__ = {"best": "salary", "contracts": "name", "newest": "name"}  # noqa: RUF012  (as a model declares things)

    salary = Aggregate(Integer)
    best = Aggregate(Integer, reducer=Max())
    contracts = Aggregate(String(40), reducer=Count())
    newest = Latest(String(40))


class Payroll(Figures, EventView, of=Employee, by="company"):
    """Folds the log."""


class Stored(Figures, EventView, of=Employee, by="company"):
    __snapshot__ = Every(BEHIND)


def events(count: int) -> Iterator[NewEvent]:
    for number in range(count):
        yield NewEvent(
            f"e{number % 10_000:05}", {"company": f"company {number % GROUPS}", "salary": number % 5_000}
        )


def timed(call: Callable[[], object]) -> float:
    """Seconds."""
    began = perf_counter()
    call()
    return perf_counter() - began


def measure(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    employees = repository(Employee, engine)
    employees.append_many(events(EVENTS))
    print(f"first snapshots: {timed(employees.snapshots):.2f} s", flush=True)
    employees.append_many(events(BEHIND))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("VACUUM ANALYZE"))

    def query(view: type) -> list[object]:
        with Session(engine) as session:
            return list(session.execute(select(*view.__table__.c).order_by(view.__table__.c.company)))

    assert query(Payroll) == query(Stored)
    for view in (Payroll, Stored):
        spent = [timed(lambda view=view: query(view)) for _ in range(TURNS)]
        print(f"{view.__name__}: {median(spent) * 1000:.1f} ms (least {min(spent) * 1000:.1f})", flush=True)
    print(f"next snapshots: {timed(employees.snapshots) * 1000:.1f} ms", flush=True)


if __name__ == "__main__":
    measure(create_engine(sys.argv[1]))
