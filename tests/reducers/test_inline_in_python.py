"""``Inline()`` with fields that Python folds: the state is a column that queries read, never behind the log."""

import threading
from typing import Any

import pytest
from sqlalchemy import JSON, Integer, Numeric, String, create_engine, func, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, aliased, sessionmaker

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Distinct,
    EventSourced,
    Inline,
    Latest,
    Mean,
    Merge,
    NewEvent,
    NotExpressible,
    Reducer,
    SQLRepository,
    Union,
)


class Longest(Reducer):
    """The longest text so far; its state is the length. Ties are kept by the first."""

    idempotent = True

    def identity(self) -> str:
        return ""

    def lift(self, touch: str) -> str:
        return touch

    def merge(self, left: str, right: str) -> str:
        return right if len(right) > len(left) else left

    def present(self, accumulator: str) -> int:
        return len(accumulator)


class Person(EventSourced):
    __tablename__ = "inline_person"
    __snapshot__ = Inline()
    id = Context(String(40))
    name = Latest(String(40), index=True)
    worked = Aggregate(Integer)
    mood = Aggregate(Integer, reducer=Mean())
    notes = Aggregate(JSON, reducer=Append())
    skills = Aggregate(JSON, reducer=Union())
    profile = Aggregate(JSON, reducer=Merge())
    prices = Aggregate(Numeric(9, 2), reducer=Distinct(), index=True)
    length = Aggregate(String(40), reducer=Longest(), state_type=Integer, index=True)


@pytest.fixture
def people(create) -> SQLRepository[Any]:
    return SQLRepository(Person, create(Person))


@pytest.fixture
def session(people):
    with Session(people._target) as session:
        yield session


def state(people: Any, context: str) -> dict[str, Any]:
    found = people.state(context)
    return {
        name: getattr(found, name)
        for name in ("seq", "worked", "notes", "skills", "profile", "prices", "length")
    }


def test_every_append_stores_the_state_beside_its_accumulator(people):
    people.append("bob", notes=["x"], skills={"sql"}, prices=1, length="abc")
    people.append("bob", notes=["y"], skills={"c", "sql"}, prices=1, length="ab", worked=3)

    with people._target.connect() as connection:
        heads = Person.Snapshot.__table__.c
        row = connection.execute(
            select(
                heads.seq,
                heads.osiris_folded,
                heads.osiris_state_notes,
                heads.osiris_state_length,
                heads.length,
            )
        ).one()
    assert tuple(row) == (2, 2, ["x", "y"], 3, "abc")
    assert state(people, "bob") == {
        "seq": 2,
        "worked": 3,
        "notes": ["x", "y"],
        "skills": {"sql", "c"},
        "profile": {},
        "prices": 1,
        "length": 3,
    }


def test_where_order_by_and_functions_read_the_kept_state(people, session):
    people.append_many(
        NewEvent(
            who, {"length": "x" * size, "prices": size, "notes": [size], "profile": {"n": {"size": size}}}
        )
        for who, size in [("ann", 1), ("bob", 2), ("cid", 3), ("ann", 5)]
    )

    longer = select(Person.id, Person.length).where(Person.length >= 3).order_by(Person.length.desc())
    assert [tuple(row) for row in session.execute(longer)] == [("ann", 5), ("cid", 3)]
    assert session.scalars(select(Person.id).where(Person.prices == 2)).all() == ["ann"]
    assert session.scalar(select(func.sum(Person.length))) == 10
    sized = select(Person.id).where(Person.profile["n"]["size"].as_integer() == 3)
    assert session.scalars(sized).all() == ["cid"]
    other = aliased(Person)
    pairs = select(Person.id, other.notes).join(other, other.length > Person.length).where(Person.id == "cid")
    assert [tuple(row) for row in session.execute(pairs)] == [("cid", [1, 5])]


def test_the_kept_state_is_what_the_index_is_on(people):
    indexed = {
        column
        for index in inspect(people._target).get_indexes("inline_person_snapshot")
        for column in index["column_names"]
    }

    assert {"osiris_state_prices", "osiris_state_length", "name"} <= indexed
    assert "prices" not in indexed


def test_a_flush_of_many_objects_stores_all_their_states(people, session):
    session.add_all(Person(id=str(i), notes=[i], skills={i}) for i in range(20))
    session.commit()

    query = select(Person.notes).where(Person.skills.is_not(None)).order_by(Person.id)
    assert sorted(session.scalars(query)) == [[i] for i in range(20)]


def test_an_assignment_and_a_change_in_place_say_what_is_new(people, session):
    session.add(Person(id="bob", notes=["a"], skills={"c"}))
    session.commit()
    bob = session.get(Person, "bob")
    bob.notes = [*bob.notes, "b"]
    bob.skills = bob.skills | {"sql"}
    session.commit()
    bob.notes.append("c")
    bob.skills.add("go")
    session.commit()
    bob.notes += ["d"]
    bob.skills |= {"c", "rust"}
    session.commit()

    assert [dict(event.fields) for event in people.history("bob")] == [
        {"notes": ["a"], "skills": ["c"]},
        {"notes": ["b"], "skills": ["sql"]},
        {"notes": ["c"], "skills": ["go"]},
        {"notes": ["d"], "skills": ["rust"]},
    ]
    assert bob.notes == ["a", "b", "c", "d"]
    assert bob.skills == {"c", "sql", "go", "rust"}


