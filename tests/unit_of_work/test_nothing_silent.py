"""A flush writes all that the session was told, or says what it cannot write."""

import pytest
from sqlalchemy import ForeignKey, String, delete, event, insert, select, update
from sqlalchemy.exc import SAWarning
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    aliased,
    configure_mappers,
    load_only,
    mapped_column,
    relationship,
)

from sqla_osiris import (
    ConcurrentAppend,
    Context,
    EventSourced,
    InvalidValue,
    Latest,
    NotExpressible,
    repository,
)
from tests.statements import counted
from tests.unit_of_work.hr import Employee, Team, touches


def events(session):
    return session.scalars(select(Employee.Event).order_by(Employee.Event.seq)).all()


def test_a_refused_flush_leaves_nothing_for_a_later_one(session):
    session.add_all([Employee(id="ann"), Employee(id="bob", title="x" * 101)])
    with pytest.raises(InvalidValue):
        session.flush()
    session.rollback()
    session.add(Employee(id="cid"))
    session.commit()

    assert [event.id for event in events(session)] == ["cid"]


def test_a_flush_refused_before_it_wrote_leaves_nothing_for_a_later_one(session, hr_engine):
    """The pending objects of one mapper are collected, and another mapper's fail."""

    def fail(_mapper, _connection, target):
        if target.id == "bob":
            raise ValueError(target.id)

    event.listen(Employee, "before_insert", fail)
    try:
        session.add_all([Employee(id="ann"), Employee(id="bob")])
        with pytest.raises(ValueError, match="bob"):
            session.flush()
        session.rollback()
        session.add(Employee(id="cid"))
        session.commit()
    finally:
        event.remove(Employee, "before_insert", fail)

    assert [event.id for event in events(session)] == ["cid"]


def test_adding_the_context_of_a_loaded_object_changes_nothing(session, bob):
    assert session.get(Employee, "bob").company == "Hooly"
    session.add(Employee(id="bob", company="Raviga"))
    with pytest.warns(SAWarning, match="conflicts with persistent instance"), pytest.raises(ConcurrentAppend):
        session.commit()
    session.rollback()

    assert (session.get(Employee, "bob").company, len(events(session))) == ("Hooly", 1)


def test_a_seq_of_none_is_one_that_is_not_given(session):
    session.add(bob := Employee(id="bob", seq=None))
    session.commit()
    assert bob.seq == 1
    bob.seq, bob.overtime = None, 5
    session.commit()
    assert (bob.seq, bob.overtime) == (2, 5)


def test_a_seq_of_none_hides_no_lost_race(session, bob, hr_engine):
    assert bob.seq == 1
    repository(Employee, hr_engine).append("bob", overtime=1)
    bob.seq, bob.title = None, "VP"
    with pytest.raises(ConcurrentAppend):
        session.commit()


EXPIRE = {
    "commit": lambda session, _: session.commit(),
    "expire": lambda session, one: session.expire(one),
    "expire_all": lambda session, _: session.expire_all(),
    "expire some": lambda session, one: session.expire(one, ["company", "overtime"]),
}


@pytest.mark.once_on_servers
@pytest.mark.parametrize("expire", EXPIRE.values(), ids=EXPIRE)
@pytest.mark.parametrize(("field", "value"), [("company", "Hooly"), ("overtime", 5)])
def test_assigning_what_an_expired_object_has_writes_nothing(session, bob, expire, field, value):
    expire(session, bob)
    setattr(bob, field, value)
    session.commit()

    assert (bob.seq, getattr(bob, field)) == (1, value)


@pytest.mark.once_on_servers
@pytest.mark.parametrize("expire", EXPIRE.values(), ids=EXPIRE)
def test_assigning_anew_to_an_expired_object_is_one_statement_more_at_most(session, bob, hr_engine, expire):
    expire(session, bob)
    bob.company = "Raviga"
    with counted(hr_engine) as statements:
        session.flush()
    session.commit()

    # MySQL's INSERT returns nothing: the head is read before it.
    reads = 2 if hr_engine.dialect.name == "mysql" else 1
    assert len([each for each in statements if each.startswith("SELECT")]) == reads
    assert touches(session, Employee, "bob")[1] == {"company": "Raviga"}


