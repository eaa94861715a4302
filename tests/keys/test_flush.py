"""A flush fills the key of each new object, and the foreign keys to it, in as few statements as for given keys."""

import pytest
from sqlalchemy import event, func, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from sqla_osiris import InvalidValue, NewEvent, repository
from tests.keys.shop import EVERYWHERE, Base, Customer, Given, Order, Ticket, made_by


@pytest.fixture
def tables(engine):
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def made(engine):
    model = made_by(repository(Given, engine)._bound.engine.dialect.name)
    model.metadata.create_all(engine)
    return model


@pytest.mark.parametrize("model", [*EVERYWHERE, "made"], ids=lambda each: getattr(each, "__name__", each))
def test_each_new_object_has_a_key_of_its_own(tables, made, model):
    model = made if model == "made" else model
    with Session(tables) as session:
        many = [model(name="a"), model(name="b"), model(name="c")]
        session.add_all(many)
        session.flush()
        session.add(one := model(name="d"))
        session.commit()

        keys = [each.id for each in (*many, one)]
        assert len(set(keys)) == 4
        assert None not in keys
        assert [each.seq for each in many] == [1, 1, 1]
        assert [session.get(model, key) for key in keys] == [*many, one]
        session.expire_all()
        assert [each.name for each in (*many, one)] == ["a", "b", "c", "d"]
    assert repository(model, tables).verify()


def test_children_get_their_parents_keys_in_the_same_flush(tables):
    with Session(tables) as session:
        first = Order(title="first")
        customer = Customer(name="bob", orders=[first, Order(title="second", follows=first)])
        session.add(customer)
        session.commit()

        assert [order.customer_id for order in customer.orders] == [customer.id] * 2
        assert customer.orders[1].follows_id == first.id
        found = select(Order.title).join(Customer).where(Customer.name == "bob").order_by(Order.id)
        assert session.scalars(found).all() == ["first", "second"]

        session.delete(customer)
        session.commit()
        assert session.scalar(select(func.count()).select_from(Order)) == 0


@pytest.mark.parametrize("many", [1, 3])
def test_defaults_and_times_are_there_after_the_flush(tables, many):
    with Session(tables) as session:
        session.add_all(tickets := [Ticket(name=str(number)) for number in range(many)])
        session.flush()
        for ticket in tickets:
            assert (ticket.state, ticket.opened) == ("open", ticket.changed)
            assert ticket.opened is not None
    event = repository(Ticket, tables).append(None, name="appended")
    state = repository(Ticket, tables).state(event.context)
    assert (state.state, state.opened) == ("open", event.recorded_at)
    assert repository(Ticket, tables).append_many([NewEvent(None, {"name": "batch"})]) == 1
    assert {state.state for state in repository(Ticket, tables).states()} == {"open"}


def test_a_key_that_is_given_stays(tables):
    with Session(tables) as session:
        session.add_all([Customer(id=70, name="given"), Customer(name="new"), Customer(id=None, name="none")])
        session.commit()
        names = {each.id: each.name for each in session.scalars(select(Customer))}

    assert names[70] == "given"
    assert sorted(names.values()) == ["given", "new", "none"]


def test_a_key_is_never_given_twice(tables):
    customers = repository(Customer, tables)
    with Session(tables) as session:
        session.add_all([ended := Customer(name="ended"), erased := Customer(name="erased")])
        session.commit()
        session.delete(ended)
        session.commit()
        before = {ended.id, erased.id}
        customers.erase(max(before))
        session.add(new := Customer(name="new"))
        session.commit()

        assert new.id not in before
    assert customers.verify()


def test_a_rollback_leaves_no_stream(tables):
    with Session(tables) as session:
        session.add(customer := Customer(name="bob", orders=[Order(title="first")]))
        session.flush()
        assert customer.id is not None
        session.rollback()
        assert inspect(customer).transient

        with session.begin_nested() as savepoint:
            session.add(Customer(name="jane"))
            session.flush()
            savepoint.rollback()
        session.commit()

    with tables.connect() as connection:
        for model in (Customer, Order):
            for table in (model.Event.__table__, model.Snapshot.__table__):
                assert connection.scalar(select(func.count()).select_from(table)) == 0


def test_a_first_event_without_what_it_must_touch_is_refused(tables):
    with Session(tables) as session:
        session.add(Customer(points=3))
        with pytest.raises(InvalidValue, match=r"Customer None.* without name"):
            session.flush()


def test_without_autoincrement_a_key_must_be_given(tables):
    with Session(tables) as session:
        session.add(Given(name="none"))
        with pytest.raises(InvalidValue, match=r"Given\.id: the context is missing \(None\)"):
            session.flush()


@pytest.mark.parametrize("many", [2, 1000])
def test_a_flush_of_many_takes_few_statements(tables, many):
    sent = []
    event.listen(tables, "before_cursor_execute", lambda *arguments: sent.append(arguments[2]))
    with Session(tables) as session:
        session.add_all([Ticket(name=str(number)) for number in range(many)])
        session.flush()
    counted = len(sent)
    with Session(tables) as session:
        session.add_all([Ticket(id=10_000 + number, name=str(number)) for number in range(many)])
        session.flush()

    # SQLite has one more, which reads the greatest key.
    assert counted <= len(sent) - counted + (tables.dialect.name == "sqlite") + 1


def test_a_key_beyond_the_sequence_is_refused_as_of_any_row(tables):
    with Session(tables) as session:
        session.add(Customer(id=1, name="given"))
        session.commit()
        session.add(new := Customer(name="new"))
        if tables.dialect.name != "postgresql":
            session.commit()
            assert new.id == 2
            return
        with pytest.raises(IntegrityError, match="customer_snapshot_pkey"):
            session.commit()
        session.rollback()
        assert repository(Customer, tables).state(1).name == "given"
        session.add(again := Customer(name="again"))
        session.commit()
        assert again.id == 2
