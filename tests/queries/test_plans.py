"""What a query reads: index ranges of heads and their tails, never the whole log."""

import json

import pytest
from sqlalchemy import Integer, String, select, text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.sql.expression import ClauseElement, Executable

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Every,
    Inline,
    Latest,
    Max,
    Never,
    NewEvent,
    repository,
)

CONTEXTS, EVENTS_OF_EACH = 2_000, 11
KEYS = [f"c{number:04}" for number in range(CONTEXTS)]


class Base(DeclarativeBase):
    pass


class Wanted(Base):
    __tablename__ = "wanted"
    id = mapped_column(String(30), primary_key=True)


class Pay:
    id = Context(String(30))
    company = Latest(String(30), index=True)
    title = Latest(String(30))
    salary = Aggregate(Integer)
    best = Aggregate(Integer, reducer=Max())


class PayInline(EventSourced, Pay, Base):
    __tablename__ = "pay_inline"
    __snapshot__ = Inline()


class PayEvery(EventSourced, Pay, Base):
    __tablename__ = "pay_every"
    __snapshot__ = Every(4)


class PayNever(EventSourced, Pay, Base):
    __tablename__ = "pay_never"
    __snapshot__ = Never()


MODELS = [PayInline, PayEvery, PayNever]

QUERIES = {
    "a context": lambda pay: select(pay).where(pay.id == KEYS[77]),
    "contexts": lambda pay: select(pay).where(pay.id.in_(KEYS[::200])),
    "a list of keys": lambda pay: select(pay).join(Wanted, Wanted.id == pay.id),
    "the first contexts": lambda pay: select(pay).order_by(pay.id).limit(20),
}


class Explain(Executable, ClauseElement):
    """EXPLAIN of a statement, as the database that compiles it spells that."""

    inherit_cache = False

    def __init__(self, statement):
        self.statement = statement


@compiles(Explain, "postgresql")
def explain_on_postgresql(element, compiler, **kw):
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **kw)


@compiles(Explain, "mariadb")
def explain_on_mariadb(element, compiler, **kw):
    return "EXPLAIN " + compiler.process(element.statement, **kw)


@compiles(Explain, "mysql")
def explain_on_mysql(element, compiler, **kw):
    return "EXPLAIN FORMAT = TRADITIONAL " + compiler.process(element.statement, **kw)


@compiles(Explain, "sqlite")
def explain_on_sqlite(element, compiler, **kw):
    return "EXPLAIN QUERY PLAN " + compiler.process(element.statement, **kw)


@pytest.fixture(scope="module")
def postgresql_log(module_postgresql):
    return filled(module_postgresql)


@pytest.fixture(scope="module")
def mariadb_log(module_mariadb):
    return filled(module_mariadb)


@pytest.fixture(scope="module")
def mysql_log(module_mysql):
    return filled(module_mysql)


@pytest.fixture(scope="module")
def sqlite_log(module_sqlite):
    return filled(module_sqlite)


def filled(engine):
    """Each model with 22,000 events, in rounds over all contexts; and statistics of them."""
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Wanted(id=key) for key in KEYS[::100]])
        session.commit()
    for model in MODELS:
        repository(model, engine).append_many(
            NewEvent(key, {"company": f"company {number % 400}", "salary": turn, "best": number - turn})
            for turn in range(EVENTS_OF_EACH)
            for number, key in enumerate(KEYS)
        )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tables = (
            f"TABLE {', '.join(Base.metadata.tables)}" if engine.dialect.name in {"mariadb", "mysql"} else ""
        )
        connection.execute(text(f"ANALYZE {tables}"))
    return engine


def postgresql_nodes(engine, statement):
    """Every node of PostgreSQL's plan."""
    with engine.connect() as connection:
        plan = connection.execute(Explain(statement)).scalar_one()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return list(nodes_of(plan[0]["Plan"]))


def nodes_of(node):
    yield node
    for child in node.get("Plans", []):
        yield from nodes_of(child)


def read_in_full(nodes):
    """The tables that a plan reads from beginning to end."""
    return {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}


def mariadb_tables(engine, statement):
    """How MariaDB reaches each table of its plan: by name, the ways ("const", "range", "ref", … "ALL")."""
    with engine.connect() as connection:
        ways = {}
        for row in connection.execute(Explain(statement)):
            ways.setdefault(row.table, set()).add(row.type)
    return ways