def test_expired_objects_are_compared_together(session, hr_engine):
    session.add_all(people := [Employee(id=f"e{number}", company="Hooly") for number in range(20)])
    session.commit()
    for number, each in enumerate(people):
        each.company = "Hooly" if number % 2 else "Raviga"
    with counted(hr_engine) as statements:
        session.flush()
    session.commit()

    assert len([each for each in statements if each.startswith("SELECT")]) <= 3
    assert [each.seq for each in people] == [2, 1] * 10


def test_an_object_that_was_loaded_in_part_is_compared_with_the_database(session, bob):
    session.expunge_all()
    bob = session.scalars(select(Employee).options(load_only(Employee.id))).one()
    bob.company, bob.title = "Hooly", "VP"
    session.commit()

    assert touches(session, Employee, "bob")[1] == {"title": "VP"}


def test_an_expired_object_that_another_has_ended_is_a_lost_race(session, bob, hr_engine):
    with Session(hr_engine) as other:
        other.delete(other.get(Employee, "bob"))
        other.commit()
    bob.company = "Hooly"
    with pytest.raises(ConcurrentAppend):
        session.commit()


OF_RECORDS = {
    "update": lambda session, record: session.execute(update(record).values(company="Raviga")),
    "update where": lambda session, record: session.execute(
        update(record).where(record.id == "bob").values({record.company: "Raviga"})
    ),
    "update without synchronizing": lambda session, record: session.execute(
        update(record).values(company="Raviga"), execution_options={"synchronize_session": False}
    ),
    "update by key": lambda session, record: session.execute(
        update(record), [{"id": "bob", "seq": 1, "company": "Raviga"}]
    ),
    "update returning": lambda session, record: session.execute(
        update(record).values(company="Raviga").returning(record.id)
    ),
    "delete": lambda session, record: session.execute(delete(record)),
    "delete where": lambda session, record: session.execute(delete(record).where(record.id == "bob")),
    "insert": lambda session, record: session.execute(insert(record).values(id="ann", seq=1)),
    "insert many": lambda session, record: session.execute(insert(record), [{"id": "ann", "seq": 1}]),
    "insert from select": lambda session, record: session.execute(
        insert(record).from_select(["id"], select(Team.name))
    ),
    "update an alias": lambda session, record: session.execute(
        update(aliased(record)).values(company="Raviga")
    ),
    "delete an alias": lambda session, record: session.execute(delete(aliased(record))),
    "delete an alias of the table": lambda session, record: session.execute(
        delete(aliased(record, record.__table__.alias()))
    ),
    "delete an alias, unsynchronised": lambda session, record: session.execute(
        delete(aliased(record)), execution_options={"synchronize_session": False}
    ),
    "delete an alias and fetch": lambda session, record: session.execute(
        delete(aliased(record)), execution_options={"synchronize_session": "fetch"}
    ),
    "query update": lambda session, record: session.query(record).update({"company": "Raviga"}),
    "query delete": lambda session, record: session.query(record).filter(record.id == "bob").delete(),
    "bulk_insert_mappings": lambda session, record: session.bulk_insert_mappings(record, [{"id": "ann"}]),
    "bulk_update_mappings": lambda session, record: session.bulk_update_mappings(
        record, [{"id": "bob", "seq": 1, "company": "Raviga"}]
    ),
    "bulk_save_objects": lambda session, record: session.bulk_save_objects([record(id="ann", seq=1)]),
    "through a connection": lambda session, record: session.connection().execute(delete(record)),
    "an alias through a connection": lambda session, record: session.connection().execute(
        delete(aliased(record))
    ),
}


@pytest.mark.any_database
@pytest.mark.parametrize("operation", OF_RECORDS.values(), ids=OF_RECORDS)
@pytest.mark.parametrize("record", [Employee.Event, Employee.Snapshot], ids=["Event", "Snapshot"])
def test_a_bulk_operation_of_the_log_is_refused(session, bob, record, operation):
    with pytest.raises(NotExpressible, match="append-only"):
        operation(session, record)
    session.rollback()

    assert [(each.id, each.company) for each in events(session)] == [("bob", "Hooly")]
    assert session.scalars(select(Employee.Snapshot.company)).all() == ["Hooly"]


@pytest.mark.any_database
@pytest.mark.parametrize(
    "statement", [update(aliased(Employee)).values(company="Raviga"), delete(aliased(Employee))]
)
@pytest.mark.parametrize("synchronize", ["auto", "evaluate", "fetch", False])
def test_a_bulk_operation_of_an_alias_of_the_model_is_refused(session, bob, statement, synchronize):
    with pytest.raises(NotExpressible, match="Employee is folded"):
        session.execute(statement, execution_options={"synchronize_session": synchronize})