@pytest.mark.parametrize("flushed", [True, False])
def test_a_change_in_place_right_after_the_flush_that_began_the_stream_is_noticed(people, session, flushed):
    bob = Person(id="bob", notes=["a"])
    session.add(bob)
    session.flush()
    if not flushed:
        session.commit()
    bob.notes.append("b")
    bob.skills.add("sql")
    bob.profile["k"] = 1
    session.commit()

    assert [dict(event.fields) for event in people.history("bob")] == [
        {"notes": ["a"]},
        {"notes": ["b"], "skills": ["sql"], "profile": {"k": 1}},
    ]


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("notes", [], "nothing is ever taken out"),
        ("notes", ["other", "b"], "nothing is ever taken out"),
        ("skills", set(), "only grows"),
        ("prices", 7, "Append a value"),
        ("mood", 2.5, "Append the touch itself"),
    ],
)
def test_what_no_touch_can_say_is_refused_with_what_to_do(people, session, field, value, said):
    people.append("bob", notes=[1, "b"], skills={"c"}, prices=1, mood=4)
    bob = session.get(Person, "bob")
    setattr(bob, field, value)

    with pytest.raises(NotExpressible, match=said):
        session.commit()


def test_an_ended_stream_begins_again_with_nothing(people, session):
    people.append("bob", notes=["a"], skills={"c"}, length="long")
    session.delete(session.get(Person, "bob"))
    session.commit()
    people.append("bob", notes=["b"])

    assert state(people, "bob") == {
        "seq": 3,
        "worked": 0,
        "notes": ["b"],
        "skills": set(),
        "profile": {},
        "prices": 0,
        "length": 0,
    }


# Stale heads


@pytest.fixture
def stale(people):
    """Bob's head is of another version of the model; Ann's is not."""
    people.append("ann", notes=["n"], length="a")
    people.append("bob", notes=["x"], skills={"sql"}, length="abc", worked=2, mood=1)
    people.append("bob", notes=["y"], length="abcde", worked=3, mood=4)
    heads = Person.Snapshot.__table__
    garbage = {
        "osiris_fingerprint": 123,
        "notes": [0],
        "osiris_state_notes": ["garbage"],
        "osiris_state_length": 77,
    }
    with people._target.begin() as connection:
        connection.execute(update(heads).where(heads.c.id == "bob").values(garbage))


def test_a_stale_head_is_folded_from_the_log_when_it_is_read(people, session, stale):
    assert state(people, "bob")["notes"] == ["x", "y"]
    assert state(people, "bob")["length"] == 5
    everybody = select(Person).order_by(Person.id)
    assert [(p.notes, p.length, p.mood) for p in session.scalars(everybody)] == [
        (["n"], 1, None),
        (["x", "y"], 5, 2.5),
    ]
    assert sorted(session.execute(select(Person.length, Person.notes))) == [(1, ["n"]), (5, ["x", "y"])]
    other = aliased(Person)
    assert sorted(session.scalars(select(other.length))) == [1, 5]
    assert session.scalars(select(Person.id).where(Person.worked == 5)).all() == ["bob"]
    assert session.get(Person, "bob").skills == {"sql"}


def test_a_comparison_with_a_stale_state_is_an_error_and_never_a_wrong_answer(people, session, stale):
    # MariaDB's and MySQL's errors show an expression, without the values in it.
    named = "head.*id" if session.bind.dialect.name in {"mariadb", "mysql"} else "bob"
    with pytest.raises(DBAPIError, match=f"Person.length is stale.*snapshot.*{named}"):
        session.scalars(select(Person.id).where(Person.length > 3)).all()


@pytest.mark.parametrize("heal", ["append", "append_many", "flush", "snapshot"])
def test_the_next_write_or_a_snapshot_makes_a_stale_head_fresh(people, session, stale, heal):
    if heal == "append":
        people.append("bob", worked=1)
    elif heal == "append_many":
        people.append_many([NewEvent("bob", {"worked": 1}), NewEvent("bob", {"notes": []})])
    elif heal == "flush":
        session.get(Person, "bob").worked += 1
        session.commit()
    else:
        people.snapshot("bob")

    assert session.scalars(select(Person.id).where(Person.length > 3)).all() == ["bob"]
    assert state(people, "bob")["notes"] == ["x", "y"]


# Concurrency


def test_a_reader_never_sees_an_event_without_its_state(people):
    stop = threading.Event()
    wrong: list[Any] = []

    def read() -> None:
        query = select(Person.seq, Person.notes, Person.prices)
        while not stop.is_set():
            with people._target.connect() as connection:
                wrong.extend(tuple(row) for row in connection.execute(query) if len(row.notes) != row.seq)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(60):
        people.append("bob", notes=[number], prices=number)
    stop.set()
    reader.join()

    assert wrong == []


def test_threads_that_write_one_context_lose_nothing(people):
    def write(worker: int) -> None:
        for number in range(15):
            people.append("bob", notes=[[worker, number]], skills={worker * 100 + number})

    threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    bob = people.state("bob")
    assert bob.seq == 60
    assert len(bob.skills) == 60
    assert [item for event in people.history("bob") for item in event.fields["notes"]] == bob.notes


def test_a_second_connection_waits_for_the_first_and_folds_what_it_wrote(postgresql_database):
    engine = create_engine(postgresql_database)
    EventSourced.metadata.create_all(engine, tables=[Person.Event.__table__, Person.Snapshot.__table__])
    begun, done = threading.Event(), threading.Event()

    def second() -> None:
        begun.set()
        with Session(engine) as session:
            SQLRepository(Person, session).append("bob", notes=["second"])
            session.commit()
        done.set()

    with Session(engine) as first:
        SQLRepository(Person, first).append("bob", notes=["first"])
        waiting = threading.Thread(target=second)
        waiting.start()
        begun.wait()
        assert not done.wait(0.3)
        first.commit()
    waiting.join()

    with sessionmaker(engine)() as session:
        assert session.get(Person, "bob").notes == ["first", "second"]
    engine.dispose()
