"""A long batch: what is refused, what is kept, and how much of its input is held at once."""

import weakref
from datetime import UTC
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Integer, String, TypeDecorator, create_engine, func, select, text
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    InvalidValue,
    Latest,
    MemoryRepository,
    Never,
    NewEvent,
    UnknownField,
    repository,
)
from sqla_osiris.writing import batch_columns


class Code(TypeDecorator[str]):
    """A user's type, which refuses on the way to the driver."""

    impl = String(20)
    cache_ok = True

    def process_bind_param(self, value, dialect):
        if value == "bad":
            raise InvalidValue("a code cannot be 'bad'")
        return value


class Base(DeclarativeBase):
    pass


class Employee(EventSourced, Base):
    __tablename__ = "employee"
    id = Context(String(40))
    company = Latest(String, nullable=True)
    badge = Latest(Integer)
    overtime = Aggregate(Integer)


class Part(EventSourced, Base):
    __tablename__ = "part"
    code = Context(Code)
    name = Latest(Code)


class Folded(EventSourced, Base):
    __tablename__ = "folded"
    __snapshot__ = Never()
    id = Context(String(40))
    company = Latest(String(40))


@pytest.fixture
def tables(engine):
    Base.metadata.create_all(engine)
    return engine


@pytest.fixture
def small_chunks(monkeypatch):
    """Chunks of few events, read in pieces of fewer."""
    monkeypatch.setattr(batch_columns, "_EVENTS_A_PIECE", 3)
    monkeypatch.setattr(batch_columns, "_EVENTS_A_CHUNK", 7)
    monkeypatch.setattr(batch_columns, "CONTEXTS_A_CHUNK", 4)


FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "company": st.none() | st.sampled_from(["Acme", 'a "b\\c", {NULL}', "", "NULL", "Zoë\n"]),
        "badge": st.integers(-(2**31), 2**31 - 1),
        "overtime": st.integers(-3, 3),
    },
)
EVENTS = st.lists(
    st.builds(
        NewEvent,
        st.sampled_from(["bob", "jane", 'x"\\', "{}", "e", "f"]),
        FIELDS,
        event_id=st.none() | st.integers(1, 9).map(lambda n: UUID(int=n)),
        event_type=st.none() | st.sampled_from(["import", "'"]),
        event_meta=st.none() | st.dictionaries(st.text("ab"), st.integers(), max_size=2),
        recorded_at=st.none() | st.datetimes(timezones=st.just(UTC)).filter(lambda at: at.year > 1900),
    ),
    max_size=25,
)
NUMBERS = iter(range(10**9))


def stored(log, contexts):
    """States and histories; the clock is the store's own."""
    states = [(s.id, s.seq, s.company, s.badge, s.overtime) for s in log.states(contexts)]
    histories = [
        (e.context, e.seq, dict(e.fields), e.event_id, e.event_type, e.event_meta)
        for context in contexts
        for e in log.history(context)
    ]
    return states, histories


@given(batches=st.lists(EVENTS, max_size=3))
def test_batches_in_chunks_store_what_the_memory_stores(tables, small_chunks, batches):
    prefix = str(next(NUMBERS))
    memory, database = MemoryRepository(Employee), repository(Employee, tables)
    contexts = sorted({prefix + event.context for batch in batches for event in batch})

    for batch in batches:
        events = [
            NewEvent(
                prefix + e.context,
                e.fields,
                event_id=e.event_id,
                event_type=e.event_type,
                event_meta=e.event_meta,
                recorded_at=e.recorded_at,
            )
            for e in batch
        ]
        assert database.append_many(iter(events)) == memory.append_many(events)

    assert stored(database, contexts) == stored(memory, contexts)


def test_the_clock_of_a_batch_is_not_that_of_its_transactions_start(tables):
    """A stream's time does not go back where another append came between."""
    with Session(tables) as session:
        session.execute(select(func.count()).select_from(Folded.Event))
        between = repository(Folded, tables).append("bob", company="Acme").recorded_at
        repository(Folded, session).append_many([NewEvent("bob", {"company": "Hooly"})])
        session.commit()

    later = list(repository(Folded, tables).history("bob"))[-1].recorded_at
    assert later >= between


