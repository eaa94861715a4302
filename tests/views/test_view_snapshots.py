"""Snapshots of views: whatever is stored, a view with ``Every(n)`` gives what the same view without gives."""

from contextlib import suppress
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    Integer,
    LargeBinary,
    String,
    event,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import DeclarativeBase, Session, aliased

from sqla_osiris import (
    Aggregate,
    Append,
    AsyncSQLRepository,
    ContextErased,
    DeclarationError,
    EventSourced,
    EventView,
    Every,
    Inline,
    InvalidValue,
    Latest,
    Max,
    NewEvent,
    SQLRepository,
    as_of,
    repository,
)
from sqla_osiris.testing.scratch import empty, scratch_database
from tests.conftest import DATABASES
from tests.past.hr import day
from tests.views.stored_views import (
    PLACES,
    ROWS,
    Folded,
    Person,
    Stored,
    falsify,
    groups,
    hire,
    totals,
    version,
)

numbers = count()


def test_a_query_folds_only_what_came_after_the_snapshot(people, engine):
    hire(people, 1, 2)
    hire(people, 5, company="globex")
    assert people.snapshots() == 1
    falsify(engine)
    hire(people, 10)
    hire(people, 20, company="new")

    assert totals(engine) == {"acme": 1_000_013, "globex": 1_000_005, "new": 20}
    with Session(engine) as session:
        assert session.get(Stored, "acme").salary == 1_000_013
        assert session.get(Stored, "new").salary == 20
        assert session.get(Stored, "nobody") is None


def test_a_view_with_snapshots_is_joined_as_any_other(people, engine):
    hire(people, 1)
    people.snapshots()
    hire(people, 2)
    hire(people, 3, company="globex")
    other = aliased(Stored)

    with Session(engine) as session:
        query = select(Person.name, Stored.salary, other.salary).join(
            Stored, Stored.company == Person.company
        )
        assert session.execute(query.join(other, other.salary >= Stored.salary)).all() == [
            ("bob", 3, 3),
            ("bob", 3, 3),
        ]
        assert session.scalar(select(func.sum(Stored.salary)).where(Stored.heads > 0)) == 6


def test_a_snapshot_is_stored_onto_the_one_before(people, engine):
    hire(people, 1)
    people.snapshots()
    hire(people, 10)
    hire(people, 20, company="globex")
    people.snapshots()
    falsify(engine)
    hire(people, 100)

    assert totals(engine) == {"acme": 1_000_111, "globex": 1_000_020}


def test_a_snapshot_is_stored_when_n_events_came(engine):
    model, _ = version(Every(3))
    opened = SQLRepository(model, engine)
    opened.create()
    places = model.metadata.tables["employee_event_views"]

    def stored():
        with engine.connect() as connection:
            return connection.scalar(select(places.c.osiris_folded).where(places.c.view == "payroll"))

    opened.append_many(NewEvent("bob", {"company": "acme", "salary": 1}) for _ in range(2))
    opened.snapshots()
    assert stored() is None
    opened.append("bob", salary=1)
    opened.snapshots()
    first = stored()
    assert first is not None
    opened.append("bob", salary=1)
    opened.snapshots()
    assert stored() == first


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_refresh_that_an_open_transaction_holds_back_does_not_count(people, engine):
    hire(people, 1)
    with engine.begin() as holding:
        holding.execute(text("SELECT pg_current_xact_id()"))
        people.snapshots()
        hire(people, 10)
        assert people.snapshots() == 0
    assert people.snapshots() == 1
    assert totals(engine) == {"acme": 11}


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_an_event_that_commits_while_groups_are_stored_counts_once(people, engine):
    hire(people, 1)
    with Session(engine) as session:
        repository(Person, session).append("jane", company="acme", salary=10)

        @event.listens_for(engine, "before_cursor_execute")
        def commit(_connection, _cursor, statement, *_):
            if "INSERT INTO stored_snapshot" in statement and session.in_transaction():
                session.commit()

        people.snapshots()
        assert not session.in_transaction()
    for _ in range(2):
        assert totals(engine) == {"acme": 11}
        people.snapshots()


