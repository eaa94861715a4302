"""Do foreign keys and relationships from and to a model need nothing but their declaration?"""

import pytest
from sqlalchemy import ForeignKey, ForeignKeyConstraint, String, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)

from sqla_osiris import Aggregate, Context, EventSourced, Inline, Latest, repository
from tests.statements import counted


class Base(DeclarativeBase):
    pass


class Employee(EventSourced, Base):
    """Declared before what it refers to."""

    __tablename__ = "employee"
    id: Mapped[str] = Context(String(20))
    overtime: Mapped[int] = Aggregate()
    team_id: Mapped[int | None] = Latest(ForeignKey("team.id"))
    team: Mapped["Team | None"] = relationship(back_populates="employees")
    boss_id: Mapped[str | None] = Latest(ForeignKey("employee_snapshot.id"))
    boss: Mapped["Employee | None"] = relationship(remote_side="Employee.id", back_populates="reports")
    reports: Mapped[list["Employee"]] = relationship(back_populates="boss")
    project_id: Mapped[int | None] = Latest(ForeignKey("project_snapshot.number"))
    project: Mapped["Project | None"] = relationship(back_populates="staff")
    laptops: Mapped[list["Laptop"]] = relationship(back_populates="owner", order_by="Laptop.id")


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    employees: Mapped[list[Employee]] = relationship(back_populates="team", order_by=Employee.id)


class Project(EventSourced, Base):
    __tablename__ = "project"
    number: Mapped[int] = Context()
    name: Mapped[str | None]
    staff: Mapped[list[Employee]] = relationship(back_populates="project", order_by="Employee.id")


class Laptop(Base):
    __tablename__ = "laptop"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("employee_snapshot.id"))
    owner: Mapped[Employee | None] = relationship(back_populates="laptops")


@pytest.fixture
def session(engine):
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        yield session


@pytest.fixture
def staffed(session):
    """A session over one team of Bob and Jane, one of nobody; Tim is in none. Jane is Bob's boss. Bob has two laptops."""
    blue, red = Team(id=1, name="blue"), Team(id=2, name="red")
    apollo = Project(number=7, name="Apollo")
    jane = Employee(id="jane", overtime=5, team=blue, project=apollo)
    bob = Employee(id="bob", overtime=3, team=blue, boss=jane, project=apollo)
    session.add_all([blue, red, apollo, jane, bob, Employee(id="tim")])
    session.add_all([Laptop(id=1, owner=bob), Laptop(id=2, owner=bob), Laptop(id=3)])
    session.commit()
    session.expunge_all()
    return session


# Written


def test_a_new_team_and_an_employee_of_it_are_written_in_one_flush(session):
    session.add(Employee(id="bob", team=Team(name="blue")))
    session.commit()
    team = session.scalars(select(Team)).one()

    assert session.get(Employee, "bob").team_id == team.id


def test_an_employee_is_written_with_the_team_that_lists_it(session):
    session.add(Team(id=1, name="blue", employees=[Employee(id="bob"), Employee(id="jane")]))
    session.commit()

    assert {e.id: e.team_id for e in repository(Employee, session).states()} == {"bob": 1, "jane": 1}


def test_a_new_employee_and_its_laptop_are_written_in_one_flush(session):
    session.add(Laptop(id=1, owner=Employee(id="bob", overtime=3)))
    session.commit()

    assert session.get(Laptop, 1).owner_id == "bob"
    assert session.get(Employee, "bob").overtime == 3


def test_two_new_models_that_refer_to_one_another_are_written_in_one_flush(session):
    session.add(Employee(id="bob", project=Project(number=7, name="Apollo")))
    session.commit()

    assert session.get(Employee, "bob").project_id == 7


def test_a_boss_is_written_before_the_reports_whatever_their_order(session):
    jane = Employee(id="jane")
    session.add_all([Employee(id="abe", boss=jane), Employee(id="zoe", boss=jane), jane])
    session.commit()

    assert [employee.id for employee in sorted(jane.reports, key=lambda e: e.id)] == ["abe", "zoe"]


def test_the_event_of_an_object_holds_the_key_of_what_it_refers_to(staffed):
    history = repository(Employee, staffed).history("bob")

    assert [event.fields for event in history] == [
        {"overtime": 3, "team_id": 1, "boss_id": "jane", "project_id": 7}
    ]