def sqlite_steps(engine, statement):
    """Every step of SQLite's plan that reads a table: neither a constant row nor a subquery's own few rows."""
    with engine.connect() as connection:
        steps = [row.detail for row in connection.execute(Explain(statement))]
    subqueries = {step.split()[1] for step in steps if step.startswith(("CO-ROUTINE", "MATERIALIZE"))}
    return [
        step
        for step in steps
        if not step.startswith("SCAN") or step.split()[1] not in {*subqueries, "CONSTANT"}
    ]


models = pytest.mark.parametrize("pay", MODELS)
queries = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


@models
@queries
def test_postgresql_never_reads_the_whole_log(postgresql_log, pay, query):
    assert pay.Event.__table__.name not in read_in_full(postgresql_nodes(postgresql_log, query(pay)))


@models
@pytest.mark.parametrize("query", ["a context", "contexts", "the first contexts"])
def test_postgresql_finds_heads_by_their_index(postgresql_log, pay, query):
    nodes = postgresql_nodes(postgresql_log, QUERIES[query](pay))

    assert pay.Snapshot.__table__.name not in read_in_full(nodes)


@models
@pytest.mark.parametrize("query", ["a context", "contexts", "a list of keys"])
def test_sqlite_scans_nothing_but_the_list_of_keys(sqlite_log, pay, query):
    steps = sqlite_steps(sqlite_log, QUERIES[query](pay))

    assert [step for step in steps if step.startswith("SCAN") and step != "SCAN wanted"] == []


@models
def test_sqlite_walks_the_first_contexts_in_the_order_of_an_index(sqlite_log, pay):
    steps = sqlite_steps(sqlite_log, QUERIES["the first contexts"](pay))

    assert [step for step in steps if "USE TEMP B-TREE" in step] == []
    assert all("INDEX" in step for step in steps if step.startswith("SCAN"))


@models
@queries
def test_sqlite_searches_tails_by_context(sqlite_log, pay, query):
    steps = sqlite_steps(sqlite_log, query(pay))

    assert [step for step in steps if step.startswith("SCAN tail")] == []


@models
@queries
def test_mysql_merges_the_fold_and_finds_tails_by_context(mysql_log, pay, query):
    ways = mariadb_tables(mysql_log, query(pay))

    assert ways["tail"] <= {"ref", "range"}
    assert ways["head"] <= {"const", "range", "eq_ref", "index"}


@models
@queries
def test_mariadb_finds_tails_by_context_and_materialises_nothing(mariadb_log, pay, query):
    ways = mariadb_tables(mariadb_log, query(pay))

    assert ways["tail"] <= {"ref", "range"}
    assert [name for name in ways if name.startswith("<derived")] == []


@models
@pytest.mark.parametrize(
    ("query", "way"),
    [
        ("a context", "const"),
        ("contexts", "range"),
        ("a list of keys", "eq_ref"),
        ("the first contexts", "index"),
    ],
)
def test_mariadb_finds_heads_by_their_index(mariadb_log, pay, query, way):
    assert mariadb_tables(mariadb_log, QUERIES[query](pay))["head"] == {way}


def test_an_indexed_field_is_found_by_its_index(postgresql_log):
    nodes = postgresql_nodes(postgresql_log, select(PayInline).where(PayInline.company == "company 7"))

    assert [node["Index Name"] for node in nodes if "company" in str(node.get("Index Cond"))]
    assert PayInline.Snapshot.__table__.name not in read_in_full(nodes)


def test_an_indexed_field_is_found_by_its_index_when_joined(postgresql_log):
    statement = select(Wanted.id).join(PayInline, PayInline.id == Wanted.id)
    nodes = postgresql_nodes(postgresql_log, statement.where(PayInline.company == "company 7"))

    assert [node["Index Name"] for node in nodes if "company" in str(node.get("Index Cond"))]


@models
def test_a_plan_gives_the_states_of_all_events(postgresql_log, pay):
    with Session(postgresql_log) as session:
        state = session.get(pay, KEYS[77])

    assert (state.seq, state.company, state.salary, state.best) == (11, "company 77", 55, 77)
