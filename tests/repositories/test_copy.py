"""copy(): the same log in another store, whatever happens in between."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, update
from sqlalchemy.orm import Session

from sqla_osiris import NewEvent, OsirisError, SQLRepository, copy, time_travel
from sqla_osiris.repositories import copying
from sqla_osiris.repositories.sql import columns as sql_columns
from tests.conftest import DATABASES
from tests.repositories.models import EveryEmployee, InlineEmployee, Plain, contents, values

STORES = ["sqlite", "postgresql", "memory"]
PAIRS = [(source, target) for source in STORES for target in STORES if source != target]
# Each store is read from and written to; not every store from every other.
PAIRS += [("postgresql", "mariadb"), ("mariadb", "sqlite")]
PAIRS += [("sqlite", "mysql"), ("mysql", "sqlite")] if "mysql" in DATABASES else []
# By columns between two SQL databases, by events otherwise.
each_way = pytest.mark.parametrize(
    "stores",
    [("mariadb", "sqlite"), ("memory", "postgresql"), ("postgresql", "memory")],
    indirect=True,
    ids="-".join,
)
EVENTS, PAGE = 120, 11


def fill(repository):
    """Events with everything that an event can hold, in an order that mixes contexts, with lives that end."""
    start, chance = datetime(2020, 1, 1, tzinfo=UTC), random.Random(5)
    new = []
    for number in range(EVENTS):
        context = f"e{chance.randrange(9)}"
        if chance.random() < 0.05:
            new.append(NewEvent(context, {}, ends=True, recorded_at=start + timedelta(hours=number)))
            continue
        fields = {
            "overtime": number,
            "company": chance.choice([None, "Hooly"]),
            "bonus": number,
            "visits": None,
        }
        del fields["visits"]
        new.append(
            NewEvent(
                context,
                fields,
                event_id=uuid4() if number % 3 else None,
                event_type="worked" if number % 2 else None,
                event_meta={"by": [number, "Zoë"]} if number % 5 == 0 else None,
                recorded_at=start + timedelta(hours=number, microseconds=number),
            )
        )
    repository.append_many(new)
    return repository


def log(repository):
    events, after = [], None
    while page := repository.feed(after=after):
        events += page
        after = page[-1].position
    states = {state.id: values(state) for state in repository.states()}
    return contents(events), states


@pytest.fixture(params=PAIRS, ids="-".join)
def stores(request, open_store):
    return [open_store(kind, EveryEmployee) for kind in request.param]


@pytest.fixture
def small_pages(monkeypatch):
    """Of events, and of rows between two SQL databases."""
    monkeypatch.setattr(copying, "_EVENTS_A_PAGE", PAGE)
    monkeypatch.setattr(copying, "_ROWS_A_PAGE", PAGE)


def test_the_copy_is_the_same_log(stores):
    source, target = fill(stores[0]), stores[1]
    told = []

    assert copy(source, target, progress=told.append) == EVENTS

    assert told == [EVENTS]
    assert log(target) == log(source)
    assert target.verify()


def test_a_copy_out_of_many_transactions_goes_on_from_piece_to_piece(open_store, monkeypatch):
    monkeypatch.setattr(sql_columns, "_ROWS_AT_ONCE", 2)
    for kind in DATABASES:
        source, target = open_store(kind, InlineEmployee), open_store("memory", InlineEmployee)
        for number in range(7):
            source.append(f"e{number % 2}", overtime=number)
        pages = [page.seqs for page in source.column_pages(3)]
        assert sum(map(len, pages)) == copy(source, target) == 7


def test_copying_again_copies_what_is_new(stores, small_pages):
    source, target = fill(stores[0]), stores[1]
    copy(source, target)

    assert copy(source, target) == 0
    source.append("e1", overtime=1)
    source.append("new", overtime=1)
    assert copy(source, target) == 2
    assert log(target) == log(source)


def test_what_a_copy_has_appended_is_compared_by_the_feed(stores, small_pages, monkeypatch):
    """And not stream by stream, which takes a question for each context of each page."""
    source, target = fill(stores[0]), stores[1]
    copy(source, target)
    monkeypatch.setattr(target, "history", None)
    assert copy(source, target) == 0


@pytest.mark.parametrize("pages", [1, 10])
def test_a_copy_that_was_broken_off_goes_on(stores, small_pages, pages):
    source, target = fill(stores[0]), stores[1]

    class Broken(Exception):
        pass

    def progress(done):
        if done >= PAGE * pages:
            raise Broken

    with pytest.raises(Broken):
        copy(source, target, progress=progress)

    assert copy(source, target) == EVENTS - PAGE * pages
    assert log(target) == log(source)


@each_way
def test_half_a_page_of_a_store_without_atomic_batches_is_completed(stores, small_pages):
    source, target = fill(stores[0]), stores[1]
    target.append_many(
        copying._as_copied(event) for event in source.feed(limit=15) if event.context in ("e1", "e2")
    )

    copy(source, target)

    assert {c: contents(target.history(c)) for c in map("e{}".format, range(9))} == {
        c: contents(source.history(c)) for c in map("e{}".format, range(9))
    }


@each_way
def test_another_stream_in_the_target_is_told_and_left_alone(stores):
    source, target = fill(stores[0]), stores[1]
    target.append("e3", overtime=99)
    before = log(target)

    with pytest.raises(OsirisError, match=r"'e3' is another stream .* from seq 1 on"):
        copy(source, target)
    assert log(target) == before


@each_way
def test_a_stream_that_begins_late_is_looked_at_before_it_is_written(stores, small_pages):
    source, target = fill(stores[0]), stores[1]
    source.append("late", overtime=1)
    target.append("late", overtime=99)

    with pytest.raises(OsirisError, match=r"'late' is another stream"):
        copy(source, target)
    assert len(list(target.history("late"))) == 1


@each_way
def test_contexts_that_only_the_target_has_are_left_alone(stores):
    source, target = fill(stores[0]), stores[1]
    target.append("mine", overtime=99)

    assert copy(source, target) == EVENTS
    assert target.state("mine").overtime == 99


@each_way
def test_what_somebody_appends_to_the_target_meanwhile_is_told(stores, small_pages):
    source, target = fill(stores[0]), stores[1]

    with pytest.raises(
        OsirisError, match=r"somebody else appends .*'e2' was expected at seq 3 and found at seq 4"
    ):
        copy(source, target, progress=lambda _done: target.append("e2", overtime=1))


@each_way
def test_what_somebody_appends_to_the_target_behind_the_last_page_is_told(stores, small_pages):
    source, target = fill(stores[0]), stores[1]

    with pytest.raises(OsirisError, match="states differ"):
        copy(source, target, progress=lambda done: done == EVENTS and target.append("e1", overtime=1))


def test_a_copy_belongs_to_the_session_that_it_goes_into(open_store, tmp_path):
    source, engine = (
        fill(open_store("sqlite", EveryEmployee)),
        create_engine(f"sqlite:///{tmp_path}/session.db"),
    )
    SQLRepository(EveryEmployee, engine).create()
    with Session(engine) as session:
        target = SQLRepository(EveryEmployee, session)
        with time_travel(session, datetime.now(UTC)), pytest.raises(OsirisError, match="inside time_travel"):
            copy(source, target)
        assert copy(source, target) == EVENTS
        session.rollback()
    assert SQLRepository(EveryEmployee, engine).feed(limit=1) == []
    engine.dispose()


@each_way
def test_an_empty_log_is_copied(stores):
    assert copy(*stores) == 0


def test_contexts_of_two_columns_are_copied(open_store):
    source, target = open_store("memory", Plain), open_store("postgresql", Plain)
    source.append_many(NewEvent((f"c{n % 3}", n % 5), {"salary": n}) for n in range(40))

    assert copy(source, target) == 40
    assert contents(target.feed()) == contents(source.feed())


def test_archived_events_are_copied(open_store):
    source, target = open_store("sqlite", InlineEmployee), open_store("memory", InlineEmployee)
    fill(source)
    assert source.archive(before=datetime(2020, 1, 4, tzinfo=UTC)) > 50

    assert copy(source, target) == EVENTS
    assert log(target) == log(source)


def test_states_that_differ_are_named(open_store):
    source, target = open_store("sqlite", InlineEmployee), open_store("memory", InlineEmployee)
    source.append("bob", overtime=1)
    with source._target.begin() as connection:
        connection.execute(update(InlineEmployee.Snapshot.__table__).values(overtime=99))

    with pytest.raises(OsirisError, match=r"'bob'\.overtime is 99 in the source, 1 in the target"):
        copy(source, target)