def test_assigning_another_object_writes_an_event_of_its_key(staffed):
    staffed.get(Employee, "bob").team = staffed.get(Team, 2)
    staffed.commit()

    assert [event.fields for event in repository(Employee, staffed).history("bob", after=1)] == [
        {"team_id": 2}
    ]


def test_assigning_none_writes_an_event_of_none(staffed):
    staffed.get(Employee, "bob").team = None
    staffed.commit()

    assert [event.fields for event in repository(Employee, staffed).history("bob", after=1)] == [
        {"team_id": None}
    ]


def test_appending_to_a_collection_writes_an_event_of_the_child(staffed):
    team = staffed.get(Team, 2)
    team.employees.append(staffed.get(Employee, "bob"))
    staffed.commit()

    assert [event.fields for event in repository(Employee, staffed).history("bob", after=1)] == [
        {"team_id": 2}
    ]


def test_removing_from_a_collection_writes_an_event_of_the_child(staffed):
    team = staffed.get(Team, 1)
    team.employees.remove(staffed.get(Employee, "bob"))
    staffed.commit()

    assert [event.fields for event in repository(Employee, staffed).history("bob", after=1)] == [
        {"team_id": None}
    ]
    assert [employee.id for employee in team.employees] == ["jane"]


def test_changing_a_collection_of_ordinary_objects_writes_no_event(staffed):
    bob = staffed.get(Employee, "bob")
    bob.laptops.append(staffed.get(Laptop, 3))
    staffed.commit()

    assert staffed.get(Laptop, 3).owner_id == "bob"
    assert len(list(repository(Employee, staffed).history("bob"))) == 1


def test_deleting_a_team_writes_events_of_its_employees(staffed):
    staffed.delete(staffed.get(Team, 1))
    staffed.commit()

    assert [e.fields for e in repository(Employee, staffed).history("bob", after=1)] == [{"team_id": None}]
    assert staffed.get(Employee, "jane").team is None


def test_a_laptop_of_a_deleted_employee_stays_and_has_no_owner(staffed):
    bob = staffed.get(Employee, "bob")
    staffed.delete(bob)
    staffed.commit()

    assert staffed.get(Employee, "bob") is None
    assert staffed.get(Laptop, 1).owner is None


def test_back_populates_joins_both_sides_before_the_flush():
    team, bob = Team(name="blue"), Employee(id="bob")
    bob.team = team

    assert team.employees == [bob]


# Loaded

LOADERS = [selectinload, joinedload, subqueryload]


def test_a_lazy_relationship_loads_the_team(staffed):
    assert staffed.get(Employee, "bob").team.name == "blue"
    assert staffed.get(Employee, "tim").team is None


def test_a_lazy_relationship_to_a_model_loads_its_state(staffed):
    assert staffed.get(Laptop, 1).owner.overtime == 3
    assert staffed.get(Laptop, 3).owner is None


def test_a_lazy_relationship_between_models_loads_the_state(staffed):
    bob = staffed.get(Employee, "bob")

    assert (bob.project.name, bob.boss.id) == ("Apollo", "jane")
    assert [employee.id for employee in bob.project.staff] == ["bob", "jane"]
    assert [employee.id for employee in bob.boss.reports] == ["bob"]


def test_a_lazy_relationship_to_a_loaded_state_sends_no_query(engine, staffed):
    laptop = staffed.get(Laptop, 1)
    bob = staffed.get(Employee, "bob")
    with counted(engine) as statements:
        assert laptop.owner is bob

    assert statements == []


@pytest.mark.parametrize("load", LOADERS)
def test_an_eager_load_of_an_ordinary_object_leaves_nothing_to_load(engine, staffed, load):
    employees = staffed.scalars(select(Employee).options(load(Employee.team)).order_by(Employee.id)).all()
    with counted(engine) as statements:
        teams = [employee.team.name if employee.team else None for employee in employees]

    assert teams == ["blue", "blue", None]
    assert statements == []


@pytest.mark.parametrize("load", LOADERS)
def test_an_eager_load_of_a_list_of_states_leaves_nothing_to_load(engine, staffed, load):
    teams = staffed.scalars(select(Team).options(load(Team.employees)).order_by(Team.id)).unique().all()
    with counted(engine) as statements:
        found = {team.name: [(e.id, e.overtime) for e in team.employees] for team in teams}

    assert found == {"blue": [("bob", 3), ("jane", 5)], "red": []}
    assert statements == []