def test_an_alias_of_the_log_is_read_as_any_other(session, bob):
    one, other = aliased(Employee.Event), aliased(Employee.Event, name="other")
    assert session.scalars(select(one.company).join(other, one.seq == other.seq)).all() == ["Hooly"]


def test_a_core_statement_of_the_logs_table_is_the_callers_own(session, bob):
    table = Employee.Event.__table__
    assert session.connection().execute(update(table).values(company="Raviga")).rowcount == 1
    assert [each.context for each in repository(Employee, session).verify().differences] == ["bob"]


@pytest.fixture
def shelves(engine):
    """Makes a model and its children, with these arguments of their relationship."""

    def declare(**arguments):
        Base = type("Base", (DeclarativeBase,), {})  # noqa: N806

        class Shelf(EventSourced, Base):
            __tablename__ = "shelf"
            id: Mapped[int] = Context()
            name: Mapped[str | None] = Latest(String(20))
            labels: Mapped[list["Label"]] = relationship(**arguments)

        class Label(Base):
            __tablename__ = "label"
            id: Mapped[int] = mapped_column(primary_key=True)
            shelf_id: Mapped[int | None] = mapped_column(ForeignKey("shelf_snapshot.id", ondelete="CASCADE"))

        Base.metadata.create_all(engine)
        return Shelf, Label

    return declare


@pytest.mark.parametrize("loaded", [True, False])
def test_children_that_are_the_databases_to_delete_go_with_an_ended_parent(engine, shelves, loaded):
    Shelf, Label = shelves(cascade="all, delete-orphan", passive_deletes=True)  # noqa: N806
    with Session(engine) as session:
        session.add(Shelf(id=1, labels=[Label(), Label()]))
        session.commit()
        shelf = session.get(Shelf, 1)
        if loaded:
            assert shelf.labels
        session.delete(shelf)
        session.commit()

        assert session.scalars(select(Label)).all() == []


@pytest.mark.any_database
@pytest.mark.parametrize("arguments", [{"passive_deletes": "all"}, {"passive_deletes": True}], ids=str)
def test_children_that_are_left_to_nobody_are_warned_of(shelves, arguments):
    declared = shelves(**arguments)
    with pytest.warns(SAWarning, match=r"Shelf\.labels has passive_deletes"):
        configure_mappers()
    del declared  # classes that nothing refers to are configured no more


def test_a_field_that_a_post_update_sets_is_refused(engine):
    Base = type("Base", (DeclarativeBase,), {})  # noqa: N806

    class Shelf(EventSourced, Base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(9))
        first_id: Mapped[str | None] = Latest(ForeignKey("item_snapshot.id", use_alter=True, name="fk_first"))
        first = relationship("Item", foreign_keys="Shelf.first_id", post_update=True)

    class Item(EventSourced, Base):
        __tablename__ = "item"
        id: Mapped[str] = Context(String(9))
        shelf_id: Mapped[str | None] = Latest(ForeignKey("shelf_snapshot.id"))
        shelf = relationship("Shelf", foreign_keys="Item.shelf_id")

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        shelf = Shelf(id="s")
        shelf.first = Item(id="i", shelf=shelf)
        session.add(shelf)
        with pytest.raises(NotExpressible, match="post_update"):
            session.commit()
        session.rollback()
        assert session.scalars(select(Shelf.Event)).all() == []


def test_an_ordinary_row_that_a_post_update_sets_is_written(engine):
    """Where the foreign key is an ordinary row's, the UPDATE after the flush is that row's."""
    Base = type("Base", (DeclarativeBase,), {})  # noqa: N806

    class Shelf(EventSourced, Base):
        __tablename__ = "shelf"
        id: Mapped[str] = Context(String(9))
        name: Mapped[str | None] = Latest(String(9))

    class Label(Base):
        __tablename__ = "label"
        id: Mapped[int] = mapped_column(primary_key=True)
        shelf_id: Mapped[str | None] = mapped_column(ForeignKey("shelf_snapshot.id"))
        shelf: Mapped[Shelf | None] = relationship(post_update=True)

    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Label(id=1, shelf=Shelf(id="s")))
        session.commit()
        assert session.get(Label, 1).shelf_id == "s"
