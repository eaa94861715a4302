"""What handlers leave behind in the session they are given, and whose event it is that cannot be kept then."""

import threading
import time
from contextlib import suppress

import pytest
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    insert,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker

from sqla_osiris import NewEvent, OsirisError, SQLRepository, Subscription
from tests.conftest import DATABASES
from tests.repositories.models import InlineEmployee
from tests.subscriptions.test_subscriptions import places, subscribed

SERVERS = [kind for kind in DATABASES if kind != "sqlite"]
FAMILY = [kind for kind in DATABASES if kind in {"mariadb", "mysql"}]


class Base(DeclarativeBase):
    pass


class Shelf(Base):
    __tablename__ = "handler_shelf"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)


class Mail(Base):
    __tablename__ = "handler_mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    shelf: Mapped[str | None] = mapped_column(ForeignKey("handler_shelf.id"))
    name: Mapped[str | None] = mapped_column(String(40), unique=True)


@pytest.fixture
def filled(sql):
    """Six events, of which the third and the fourth are e2's and e3's, and a table for the handler."""
    repository = sql(InlineEmployee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(6))
    Base.metadata.create_all(repository._target)
    return repository


def names(repository):
    with repository._target.connect() as connection:
        return list(connection.scalars(select(Mail.name).order_by(Mail.id)))


def parked(worker):
    return [(each.attempts, each.error.partition(":")[0]) for each in worker.parked()]


def bad_at(context, act):
    """A handler that writes each event's context, and does something else with one of them."""

    def handle(each, session):
        if each.context == context:
            act(session)
        else:
            session.add(Mail(name=each.context))

    return handle


@pytest.mark.parametrize("batch", [1, 4, 100])
def test_what_cannot_be_flushed_is_its_event_s(filled, batch):
    handler = bad_at("e2", lambda session: session.add(Mail(name="e1")))
    worker = subscribed(filled, "mail", handler, attempts=2, batch=batch)

    assert worker.run() == 5
    assert parked(worker) == [(2, "IntegrityError")]
    assert sorted(names(filled)) == ["e0", "e1", "e3", "e4", "e5"]


def commits(session):
    session.add(Mail(name="never"))
    session.commit()


def closes(session):
    session.add(Mail(name="never"))
    session.flush()
    session.close()


def rolls_back(session):
    session.rollback()


def goes_on_after_a_rollback(session):
    session.rollback()
    session.add(Mail(name="never"))


def leaves_a_failed_flush(session):
    session.add(Mail(name="e1"))
    with suppress(IntegrityError):
        session.flush()


@pytest.mark.parametrize(
    "act", [commits, closes, rolls_back, goes_on_after_a_rollback, leaves_a_failed_flush]
)
def test_a_handler_that_ends_the_transaction_has_its_event_parked_and_nothing_else_lost(filled, act):
    worker = subscribed(filled, "mail", bad_at("e2", act), attempts=1)

    assert worker.run() == 5
    assert parked(worker) == [(1, "OsirisError")]
    assert names(filled) == ["e0", "e1", "e3", "e4", "e5"]


def test_savepoints_are_the_handler_s_to_use_and_one_left_open_is_released(filled):
    def handle(each, session):
        with suppress(IntegrityError), session.begin_nested():
            session.add(Mail(name="once"))
        session.begin_nested()
        session.add(Mail(name=each.context))

    assert subscribed(filled, "mail", handle).run() == 6
    assert names(filled) == ["once", "e0", "e1", "e2", "e3", "e4", "e5"]


def test_a_statement_whose_failure_the_handler_swallows_fails_its_event_where_it_ends_the_transaction(filled):
    def swallows(session):
        with suppress(IntegrityError):
            session.execute(insert(Mail).values(name="e1"))

    worker = subscribed(filled, "mail", bad_at("e2", swallows), attempts=1)
    handled = worker.run()

    # PostgreSQL takes nothing more from that transaction, and the others undo the statement alone.
    ended = filled._target.dialect.name == "postgresql"
    assert (handled, len(worker.parked())) == ((5, 1) if ended else (6, 0))
    assert names(filled) == ["e0", "e1", "e3", "e4", "e5"]
    if ended:
        assert worker.parked()[0].position == filled.feed()[2].position


