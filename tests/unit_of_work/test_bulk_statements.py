"""`update(Model)` and `delete(Model)` in a session: an event of each stream that the criteria find."""

from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar

import pytest
from sqlalchemy import ForeignKey, Integer, String, bindparam, delete, func, select, update
from sqlalchemy.exc import IntegrityError, ResourceClosedError, StatementError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    WriteOnlyMapped,
    aliased,
    mapped_column,
    relationship,
    with_loader_criteria,
)

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    Encrypted,
    EventSourced,
    Every,
    Inline,
    InvalidValue,
    Latest,
    Never,
    NotExpressible,
    OsirisError,
    UpdatedAt,
    event_context,
    repository,
)
from tests.conftest import DATABASES
from tests.lock_waits import until_waiting
from tests.statements import counted
from tests.unit_of_work.hr import Employee, Record, Stay, Team, lives, touches

HOOLY = Employee.company == "Hooly"
STRATEGIES = ["auto", "evaluate", "fetch", False]

servers = pytest.mark.parametrize(
    "database_url", [name for name in DATABASES if name != "sqlite"], indirect=True
)


@pytest.fixture
def three(session):
    """Two employees of Hooly, and one of Raviga."""
    session.add_all(
        [
            Employee(id="ann", company="Hooly", overtime=1),
            Employee(id="bob", company="Hooly", overtime=5),
            Employee(id="cid", company="Raviga", overtime=9),
        ]
    )
    session.commit()


# --- what is written --------------------------------------------------------------------------


def test_a_delete_ends_the_streams_that_it_finds(session, three):
    result = session.execute(delete(Employee).where(HOOLY))
    session.commit()

    assert result.rowcount == 2
    assert session.scalars(select(Employee.id)).all() == ["cid"]
    assert lives(session, Employee, "bob") == [(1, False), (2, True)]
    assert lives(session, Employee, "cid") == [(1, False)]


def test_what_has_ended_is_not_found_again(session, three):
    session.execute(delete(Employee))

    assert session.execute(delete(Employee)).rowcount == 0
    assert session.execute(update(Employee).values(title="VP")).rowcount == 0
    assert lives(session, Employee, "bob") == [(1, False), (2, True)]


def test_an_update_touches_what_changes_and_counts_what_it_finds(session, three):
    session.execute(update(Employee).where(Employee.id == "bob").values(title="VP"))
    result = session.execute(update(Employee).where(HOOLY).values(title="VP", team_id=None))

    assert result.rowcount == 2
    assert touches(session, Employee, "ann")[1:] == [{"title": "VP"}]
    assert touches(session, Employee, "bob")[1:] == [{"title": "VP"}]


def test_an_expression_comes_to_what_stands_in_each_row(session, three):
    boss = select(func.max(Employee.id)).scalar_subquery()
    session.execute(
        update(Employee)
        .where(HOOLY)
        .values(
            {
                Employee.title: Employee.company + "!",
                "company": boss,
                Employee.overtime: Employee.overtime - 5,
            }
        )
    )

    expected = {"company": "cid", "title": "Hooly!", "overtime": -5}
    assert [touches(session, Employee, each)[1:] for each in ("ann", "bob")] == [[expected], [expected]]
    assert session.scalars(select(Employee.overtime).order_by(Employee.id)).all() == [-4, 0, 9]


def test_an_expression_that_is_no_difference_is_one_of_its_values(session, three):
    session.execute(update(Employee).values(overtime=Employee.overtime * 2))

    assert [touches(session, Employee, each)[1:] for each in ("ann", "cid")] == [
        [{"overtime": 1}],
        [{"overtime": 9}],
    ]


def test_each_reducer_takes_the_touch_between(session):
    session.add_all(
        [Record(id="a", best=3, worst=3, profile={"x": 1, "y": 2}), Record(id="b", best=9, worst=9)]
    )
    session.flush()
    values = {
        "best": 10,
        "worst": Record.worst - 1,
        "logins": Record.logins + 1,
        "profile": {"x": 1},
        "joined": 7,
    }
    session.execute(update(Record).values(values))

    assert touches(session, Record, "a")[1:] == [
        {"best": 10, "worst": 2, "logins": 1, "joined": 7, "profile": {"y": None}}
    ]
    assert touches(session, Record, "b")[1:] == [
        {"best": 10, "worst": 8, "logins": 1, "joined": 7, "profile": {"x": 1}}
    ]


