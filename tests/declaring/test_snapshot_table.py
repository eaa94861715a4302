"""The table of heads has the name that a model gives it, which may be the model's own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Engine,
    ForeignKey,
    Integer,
    MetaData,
    String,
    exists,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from sqla_osiris import (
    Aggregate,
    DeclarationError,
    EventSourced,
    EventView,
    NewEvent,
    as_of,
    repository,
)
from tests.migrations.project import differences


class Base(DeclarativeBase):
    metadata = MetaData()


class Customer(EventSourced, Base):
    __snapshot_table__ = "customer"
    __append_only__ = True
    __archive__ = True
    __table_args__ = (CheckConstraint("points >= 0", name="ck_points"),)
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
    points: Mapped[int] = Aggregate()
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    boss: Mapped["Customer | None"] = relationship(remote_side="Customer.id", back_populates="staff")
    staff: Mapped[list["Customer"]] = relationship(back_populates="boss")
    invoices: Mapped[list["Invoice"]] = relationship(back_populates="customer")


class Invoice(Base):
    __tablename__ = "invoice"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship(back_populates="invoices")


class Letter(EventSourced, Base):
    __snapshot_table__ = "letter_now"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"))
    customer: Mapped[Customer] = relationship()


class OfBoss(EventView, of=Customer, by="boss_id"):
    points: Mapped[int] = Aggregate()


@pytest.fixture
def filled(engine: Engine) -> Engine:
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        ann = Customer(id=1, name="ann", points=3)
        bob = Customer(id=2, name="bob", boss=ann)
        session.add_all([ann, bob])
        session.flush()
        session.add_all([Invoice(id=1, customer=ann), Letter(id=1, customer=bob)])
        session.commit()
    return engine


def test_the_tables_have_their_names():
    assert {"customer", "customer_event", "letter_now", "letter_event"} <= Base.metadata.tables.keys()
    assert {"customer_snapshot", "letter_snapshot", "letter"}.isdisjoint(Base.metadata.tables)
    assert Customer.Snapshot.__table__ is Base.metadata.tables["customer"]


@pytest.mark.parametrize(
    "name", ["", 7, "a`b", "thing_event", "thing_event_archive", "thing_key", "taken", "x" * 64]
)
def test_a_name_that_cannot_be_is_refused(name: Any):
    base: Any = type("Base", (DeclarativeBase,), {"metadata": MetaData()})
    type("Taken", (base,), {"__tablename__": "taken", "id": mapped_column(Integer, primary_key=True)})
    body = {"__tablename__": "thing", "__snapshot_table__": name, "n": Aggregate(Integer)}
    with pytest.raises(DeclarationError):
        type("Thing", (EventSourced, base), body)
    assert set(base.metadata.tables) == {"taken"}


def test_rows_and_heads_are_read_as_one_table(filled):
    """By programs that know of no events."""
    with filled.connect() as connection:
        joined = "SELECT i.id, c.name, c.points FROM invoice i JOIN customer c ON c.id = i.customer_id"
        assert connection.execute(text(joined)).all() == [(1, "ann", 3)]


def test_relationships_lead_to_the_states(filled):
    with Session(filled) as session:
        bob = session.get_one(Customer, 2)
        assert bob.boss is not None
        assert (bob.boss.name, [each.name for each in bob.boss.staff]) == ("ann", ["bob"])
        assert [each.id for each in bob.boss.invoices] == [1]
        assert session.scalars(select(Letter)).one().customer is bob
        assert session.scalars(select(Customer.name).where(Customer.invoices.any())).all() == ["ann"]
        assert session.execute(select(Customer.name, Invoice.id).join(Customer.invoices)).all() == [
            ("ann", 1)
        ]


def test_a_statement_reads_states_and_heads(filled):
    heads = Customer.Snapshot
    with Session(filled) as session:
        joined = select(Customer.name, heads.seq).join(heads, heads.id == Customer.id).order_by(Customer.id)
        assert session.execute(joined).all() == [("ann", 1), ("bob", 1)]
        later = select(Customer.name).where(exists().where(heads.id == Customer.id, heads.points > 2))
        assert session.scalars(later).all() == ["ann"]


def test_it_is_written_locked_and_read_as_of_a_moment(filled):
    before = datetime.now(UTC) + timedelta(days=1)
    with Session(filled) as session:
        ann = session.get_one(Customer, 1, with_for_update=True)
        ann.name, ann.points = "Ann", Customer.points + 4
        session.commit()
        assert (ann.name, ann.points, ann.seq) == ("Ann", 7, 2)
        assert set(session.scalars(select(Customer.name).with_for_update())) == {"Ann", "bob"}
        past = as_of(Customer, before)
        assert session.scalars(select(past.name).order_by(past.id)).all() == ["Ann", "bob"]
        assert session.execute(select(OfBoss.boss_id, OfBoss.points)).all() == [(1, 0)]
        session.delete(session.get_one(Customer, 2))
        session.commit()
    with filled.connect() as connection:
        living = "SELECT name FROM customer WHERE seq > osiris_origin"
        assert connection.scalars(text(living)).all() == ["Ann"]


def test_the_library_changes_heads_that_are_protected(filled):
    customers = repository(Customer, filled)
    customers.append(3, name="eve")
    customers.append_many(
        [NewEvent(4, {"name": "dan"}), NewEvent(3, {"points": 2}), NewEvent(5, {"name": "x"})]
    )
    customers.append(1, points=-3, expected_seq=1)
    with pytest.raises(IntegrityError, match="ck_points"):
        customers.append(1, points=-1)
    customers.redact(3, 2, "points", reason="wrong")
    customers.archive(before=datetime.now(UTC) + timedelta(days=1))
    customers.erase(4)
    customers.append_many([NewEvent(5, {}, ends=True)])
    customers.append(5, name="y")
    assert {state.id: (state.name, state.points) for state in customers.states()} == {
        1: ("ann", 0),
        2: ("bob", 0),
        3: ("eve", 0),
        5: ("y", 0),
    }
    assert customers.verify()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customer SET name = 'eve' WHERE id = 1",
        "UPDATE customer SET points = points + 1",
        "DELETE FROM customer WHERE id = 2",
        "INSERT INTO customer (id, name, points) VALUES (9, 'eve', 0)",
    ],
)
def test_writes_that_pass_the_library_by_are_refused(filled, statement):
    with pytest.raises(DBAPIError), filled.begin() as connection:
        connection.execute(text(statement))
    assert repository(Customer, filled).verify()


def test_truncate_is_refused(filled):
    if filled.dialect.name == "sqlite":
        return  # its DELETE of all rows is refused above
    cascade = " CASCADE" if filled.dialect.name == "postgresql" else ""
    with pytest.raises(DBAPIError), filled.begin() as connection:
        connection.execute(text(f"TRUNCATE customer{cascade}"))
    assert repository(Customer, filled).state(1).name == "ann"


def test_heads_are_not_protected_unless_the_model_asks(filled):
    with filled.begin() as connection:
        connection.execute(text("UPDATE letter_now SET customer_id = 1"))


def test_autogenerate_finds_nothing_to_change(filled):
    assert differences(filled, Base.metadata) == []


def test_drop_all_takes_everything_away(filled):
    Base.metadata.drop_all(filled)
    Base.metadata.create_all(filled)
    assert repository(Customer, filled).append(1, name="ann").seq == 1
