"""Polymorphic loading, writing and locking of classes that share a log, as SQLAlchemy does it with any single table."""

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased, selectin_polymorphic, selectinload, with_polymorphic

from sqla_osiris import (
    Aggregate,
    EventView,
    Latest,
    Max,
    NewEvent,
    NotExpressible,
    as_of,
    describe_event,
    repository,
    time_travel,
)
from tests.statements import counted
from tests.stores.staff import Base, Engineer, Manager, Person, Team


class ByTeam(EventView, of=Person, by="team_id"):
    level = Aggregate(Manager.__osiris__.events.c.level.type, reducer=Max())
    kind = Latest(Person.__osiris__.events.c.kind.type)


@pytest.fixture
def staff_engine(engine_with):
    engine = engine_with(Base.metadata)
    with Session(engine) as session, session.begin():
        session.add(Team(id=1))
        session.flush()
        session.add_all(
            [
                Person(id="p", name="P", team_id=1),
                Manager(id="m", level=1, team_id=1),
                Engineer(id="e", commits=2, skills={"sql": 1}, tags=["x"], team_id=1),
            ]
        )
        session.flush()
        session.get_one(Team, 1).lead_id = "m"
    return engine


@pytest.fixture
def session(staff_engine):
    with Session(staff_engine) as session:
        yield session


def kinds(objects):
    return {each.id: type(each) for each in objects}


def test_a_query_of_the_base_gives_each_its_class_whole_and_at_once(session, staff_engine):
    with counted(staff_engine) as statements:
        found = session.scalars(select(Person).order_by(Person.id)).all()
        values = [(each.id, getattr(each, "level", None), getattr(each, "commits", None)) for each in found]

    assert kinds(found) == {"p": Person, "m": Manager, "e": Engineer}
    assert values == [("e", None, 2), ("m", 1, None), ("p", None, None)]
    assert len(statements) == 1


def test_a_query_of_a_subclass_gives_its_own_alone(session):
    assert session.scalars(select(Manager.id)).all() == ["m"]
    assert session.scalar(select(func.count()).select_from(Engineer)) == 1
    assert session.scalars(select(Engineer).where(Engineer.commits > 1)).one().skills == {"sql": 1}
    other = aliased(Manager)
    assert session.execute(
        select(Engineer.id, other.id).join(other, other.team_id == Engineer.team_id)
    ).all() == [("e", "m")]


def test_get_knows_the_class(session):
    assert type(session.get(Person, "m")) is Manager
    assert session.get(Manager, "m").level == 1
    session.expunge_all()
    assert session.get(Manager, "p") is None


def test_relationships_load_each_as_its_class(session):
    team = session.get_one(Team, 1)

    assert type(team.lead) is Manager
    assert kinds(team.members) == {"p": Person, "m": Manager, "e": Engineer}
    session.expunge_all()
    options = selectinload(Team.members), selectin_polymorphic(Person, [Manager])
    assert kinds(session.scalars(select(Team).options(options[0])).one().members) == kinds(
        session.scalars(select(Person))
    )
    assert session.scalars(select(Person).options(options[1]).where(Person.id == "m")).one().level == 1
    named = select(Team.id).join(Team.members.of_type(Engineer)).where(Engineer.commits == 2)
    assert session.scalars(named).all() == [1]


def test_with_polymorphic_names_the_fields_of_all(session):
    staff = with_polymorphic(Person, [Manager, Engineer])
    either = (staff.Manager.level == 1) | (staff.Engineer.commits > 1)
    # Columns of two subclasses side by side: SQLAlchemy 2.0 asks that a row be of both.
    found = session.scalars(select(staff).where(either)).all()

    assert kinds(found) == {"m": Manager, "e": Engineer}
    assert {each.id: getattr(each, "level", None) for each in found} == {"m": 1, "e": None}


def test_the_past_has_classes_too(session, staff_engine):
    repository(Person, staff_engine).append("e", commits=5)
    past, manager = as_of(Person, 1), as_of(Manager, 1)

    found = session.scalars(select(past).order_by(past.id)).all()
    assert kinds(found) == {"p": Person, "m": Manager, "e": Engineer}
    assert found[0].commits == 2
    assert session.scalars(select(manager.id)).all() == ["m"]
    with time_travel(session, 1):
        assert session.get_one(Engineer, "e").commits == 2
    assert session.get_one(Engineer, "e").commits == 7