@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL was left out")
@pytest.mark.parametrize("attempts", [1, 2])
@pytest.mark.parametrize("batch", [1, 100])
def test_a_constraint_that_is_checked_at_the_commit_is_its_event_s(open_store, batch, attempts):
    repository = open_store("postgresql", InlineEmployee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(6))
    deferred = Table(
        "deferred_mail", MetaData(), Column("id", Integer, primary_key=True), Column("other", Integer)
    )
    deferred.create(repository._target)
    with repository._target.begin() as connection:
        connection.execute(
            text(
                "ALTER TABLE deferred_mail ADD FOREIGN KEY (other) REFERENCES deferred_mail "
                "DEFERRABLE INITIALLY DEFERRED"
            )
        )

    def handle(each, session):
        session.execute(insert(deferred).values(other=1000 if each.context in ("e1", "e4") else None))

    worker = subscribed(repository, "mail", handle, attempts=attempts, batch=batch)
    assert worker.run() == 4
    assert parked(worker) == [(attempts, "IntegrityError")] * 2
    feed = repository.feed()
    assert [each.position for each in worker.parked()] == [feed[1].position, feed[4].position]

    with pytest.raises(IntegrityError):
        worker.retry(worker.parked()[0].position)
    assert len(worker.parked()) == 2


@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL was left out")
def test_a_server_that_fails_at_the_commit_is_no_event_s_fault(open_store):
    repository, ended = open_store("postgresql", InlineEmployee), []
    repository.append("e0", overtime=1)

    def handle(each, session):
        backend = session.scalar(text("SELECT pg_backend_pid()"))
        if not ended:
            ended.append(backend)
            with repository._target.connect() as another:
                another.execute(text("SELECT pg_terminate_backend(:backend, 1000)"), {"backend": backend})

    worker = subscribed(repository, "mail", handle, attempts=1)
    with pytest.raises(OperationalError):
        worker.run()
    assert (worker.run(), worker.parked()) == (1, [])