@pytest.mark.once_on_servers
@pytest.mark.parametrize("bad", [NewEvent("bad", {}), NewEvent("screw", {"name": "bad"})])
@pytest.mark.parametrize("bind", [lambda e: e, sessionmaker, Session])
def test_what_a_users_type_refuses_is_an_invalid_value(tables, bind, bad):
    target = bind(tables)
    with pytest.raises(InvalidValue, match="cannot be 'bad'"):
        repository(Part, target).append_many([NewEvent("nut", {"name": "M8"}), bad])
    if isinstance(target, Session):
        target.close()

    assert list(repository(Part, tables).states()) == []


@pytest.mark.once_on_servers
@pytest.mark.parametrize(
    "call",
    [
        lambda parts: parts.append("bad", name="M8"),
        lambda parts: parts.append("nut", name="bad"),
        lambda parts: parts.append("bad", name="M8", event_id=UUID(int=1)),
        lambda parts: parts.state("bad"),
        lambda parts: list(parts.states(["nut", "bad"])),
        lambda parts: parts.snapshot("bad"),
    ],
    ids=["append", "append a field", "append once", "state", "states", "snapshot"],
)
def test_every_call_refuses_it_alike(tables, call):
    with pytest.raises(InvalidValue, match="cannot be 'bad'"):
        call(repository(Part, tables))


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"badge": True}, InvalidValue), ({"badge": 2**31}, InvalidValue), ({"x": 1}, UnknownField)],
)
def test_the_first_bad_event_is_named_and_nothing_is_written(tables, fields, error):
    employees = repository(Employee, tables)
    good = [NewEvent("bob", {"badge": 1, "company": "Acme"})]
    with pytest.raises(error, match=r"badge|'x'"):
        employees.append_many([*good, NewEvent("bob", fields), NewEvent("bob", {"company": 7})])

    assert employees.state("bob") is None


class Traced(dict):
    """A dict that can be referred to weakly."""


def test_no_event_is_held_once_its_piece_is_read(tables, small_chunks):
    given, most = [], 0

    def events():
        nonlocal most
        for number in range(100):
            fields = Traced(overtime=number)
            given.append(weakref.ref(fields))
            most = max(most, sum(reference() is not None for reference in given))
            yield NewEvent(f"e{number % 50}", fields)

    assert repository(Employee, tables).append_many(events()) == 100
    assert most <= 2 * batch_columns._EVENTS_A_PIECE


def test_progress_counts_chunk_by_chunk(tables, small_chunks):
    told = []
    events = (NewEvent("bob", {"overtime": 1}) for _ in range(20))

    assert repository(Employee, tables).append_many(events, progress=told.append) == 20
    assert told == [9, 18, 20]


@pytest.fixture
def postgresql_tables(postgresql_database):
    engine = create_engine(postgresql_database)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("step", [2**17, 1])
def test_chunks_and_appends_of_one_transaction_have_positions_in_their_order(
    postgresql_tables, small_chunks, step
):
    """Also where an older migration made the sequence, which counts one by one."""
    with Session(postgresql_tables) as session:
        session.execute(
            text(f"ALTER TABLE {Employee.Event.__table__.name} ALTER position SET INCREMENT BY {step:d}")
        )
        employees = repository(Employee, session)
        for _ in range(2):
            employees.append("bob", overtime=1)
            employees.append_many(NewEvent(f"e{number % 4}", {"overtime": 1}) for number in range(20))
            employees.append("e1", overtime=1)
        session.commit()

    events = repository(Employee, postgresql_tables).feed()
    assert len({event.position for event in events}) == len(events) == 44
    for context in ("bob", "e0", "e1"):
        seqs = [event.seq for event in events if event.context == context]
        assert seqs == list(range(1, len(seqs) + 1))
