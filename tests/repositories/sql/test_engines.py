"""What an engine may be told holds for event-sourced models: to commit by itself, and the style of its parameters."""

from uuid import UUID

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session, sessionmaker

from sqla_osiris import AsyncSQLRepository, NewEvent, OsirisError, SQLRepository
from tests.repositories.models import EveryInPython, InlineEmployee, InlineInPython
from tests.statements import counted

MODELS = [InlineEmployee, InlineInPython, EveryInPython]
BATCH = [NewEvent("a", {"overtime": 1}, event_id=UUID(int=number)) for number in range(3)]


def everything(employees):
    """Each call that writes, with what it gives."""
    employees.append("a", overtime=1)
    employees.append("a", overtime=1, event_id=UUID(int=7))
    employees.append("a", overtime=1, event_id=UUID(int=7))
    assert employees.append_many(BATCH) == 3
    assert employees.append_many(BATCH) == 0
    employees.snapshot("a")
    employees.snapshots()
    assert employees.archive(keep=1) == 4
    assert employees.restore("a") == 4
    assert employees.redact("a", 1, "overtime", reason="asked").seq == 6
    assert employees.state("a").overtime == 4
    assert [each.seq for each in employees.states()] == [6]
    assert [each.seq for each in employees.history("a")] == [1, 2, 3, 4, 5, 6]
    employees.append("b", overtime=1)
    assert employees.erase("b") == 1
    assert employees.verify().differences == ()


@pytest.fixture(params=["create_engine", "execution_options"])
def autocommitting(request, database_url):
    """An engine that commits each statement by itself."""
    options = {"isolation_level": "AUTOCOMMIT"} if request.param == "create_engine" else {}
    engine = create_engine(database_url, **options)
    yield engine if options else engine.execution_options(isolation_level="AUTOCOMMIT")
    engine.dispose()


@pytest.mark.once_on_servers
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("target", [lambda engine: engine, sessionmaker], ids=["engine", "sessionmaker"])
def test_each_call_on_an_engine_that_commits_by_itself_is_a_transaction(autocommitting, model, target):
    employees = SQLRepository(model, target(autocommitting))
    employees.create()

    everything(employees)


@pytest.mark.parametrize("target", [lambda engine: engine, sessionmaker], ids=["engine", "sessionmaker"])
def test_a_batch_that_fails_on_an_engine_that_commits_by_itself_leaves_nothing(
    autocommitting, target, monkeypatch
):
    for name in ("_EVENTS_A_PIECE", "_EVENTS_A_CHUNK"):
        monkeypatch.setattr(f"sqla_osiris.writing.batch_columns.{name}", 2)
    employees = SQLRepository(InlineEmployee, target(autocommitting))
    employees.create()

    def failing():
        yield from BATCH
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        employees.append_many(failing())

    assert employees.state("a") is None
    employees.append("a", overtime=1)
    assert employees.state("a").seq == 1


CALLS = {
    "append with an id": lambda each: each.append("a", overtime=1, event_id=UUID(int=1)),
    "append_many": lambda each: each.append_many(BATCH),
    "archive": lambda each: each.archive(keep=0),
    "restore": lambda each: each.restore(),
    "erase": lambda each: each.erase("a"),
    "redact": lambda each: each.redact("a", 1, "overtime", reason="asked"),
    "snapshot": lambda each: each.snapshot("a"),
}


@pytest.mark.once_on_servers
@pytest.mark.parametrize("call", CALLS)
def test_a_session_that_commits_by_itself_is_told_that_a_call_needs_a_transaction(autocommitting, call):
    employees = SQLRepository(InlineEmployee, autocommitting)
    employees.create()
    employees.append("a", overtime=1)
    with Session(autocommitting) as session, pytest.raises(OsirisError, match="AUTOCOMMIT"):
        CALLS[call](SQLRepository(InlineEmployee, session))

    assert [each.seq for each in employees.history("a")] == [1]


@pytest.mark.asyncio
async def test_an_asynchronous_engine_that_commits_by_itself_gets_transactions(async_url):
    engine = create_async_engine(async_url, isolation_level="AUTOCOMMIT")
    employees = AsyncSQLRepository(InlineEmployee, engine)
    await employees.create()
    assert await employees.append_many(BATCH) == 3
    assert await employees.archive(keep=0) == 3
    async with AsyncSession(engine) as session:
        with pytest.raises(OsirisError, match="AUTOCOMMIT"):
            await AsyncSQLRepository(InlineEmployee, session).append_many(BATCH)
    await engine.dispose()


STYLES = {
    "sqlite": ["qmark", "named"],
    "postgresql": ["format", "pyformat"],
    "mariadb": ["format", "pyformat"],
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("style", ["qmark", "named", "format", "pyformat"])
def test_every_style_of_parameters_that_the_driver_takes_is_taken(database_url, style, model):
    engine = create_engine(database_url, paramstyle=style)
    if style in STYLES[engine.dialect.name.replace("mysql", "mariadb")]:
        employees = SQLRepository(model, engine)
        employees.create()
        everything(employees)  # straight to the driver
        employees.erase("a")
        with counted(engine):
            employees.append("c", hired=1, company="it's 100 % 'so': ?")  # through SQLAlchemy
        with Session(engine) as session, session.begin():
            for context in "xyz":
                session.add(model(id=context, overtime=2))
        assert employees.state("c").company == "it's 100 % 'so': ?"
        assert employees.state("z").overtime == 2
    engine.dispose()


@pytest.mark.parametrize("style", ["numeric", "numeric_dollar"])
def test_numbered_parameters_are_refused_on_sqlite_at_the_first_use(tmp_path, style):
    engine = create_engine(f"sqlite:///{tmp_path / 'hr.db'}", paramstyle=style)
    employees = SQLRepository(InlineEmployee, engine)
    uses = [
        employees.create,
        lambda: InlineEmployee.metadata.create_all(engine),
        lambda: employees.append("a", overtime=1),
        lambda: employees.append_many(BATCH),
        lambda: employees.append_many([]),
        lambda: employees.state("a"),
        lambda: list(employees.states()),
        lambda: list(employees.history("a")),
        employees.feed,
        lambda: employees.archive(keep=1),
        lambda: SQLRepository(InlineEmployee, sessionmaker(engine)).append("a", overtime=1),
        lambda: added(engine),
        lambda: selected(engine),
    ]
    for use in uses:
        with pytest.raises(OsirisError, match=f"paramstyle is '{style}'.*'qmark' or 'named'"):
            use()
    engine.dispose()


def selected(engine):
    with Session(engine) as session:
        session.scalars(select(InlineEmployee)).all()


def added(engine):
    with Session(engine) as session, session.begin():
        session.add(InlineEmployee(id="a", overtime=1))


@pytest.mark.asyncio
async def test_numbered_parameters_are_refused_by_asynchronous_engines_too(tmp_path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'hr.db'}", paramstyle="numeric")
    employees = AsyncSQLRepository(InlineEmployee, engine)
    for use in (employees.create(), employees.append("a", overtime=1), employees.state("a")):
        with pytest.raises(OsirisError, match="paramstyle is 'numeric'"):
            await use
    await engine.dispose()