@pytest.mark.parametrize("load", LOADERS)
def test_an_eager_load_of_one_state_leaves_nothing_to_load(engine, staffed, load):
    laptops = staffed.scalars(select(Laptop).options(load(Laptop.owner)).order_by(Laptop.id)).all()
    with counted(engine) as statements:
        found = [laptop.owner.overtime if laptop.owner else None for laptop in laptops]

    assert found == [3, 3, None]
    assert statements == []


@pytest.mark.parametrize("load", LOADERS)
def test_an_eager_load_between_models_leaves_nothing_to_load(engine, staffed, load):
    projects = staffed.scalars(select(Project).options(load(Project.staff))).unique().all()
    with counted(engine) as statements:
        found = [[employee.id for employee in project.staff] for project in projects]

    assert found == [["bob", "jane"]]
    assert statements == []


@pytest.mark.parametrize("load", LOADERS)
def test_an_eager_load_of_a_model_by_itself_leaves_nothing_to_load(engine, staffed, load):
    query = select(Employee).options(load(Employee.boss)).where(Employee.id == "bob")
    bob = staffed.scalars(query).one()
    with counted(engine) as statements:
        assert (bob.boss.id, bob.boss.overtime) == ("jane", 5)

    assert statements == []


def test_an_eager_load_may_follow_a_chain(engine, staffed):
    query = (
        select(Team).options(selectinload(Team.employees).joinedload(Employee.laptops)).where(Team.id == 1)
    )
    team = staffed.scalars(query).one()
    with counted(engine) as statements:
        found = {employee.id: [laptop.id for laptop in employee.laptops] for employee in team.employees}

    assert found == {"bob": [1, 2], "jane": []}
    assert statements == []


# Queried


def test_a_join_along_a_relationship_needs_no_condition(staffed):
    query = select(Employee.id, Team.name).join(Employee.team).order_by(Employee.id)

    assert staffed.execute(query).all() == [("bob", "blue"), ("jane", "blue")]


def test_a_join_from_an_ordinary_class_filters_by_state(staffed):
    query = select(Laptop.id).join(Laptop.owner).where(Employee.overtime == 3).order_by(Laptop.id)

    assert staffed.scalars(query).all() == [1, 2]


def test_a_join_to_the_model_itself_through_an_alias(staffed):
    boss = aliased(Employee)
    query = select(Employee.id, boss.id).join(Employee.boss.of_type(boss))

    assert staffed.execute(query).all() == [("bob", "jane")]


def test_a_join_may_fill_the_relationship(engine, staffed):
    query = (
        select(Employee)
        .join(Employee.team)
        .options(contains_eager(Employee.team))
        .where(Employee.id == "bob")
    )
    bob = staffed.scalars(query).one()
    with counted(engine) as statements:
        assert bob.team.name == "blue"

    assert statements == []


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        (Employee.team.has(name="blue"), ["bob", "jane"]),
        (Employee.team == None, ["tim"]),  # noqa: E711
        (Employee.laptops.any(Laptop.id == 2), ["bob"]),
        (~Employee.laptops.any(), ["jane", "tim"]),
        (Employee.boss.has(overtime=5), ["bob"]),
        (Employee.project.has(Project.name == "Apollo"), ["bob", "jane"]),
    ],
    ids=["has", "is None", "any", "not any", "has itself", "has model"],
)
def test_a_relationship_is_a_condition(staffed, condition, found):
    assert staffed.scalars(select(Employee.id).where(condition).order_by(Employee.id)).all() == found


def test_a_relationship_compares_with_an_object(staffed):
    blue = staffed.get(Team, 1)
    query = select(Employee.id).where(Employee.team == blue).order_by(Employee.id)

    assert staffed.scalars(query).all() == ["bob", "jane"]


# Declared


def references(table):
    """The referring column and the referred one, of each foreign key."""
    return {
        (element.parent.name, f"{element.column.table.name}.{element.column.name}")
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
        for element in constraint.elements
    }


def test_the_database_knows_the_foreign_keys_of_a_model():
    assert references(Employee.Snapshot.__table__) == {
        ("team_id", "team.id"),
        ("boss_id", "employee_snapshot.id"),
        ("project_id", "project_snapshot.number"),
    }


