"""The example project: generated migrations that run there and back, with data, on every database."""

import re
import subprocess
import sys
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from pytest_alembic import tests as built_in
from pytest_alembic.plugin.fixtures import alembic_runner  # noqa: F401  (a fixture)
from sqlalchemy import Column, Engine, MetaData, Numeric, String, Table, create_engine, func, select

from sqla_osiris import NewEvent, repository
from tests.migrations.project import described, differences

HERE = Path(__file__).parent.parent.parent / "examples" / "alembic_app"
sys.path.insert(0, str(HERE))

from shop.models import Base, Customer, Employee  # noqa: E402

CUSTOMERS = Table(
    "customer",
    MetaData(),
    Column("id", String(40), primary_key=True),
    Column("name", String(80)),
    Column("credit", Numeric(10, 2)),
)


def config(engine: Engine) -> Config:
    settings = Config(str(HERE / "alembic.ini"), stdout=StringIO())
    settings.attributes["connection"] = engine
    return settings


@pytest.fixture
def alembic_config(engine):
    return config(engine)


@pytest.fixture
def alembic_engine(engine):
    return engine


BUILT_IN = [
    built_in.test_single_head_revision,
    built_in.test_upgrade,
    built_in.test_model_definitions_match_ddl,
    built_in.test_up_down_consistency,
]


@pytest.mark.parametrize("check", BUILT_IN, ids=lambda check: check.__name__)
def test_pytest_alembic_agrees(check, alembic_runner):  # noqa: F811
    check(alembic_runner)


def test_create_all_makes_what_the_migrations_make(engine):
    command.upgrade(config(engine), "head")
    migrated = described(engine)
    assert differences(engine, Base.metadata) == []
    command.downgrade(config(engine), "base")
    Base.metadata.create_all(engine)
    assert described(engine) == migrated


def test_a_thousand_customers_and_the_events_of_employees_go_all_the_way_and_back(engine):
    settings = config(engine)
    command.upgrade(settings, "0004")
    with engine.begin() as connection:
        rows = [{"id": f"c{n}", "name": f"Customer {n}", "credit": Decimal(n) / 4} for n in range(1_000)]
        connection.execute(CUSTOMERS.insert(), rows)
    command.upgrade(settings, "head")
    customers, employees = repository(Customer, engine), repository(Employee, engine)
    assert customers.state("c999").credit == Decimal("249.75")
    assert customers.verify()
    employees.append_many(
        NewEvent(f"e{n % 7}", {"name": "Bob", "role": None, "overtime": n, "bonus": n}) for n in range(50)
    )
    customers.append("c1", credit=Decimal("0.75"))
    known = {
        employee.id: (employee.seq, employee.overtime, employee.bonus) for employee in employees.states()
    }

    command.downgrade(settings, "0001")

    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(CUSTOMERS)) == 1_000
        credit = select(CUSTOMERS.c.credit).where(CUSTOMERS.c.id == "c1")
        assert connection.scalar(credit) == 1
    command.upgrade(settings, "head")
    # A bonus is gone with its column; all else is as it was.
    assert {e.id: (e.seq, e.overtime) for e in employees.states()} == {
        key: value[:2] for key, value in known.items()
    }
    assert all(dict(event.fields)["role"] is None for event in employees.history("e1"))
    assert customers.state("c1").credit == 1


def test_the_migrations_are_what_alembic_generates(tmp_path):
    """The golden files: change a renderer, look at what it writes now, and generate them anew."""
    generated = subprocess.run(
        [sys.executable, "-W", "error", "-c", GENERATE, tmp_path],
        check=False,
        cwd=HERE,
        capture_output=True,
        text=True,
    )
    assert generated.returncode == 0, generated.stderr
    written = {path.name: undated(path) for path in tmp_path.glob("0*.py")}
    assert written == {path.name: undated(path) for path in (HERE / "migrations" / "versions").glob("0*.py")}


GENERATE = """
import sys, pathlib, sqlalchemy, history
folder = pathlib.Path(sys.argv[1])
engine = sqlalchemy.create_engine(f"sqlite:///{folder}/shop.db")
history.generate(folder, engine)
engine.dispose()
"""


def undated(path: Path) -> str:
    return re.sub(r"Create Date: .*", "Create Date: …", path.read_text())


@pytest.mark.parametrize("url", ["postgresql+psycopg://", "mariadb+pymysql://"])
def test_the_sql_is_written_without_a_database(url):
    settings = Config(str(HERE / "alembic.ini"), output_buffer=StringIO())
    settings.set_main_option("sqlalchemy.url", url + "localhost/shop")
    command.upgrade(settings, "head", sql=True)
    command.downgrade(settings, "head:base", sql=True)
    written = settings.output_buffer.getvalue()
    for text in ("CREATE TRIGGER", "RENAME COLUMN title TO role", "adopted_from", "osiris_fingerprint"):
        assert text in written


def test_the_written_sql_makes_the_same_database(postgresql_database):
    engine = create_engine(postgresql_database)
    settings = Config(str(HERE / "alembic.ini"), output_buffer=StringIO())
    settings.set_main_option("sqlalchemy.url", "postgresql+psycopg://localhost/shop")
    command.upgrade(settings, "head", sql=True)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.connection.cursor().execute(settings.output_buffer.getvalue())
    assert differences(engine, Base.metadata) == []
    engine.dispose()