def test_one_flush_writes_all_classes(session):
    found = {each.id: each for each in session.scalars(select(Person))}
    found["p"].name = "Q"
    found["m"].level += 1
    found["e"].commits += 1
    found["e"].skills["py"] = 2
    found["e"].tags.append("y")
    describe_event(found["m"], event_type="promoted")
    session.add_all([Manager(id="m2", level=5), Engineer(id="e2"), Person(id="p2")])
    session.commit()

    history = repository(Person, session).history
    assert [event.fields for event in history("m")][-1] == {"level": 2}
    assert [event.event_type for event in history("m")] == [None, "promoted"]
    assert [event.fields for event in history("e")][-1] == {
        "commits": 1,
        "skills": {"py": 2},
        "tags": ["x", "y"],
    }
    assert [event.fields for event in history("m2")] == [{"kind": "manager", "level": 5}]
    assert [event.fields for event in history("e2")] == [{"kind": "engineer"}]
    assert (session.get_one(Engineer, "e2").commits, session.get_one(Engineer, "e2").skills) == (0, {})


def test_a_change_in_place_of_what_was_just_flushed_beside_another_class(session):
    engineer = Engineer(id="e2", tags=["x"])
    session.add_all([Person(id="p2"), engineer])
    session.flush()
    engineer.tags.append("y")
    session.commit()

    history = repository(Person, session).history("e2")
    assert [event.fields.get("tags") for event in history] == [["x"], ["x", "y"]]


def test_an_atomic_expression_of_a_subclass(session):
    engineer = session.get_one(Engineer, "e")
    engineer.commits = Engineer.commits + 4
    session.commit()

    assert engineer.commits == 6


def test_a_stream_ends_and_begins_as_another_class(session):
    session.delete(session.get_one(Manager, "m"))
    session.get_one(Team, 1).lead_id = None
    session.commit()
    assert session.get(Person, "m") is None
    session.add(Engineer(id="m", commits=1))
    session.commit()
    session.expunge_all()

    assert type(session.get_one(Person, "m")) is Engineer
    assert type(repository(Person, session).state("m", at=1)) is Manager


def test_a_bulk_statement_of_a_subclass_changes_its_own(session):
    session.execute(update(Manager).values(level=1))

    assert session.get_one(Manager, "m").level == 1
    assert [event.fields for event in repository(Person, session).history("e")][1:] == []
    with pytest.raises(NotExpressible):
        session.execute(update(aliased(Manager)).values(level=1))


def test_a_view_folds_fields_of_subclasses(session):
    repository(Person, session).append("m", level=7, team_id=1)

    assert session.execute(select(ByTeam.team_id, ByTeam.level)).all() == [(1, 7)]


def test_the_log_has_all_their_columns(session):
    rows = session.execute(
        select(Person.Event.id, Person.Event.level, Person.Event.commits).order_by(Person.Event.id)
    )

    assert rows.all() == [("e", None, 2), ("m", 1, None), ("p", None, None)]
    assert session.scalar(select(Person.Snapshot.level).where(Person.Snapshot.id == "m")) == 1


@pytest.mark.parametrize("model", [Person, Manager])
def test_a_lock_finds_and_locks_it(session, model):
    found = session.scalars(select(model).where(model.id == "m").with_for_update()).one()
    found.level += 1
    session.commit()

    assert (type(found), found.level) == (Manager, 2)


def test_batches_write_all_classes(staff_engine):
    staff = repository(Person, staff_engine)
    staff.append_many(
        [
            *(NewEvent(f"m{i}", {"kind": "manager", "level": i}) for i in range(50)),
            *(
                NewEvent(f"e{i}", {"kind": "engineer", "commits": i, "skills": {str(i): i}})
                for i in range(50)
            ),
        ]
    )

    with Session(staff_engine) as session:
        assert session.scalar(select(func.sum(Manager.level))) == sum(range(50)) + 1
        assert session.get_one(Person, "e7").skills == {"7": 7}
    assert staff.verify()