def test_the_past_is_folded_from_the_log(people, engine):
    people.append_many([NewEvent("bob", {"company": "acme", "salary": 1}, recorded_at=day(1))])
    people.snapshots()
    falsify(engine)

    past = as_of(Stored, day(2))
    with Session(engine) as session:
        assert session.scalar(select(past.salary)) == 1


def test_a_repository_of_a_session_stores_no_groups(people, engine):
    hire(people, 1)
    with Session(engine) as session:
        repository(Person, session).snapshots()
        session.commit()
    with engine.connect() as connection:
        assert connection.execute(select(ROWS)).all() == []


def test_a_view_of_other_reducers_does_not_see_what_is_stored(engine):
    model, view = version(Every(1))
    first = SQLRepository(model, engine)
    first.create()
    hire(first, 1, 2)
    first.snapshots()
    later, changed = version(Every(1), salary=Aggregate(Integer, reducer=Max()))
    assert totals(engine, changed) == {"acme": 2}
    assert totals(engine, view) == {"acme": 3}

    SQLRepository(later, engine).snapshots()
    assert totals(engine, changed) == {"acme": 2}
    assert totals(engine, view) == {"acme": 3}
    with engine.connect() as connection:
        assert connection.scalars(select(model.metadata.tables["payroll_snapshot"].c.salary)).all() == [2]


@pytest.mark.parametrize("change", ["erase", "redact"])
def test_what_is_taken_out_of_the_log_is_gone_from_views_at_once(people, engine, change):
    hire(people, 1, 2)
    people.append("jane", company="acme", salary=10)
    people.snapshots()

    with Session(engine) as session:
        inside = repository(Person, session)
        inside.erase("bob") if change == "erase" else inside.redact("bob", 1, "salary", reason="asked")
        left = 10 if change == "erase" else 12
        assert session.scalar(select(Stored.salary)) == left
        assert totals(engine) == {"acme": 13} or engine.dialect.name == "sqlite"
        session.commit()
    assert totals(engine) == {"acme": left}
    people.snapshots()
    assert totals(engine) == {"acme": left}


def test_an_erasure_by_a_program_that_does_not_know_the_view(engine):
    model, view = version(Every(1))
    bare, _ = version(None)
    first = SQLRepository(model, engine)
    first.create()
    hire(first, 1)
    first.append("jane", company="acme", salary=10)
    first.snapshots()

    SQLRepository(bare, engine).erase("bob")

    assert totals(engine, view) == {"acme": 10}


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_copy_of_the_rows_in_another_database_is_not_read(people, engine):
    hire(people, 1)
    people.snapshots()
    falsify(engine)
    with engine.begin() as connection:
        # Another transaction writes the same, as one that restores a dump does.
        connection.execute(update(PLACES).values(osiris_folded=PLACES.c.osiris_folded))
    assert totals(engine) == {"acme": 1}


def test_a_refresh_that_fails_in_the_middle_stores_nothing(people, engine):
    hire(people, 1)
    people.snapshots()
    hire(people, 10)

    def fail(_connection, _cursor, statement, *_):
        if "stored_snapshot" in statement and "INSERT" in statement:
            failing.append(statement)
        elif failing and "INSERT" in statement:
            raise KeyboardInterrupt

    failing: list[str] = []
    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(KeyboardInterrupt):
        people.snapshots()
    event.remove(engine, "before_cursor_execute", fail)
    assert totals(engine) == {"acme": 11}
    people.snapshots()
    assert totals(engine) == {"acme": 11}


def test_verify_folds_views_again(people, engine):
    hire(people, 1)
    people.snapshots()
    hire(people, 10)
    assert people.verify()
    falsify(engine)

    report = people.verify()
    (difference,) = report.differences
    assert (difference.context, difference.field) == ("acme", "Stored.salary")
    assert (difference.stored, difference.folded) == (1_000_001, 1)


def test_a_scratch_database_has_what_views_store():
    with scratch_database(Person.__osiris__, None) as engine:
        people = SQLRepository(Person, engine)
        hire(people, 1, 2)
        people.snapshots()
        with engine.begin() as connection:
            empty(connection, Person.__osiris__)
        hire(people, 10)
        assert totals(engine) == {"acme": 10}


