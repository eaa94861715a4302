"""erase(): a stream is gone for good, from wherever it stood, and nothing can begin it again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, ForeignKey, Integer, Table, event, func, insert, select
from sqlalchemy.orm import Session

from sqla_osiris import ContextErased, NewEvent, SQLRepository
from tests.conftest import DATABASES
from tests.repositories.models import MODELS, Base, EveryInPython, InlineEmployee, InlineInPython, values

FAR = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def repository(request, opens):
    repository = opens(request.param)
    repository.append_many(NewEvent(f"e{number % 2}", {"overtime": number}) for number in range(10))
    return repository


def test_nothing_of_it_is_left(repository):
    repository.snapshot("e1")
    repository.archive(before=FAR)

    assert repository.erase("e1") == 5

    assert repository.state("e1") is None
    assert repository.state("e1", at=3) is None
    assert repository.state("e1", at=FAR) is None
    assert list(repository.history("e1")) == []
    assert [state.id for state in repository.states()] == ["e0"]
    assert {event.context for event in repository.feed()} == {"e0"}
    assert repository.snapshot("e1") is None
    assert repository.snapshots() == 0
    report = repository.verify()
    assert report
    assert (report.contexts, report.events) == (1, 5)


def test_its_head_holds_nothing_of_it(sql, engine):
    repository = sql(InlineInPython)
    repository.append("e1", company="Hooly", skills=["sql"], mood=3, overtime=4, name="Jane", doubled=1)
    repository.erase("e1")

    heads = InlineInPython.Snapshot.__table__
    with engine.connect() as connection:
        (head,) = connection.execute(select(heads)).mappings()
    kept = {name for name, value in head.items() if value} - {"id", "osiris_xid", "osiris_fingerprint"}
    assert kept == {"seq", "osiris_origin", "osiris_folded"}


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_snapshot_that_python_has_folded_is_not_stored_over_the_tombstone(sql, engine):
    repository = sql(EveryInPython)
    repository.append("e1", notes=["a secret"])

    @event.listens_for(engine, "before_cursor_execute")
    def erased_meanwhile(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE") and not erased:
            erased.append(True)
            repository.erase("e1")

    erased: list[bool] = []
    repository.snapshot("e1")

    heads = EveryInPython.Snapshot.__table__
    with engine.connect() as connection:
        assert connection.execute(select(heads.c.notes, heads.c.seq == heads.c.osiris_folded)).one() == (
            None,
            True,
        )


def test_erasing_again_finds_nothing(repository):
    repository.erase("e1")

    assert repository.erase("e1") == 0
    assert repository.erase("nobody") == 0


def test_a_context_that_never_was_can_still_begin(repository):
    repository.erase("nobody")

    assert repository.append("nobody", overtime=1).seq == 1


@pytest.mark.parametrize("expected_seq", [None, 0, 1, 5])
def test_an_append_is_refused(repository, expected_seq):
    repository.erase("e1")

    with pytest.raises(ContextErased, match="'e1'"):
        repository.append("e1", overtime=1, expected_seq=expected_seq)
    assert list(repository.history("e1")) == []


def test_an_append_with_an_event_id_is_refused(repository):
    from uuid import uuid4  # noqa: PLC0415

    repository.erase("e1")

    with pytest.raises(ContextErased, match="'e1'"):
        repository.append("e1", overtime=1, event_id=uuid4())


@pytest.mark.parametrize("times", [1, 2, 700])
def test_a_batch_with_it_is_refused_as_a_whole(repository, times):
    repository.erase("e1")
    before = values(repository.state("e0"))
    batch = [
        NewEvent("e0", {"overtime": 1}),
        NewEvent("new", {"overtime": 1}),
        *[NewEvent("e1", {"visits": 1})] * times,
    ]

    with pytest.raises(ContextErased, match="'e1'"):
        repository.append_many(batch)
    assert values(repository.state("e0")) == before
    assert repository.state("new") is None


def test_a_stream_that_had_ended_is_erased_too(repository):
    repository.append_many([NewEvent("e1", {}, ends=True)])

    assert repository.erase("e1") == 6
    with pytest.raises(ContextErased):
        repository.append("e1", overtime=1)


def test_readers_of_the_feed_are_not_disturbed(repository):
    last = repository.feed()[-1]
    assert last.context == "e1"
    half = repository.feed(limit=5)[-1]

    repository.erase("e1")
    appended = repository.append("e0", overtime=1)

    (found,) = repository.feed(after=last.position)
    assert (found.context, found.seq) == ("e0", appended.seq)
    assert found.position > last.position
    assert {event.context for event in repository.feed(after=half.position)} == {"e0"}


# Sessions


@pytest.mark.parametrize("model", MODELS)
def test_a_session_cannot_add_or_merge_it_again(sql, engine, model):
    repository = sql(model)
    repository.append_many([NewEvent("bob", {"overtime": 1})] * 2)
    repository.erase("bob")

    with Session(engine) as session:
        session.add(model(id="bob", overtime=1))
        with pytest.raises(ContextErased, match="'bob'"):
            session.commit()
    with Session(engine) as session:
        session.merge(model(id="bob", overtime=1))
        session.add(model(id="jane", overtime=1))
        with pytest.raises(ContextErased, match="'bob'"):
            session.commit()
    assert repository.state("jane") is None


def test_an_object_that_was_loaded_before_cannot_be_written_back(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        session.commit()
        _ = bob.overtime
        session.expire_on_commit = False
        session.commit()
        repository.erase("bob")
        bob.overtime = 5
        with pytest.raises(ContextErased, match="'bob'"):
            session.commit()


def test_within_a_session_it_is_part_of_its_transaction(sql, engine):
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with Session(engine) as session:
        bob = session.get(InlineEmployee, "bob")
        assert SQLRepository(InlineEmployee, session).erase("bob") == 1
        assert session.get(InlineEmployee, "bob") is None
        assert bob not in session
        session.rollback()

    assert repository.state("bob").overtime == 1


def test_a_foreign_key_to_it_stays_valid(sql, engine):
    reference = Table(
        "reference",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("employee", ForeignKey("inline_employee_snapshot.id")),
        extend_existing=True,
    )
    repository = sql(InlineEmployee)
    repository.append("bob", overtime=1)
    with engine.begin() as connection:
        reference.create(connection)
        connection.execute(insert(reference).values(employee="bob"))

    assert repository.erase("bob") == 1
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(reference)) == 1


@pytest.mark.parametrize("batch", [False, True])
def test_of_a_race_with_appends_nothing_is_left(opens, batch):
    repository = opens(InlineEmployee)

    def append_until_refused(_number):
        appended = 0
        while True:
            try:
                if batch:
                    appended += repository.append_many([NewEvent("bob", {"overtime": 1})] * 2)
                else:
                    repository.append("bob", overtime=1)
                    appended += 1
            except ContextErased:
                return appended

    repository.append("bob", overtime=1)
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(append_until_refused, number) for number in range(4)]
        while repository.state("bob").seq < 20:
            pass
        erased = repository.erase("bob")
        appended = [writer.result() for writer in writers]

    assert erased == 1 + sum(appended)
    assert list(repository.history("bob")) == repository.feed() == []
    assert repository.verify()