@pytest.mark.any_database
def test_what_a_reducer_cannot_say_is_refused_as_in_a_flush(session):
    session.add(Record(id="a", best=10))
    session.commit()

    with pytest.raises(NotExpressible, match=r"Record\.best"):
        session.execute(update(Record).values(best=4))
    session.commit()
    assert len(touches(session, Record, "a")) == 1


def test_a_context_of_several_columns(session):
    session.add_all([Stay(hotel="ritz", room=room, guest="ann") for room in range(3)])
    session.flush()

    assert session.execute(update(Stay).where(Stay.room < 2).values(guest="bob")).rowcount == 2
    assert session.execute(delete(Stay).where(Stay.guest == "bob")).rowcount == 2
    assert session.scalars(select(Stay.room)).all() == [2]


def test_parameters_are_values_and_criteria(session, three):
    by_id = update(Employee).where(Employee.id == bindparam("who"))
    session.execute(by_id.values(title=bindparam("what")), {"who": "ann", "what": "VP"})
    session.execute(by_id, {"who": "bob", "title": "CEO"})

    assert session.scalars(select(Employee.title).order_by(Employee.id)).all() == ["VP", "CEO", None]
    with pytest.raises(StatementError, match="what"):
        session.execute(by_id.values(title=bindparam("what")), {"who": "ann"})


@pytest.mark.any_database
def test_values_in_an_order_of_their_own(session, three):
    session.execute(update(Employee).ordered_values((Employee.title, "VP"), (Employee.company, "Acme")))

    assert touches(session, Employee, "cid")[1:] == [{"company": "Acme", "title": "VP"}]


def test_another_table_in_the_criteria_finds_a_stream_once(session, three):
    session.add_all([Team(name="Rocket"), Team(name="Comet")])
    session.flush()

    assert session.execute(delete(Employee).where(HOOLY, Team.name != Employee.id)).rowcount == 2
    assert lives(session, Employee, "bob") == [(1, False), (2, True)]


def test_its_events_have_the_type_and_metadata_of_the_context(session, three):
    with event_context(event_type="merged", actor="jane"):
        session.execute(update(Employee).where(HOOLY).values(company="Acme"))
        session.execute(delete(Employee).where(Employee.id == "bob"))

    said = [(event.event_type, event.event_meta) for event in repository(Employee, session).history("bob")]
    assert said == [(None, None), *[("merged", {"actor": "jane"})] * 2]


@pytest.mark.parametrize("count", [1, 300])
def test_the_number_of_statements_is_that_of_one_row(hr_engine, session, count):
    session.add_all([Employee(id=f"e{n:04}", company="Hooly") for n in range(count)])
    session.commit()

    with counted(hr_engine) as sent:
        session.execute(update(Employee).values(company="Acme", overtime=Employee.overtime + 1))
        updated = len(sent)
        session.execute(delete(Employee))

    assert (updated, len(sent) - updated) <= (8, 8)
    assert session.scalars(select(Employee)).all() == []


@pytest.mark.any_database
def test_the_result_has_a_count_and_no_rows(session, three):
    result = session.execute(delete(Employee))

    assert (result.rowcount, result.returns_rows) == (3, False)
    with pytest.raises(ResourceClosedError):
        result.all()


# --- the session's objects --------------------------------------------------------------------


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_deleted_object_leaves_the_session(session, three, strategy):
    bob, cid = session.get_one(Employee, "bob"), session.get_one(Employee, "cid")
    session.execute(delete(Employee).where(HOOLY), execution_options={"synchronize_session": strategy})

    assert (bob in session) is (strategy is False)
    assert cid in session
    session.rollback()
    assert bob in session
    assert bob.company == "Hooly"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_an_updated_object_says_what_was_written(session, three, strategy):
    bob = session.get_one(Employee, "bob")
    session.execute(
        update(Employee).where(HOOLY).values(company="Acme", overtime=Employee.overtime + 1),
        execution_options={"synchronize_session": strategy},
    )

    said = {name: vars(bob)[name] for name in ("company", "overtime", "seq")}
    fresh = {"company": "Acme", "overtime": 6, "seq": 2}
    assert said == (fresh if strategy else {"company": "Hooly", "overtime": 5, "seq": 1})
    if strategy:
        bob.title = "VP"
        session.commit()
        assert bob.seq == 3
    session.refresh(bob)
    assert (bob.company, bob.overtime) == ("Acme", 6)


@pytest.mark.any_database
def test_an_object_that_had_fallen_behind_is_loaded_anew(session, three):
    bob = session.get_one(Employee, "bob")
    session.execute(update(Employee).values(title="VP"), execution_options={"synchronize_session": False})
    session.execute(update(Employee).values(company="Acme"))

    assert (bob.title, bob.company, bob.seq) == ("VP", "Acme", 3)