@pytest.mark.asyncio
async def test_an_asynchronous_repository_stores_groups_too(async_engine):
    opened = AsyncSQLRepository(Person, async_engine)
    await opened.create()
    await opened.append("bob", company="acme", salary=1)
    await opened.snapshots()
    async with async_engine.begin() as connection:
        rows = await connection.execute(select(ROWS.c.company, ROWS.c.salary))
        assert [tuple(row) for row in rows] == [("acme", 1)]


def declare(policy, *, by="company", **fields):
    said = {"__snapshot__": policy, **(fields or {"salary": Aggregate(Integer)})}
    return type(EventView)(f"Wrong{next(numbers)}", (EventView,), said, of=Declared, by=by)


class Elsewhere(DeclarativeBase):
    pass


class Declared(EventSourced, Elsewhere):
    company = Latest(String(20))
    salary = Aggregate(Integer)
    motto = Latest(String)
    seal = Latest(LargeBinary(20))
    notes = Aggregate(JSON, reducer=Append())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"policy": Inline()}, r"takes Every\(n\) or Never\(\).*waited for each other"),
        ({"policy": 100}, r"__snapshot__ is 100; a view takes Every\(n\)"),
        (
            {"policy": Every(1), "notes": Aggregate(JSON, reducer=Append())},
            "notes: Append.* folded in Python",
        ),
        ({"policy": Every(1), "by": "motto"}, "by='motto': .*Declare the column with a length"),
        ({"policy": Every(1), "by": "seal"}, "by='seal'"),
    ],
)
def test_snapshots_that_cannot_be_kept_are_refused(arguments, said):
    with pytest.raises(DeclarationError, match=said):
        declare(**arguments)
    assert not [name for name in Elsewhere.metadata.tables if name.startswith("wrong")]


names, companies = st.sampled_from(["bob", "jane", "Zoë"]), st.sampled_from(["acme", "globex"])
TOUCHES = {
    "company": companies,
    "title": st.none() | st.sampled_from(["", "VP", "Ärztin", "vp"]),
    "salary": st.integers(-9, 9),
    "bonus": st.decimals(-9, 9, places=2),
    "happy": st.booleans(),
    "notes": st.none() | st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), max_size=1),
}
events = st.tuples(
    names,
    st.fixed_dictionaries(
        {"company": companies}, optional={k: v for k, v in TOUCHES.items() if k != "company"}
    ),
)
appends = st.tuples(st.just("append_many"), st.lists(events, min_size=1, max_size=4))
calls = st.lists(
    appends
    | st.tuples(st.just("end"), names)
    | st.tuples(st.just("archive"))
    | st.tuples(st.just("restore"), names)
    | st.tuples(st.just("redact"), names, st.integers(1, 4), st.sampled_from(sorted(TOUCHES)))
    | st.tuples(st.just("erase"), names),
    max_size=3,
)
runs = st.lists(st.tuples(appends, calls), min_size=1, max_size=3)
"""What happens between snapshots, and at last after the last one."""


def act(people, mark, name, *arguments):
    if name == "append_many":
        people.append_many(
            NewEvent(mark + context, {**fields, "company": mark + fields["company"]})
            for context, fields in arguments[0]
        )
    elif name == "end":
        people.append_many([NewEvent(mark + arguments[0], {}, ends=True)])
    elif name == "archive":
        people.archive(keep=1)
    elif name == "redact":
        people.redact(mark + arguments[0], *arguments[1:], reason="asked")
    else:
        getattr(people, name)(*(mark + argument for argument in arguments))


def test_a_view_with_snapshots_gives_what_one_without_gives(people, engine):
    @settings(max_examples=20)
    @given(runs)
    def law(run):
        mark = f"{next(numbers)} "
        for number, (first, steps) in enumerate(run):
            if number:
                people.snapshots()
            for step in (first, *steps):
                with suppress(ContextErased, InvalidValue):
                    act(people, mark, *step)
        mine = [mark + company for company in ("acme", "globex")]
        assert groups(engine, Stored, *mine) == groups(engine, Folded, *mine)

    law()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM stored_snapshot")).scalar()
