"""In which ways can a model be declared?"""

from datetime import datetime
from typing import Annotated

import pytest
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    inspect,
    select,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    Session,
    declarative_base,
    declared_attr,
    mapped_column,
    registry,
    validates,
)

from sqla_osiris import Aggregate, Context, EventSourced, Latest, Max, Upcast, repository
from sqla_osiris.reducers import Last
from sqla_osiris.schema.log import log_of

# The base of a model


class LoneVisitor(EventSourced):
    browser = Latest(String)
    pages = Aggregate(Integer)


def test_event_sourced_alone_is_a_complete_model(saved):
    state = saved(LoneVisitor(context="bob", browser="Lynx", pages=3), "bob")

    assert (state.context, state.browser, state.pages, state.seq) == ("bob", "Lynx", 3, 1)


def test_event_sourced_alone_names_its_tables_after_the_class_in_snake_case():
    assert {"lone_visitor_event", "lone_visitor_snapshot"} <= set(EventSourced.metadata.tables)


def test_event_sourced_alone_has_a_context_of_255_characters():
    column = LoneVisitor.Event.__table__.c.context

    assert isinstance(column.type, String)
    assert column.type.length == 255


class LoneTypedVisitor(EventSourced):
    id: Mapped[str] = Context(String(20))
    browser: Mapped[str | None]
    pages: Mapped[int] = Aggregate()


def test_a_typed_model_needs_no_base(saved):
    state = saved(LoneTypedVisitor(id="bob", browser="Lynx", pages=3), "bob")

    assert (state.id, state.browser, state.pages) == ("bob", "Lynx", 3)


