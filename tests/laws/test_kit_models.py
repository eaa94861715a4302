"""``check_model`` holds for the shipped reducers on SQLite and PostgreSQL, and finds a wrong form in SQL."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Integer, String, create_engine, func, text
from sqlalchemy.schema import CreateSchema, DropSchema

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Every,
    LawBroken,
    Never,
    OsirisError,
    Reducer,
    SQLForm,
    Sum,
    register_sql,
)
from sqla_osiris.schema.log import log_of
from sqla_osiris.testing import check_model
from sqla_osiris.testing.scratch import scratch_database
from tests.conftest import DATABASES
from tests.laws.wrong_reducers import AverageKeptAsOneNumber, IdentityIsAValue
from tests.selection import pairs
from tests.testing.models import Desk, Herald, Ledger, Profile

ROOT = Path(__file__).parents[2]
FEW = settings(max_examples=10)
ONCE = settings(max_examples=40, derandomize=True, database=None)


@pytest.mark.parametrize(
    ("database_url", "model"),
    pairs(sqlite=[Ledger, Profile, Desk], postgresql=[Ledger], mariadb=[Ledger], mysql=[Ledger, Profile]),
    indirect=["database_url"],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_right_model_keeps_every_law(engine, model):
    check_model(model, engine, settings=FEW)


def test_a_model_with_a_column_type_of_its_own_keeps_every_law(engine):
    cries = st.text("abc", max_size=5)

    check_model(Herald, engine, values={"cry": st.none() | cries, "loudest": cries}, settings=FEW)


def broken(model: type, **options: object) -> LawBroken:
    with pytest.raises(LawBroken) as raised:
        check_model(model, settings=ONCE, **options)  # type: ignore[arg-type]
    return raised.value


class Total(Sum):
    """A sum of a user's own, so that its form can be registered."""

    def fingerprint(self) -> str:
        return "Total"


class FoldForgetsDuplicates(Total):
    pass


@register_sql(FoldForgetsDuplicates)
class _Distinctly(SQLForm):
    @property
    def accumulator_type(self):
        return BigInteger()

    def merge(self, left, right):
        return left + right

    def fold(self, touches, seq):
        return func.sum(touches.distinct())


class MergeTakesTheGreater(Total):
    pass


@register_sql(MergeTakesTheGreater)
class _Greater(SQLForm):
    @property
    def accumulator_type(self):
        return BigInteger()

    def merge(self, left, right):
        return func.max(left, right, type_=BigInteger())

    def fold(self, touches, seq):
        return func.sum(touches)


class SQLFolds(EventSourced):
    __tablename__ = "kit_wrong_fold"
    __snapshot__ = Never()
    id = Context(String(20))
    total = Aggregate(Integer, reducer=FoldForgetsDuplicates())


class SQLMerges(EventSourced):
    __tablename__ = "kit_wrong_merge"
    __snapshot__ = Every(100)
    id = Context(String(20))
    total = Aggregate(Integer, reducer=MergeTakesTheGreater())


SMALL = {"values": {"total": st.just(1)}, "contexts": st.just("bob")}
"""What is drawn where a form in SQL is wrong: a smaller example is then found in few steps."""


def test_a_wrong_fold_in_sql_is_found():
    error = broken(SQLFolds, **SMALL)

    assert (error.law, error.subject) == ("agreement", "SQLFolds on sqlite")
    assert len(error.example["events"]) == 2
    assert (error.left, error.right) == (2, 1)


def test_a_wrong_merge_in_sql_is_found_by_a_snapshot():
    error = broken(SQLMerges, **SMALL)

    assert error.law == "snapshot transparency"
    assert len(error.example["events"]) <= 3
    assert "after the events" in error.example["snapshots"]


@pytest.mark.parametrize(
    ("reducer", "law"), [(AverageKeptAsOneNumber(), "associativity"), (IdentityIsAValue(), "identity")]
)
def test_a_wrong_reducer_of_a_field_is_found_with_its_name(reducer: Reducer, law: str):
    declared = {"__snapshot__": Never(), "value": Aggregate(Integer, reducer=reducer)}
    wrong = type(f"With{type(reducer).__name__}", (EventSourced,), declared)

    error = broken(wrong)

    assert error.law == law
    assert error.subject.startswith(f"{wrong.__name__}.value, ")


def test_a_scratch_database_is_dropped_after_an_error_too(postgresql_database):
    engine = create_engine(postgresql_database)
    scratch = scratch_database(log_of(SQLFolds), postgresql_database)
    name = scratch.__enter__().url.database
    with pytest.raises(ZeroDivisionError):
        scratch.gen.throw(ZeroDivisionError())
    with engine.connect() as connection:
        databases = set(connection.scalars(text("SELECT datname FROM pg_database")))
        tables = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    engine.dispose()
    assert name != engine.url.database
    assert name not in databases
    assert tables == 0


def test_without_hypothesis_the_import_says_what_to_install():
    program = "import sys; sys.modules['hypothesis'] = None\nimport sqla_osiris\nimport sqla_osiris.testing"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "pip install 'sqla_osiris[testing]'" in done.stderr


def test_the_package_does_not_import_hypothesis_nor_the_kit_pytest():
    program = (
        "import sys, sqla_osiris; assert 'hypothesis' not in sys.modules\n"
        "import sqla_osiris.testing, sqla_osiris.testing.conformance; assert 'pytest' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", [kind for kind in ("mariadb", "mysql") if kind in DATABASES])
def test_a_schema_that_is_there_already_is_not_touched(request, kind):
    """On MariaDB and MySQL a schema is a database, and stands beside the scratch one."""
    url = request.getfixturevalue(f"{kind}_url")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(CreateSchema("hr"))
    try:
        with pytest.raises(OsirisError, match="The schema 'hr' cannot be made for the check"):
            check_model(Ledger, url, settings=FEW)
    finally:
        with engine.begin() as connection:
            connection.execute(DropSchema("hr"))
        engine.dispose()
