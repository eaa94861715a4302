"""What a query of a view with snapshots reads: the stored groups, and by the feed's index the events behind them."""

import pytest
from sqlalchemy import Integer, String, select, text
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    EventView,
    Every,
    First,
    Latest,
    Max,
    NewEvent,
    repository,
)
from tests.queries.test_plans import mariadb_tables, postgresql_nodes, read_in_full, sqlite_steps

STORED, BEHIND = 20_000, 50


class Base(DeclarativeBase):
    pass


class Clerk(EventSourced, Base):
    __archive__ = True
    id = Context(String(30))
    company = Latest(String(30))
    title = Latest(String(30))
    salary = Aggregate(Integer)


class Payroll(EventView, of=Clerk, by="company"):
    __snapshot__ = Every(1000)
    __from__ = {"best": "salary", "founder": "id"}  # noqa: RUF012  (as a model declares things)

    salary = Aggregate(Integer)
    best = Aggregate(Integer, reducer=Max())
    founder = Aggregate(String(30), reducer=First())
    title = Latest(String(30))


QUERIES = {
    "all groups": select(Payroll),
    "a group": select(Payroll).where(Payroll.company == "company 7"),
    "by a state": select(Payroll.company).where(Payroll.salary > 5),
}
queries = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


@pytest.fixture(scope="module")
def log(module_engine):
    """A log whose groups are stored, some events behind them, and statistics of all of it."""
    Base.metadata.create_all(module_engine)
    clerks = repository(Clerk, module_engine)
    for number in (STORED, BEHIND):
        clerks.append_many(
            NewEvent(f"c{turn % 500}", {"company": f"company {turn % 40}", "salary": turn, "title": "VP"})
            for turn in range(number)
        )
        clerks.snapshots()
    with module_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        others = module_engine.dialect.name in {"postgresql", "sqlite"}
        connection.execute(text(f"ANALYZE {'' if others else 'TABLE ' + ', '.join(Base.metadata.tables)}"))
    return module_engine


@queries
def test_the_log_is_read_by_the_index_of_the_feed(log, query):
    if log.dialect.name == "postgresql":
        nodes = postgresql_nodes(log, query)
        assert Clerk.Event.__table__.name not in read_in_full(nodes)
        assert "ix_clerk_event_feed" in {node.get("Index Name") for node in nodes}
    elif log.dialect.name == "sqlite":
        steps = sqlite_steps(log, query)
        assert [step for step in steps if step.startswith("SCAN")] == ["SCAN stored"]
        assert any("USING INDEX ix_clerk_event_position (position>?)" in step for step in steps)
    else:
        ways = mariadb_tables(log, query)
        assert ways["clerk_event_1"] == {"range"}
        assert ways["stored"] == {"const" if query is QUERIES["a group"] else "ALL"}