@pytest.mark.any_database
def test_what_changed_before_is_flushed_before(session, three):
    session.get_one(Employee, "cid").company = "Hooly"
    session.add(Employee(id="dan", company="Hooly"))

    assert session.execute(delete(Employee).where(HOOLY)).rowcount == 4


@pytest.mark.any_database
def test_without_autoflush_a_change_of_another_field_builds_on_it(session, three):
    bob = session.get_one(Employee, "bob")
    bob.title = "VP"
    session.execute(update(Employee).values(company="Acme"), execution_options={"autoflush": False})
    session.commit()

    assert touches(session, Employee, "bob")[1:] == [{"company": "Acme"}, {"title": "VP"}]


@pytest.mark.any_database
def test_without_autoflush_a_change_of_the_same_field_has_lost(session, three):
    with session.no_autoflush:
        session.get_one(Employee, "bob").overtime += 1
        session.execute(update(Employee).values(overtime=0))
    with pytest.raises(ConcurrentAppend):
        session.commit()


@pytest.mark.any_database
def test_a_rolled_back_savepoint_takes_it_back(session, three):
    bob = session.get_one(Employee, "bob")
    with session.begin_nested() as savepoint:
        session.execute(update(Employee).values(company="Acme"))
        savepoint.rollback()

    assert (bob.company, bob.seq) == ("Hooly", 1)


@pytest.mark.any_database
def test_queries_of_old_do_the_same(session, three):
    assert (
        session.query(Employee).filter_by(company="Hooly").update({"title": "VP", Employee.overtime: 7}) == 2
    )
    assert session.query(Employee).filter(Employee.title == "VP").delete(synchronize_session=False) == 2
    assert [event.fields for event in repository(Employee, session).history("ann")][1:] == [
        {"title": "VP", "overtime": 6},
        {},
    ]


@pytest.mark.any_database
def test_criteria_of_the_loader_hold(session, three):
    only_hooly = with_loader_criteria(Employee, HOOLY)

    assert session.execute(delete(Employee).options(only_hooly)).rowcount == 2


# --- what is refused --------------------------------------------------------------------------


REFUSED = {
    "a context": (update(Employee).values(id="x"), r"Employee\.id was changed"),
    "seq": (update(Employee).values(seq=2), r"Employee\.seq was assigned"),
    "RETURNING of a DELETE": (delete(Employee).returning(Employee.id), r"returning"),
    "RETURNING of an UPDATE": (update(Employee).values(title="VP").returning(Employee), r"returning"),
    "an option of a dialect": (delete(Employee).with_dialect_options(mysql_limit=1), "option of a dialect"),
    "an alias": (delete(aliased(Employee)), "alias"),
}


@pytest.mark.any_database
@pytest.mark.parametrize("case", REFUSED)
def test_what_no_event_can_say_is_refused_before_anything_is_written(hr_engine, session, three, case):
    statement, said = REFUSED[case]
    with pytest.raises(NotExpressible, match=said):
        session.execute(statement)

    session.commit()
    assert touches(session, Employee, "bob") == [{"company": "Hooly", "overtime": 5}]


def test_a_connection_that_commits_by_itself_is_refused(hr_engine, three):
    with Session(hr_engine.execution_options(isolation_level="AUTOCOMMIT")) as session:
        with pytest.raises(OsirisError, match="AUTOCOMMIT"):
            session.execute(delete(Employee))
        assert len(session.scalars(select(Employee)).all()) == 3


# --- other models -----------------------------------------------------------------------------


class Base(DeclarativeBase):
    pass


class Boss(EventSourced, Base):
    __tablename__ = "boss"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    staff: WriteOnlyMapped["Person"] = relationship()


class Person(EventSourced, Base):
    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(9), default="person")
    email: Mapped[str] = mapped_column(String(20), unique=True)
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("boss.id"))
    changed_at = UpdatedAt()

    __mapper_args__: ClassVar = {"polymorphic_on": "kind", "polymorphic_identity": "person"}


class Manager(Person):
    __mapper_args__: ClassVar = {"polymorphic_identity": "manager"}


@pytest.fixture
def people(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Person(email="a"), Manager(email="b"), Boss(id=7)])
        session.commit()
        yield session


def test_a_subclass_is_all_that_is_found(people):
    assert people.execute(update(Manager).values(boss_id=7)).rowcount == 1
    assert people.execute(delete(Manager)).rowcount == 1
    assert people.scalars(select(Person.email)).all() == ["a"]