def test_a_model_joins_a_declarative_base(saved, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        company: Mapped[str | None]
        overtime: Mapped[int] = Aggregate()

    state = saved(Employee(id="bob", company="Hooly", overtime=3), "bob")

    assert (state.id, state.company, state.overtime) == ("bob", "Hooly", 3)
    assert Employee.metadata is base.metadata
    assert Employee.registry is base.registry


def test_the_mixin_may_come_after_the_base(saved, base):
    class Employee(base, EventSourced):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        company: Mapped[str | None]

    assert saved(Employee(id="bob", company="Hooly"), "bob").company == "Hooly"


def test_a_model_joins_a_classic_declarative_base(saved):
    base = declarative_base()

    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id = Context(String(20))
        company = Latest(String(50))
        overtime = Aggregate(Integer)

    state = saved(Employee(id="bob", company="Hooly", overtime=3), "bob")

    assert (state.id, state.company, state.overtime) == ("bob", "Hooly", 3)
    assert set(base.metadata.tables) == {"employee_event", "employee_snapshot"}


def test_a_model_joins_a_base_generated_by_a_registry(saved):
    app_registry = registry()
    base = app_registry.generate_base()

    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id = Context(String(20))
        company = Latest(String(50))

    assert saved(Employee(id="bob", company="Hooly"), "bob").company == "Hooly"
    assert Employee.registry is app_registry


# Flask-SQLAlchemy


def with_a_classic_base():
    return SQLAlchemy()


def with_a_declarative_base():
    class Base(DeclarativeBase):
        pass

    return SQLAlchemy(model_class=Base)


@pytest.mark.parametrize("extension", [with_a_classic_base, with_a_declarative_base])
def test_a_model_joins_the_base_of_flask_sqlalchemy(database_url, extension):
    db = extension()

    class OfficeWorker(EventSourced, db.Model):
        id = Context(String(20))
        company = Latest(String(50))
        overtime = Aggregate(Integer)

    app = Flask("payroll")
    app.config["SQLALCHEMY_DATABASE_URI"] = database_url
    db.init_app(app)
    with app.app_context():
        db.create_all()
        db.session.add(OfficeWorker(id="bob", company="Hooly", overtime=3))
        db.session.commit()
        db.session.get(OfficeWorker, "bob").overtime += 4
        db.session.commit()
        found = db.session.scalars(db.select(OfficeWorker).where(OfficeWorker.overtime > 6)).all()
        tables = inspect(db.engine).get_table_names()
        db.session.remove()
        db.engine.dispose()

    assert [(worker.id, worker.overtime) for worker in found] == [("bob", 7)]
    assert sorted(tables) == ["office_worker_event", "office_worker_snapshot"]


# Dataclasses


class DataclassBase(MappedAsDataclass, DeclarativeBase):
    pass


class Clerk(EventSourced, DataclassBase):
    __tablename__ = "clerk"
    id: Mapped[str] = Context()
    company: Mapped[str]
    title: Mapped[str | None] = Latest(default=None)
    overtime: Mapped[int] = Aggregate(default=0)
    best: Mapped[int | None] = Aggregate(reducer=Max(), default=None, kw_only=True)
    notes: Mapped[str | None] = Latest(init=False)


def test_a_dataclass_takes_its_fields_in_the_order_of_declaration():
    clerk = Clerk("bob", "Hooly", "VP", 3)

    assert (clerk.id, clerk.company, clerk.title, clerk.overtime) == ("bob", "Hooly", "VP", 3)


def test_a_dataclass_is_saved_and_loaded(saved):
    state = saved(Clerk("bob", "Hooly", "VP", 3, best=7), "bob")

    assert (state.id, state.company, state.title, state.overtime, state.best) == ("bob", "Hooly", "VP", 3, 7)
    assert state.seq == 1


def test_a_dataclass_is_saved_with_its_defaults(saved):
    state = saved(Clerk("bob", "Hooly"), "bob")

    assert (state.title, state.overtime, state.best, state.notes) == (None, 0, None, None)


def test_a_dataclass_has_a_generated_repr():
    assert "Clerk(id='bob', company='Hooly', title='VP', overtime=3" in repr(Clerk("bob", "Hooly", "VP", 3))


def test_a_changed_dataclass_writes_an_event_of_what_changed(engine, saved):
    saved(Clerk("bob", "Hooly", overtime=3), "bob")
    with Session(engine) as session, session.begin():
        session.get(Clerk, "bob").overtime += 4

    assert [event.fields for event in repository(Clerk, engine).history("bob", after=1)] == [{"overtime": 4}]


# Mixins, abstract bases, class attributes


class Titled:
    title: Mapped[str | None]


class Hired:
    hired_by: Mapped[str | None] = Latest("hirer", String(30))


class Working:
    @declared_attr
    def overtime(cls) -> Mapped[int]:  # noqa: N805
        return Aggregate(Integer)


@pytest.mark.parametrize(
    ("mixin", "field", "value"),
    [(Titled, "title", "VP"), (Hired, "hired_by", "jane"), (Working, "overtime", 3)],
    ids=["plain Mapped", "Latest", "declared_attr"],
)
def test_a_field_may_come_from_a_mixin(saved, base, mixin, field, value):
    class Employee(mixin, EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        name: Mapped[str | None]

    state = saved(Employee(id="bob", name="Bob", **{field: value}), "bob")

    assert getattr(state, field) == value


def test_a_mixin_serves_several_models(engine, base):
    class Employee(Titled, Working, EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()

    class Volunteer(Titled, Working, EventSourced, base):
        __tablename__ = "volunteer"
        id: Mapped[str] = Context()

    base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all([Employee(id="bob", overtime=1), Volunteer(id="bob", overtime=2)])

    assert repository(Employee, engine).state("bob").overtime == 1
    assert repository(Volunteer, engine).state("bob").overtime == 2


def test_the_context_may_come_from_a_mixin(saved, base):
    class Keyed:
        number: Mapped[int] = Context()

    class Employee(Keyed, EventSourced, base):
        __tablename__ = "employee"
        name: Mapped[str | None]

    assert saved(Employee(number=7, name="Bob"), 7).number == 7


def test_an_abstract_base_hands_down_its_fields_and_has_no_tables(saved, base):
    class Audited(EventSourced, base):
        __abstract__ = True
        id: Mapped[str] = Context()
        note: Mapped[str | None]
        changes: Mapped[int] = Aggregate()

    class Employee(Audited):
        __tablename__ = "employee"
        name: Mapped[str | None]

    class Machine(Audited):
        __tablename__ = "machine"

    state = saved(Employee(id="bob", note="new", changes=1, name="Bob"), "bob")

    assert (state.note, state.changes, state.name) == ("new", 1, "Bob")
    assert saved(Machine(id="lathe", note="old"), "lathe").note == "old"
    assert set(base.metadata.tables) == {
        "employee_event",
        "employee_snapshot",
        "machine_event",
        "machine_snapshot",
    }


class LoneAbstract(EventSourced):
    __abstract__ = True
    note = Latest(String(20))


class LoneConcrete(LoneAbstract):
    pages = Aggregate(Integer)


def test_an_abstract_model_needs_no_base(saved):
    state = saved(LoneConcrete(context="bob", note="new", pages=2), "bob")

    assert (state.note, state.pages) == ("new", 2)


def test_a_hybrid_property_computes_on_states_and_in_queries(engine, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        salary: Mapped[int] = Aggregate()
        overtime: Mapped[int] = Aggregate()

        @hybrid_property
        def paid(self) -> int:
            return self.salary + self.overtime

    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all([Employee(id="bob", salary=10, overtime=3), Employee(id="jane", salary=10)])
        session.commit()
        found = session.scalars(select(Employee).where(Employee.paid > 12)).all()

        assert [(employee.id, employee.paid) for employee in found] == [("bob", 13)]
        assert session.scalars(select(Employee.paid).order_by(Employee.id)).all() == [13, 10]


def test_a_validator_sees_and_may_replace_an_assigned_value(saved, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        company: Mapped[str | None]

        @validates("company")
        def tidy(self, key: str, value: str) -> str:
            return value.strip()

    assert saved(Employee(id="bob", company=" Hooly "), "bob").company == "Hooly"


def test_a_validator_may_refuse_a_value(base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        company: Mapped[str | None]

        @validates("company")
        def refuse(self, key: str, value: str) -> str:
            raise ValueError(f"{key} is closed")

    with pytest.raises(ValueError, match="company is closed"):
        Employee(id="bob", company="Hooly")


def test_methods_properties_and_constants_are_left_alone(base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        GREETING = "hello"
        id: Mapped[str] = Context()
        name: Mapped[str | None]

        @property
        def greeting(self) -> str:
            return f"{self.GREETING} {self.name}"

    assert Employee(id="bob", name="Bob").greeting == "hello Bob"


def test_an_annotated_field_takes_more_beside_it(base):
    most = Annotated[int, Aggregate(BigInteger, reducer=Max())]

    class Scored(EventSourced, base):
        id: Mapped[str] = Context(String(9))
        score: Mapped[most]
        best: Mapped[most] = Aggregate(reducer=Max(), upcast=Upcast("record", BigInteger))
        rank: Mapped[Annotated[int, Latest(upcast=Upcast("place", Integer))]] = Latest(default=3)
        named: Mapped[most] = mapped_column("points")

    fields = log_of(Scored).by_key
    assert [type(fields[key].reducer) for key in ("score", "best", "rank", "named")] == [Max, Max, Last, Max]
    assert [len(fields[key].upcasts) for key in ("score", "best", "rank")] == [0, 1, 1]
    assert isinstance(Scored.Event.best.type, BigInteger)


def test_a_default_is_applied_when_an_object_is_added(saved, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        id: Mapped[str] = Context()
        company: Mapped[str | None] = Latest(default="Hooly")
        hired: Mapped[datetime | None] = Latest(default=lambda: datetime(2020, 1, 1))  # noqa: DTZ001

    state = saved(Employee(id="bob"), "bob")

    assert (state.company, state.hired) == ("Hooly", datetime(2020, 1, 1))  # noqa: DTZ001


# Contexts


def test_a_composite_context_is_a_tuple(engine, base):
    class Stock(EventSourced, base):
        __tablename__ = "stock"
        warehouse: Mapped[str] = Context(String(20))
        article: Mapped[int] = Context()
        pieces: Mapped[int] = Aggregate()

    base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add_all([Stock(warehouse="north", article=7, pieces=5), Stock(warehouse="south", article=7)])
    with Session(engine) as session, session.begin():
        session.get(Stock, ("north", 7)).pieces += 2
    stock = repository(Stock, engine)

    assert stock.state(("north", 7)).pieces == 7
    assert stock.state(("south", 7)).pieces == 0
    assert [event.context for event in stock.history(("north", 7))] == [("north", 7), ("north", 7)]


def test_a_primary_key_is_a_context(saved, base):
    class Employee(EventSourced, base):
        __tablename__ = "employee"
        number: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str | None]

    assert saved(Employee(number=7, name="Bob"), 7).name == "Bob"