@pytest.mark.parametrize("kind", FAMILY)
def test_a_handler_that_swallows_a_deadlock_loses_nothing_of_what_was_handled_before(open_store, kind):
    """The server undid the whole transaction then, and takes what follows for another one's."""
    repository = open_store(kind, InlineEmployee)
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(3))
    Base.metadata.create_all(repository._target)
    deadlocked = []

    def handle(each, session):
        if each.context == "e1" and not deadlocked:
            deadlocked.append(each)
            # What a deadlock comes to, for its victim.
            session.connection().connection.cursor().execute("ROLLBACK")
        session.execute(insert(Mail).values(name=each.context))

    worker = subscribed(repository, "mail", handle, attempts=3)
    assert worker.run() == 3
    assert names(repository) == ["e0", "e1", "e2"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_is_no_exception_ends_the_worker_and_counts_as_no_attempt(filled, error):
    raised = []

    def stops(session):
        if not raised:
            raised.append(error)
            raise error

    worker = subscribed(filled, "mail", bad_at("e2", stops), attempts=1)
    with pytest.raises(error):
        worker.run()
    assert worker.run() == 6
    assert worker.parked() == []


def test_a_retried_event_s_unflushed_work_is_its_own_and_it_stays_parked(filled):
    handler = bad_at("e2", lambda session: session.add(Mail(name="e1")))
    worker = subscribed(filled, "mail", handler, attempts=1)
    worker.run()
    (before,) = worker.parked()

    with pytest.raises(IntegrityError):
        worker.retry(before.position)
    assert worker.parked() == [before]
    repaired = subscribed(filled, "mail", bad_at("e2", lambda session: session.add(Mail(name="e2"))))
    repaired.retry(before.position)
    assert (repaired.parked(), "e2" in names(filled)) == ([], True)


# Workers that see the past, and engines that commit by themselves


def at_level(repository, level):
    return create_engine(make_url(str(repository._target.url.render_as_string(False))), isolation_level=level)


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.parametrize("kind", SERVERS)
def test_a_worker_that_sees_the_past_waits_for_its_turn(open_store, kind, level):
    repository = open_store(kind, InlineEmployee)
    repository.append_many(NewEvent("bob", {"overtime": number}) for number in range(6))
    engine, handled, another = at_level(repository, level), [], []

    def worker():
        log = SQLRepository(InlineEmployee, engine)
        return subscribed(log, "mail", lambda each, _: handled.append(each.seq), batch=3, attempts=1)

    @event.listens_for(engine, "before_cursor_execute")
    def let_another_finish_a_turn(_connection, cursor, statement, *_):
        if another and "osiris_subscription" in statement and "FOR UPDATE" in statement:
            cursor.execute("SELECT * FROM osiris_subscription")  # this transaction sees what was before
            another.pop().run_once()

    assert worker().run_once() == 3
    another.append(worker())
    last = worker()
    last.run()
    assert handled == [1, 2, 3, 4, 5, 6]
    assert last.parked() == []
    engine.dispose()


@pytest.mark.parametrize("kind", SERVERS)
def test_a_race_that_the_handler_loses_is_no_attempt(open_store, kind):
    repository = open_store(kind, InlineEmployee)
    repository.append_many(NewEvent("bob", {"overtime": number}) for number in range(3))
    Base.metadata.create_all(repository._target)
    with Session(repository._target) as session, session.begin():
        session.add(Shelf(id="shared"))
    engine, raced = at_level(repository, "SERIALIZABLE"), []

    def handle(each, session):
        session.execute(select(Mail)).all()
        if kind in FAMILY:
            # Their SERIALIZABLE locks what it reads: what changes behind it is seen under another level alone.
            if not raced:
                raced.append(each)
                raise DBAPIError("UPDATE …", {}, Exception(1213, "Deadlock found"))
        elif not raced:
            raced.append(each)
            with repository._target.begin() as connection:
                connection.execute(text("UPDATE handler_shelf SET id = 'changed'"))
        if kind == "postgresql":
            session.execute(text("UPDATE handler_shelf SET id = 'mine'"))
        session.execute(insert(Mail).values(name=f"{each.seq}"))

    worker = subscribed(SQLRepository(InlineEmployee, engine), "mail", handle, attempts=1)
    assert worker.run() == 3
    assert (worker.parked(), names(repository), len(raced)) == ([], ["1", "2", "3"], 1)
    engine.dispose()


def test_an_engine_that_commits_by_itself_has_transactions_for_its_handlers(filled):
    engine = create_engine(filled._target.url, isolation_level="AUTOCOMMIT")
    for target in (
        engine,
        sessionmaker(engine),
        filled._target.execution_options(isolation_level="AUTOCOMMIT"),
    ):
        failing = [True]

        def handle(each, session, failing=failing):
            session.execute(insert(Mail).values(name=None))
            if each.context == "e3" and failing.pop():
                raise ValueError

        name = f"mail {id(target)}"
        worker = subscribed(SQLRepository(InlineEmployee, target), name, handle, attempts=1)
        before = len(names(filled))
        assert worker.run() == 5
        assert len(names(filled)) == before + 5
    engine.dispose()


# Turns


@pytest.mark.parametrize("kind", SERVERS)
def test_a_worker_that_does_not_have_the_turn_goes_on_at_once(open_store, kind):
    repository = open_store(kind, InlineEmployee)
    repository.append("bob", overtime=1)
    engine = repository._target
    if kind == "mariadb":
        # Of 10.5, which has no SKIP LOCKED.
        newer = engine.dialect.server_version_info
        engine.dialect.server_version_info = (10, 5, 23)
    sent, others = [], []

    @event.listens_for(engine, "before_cursor_execute")
    def note(_connection, _cursor, statement, *_):
        if "FOR UPDATE" in statement and "osiris_subscription" in statement:
            sent.append(statement.rstrip().rpartition("FOR UPDATE ")[2])

    def handle(_event, _session):
        other = subscribed(repository, "mail", lambda *_: None)
        thread = threading.Thread(target=lambda: others.append(other.run_once()))
        thread.start()
        thread.join(20)

    assert subscribed(repository, "mail", handle).run() == 1
    assert others == [0]
    assert set(sent) == {"NOWAIT" if kind == "mariadb" else "SKIP LOCKED"}
    if kind == "mariadb":
        engine.dialect.server_version_info = newer
        assert subscribed(repository, "another", lambda *_: None).run() == 1
        assert sent[-1] == "SKIP LOCKED"


@pytest.mark.parametrize("attempts", [1, 3])
def test_an_event_that_another_worker_handled_meanwhile_gets_no_attempt(filled, attempts):
    failed, handled = [], []
    other = subscribed(filled, "mail", lambda each, _: handled.append(each))
    turns = [other.run]

    def fails(each, _session):
        failed.append(each)
        raise ValueError

    @event.listens_for(filled._target.pool, "checkin")
    def handle_it_in_another_worker(*_):
        # Between the failure, which is undone by now, and the note of it.
        if failed and turns:
            turns.pop()()

    worker = subscribed(filled, "mail", fails, attempts=attempts)
    assert worker.run_once() == 0

    checkpoint = worker._checkpoints.read("mail")
    assert (len(failed), places(handled)) == (1, places(filled.feed()))
    assert (checkpoint.attempts, checkpoint.parked) == (0, [])
    assert checkpoint.position == filled.feed()[-1].position


def test_a_session_of_a_repository_is_no_place_for_subscriptions(filled):
    with Session(filled._target) as session, pytest.raises(OsirisError, match="Engine or a sessionmaker"):
        Subscription(SQLRepository(InlineEmployee, session), "mail", print)


OLDER = """
CREATE TABLE osiris_subscription (
    log VARCHAR(128) NOT NULL, name VARCHAR(100) NOT NULL, position TEXT NOT NULL, attempts INTEGER NOT NULL,
    retry_at DOUBLE NOT NULL, error TEXT, parked TEXT NOT NULL, PRIMARY KEY (log, name)
) CHARACTER SET latin1
"""


@pytest.mark.parametrize("kind", FAMILY)
def test_a_table_of_an_older_version_takes_what_errors_say_and_its_collation_is_told(open_store, kind):
    repository = open_store(kind, InlineEmployee)
    with repository._target.begin() as connection:
        connection.execute(text(OLDER))
    repository.append_many(NewEvent(f"e{number}", {"overtime": number}) for number in range(90))

    def fails(*_):
        raise ValueError("日本 \U0001f600" * 1000)

    worker = subscribed(repository, "mail", fails, attempts=2, backoff=0.0)
    assert worker.run() == 0
    assert len(worker.parked()) == 90
    assert worker.parked()[0].error.startswith("ValueError: 日本 \U0001f600")

    for alike in ("Mail", "mail ", "máil"):
        with pytest.raises(OsirisError, match="ALTER TABLE osiris_subscription MODIFY log") as told:
            subscribed(repository, alike, print).run()
    with repository._target.begin() as connection:
        connection.execute(text("ALTER TABLE" + str(told.value).partition("ALTER TABLE")[2].rstrip(".")))
    assert subscribed(repository, "Mail", lambda *_: None).run() == 90


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York"])
@pytest.mark.skipif("postgresql" not in DATABASES, reason="PostgreSQL was left out")
def test_a_session_s_time_zone_changes_no_time(open_store, zone):
    repository = open_store("postgresql", InlineEmployee)
    engine = create_engine(repository._target.url, connect_args={"options": f"-c timezone={zone}"})
    _is_tried_again_soon(SQLRepository(InlineEmployee, engine))


@pytest.mark.parametrize("zone", ["+13:00", "-12:00"])
@pytest.mark.parametrize("kind", FAMILY)
def test_a_session_s_offset_changes_no_time(open_store, kind, zone):
    repository = open_store(kind, InlineEmployee)
    init = {"init_command": f"SET time_zone = '{zone}'"}
    _is_tried_again_soon(
        SQLRepository(InlineEmployee, create_engine(repository._target.url, connect_args=init))
    )


def _is_tried_again_soon(repository):
    def fails(*_):
        raise ValueError

    repository.append("bob", overtime=1)
    subscribed(repository, "mail", fails, backoff=30).run_once()
    checkpoint = subscribed(repository, "mail")._checkpoints.read("mail")
    assert checkpoint.attempts == 1
    assert 20 < checkpoint.retry_at - time.time() < 40
    repository._target.dispose()