def test_a_write_only_relationship_deletes_its_own(people):
    boss = people.get_one(Boss, 7)
    boss.staff.add(Person(email="c"))
    people.flush()

    assert people.execute(boss.staff.delete().where(Person.email < "x")).rowcount == 1
    assert people.scalars(select(Person.email).order_by(Person.email)).all() == ["a", "b"]


def test_what_a_constraint_refuses_leaves_nothing_of_the_statement(people):
    with pytest.raises(IntegrityError):
        people.execute(update(Person).values(email="same"))
    with pytest.raises(InvalidValue, match="email"):
        people.execute(update(Person).values(email=None))
    people.commit()

    assert people.scalars(select(Person.email).order_by(Person.email)).all() == ["a", "b"]


def test_the_time_of_the_change_is_the_events(people):
    person = people.scalars(select(Person).where(Person.email == "a")).one()
    people.execute(update(Person).values(boss_id=7))

    assert person.changed_at == list(repository(Person, people).history(person.id))[-1].recorded_at
    with pytest.raises(NotExpressible, match="changed_at"):
        people.execute(update(Person).values(changed_at=None))


@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()], ids=["Inline", "Every", "Never"])
def test_heads_of_each_policy_are_locked_and_ended(engine, policy):
    class Own(DeclarativeBase):
        pass

    class Cup(EventSourced, Own):
        __tablename__ = "cup"
        __snapshot__ = policy
        id = Context(String(9))
        tea = Aggregate(Integer)
        sort = Latest(String(9))

    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Cup(id="a", tea=1), Cup(id="b", tea=2)])
        session.commit()
        for _ in range(3):
            session.execute(update(Cup).values(tea=Cup.tea + 1, sort="green"))
        session.execute(delete(Cup).where(Cup.tea == 4))
        session.commit()
        assert session.execute(select(Cup.id, Cup.tea, Cup.sort)).all() == [("b", 5, "green")]
    assert repository(Cup, engine).verify()


def test_an_encrypted_field_is_set_and_no_expression_reads_it(engine):
    class Own(DeclarativeBase):
        pass

    class Patient(EventSourced, Own):
        __tablename__ = "patient"
        id = Context(String(9))
        ward = Latest(String(300))
        note = Latest(Encrypted(String(200), master_key=lambda: bytes(32)))

    Own.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Patient(id="a", ward="west", note="told"))
        session.flush()
        with pytest.raises(NotExpressible, match=r"Patient\.ward: .*encrypted"):
            session.execute(update(Patient).values(ward=Patient.note))
        session.execute(update(Patient).values(note=Patient.ward))
        session.execute(update(Patient).values(ward="east"))
        assert touches(session, Patient, "a")[1:] == [{"note": "west"}, {"ward": "east"}]


# --- at the same time -------------------------------------------------------------------------


@servers
@pytest.mark.parametrize("other", ["moved away", "ended", "stays"])
def test_what_another_transaction_holds_is_waited_for_and_chosen_as_it_then_is(
    hr_engine, session, three, other
):
    bob = session.get_one(Employee, "bob")
    if other == "ended":
        session.delete(bob)
    else:
        bob.company = "Acme" if other == "moved away" else "Hooly"
        bob.title = "VP"
    session.flush()

    def ends() -> int:
        with Session(hr_engine) as own, own.begin():
            return own.execute(delete(Employee).where(HOOLY)).rowcount

    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(ends)
        until_waiting(hr_engine, 1)
        session.commit()
        assert ending.result(timeout=60) == (2 if other == "stays" else 1)
    ended = [event.ends for event in repository(Employee, session).history("bob")]
    assert (
        ended == {"moved away": [False, False], "ended": [False, True], "stays": [False, False, True]}[other]
    )


def test_changes_at_the_same_time_lose_nothing_and_end_nothing_twice(hr_engine, three):
    def adds(_: int) -> int:
        with Session(hr_engine) as session, session.begin():
            return session.execute(
                update(Employee).where(Employee.overtime < 1_000).values(overtime=Employee.overtime * 1 + 1)
            ).rowcount

    def ends(_: int) -> int:
        with Session(hr_engine) as session, session.begin():
            return session.execute(delete(Employee)).rowcount

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(adds, range(40))) == 120
        with Session(hr_engine) as session:
            assert session.scalars(select(Employee.overtime).order_by(Employee.id)).all() == [41, 45, 49]
        assert sum(pool.map(ends, range(8))) == 3
    assert repository(Employee, hr_engine).verify()
