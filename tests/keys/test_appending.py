"""``append(None, …)`` begins a stream and returns its key; so does each ``NewEvent(None, …)`` of ``append_many``."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from sqla_osiris import (
    AsyncSQLRepository,
    ContextErased,
    InvalidValue,
    NewEvent,
    copy,
    export_events,
    import_events,
    repository,
)
from tests.keys.shop import EVERYWHERE, Base, Customer, Given, Note, Parcel, Secret, Ticket, made_by


@pytest.fixture
def tables(engine):
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture(params=[*EVERYWHERE, "made"], ids=lambda each: getattr(each, "__name__", each))
def model(request, tables):
    if request.param != "made":
        return request.param
    made = made_by(repository(Given, tables)._bound.engine.dialect.name)
    made.metadata.create_all(tables)
    return made


@pytest.mark.parametrize("within", ["engine", "session"])
def test_an_append_to_none_begins_a_stream(tables, model, within):
    with Session(tables) as session:
        streams = repository(model, tables if within == "engine" else session)
        events = [streams.append(None, name=name) for name in "abc"]
        again = streams.append(events[1].context, name="B")
        session.commit()

    streams = repository(model, tables)
    assert len({event.context for event in events}) == 3
    assert [event.seq for event in events] == [1, 1, 1]
    assert (again.context, again.seq) == (events[1].context, 2)
    assert [streams.state(event.context).name for event in events] == ["a", "B", "c"]
    assert next(streams.history(events[0].context)) == events[0]
    assert streams.verify()


def test_each_none_of_a_batch_is_a_stream_of_its_own(tables, model):
    streams = repository(model, tables)
    known = streams.append(None, name="known").context
    events = [NewEvent(None, {"name": f"new {number}"}) for number in range(3)]
    appended = streams.append_many([events[0], NewEvent(known, {"name": "again"}), *events[1:]])

    assert appended == 4
    assert sorted(state.name for state in streams.states()) == ["again", "new 0", "new 1", "new 2"]
    assert all(state.seq == (2 if state.name == "again" else 1) for state in streams.states())
    assert streams.verify()


def test_numbers_of_a_batch_are_in_its_order(tables):
    tickets = repository(Ticket, tables)
    tickets.append_many(NewEvent(None, {"name": f"{number:02}"}) for number in range(40))

    in_order = sorted(tickets.states(), key=lambda ticket: ticket.id)
    assert [ticket.name for ticket in in_order] == [f"{number:02}" for number in range(40)]


def test_an_event_id_that_comes_again_finds_the_stream_that_it_began(tables, model):
    streams = repository(model, tables)
    event_id, other = uuid4(), uuid4()
    first = streams.append(None, event_id=event_id, name="first")
    streams.append(first.context, name="later")

    assert streams.append(None, event_id=event_id, name="again") == first
    events = [NewEvent(None, {"name": "b"}, event_id=each) for each in (event_id, other, other)]
    assert streams.append_many([*events, NewEvent(None, {"name": "c"})]) == 2
    assert sorted(state.name for state in streams.states()) == ["b", "c", "later"]


def test_the_stream_that_an_event_id_began_is_found_in_the_archive(tables):
    customers = repository(Customer, tables)
    first = customers.append(None, event_id=uuid4(), name="first")
    customers.snapshots()
    assert customers.archive(keep=0) == 1

    assert customers.append(None, event_id=first.event_id, name="again").context == first.context
    assert customers.append_many([NewEvent(None, {"name": "again"}, event_id=first.event_id)]) == 0


def test_one_event_id_at_once_begins_one_stream(database_url):
    engine = create_engine(database_url, pool_size=8)
    Base.metadata.create_all(engine)
    ids = [UUID(int=number) for number in range(10)]

    def write(number):
        customers = repository(Customer, engine)
        if number % 2:
            return {customers.append(None, event_id=each, name="one").context for each in ids}
        return customers.append_many(NewEvent(None, {"name": "many"}, event_id=each) for each in ids)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(8)))
    contexts = {state.id for state in repository(Customer, engine).states()}
    assert len(contexts) == len(ids)
    assert all(each == contexts for each in found[1::2])
    engine.dispose()


def test_a_new_stream_has_no_seq_to_expect(tables):
    customers = repository(Customer, tables)
    assert customers.append(None, expected_seq=0, name="new").seq == 1
    with pytest.raises(InvalidValue, match=r"a new stream has no events"):
        customers.append(None, expected_seq=1, name="new")
    with pytest.raises(InvalidValue, match=r"Customer None.* without name"):
        customers.append(None, points=1)
    with pytest.raises(InvalidValue, match=r"without name"):
        customers.append_many([NewEvent(None, {"points": 1})])


def test_a_model_that_gives_no_keys_takes_no_none(tables):
    with pytest.raises(InvalidValue, match=r"Given\.id: the context is missing"):
        repository(Given, tables).append(None, name="x")
    with pytest.raises(InvalidValue, match=r"Given\.id: the context is missing"):
        repository(Given, tables).append_many([NewEvent(None, {"name": "x"})])


def test_a_store_that_gives_no_keys_says_who_does():
    with pytest.raises(InvalidValue, match=r"Customer\.id: the context is missing.*An SQL database gives"):
        repository(Customer, "memory://").append(None, name="x")


def test_a_violated_constraint_leaves_nothing(tables):
    notes = repository(Note, tables)
    notes.append(None, name="a")
    with pytest.raises(IntegrityError, match="name"):
        notes.append(None, name="a")
    with pytest.raises(IntegrityError, match="name"):
        notes.append_many([NewEvent(None, {"name": "b"}), NewEvent(None, {"name": "a"})])

    assert [state.name for state in notes.states()] == ["a"]
    assert notes.verify()


def by_copy(source, target, _path):
    copy(source, target)


def by_file(source, target, path):
    export_events(source, path / "events.jsonl")
    import_events(target, path / "events.jsonl")


@pytest.mark.parametrize("move", [by_copy, by_file], ids=lambda move: move.__name__)
@pytest.mark.parametrize("moved", [Customer, Ticket, Parcel, Secret], ids=lambda moved: moved.__name__)
def test_a_log_that_moves_in_keeps_its_keys_and_new_ones_are_others(tables, tmp_path, moved, move):
    source = repository(moved, f"sqlite:///{tmp_path / 'source.db'}")
    source.create()
    source.append_many(NewEvent(None, {"name": "moved"}) for _ in range(30))
    erased = source.append(None, name="erased").context
    source.erase(erased)
    target = repository(moved, tables)
    move(source, target, tmp_path)

    assert target.append(None, name="new").context > erased
    assert target.append_many([NewEvent(None, {"name": "new"})]) == 1
    assert {state.id for state in source.states()} <= {state.id for state in target.states()}


def test_a_batch_passes_over_keys_that_were_given(tables):
    tickets = repository(Ticket, tables)
    tickets.append_many(NewEvent(number, {"name": "given"}) for number in range(11, 15))
    tickets.append_many(NewEvent(None, {"name": "new"}) for _ in range(5))

    assert [state.seq for state in tickets.states()] == [1] * 9


@pytest.mark.asyncio
async def test_asynchronous_drivers(async_engine):
    async with async_engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    customers = AsyncSQLRepository(Customer, async_engine)
    first = await customers.append(None, name="first")
    assert await customers.append_many([NewEvent(None, {"name": f"{number}"}) for number in range(3)]) == 3
    async with AsyncSession(async_engine) as session:
        session.add_all(new := [Customer(name="a"), Customer(name="b")])
        await session.commit()
        keys = [await session.run_sync(lambda _, each=each: each.id) for each in new]

    assert len({first.context, *keys}) == 3
    assert len([state async for state in customers.states()]) == 6
    assert await customers.verify()


@pytest.mark.parametrize("write", ["append", "append in a session", "append_many", "flush", "flush of many"])
def test_a_key_of_0_stays_as_it_is(tables, write):
    """MariaDB's AUTO_INCREMENT takes 0 for no value, and gives another key."""
    with Session(tables) as session:
        in_session = repository(Customer, session)
        for number in range(2):
            name = f"{write} {number}"
            if write == "append":
                repository(Customer, tables).append(0, name=name)
            elif write == "append in a session":
                in_session.append(0, name=name)
            elif write == "append_many":
                repository(Customer, tables).append_many(
                    [NewEvent(None, {"name": "new"}), NewEvent(0, {"name": name})]
                )
            elif customer := session.get(Customer, 0):
                customer.name = name
            else:
                several = [] if write == "flush" else [Customer(id=7, name="new"), Customer(name="new")]
                session.add_all([Customer(id=0, name=name), *several])
            session.commit()
        if tables.dialect.name in {"mariadb", "mysql"}:
            mode = session.connection().exec_driver_sql("SELECT @@sql_mode").scalar_one()
            assert "NO_AUTO_VALUE_ON_ZERO" not in mode

    customers = repository(Customer, tables)
    assert (customers.state(0).name, customers.state(0).seq) == (f"{write} 1", 2)
    new = customers.append(None, name="new").context
    assert new > 0
    assert customers.verify()


def test_a_key_of_0_that_is_erased_stays_erased(tables):
    customers = repository(Customer, tables)
    customers.append(0, name="none")
    customers.erase(0)
    assert list(customers.erased()) == [0]
    with pytest.raises(ContextErased):
        customers.append(0, name="again")