@pytest.mark.parametrize("target", ["class first", "class later"])
def test_a_context_may_be_a_foreign_key(engine, target):
    class OwnBase(DeclarativeBase):
        pass

    def declare_person():
        class Person(OwnBase):
            __tablename__ = "person"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str] = mapped_column(String(20))

        return Person

    person_class = declare_person() if target == "class first" else None

    class Account(EventSourced, OwnBase):
        __tablename__ = "account"
        person_id: Mapped[int] = Context(ForeignKey("person.id"))
        balance: Mapped[int] = Aggregate()
        person: Mapped["Person"] = relationship()  # noqa: F821

    person_class = person_class or declare_person()
    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Account(person=person_class(name="Bob"), balance=3))
        session.commit()

        assert session.scalars(select(Account)).one().person.name == "Bob"


def test_a_foreign_key_may_name_the_column_object(engine):
    class OwnBase(DeclarativeBase):
        pass

    class Group(OwnBase):
        __tablename__ = "group"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Member(EventSourced, OwnBase):
        __tablename__ = "member"
        __snapshot__ = Inline()
        id: Mapped[str] = Context(String(20))
        group_id: Mapped[int | None] = Latest(ForeignKey(Group.id))
        group: Mapped[Group | None] = relationship()

    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Member(id="bob", group=Group(id=4)))
        session.commit()

        assert session.get(Member, "bob").group.id == 4


def test_a_foreign_key_to_a_model_may_name_its_attribute(engine):
    class OwnBase(DeclarativeBase):
        pass

    class Worker(EventSourced, OwnBase):
        __tablename__ = "worker"
        id: Mapped[str] = Context(String(20))
        overtime: Mapped[int] = Aggregate()

    class Tool(OwnBase):
        __tablename__ = "tool"
        id: Mapped[int] = mapped_column(primary_key=True)
        worker_id: Mapped[str] = mapped_column(ForeignKey(Worker.Snapshot.id))
        worker: Mapped[Worker] = relationship()

    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Tool(id=1, worker=Worker(id="bob", overtime=3)))
        session.commit()
        session.expunge_all()

        assert session.get(Tool, 1).worker.overtime == 3


def test_a_foreign_key_to_a_composite_context(engine):
    class OwnBase(DeclarativeBase):
        pass

    class Stock(EventSourced, OwnBase):
        __tablename__ = "stock"
        warehouse: Mapped[str] = Context(String(20))
        article: Mapped[int] = Context()
        pieces: Mapped[int] = Aggregate()

    class Label(OwnBase):
        __tablename__ = "label"
        __table_args__ = (
            ForeignKeyConstraint(
                ["warehouse", "article"], ["stock_snapshot.warehouse", "stock_snapshot.article"]
            ),
        )
        id: Mapped[int] = mapped_column(primary_key=True)
        # A composite key gives its columns no type, and MariaDB wants the same collation on both sides.
        warehouse: Mapped[str] = mapped_column(Stock.Snapshot.__table__.c.warehouse.type)
        article: Mapped[int]
        stock: Mapped[Stock] = relationship()

    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Label(id=1, stock=Stock(warehouse="north", article=7, pieces=5)))
        session.commit()
        session.expunge_all()

        assert session.get(Label, 1).stock.pieces == 5


def test_a_many_to_many_relationship_of_a_model(engine):
    class OwnBase(DeclarativeBase):
        pass

    class Membership(OwnBase):
        __tablename__ = "membership"
        worker_id: Mapped[str] = mapped_column(ForeignKey("worker_snapshot.id"), primary_key=True)
        club_id: Mapped[int] = mapped_column(ForeignKey("club.id"), primary_key=True)

    class Club(OwnBase):
        __tablename__ = "club"
        id: Mapped[int] = mapped_column(primary_key=True)
        members: Mapped[list["Worker"]] = relationship(secondary="membership", back_populates="clubs")

    class Worker(EventSourced, OwnBase):
        __tablename__ = "worker"
        id: Mapped[str] = Context(String(20))
        overtime: Mapped[int] = Aggregate()
        clubs: Mapped[list[Club]] = relationship(secondary="membership", back_populates="members")

    OwnBase.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Worker(id="bob", overtime=3, clubs=[Club(id=1), Club(id=2)]))
        session.commit()
        session.expunge_all()

        assert [worker.overtime for worker in session.get(Club, 2).members] == [3]
        assert sorted(club.id for club in session.get(Worker, "bob").clubs) == [1, 2]
