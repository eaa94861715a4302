"""An ordinary table becomes event-sourced with all its rows, and states become an ordinary table again."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Numeric,
    String,
    Table,
    event,
    insert,
    select,
)

from sqla_osiris import Aggregate, Context, Every, Inline, Latest, Max, Mean, Merge, NewEvent, repository
from sqla_osiris.alembic.operations.adoption import ADOPTED
from sqla_osiris.errors import OsirisError
from tests.migrations.project import CONVENTION, employee


def ordinary(**columns: Any) -> Table:
    """The table as it was, with an index and a column that the model knows nothing of."""
    return Table(
        "employee",
        MetaData(naming_convention=CONVENTION),
        Column("id", String(40), primary_key=True),
        Column("name", String(50), index=True),
        Column("worked", Integer),
        Column("score", Integer),
        Column("best", Integer),
        Column("pay", Numeric(10, 2)),
        Column("hired", DateTime(timezone=True)),
        Column("active", Boolean),
        Column("profile", JSON),
        Column("left_alone", String(10)),
        *columns,
    )


def sourced(policy, **changed):
    body = {
        "name": Latest(String(50)),
        "worked": Aggregate(Integer),
        "score": Aggregate(Integer, reducer=Mean()),
        "best": Aggregate(Integer, reducer=Max()),
        "pay": Latest(Numeric(10, 2)),
        "active": Latest(Boolean),
        "profile": Aggregate(JSON, reducer=Merge()) if isinstance(policy, Every) else Latest(JSON),
    }
    return employee(__snapshot__=policy, **(body | changed))


ROW = {"name": "Bob", "worked": 3, "score": 4, "best": 5, "pay": Decimal("1.50"), "active": True}
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.none() | st.text("abcZé ", max_size=10),
            "worked": st.none() | st.integers(-9, 9),
            "score": st.none() | st.integers(-9, 9),
            "best": st.none() | st.integers(-9, 9),
            "pay": st.none() | st.decimals("-99.99", "99.99", places=2),
            "active": st.none() | st.booleans(),
            "profile": st.dictionaries(st.sampled_from("ab"), st.integers(0, 3)),
            "left_alone": st.just("x"),
        }
    ),
    min_size=1,
    max_size=20,
)


def put(engine, table, rows):
    moment = datetime(2024, 5, 1, 12, tzinfo=UTC)
    with engine.begin() as connection:
        connection.execute(
            insert(table), [{"id": f"e{i}", "hired": moment, **row} for i, row in enumerate(rows)]
        )


def rows_of(engine, table):
    with engine.connect() as connection:
        return {row.id: row._asdict() for row in connection.execute(select(table))}


@pytest.mark.parametrize("policy", [Inline(), Every(5)], ids=["inline", "every"])
def test_the_states_are_the_rows(project, policy):
    engine, old, new = project.engine, ordinary(), sourced(policy)
    old.metadata.create_all(engine)
    text = project.revise("adopt", new)
    assert "drop_table('employee')" not in text
    assert "# Of no field, and left in employee alone: hired, left_alone." in text

    @settings(max_examples=2, phases=[Phase.explicit, Phase.generate])
    @given(ROWS)
    def law(rows):
        with engine.begin() as connection:
            connection.execute(old.delete())
        put(engine, old, rows)
        before = rows_of(engine, old)
        project.upgrade()
        employees = repository(new, engine)
        states = {state.id: state for state in employees.states()}
        assert states.keys() == before.keys()
        for key, row in before.items():
            expected = {name: row[name] for name in ("name", "best", "pay", "active", "profile")}
            found = states[key]
            assert {name: getattr(found, name) for name in expected} == expected
            assert found.worked == (row["worked"] or 0)
            assert found.score == row["score"]
            (event,) = employees.history(key)
            assert (event.event_type, event.event_meta) == (ADOPTED, {"adopted_from": "employee"})
        assert employees.verify()
        assert rows_of(engine, old) == before
        project.downgrade("base")
        summed = isinstance(policy, Inline)  # then heads hold states, and the sum of nothing is 0
        expected = {
            k: {**row, "worked": (row["worked"] or 0) if summed else row["worked"]}
            for k, row in before.items()
        }
        assert rows_of(engine, old) == expected

    law()
    project.upgrade()
    assert project.differences(new) == []


def test_what_is_adopted_goes_on(project):
    engine, old, new = project.engine, ordinary(), sourced(Inline())
    old.metadata.create_all(engine)
    put(engine, old, [ROW, ROW])
    project.migrate("adopt", new)
    employees = repository(new, engine)
    event = employees.append("e0", worked=4, name="Robert")
    assert event.seq == 2
    positions = [each.position for each in (*employees.history("e0"), *employees.history("e1"))]
    assert len(set(positions)) == 3
    assert event.position == max(positions)
    assert employees.state("e0").worked == 7


def test_the_way_back_writes_the_states_into_the_table(project):
    engine, old, new = project.engine, ordinary(), sourced(Inline())
    old.metadata.create_all(engine)
    put(engine, old, [ROW, ROW])
    project.migrate("adopt", new)
    employees = repository(new, engine)
    employees.append("e0", worked=4, name="Robert")
    employees.append("new", name="Newman")
    project.downgrade("base")
    found = rows_of(engine, old)
    assert {key: (row["name"], row["worked"]) for key, row in found.items()} == {
        "e0": ("Robert", 7),
        "e1": ("Bob", 3),
        "new": ("Newman", 0),
    }
    assert found["e0"]["hired"] is not None
    project.upgrade()
    assert repository(new, engine).state("new").name == "Newman"


def test_a_stream_that_ended_has_no_row_on_the_way_back(project):
    engine, old, new = project.engine, ordinary(), sourced(Inline())
    old.metadata.create_all(engine)
    put(engine, old, [ROW, ROW])
    project.migrate("adopt", new)
    repository(new, engine).append_many([NewEvent("e1", {}, ends=True)])
    project.downgrade("base")
    assert rows_of(engine, old).keys() == {"e0"}


def test_states_that_are_not_folded_stop_the_way_back(project):
    engine, old, new = project.engine, ordinary(), sourced(Inline())
    old.metadata.create_all(engine)
    put(engine, old, [ROW, ROW])
    project.migrate("adopt", new)
    employees, heads = repository(new, engine), new.Snapshot.__table__
    employees.append("e0", worked=4)
    with engine.begin() as connection:  # as another version of the model leaves it
        connection.execute(heads.update().where(heads.c.id == "e0").values(osiris_fingerprint=7, worked=99))

    with pytest.raises(OsirisError, match="1 states are not folded in employee_snapshot"):
        project.downgrade("base")
    assert {key: row["worked"] for key, row in rows_of(engine, old).items()} == {"e0": 3, "e1": 3}

    project.check(new)  # nothing was dropped before the refusal, where DDL is not taken back either
    assert employees.snapshots() == 1
    project.downgrade("base")
    assert {key: row["worked"] for key, row in rows_of(engine, old).items()} == {"e0": 7, "e1": 3}


def test_a_value_that_does_not_fit_stops_the_adoption(project):
    engine, old = project.engine, ordinary()
    new = sourced(Inline(), pay=Latest(Numeric(10, 1)))
    old.metadata.create_all(engine)
    put(engine, old, [{**ROW, "pay": Decimal("1.55")}])
    project.revise("adopt", new)
    if engine.dialect.name == "sqlite":
        project.upgrade()  # it keeps what it is given
        return
    with pytest.raises(OsirisError, match="1 rows differ"):
        project.upgrade()


def test_no_table_of_another_key_is_taken_for_the_models(project):
    engine, old = project.engine, ordinary()
    old.metadata.create_all(engine)
    text = project.revise("replace", employee(name=Latest(String(50)), number=Context(Integer)))
    assert "adopt_table" not in text
    assert "op.drop_table('employee')" in text


def test_rows_are_compared_without_a_join_unless_they_seem_to_differ(project):
    """On PostgreSQL a scan of each table is enough; where types hash otherwise, the join has the last word."""
    engine, old, new = project.engine, ordinary(), sourced(Inline(), worked=Aggregate(Numeric(10, 2)))
    old.metadata.create_all(engine)
    put(engine, old, [{**ROW, "profile": {"a": 1, "b": None}}])
    joins = []

    @event.listens_for(engine, "before_cursor_execute")
    def executed(_connection, _cursor, statement, *_rest):
        joins.extend([statement] if "adopted_row" in statement else [])

    project.migrate("adopt", sourced(Inline()))
    assert len(joins) == (0 if engine.dialect.name == "postgresql" else 1)
    project.downgrade("base")
    (project.folder / "migrations" / "versions" / "0001_adopt.py").unlink()
    joins.clear()
    project.migrate("adopt", new)  # an integer becomes a numeric, which hashes otherwise
    assert len(joins) == 1
    assert repository(new, engine).state("e0").worked == 3
