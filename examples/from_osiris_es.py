"""osiris-es, the NodeJS library that this one descends from: each snippet of its README, here.

    python examples/from_osiris_es.py                                   # in memory: needs no server
    python examples/from_osiris_es.py sqlite:///osiris.db              # an empty database each time
    python examples/from_osiris_es.py postgresql+psycopg://host/db     # osiris-es's three databases
    python examples/from_osiris_es.py mongodb://host/db
    python examples/from_osiris_es.py "dynamodb://key:secret@localhost:8000/?region=us-west-2"

| osiris-es | here |
| --- | --- |
| `new EventSource(db)`: any field, the last value wins | a class; `Latest` fields |
| `new EventSource(db, {overtime: true})` | `Aggregate(Integer)`: a sum, like every other reducer an associative one |
| `es.onEvent({context, ...})` | `append(context, ...)` |
| `es.getState(context)` | `state(context)`: an instance of the class |
| a second context over the same events | on SQL an `EventView` of the same log; elsewhere a second model |
| past 1,000 events a read awaits a snapshot | `__snapshot__ = Every(1000)`, or `snapshot(context)` when you like |
| `seq`: one counter for all | counts within its context, from 1, without a gap: no snapshot can miss a late writer |
"""

import sys
from typing import Any

from sqlalchemy import Integer, String, create_engine, select
from sqlalchemy.orm import Session

from sqla_osiris import Aggregate, Context, EventSourced, EventView, Every, Latest, SQLRepository, repository


class Employee(EventSourced):
    """What osiris-es calls a model: a table in PostgreSQL, a collection in MongoDB."""

    __tablename__ = "from_osiris_employee"
    __snapshot__ = Every(1000)

    id = Context(String(40))
    company = Latest(String(40))
    title = Latest(String(40))
    overtime = Aggregate(Integer)
    salary = Latest(Integer)


class Company(EventSourced):
    """The same events by another key: osiris-es's README recommends a separate store, too."""

    __tablename__ = "from_osiris_company"

    company = Context(String(40))
    name = Latest(String(40))
    salary = Aggregate(Integer)


class Payroll(EventView, of=Employee, by="company"):
    """On an SQL store: the employees' own log, folded by company, with a sum where the employee has a last value."""

    __from__ = {"name": "id"}  # noqa: RUF012  (read once, when the class is made)

    name = Latest(String(40))
    salary = Aggregate(Integer)


def usage(employees: Any) -> None:
    """`onEvent` twice, then `getState`: fields that an event leaves out stay as they were."""
    employees.append("Bob", company="Hooly")
    employees.append("Bob", title="VP Past Mistakes")

    bob = employees.state("Bob")
    assert (bob.id, bob.company, bob.title) == ("Bob", "Hooly", "VP Past Mistakes")


def aggregating(employees: Any) -> None:
    """A field that was declared as an aggregate adds up."""
    employees.append("Bob", overtime=1)
    employees.append("Bob", overtime=3)

    assert employees.state("Bob").overtime == 4


HIRED = [
    {"name": "bob", "company": "acme", "salary": 1000},
    {"name": "jane", "company": "acme", "salary": 2000},
    {"name": "nancy", "company": "acme", "salary": 4000},
    {"name": "bob", "company": "globex", "salary": 1500},
]


def contexts(employees: Any, companies: Any) -> None:
    """The state of a person and the state of a company, out of the same four events."""
    for event in HIRED:
        employees.append(event["name"], company=event["company"], salary=event["salary"])
        companies.append(event["company"], name=event["name"], salary=event["salary"])

    bob = employees.state("bob")
    assert (bob.id, bob.company, bob.salary, bob.seq) == ("bob", "globex", 1500, 2)
    acme = companies.state("acme")
    assert (acme.name, acme.company, acme.salary, acme.seq) == ("nancy", "acme", 7000, 3)


def viewed(url: str) -> None:
    """The same answer without a second log."""
    engine = create_engine(url)
    with Session(engine) as session:
        acme = session.execute(
            select(Payroll.name, Payroll.company, Payroll.salary).where(Payroll.company == "acme")
        ).one()
    engine.dispose()
    assert tuple(acme) == ("nancy", "acme", 7000)


def snapshots(employees: Any) -> None:
    """One by itself past 1,000 events, one on demand; none changes a state, whoever appends meanwhile."""
    before = employees.state("Bob")
    assert employees.snapshot("Bob") == before.seq
    after = employees.state("Bob")
    assert (after.company, after.title, after.overtime, after.seq) == (
        *(before.company, before.title, before.overtime, before.seq),
    )

    employees.append("Bob", overtime=2)
    assert (employees.state("Bob").overtime, employees.state("Bob", at=before.seq).overtime) == (6, 4)


def beyond(employees: Any) -> None:
    """From osiris-es's list of next steps: deleting. What is erased takes no event any more."""
    assert employees.erase("Bob") == 5
    assert employees.state("Bob") is None
    assert employees.verify()


def main(url: str = "memory://") -> None:
    employees, companies = repository(Employee, url), repository(Company, url)
    employees.create()
    companies.create()
    usage(employees)
    aggregating(employees)
    contexts(employees, companies)
    if isinstance(employees, SQLRepository):
        viewed(url)
    snapshots(employees)
    if "erase" in employees.capabilities:
        beyond(employees)
    print(f"acme pays {companies.state('acme').salary:,}; bob works at {employees.state('bob').company}")


if __name__ == "__main__":
    main(*sys.argv[1:])
