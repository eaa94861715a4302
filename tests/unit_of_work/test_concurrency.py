"""Writers at the same time: one of two changes loses, appends never do, nothing is half written."""

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import IntegrityError, PendingRollbackError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from sqla_osiris import ConcurrentAppend, NewEvent, OsirisError, repository
from tests.conftest import DATABASES
from tests.lock_waits import until_waiting
from tests.unit_of_work.hr import Employee, Team, touches

FIRST = {"company": "Hooly", "overtime": 5}
THREADS, APPENDS = 8, 25

servers = pytest.mark.parametrize(
    "database_url", [name for name in DATABASES if name != "sqlite"], indirect=True
)


@pytest.fixture
def left(hr_engine, bob):
    """A session that has loaded bob, outside of any transaction."""
    with loaded(hr_engine) as session:
        yield session


@pytest.fixture
def right(hr_engine, bob):
    """Another such session."""
    with loaded(hr_engine) as session:
        yield session


def loaded(engine):
    """A session with bob as committed, holding no lock and no snapshot of the database."""
    session = Session(engine, expire_on_commit=False)
    session.info["bob"] = session.get(Employee, "bob")
    session.commit()
    return session


def change(session, **fields):
    """Assign to the bob of this session."""
    for name, value in fields.items():
        setattr(session.info["bob"], name, value)


# --- two sessions change one object -----------------------------------------------------------


def test_the_second_of_two_changes_loses(left, right):
    change(left, title="VP")
    left.commit()
    change(right, title="CEO")

    with pytest.raises(ConcurrentAppend, match="bob") as lost:
        right.commit()

    assert (lost.value.context, lost.value.expected_seq, lost.value.found_seq) == ("bob", 1, 2)


@pytest.mark.parametrize("caught", [OsirisError, StaleDataError])
def test_a_lost_race_is_caught_as_either_kind_of_error(left, right, caught):
    change(left, title="VP")
    left.commit()
    change(right, title="CEO")

    with pytest.raises(caught):
        right.commit()


def test_even_changes_of_different_fields_collide(left, right):
    change(left, title="VP")
    left.commit()
    change(right, overtime=6)

    with pytest.raises(ConcurrentAppend):
        right.commit()


def test_nothing_of_the_loser_is_written(session, left, right):
    change(left, title="VP")
    left.commit()
    change(right, title="CEO")
    right.add_all([Team(name="Rocket"), Employee(id="ann")])
    with pytest.raises(ConcurrentAppend):
        right.commit()
    right.rollback()

    assert touches(session, Employee, "bob") == [FIRST, {"title": "VP"}]
    assert session.scalars(select(Team)).all() == []
    assert session.get(Employee, "ann") is None


def test_the_loser_retries_after_a_rollback(session, left, right):
    change(left, overtime=6)
    left.commit()
    change(right, overtime=7)
    with pytest.raises(ConcurrentAppend):
        right.commit()
    right.rollback()
    change(right, overtime=right.info["bob"].overtime + 2)
    right.commit()

    assert [fields["overtime"] for fields in touches(session, Employee, "bob")] == [5, 1, 2]


def test_a_change_after_an_append_loses(hr_engine, left):
    repository(Employee, hr_engine).append("bob", overtime=1)
    change(left, overtime=9)

    with pytest.raises(ConcurrentAppend):
        left.commit()


def test_a_change_of_an_ended_stream_loses(left, right):
    left.delete(left.info["bob"])
    left.commit()
    change(right, title="CEO")

    with pytest.raises(ConcurrentAppend):
        right.commit()


def test_a_delete_of_a_changed_object_loses(left, right):
    change(left, title="VP")
    left.commit()
    right.delete(right.info["bob"])

    with pytest.raises(ConcurrentAppend):
        right.commit()


def test_a_delete_of_a_deleted_object_loses(left, right):
    left.delete(left.info["bob"])
    left.commit()
    right.delete(right.info["bob"])

    with pytest.raises(ConcurrentAppend):
        right.commit()


def test_one_stale_object_among_many_is_named(hr_engine, session):
    session.add_all([Employee(id=f"e{number:03}") for number in range(100)])
    session.commit()
    everyone = session.scalars(select(Employee)).all()
    session.commit()
    for employee in everyone:
        session.refresh(employee)
    session.commit()
    with Session(hr_engine, expire_on_commit=False) as late:
        stale = late.scalars(select(Employee)).all()
        late.commit()
        repository(Employee, hr_engine).append("e042", overtime=1)
        for employee in stale:
            employee.overtime += 1

        with pytest.raises(ConcurrentAppend) as lost:
            late.commit()

    assert lost.value.context == "e042"


def test_one_stale_object_among_many_takes_all_of_its_flush_along(hr_engine, session):
    session.add_all([Employee(id=f"e{number:03}") for number in range(100)])
    session.commit()
    with Session(hr_engine, expire_on_commit=False) as late:
        stale = late.scalars(select(Employee)).all()
        late.commit()
        repository(Employee, hr_engine).append("e042", overtime=1)
        for employee in stale:
            employee.overtime += 1
        with pytest.raises(ConcurrentAppend):
            late.commit()

    assert session.query(Employee.Event).count() == 101
    assert sum(session.scalars(select(Employee.overtime))) == 1


# --- two sessions add one context -------------------------------------------------------------


def test_the_second_of_two_adds_loses(hr_engine, session):
    session.add(Employee(id="ann", title="VP"))
    session.commit()
    with Session(hr_engine) as other:
        other.add(Employee(id="ann", title="CEO"))

        with pytest.raises(ConcurrentAppend, match="ann"):
            other.commit()

    assert touches(session, Employee, "ann") == [{"title": "VP"}]


def test_an_add_after_an_append_loses(hr_engine, session):
    repository(Employee, hr_engine).append("ann", overtime=1)
    session.add(Employee(id="ann"))

    with pytest.raises(ConcurrentAppend, match="ann"):
        session.commit()


@pytest.mark.parametrize("caught", [ConcurrentAppend, IntegrityError])
def test_an_add_of_what_lives_is_caught_as_a_lost_race_or_as_a_duplicate(hr_engine, session, caught):
    repository(Employee, hr_engine).append("ann", overtime=1)
    session.add(Employee(id="ann"))

    with pytest.raises(caught, match="'ann' exists already, at seq 1") as refused:
        session.commit()

    again = pickle.loads(pickle.dumps(refused.value))  # noqa: S301  (our own)
    assert (type(again), again.found_seq, str(again)) == (type(refused.value), 1, str(refused.value))


def test_a_change_that_loses_is_no_duplicate(hr_engine, left):
    repository(Employee, hr_engine).append("bob", overtime=1)
    change(left, title="VP")

    with pytest.raises(ConcurrentAppend) as lost:
        left.commit()

    assert not isinstance(lost.value, IntegrityError)


def test_the_loser_of_two_adds_can_merge_instead(hr_engine, session):
    repository(Employee, hr_engine).append("ann", overtime=1)
    session.add(Employee(id="ann", title="CEO"))
    with pytest.raises(ConcurrentAppend):
        session.commit()
    session.rollback()
    session.merge(Employee(id="ann", title="CEO"))
    session.commit()

    assert touches(session, Employee, "ann") == [{"overtime": 1}, {"title": "CEO"}]


# --- appends ----------------------------------------------------------------------------------


def append_often(engine, start, thread):
    """Append to the hot context, as one of many threads."""
    employees = repository(Employee, engine)
    start.wait()
    return [employees.append("hot", overtime=thread).seq for _ in range(APPENDS)]


@pytest.fixture
def hot(hr_engine):
    """The seqs that each of eight threads got while all appended to one context."""
    start = threading.Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        tasks = [pool.submit(append_often, hr_engine, start, thread) for thread in range(THREADS)]
    return [task.result() for task in tasks]


def test_appends_to_a_hot_context_have_no_conflict_no_gap_and_no_duplicate(session, hot):
    """Each writer sees its seqs rise, all count, and the log has every event once."""
    every = list(range(1, THREADS * APPENDS + 1))
    assert sorted(seq for of_thread in hot for seq in of_thread) == every
    assert all(seqs == sorted(seqs) for seqs in hot)

    state = session.get(Employee, "hot")
    assert (state.seq, state.overtime) == (THREADS * APPENDS, APPENDS * sum(range(THREADS)))
    assert [appended.seq for appended in repository(Employee, session).history("hot")] == every


def append_batches(engine, start):
    """Append batches that touch the same three contexts, in any order."""
    start.wait()
    for batch in range(10):
        contexts = ["a", "b", "c"] if batch % 2 else ["c", "a", "b"]
        repository(Employee, engine).append_many(
            [NewEvent(context, {"overtime": 1}) for context in contexts * 5]
        )


def test_batches_at_the_same_time_neither_deadlock_nor_lose_an_event(hr_engine, session):
    start = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        for task in [pool.submit(append_batches, hr_engine, start) for _ in range(4)]:
            task.result()

    sums = session.execute(select(Employee.id, Employee.seq, Employee.overtime))

    assert sorted(map(tuple, sums)) == [(context, 200, 200) for context in "abc"]


def raise_often(engine, start, contexts):
    """Raise the sums of these contexts in one commit, again and again, retrying what was lost."""
    start.wait()
    for _ in range(20):
        while not raised(engine, contexts):
            pass


def raised(engine, contexts):
    """Whether one attempt won its race."""
    with Session(engine) as session:
        for employee in [session.get(Employee, context) for context in contexts]:
            employee.overtime += 1
        try:
            session.commit()
        except ConcurrentAppend:
            return False
        return True


@servers
def test_commits_that_change_two_objects_in_opposite_orders_never_deadlock(hr_engine, session):
    repository(Employee, hr_engine).append_many(NewEvent(context, {}) for context in "ab")
    start = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        tasks = [pool.submit(raise_often, hr_engine, start, order) for order in ["ab", "ba"] * 2]
    for task in tasks:
        task.result()

    assert session.scalars(select(Employee.overtime)).all() == [80, 80]


@pytest.fixture
def in_step(hr_engine):
    """Has two threads beside the test's go on from their first lock when both have one, or the other waits for it."""
    asking = create_engine(hr_engine.url)
    locked = set()

    def meet(connection, cursor, statement, *rest):
        thread = threading.current_thread()
        if "UPDATE" in statement and thread not in {threading.main_thread(), *locked}:
            locked.add(thread)
            until_waiting(asking, 1, otherwise=lambda: len(locked) == 2)

    event.listen(hr_engine, "after_cursor_execute", meet)
    yield
    event.remove(hr_engine, "after_cursor_execute", meet)
    asking.dispose()


@servers
def test_commits_that_change_different_fields_of_the_same_objects_never_deadlock(
    hr_engine, second, session, in_step
):
    repository(Employee, hr_engine).append_many(NewEvent(context, {}) for context in "abc")
    with Session(hr_engine) as one, Session(hr_engine) as other:
        a, b, c = one.scalars(select(Employee).order_by(Employee.id)).all()
        a.overtime, b.title, c.overtime = 1, "VP", 1
        _, b, c = other.scalars(select(Employee).order_by(Employee.id)).all()
        b.overtime, c.title = 1, "CEO"
        lost = [outcome(task) for task in [second.submit(one.commit), second.submit(other.commit)]]

    (error,) = filter(None, lost)
    assert (type(error), error.found_seq) == (ConcurrentAppend, newest(hr_engine, 2))
    assert "deadlock" not in str(error.__cause__).lower()  # which is a ConcurrentAppend, too


@servers
def test_commits_that_begin_streams_beside_each_other_do_not_wait(hr_engine, second):
    with Session(hr_engine) as one, Session(hr_engine) as other:
        for session, (first, last) in ((one, "ac"), (other, "bd")):
            session.add_all([Employee(id=first, title="VP"), Employee(id=last, overtime=1)])
        one.flush()
        task = second.submit(other.commit)
        until_waiting(hr_engine, 1, otherwise=task.done)
        assert task.done()
        one.commit()

    assert task.result() is None


def newest(engine, seq):
    """The seq that a change finds which loses to it: where the server undoes whoever has read before, nobody looks."""
    if engine.dialect.name != "mariadb":
        return seq
    with engine.connect() as connection:
        set_to = connection.exec_driver_sql("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'").all()
    return None if set_to == [("innodb_snapshot_isolation", "ON")] else seq


def outcome(task):
    """What a task raised, if anything."""
    return task.exception(timeout=20)


# --- the worst interleavings, on servers ------------------------------------------------------


@pytest.fixture
def second(hr_engine):
    """Runs functions in other threads, where one may have to wait for this one."""
    with ThreadPoolExecutor(2) as pool:
        yield pool


def waits(session, task):
    """Whether the task comes to wait for a lock that the session holds."""
    until_waiting(session.get_bind(), 1, otherwise=task.done)
    return not task.done()


def append(session, context="bob", **fields):
    return repository(Employee, session).append(context, **fields)


def committed(session):
    """Flush and commit, as one task of another thread."""
    session.commit()
    return session.info["bob"].seq


@servers
def test_an_append_waits_for_one_that_is_under_way_and_takes_the_next_seq(left, right, second):
    first = append(left, overtime=1)
    task = second.submit(append, right, overtime=2)
    assert waits(left, task)
    left.commit()

    assert (first.seq, task.result(timeout=10).seq) == (2, 3)


@servers
def test_an_append_takes_the_seq_of_one_that_was_rolled_back(left, right, second, session):
    append(left, overtime=1)
    task = second.submit(append, right, overtime=2)
    assert waits(left, task)
    left.rollback()
    assert task.result(timeout=10).seq == 2
    right.commit()

    assert touches(session, Employee, "bob") == [FIRST, {"overtime": 2}]


@servers
def test_the_first_append_of_a_context_waits_for_another_first_append(left, right, second):
    append(left, "ann", overtime=1)
    task = second.submit(append, right, "ann", overtime=2)
    assert waits(left, task)
    left.commit()

    assert task.result(timeout=10).seq == 2


@servers
def test_a_change_that_waits_for_another_loses_when_that_commits(left, right, second):
    change(left, title="VP")
    left.flush()
    change(right, title="CEO")
    task = second.submit(committed, right)
    assert waits(left, task)
    left.commit()

    with pytest.raises(ConcurrentAppend) as lost:
        task.result(timeout=10)
    assert (lost.value.expected_seq, lost.value.found_seq) == (1, 2)


@servers
def test_a_change_that_waits_for_another_wins_when_that_is_rolled_back(left, right, second, session):
    change(left, title="VP")
    left.flush()
    change(right, title="CEO")
    task = second.submit(committed, right)
    assert waits(left, task)
    left.rollback()
    assert task.result(timeout=10) == 2

    assert touches(session, Employee, "bob") == [FIRST, {"title": "CEO"}]


@servers
def test_a_change_that_waits_for_an_append_loses(left, right, second):
    append(left, overtime=1)
    change(right, overtime=9)
    task = second.submit(committed, right)
    assert waits(left, task)
    left.commit()

    with pytest.raises(ConcurrentAppend):
        task.result(timeout=10)


@servers
def test_a_conditional_append_that_waits_for_another_loses(left, right, second):
    append(left, overtime=1)
    task = second.submit(append, right, expected_seq=1, overtime=2)
    assert waits(left, task)
    left.commit()

    with pytest.raises(ConcurrentAppend):
        task.result(timeout=10)


@servers
def test_an_add_that_waits_for_another_loses_when_that_commits(left, right, second):
    left.add(Employee(id="ann", title="VP"))
    left.flush()
    right.add(Employee(id="ann", title="CEO"))
    task = second.submit(committed, right)
    assert waits(left, task)
    left.commit()

    with pytest.raises(ConcurrentAppend, match="ann"):
        task.result(timeout=10)


@servers
def test_an_add_that_waits_for_another_wins_when_that_is_rolled_back(left, right, second, session):
    left.add(Employee(id="ann", title="VP"))
    left.flush()
    right.add(Employee(id="ann", title="CEO"))
    task = second.submit(committed, right)
    assert waits(left, task)
    left.rollback()
    task.result(timeout=10)

    assert touches(session, Employee, "ann") == [{"title": "CEO"}]


@servers
def test_an_add_to_an_ended_stream_that_another_revives_first_loses(left, right, second):
    left.delete(left.info["bob"])
    left.commit()
    right.expunge_all()
    left.add(Employee(id="bob", title="VP"))
    left.flush()
    right.add(Employee(id="bob", title="CEO"))
    task = second.submit(right.commit)
    assert waits(left, task)
    left.commit()

    with pytest.raises(ConcurrentAppend):
        task.result(timeout=10)


@servers
def test_a_snapshot_taken_while_an_append_is_under_way_loses_nothing(left, right, second, session):
    append(left, overtime=1)
    task = second.submit(repository(Employee, right).snapshot, "bob")
    wait([task], timeout=0.5)
    left.commit()
    task.result(timeout=10)
    right.commit()

    assert session.get(Employee, "bob", populate_existing=True).overtime == 6
    assert repository(Employee, session).append("bob", overtime=1).seq == 3


@servers
def test_a_reader_sees_a_state_as_committed_while_a_change_is_under_way(left, right):
    change(left, title="VP", overtime=9)
    left.flush()

    right.refresh(right.info["bob"])

    assert (right.info["bob"].seq, right.info["bob"].overtime) == (1, 5)


@pytest.fixture
def repeatable(hr_engine, bob):
    """A session of an isolation that forbids to see what committed since it began."""
    engine = hr_engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as session:
        session.info["bob"] = session.get(Employee, "bob")
        yield session


@servers
def test_a_change_in_repeatable_read_loses_to_what_committed_since(left, repeatable):
    change(left, title="VP")
    left.commit()
    change(repeatable, title="CEO")

    with pytest.raises(ConcurrentAppend):
        repeatable.commit()


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "postgresql"], indirect=True)
def test_a_commit_after_an_append_that_the_server_refused_is_no_success(session):
    """The server has undone all of the transaction, and would call its COMMIT one."""
    append(session, "ann", overtime=1)

    with pytest.raises(IntegrityError):
        append(session, "ann", team_id=1)  # there is none
    with pytest.raises(PendingRollbackError):
        session.commit()


# --- an object that has expired, as with SQLAlchemy's own version counter ----------------------


def test_assigning_to_an_expired_object_builds_on_the_stream_as_the_flush_finds_it(hr_engine, left):
    bob = left.info["bob"]
    left.expire_all()
    repository(Employee, hr_engine).append("bob", overtime=1)

    bob.title = "VP"
    left.commit()

    assert (bob.seq, bob.title, bob.overtime) == (3, "VP", 6)


def test_assigning_to_an_expired_object_of_an_ended_stream_loses(left, right):
    bob = left.info["bob"]
    left.expire_all()
    right.delete(right.info["bob"])
    right.commit()

    bob.title = "VP"
    with pytest.raises(ConcurrentAppend, match="gone"):
        left.commit()


def test_deleting_an_expired_object_ends_the_stream_as_the_flush_finds_it(hr_engine, left):
    bob = left.info["bob"]
    left.expire_all()
    repository(Employee, hr_engine).append("bob", overtime=1)

    left.delete(bob)
    left.commit()

    assert left.get(Employee, "bob") is None


@servers
def test_a_write_between_the_load_of_an_expired_seq_and_the_event_wins(hr_engine, left):
    bob = left.info["bob"]
    left.expire_all()

    overtaken: list[str] = []

    @event.listens_for(left.connection(), "after_cursor_execute")
    def overtake(_connection, _cursor, statement, *_):
        if statement.startswith("SELECT") and not overtaken:
            overtaken.append(statement)
            repository(Employee, hr_engine).append("bob", overtime=1)

    bob.title = "VP"
    with pytest.raises(ConcurrentAppend) as lost:
        left.commit()

    assert (lost.value.expected_seq, lost.value.found_seq) == (1, newest(hr_engine, 2))


@pytest.fixture
def wal(hr_engine, bob):
    """An engine on SQLite in WAL mode, where a transaction that has read goes on to see what was before."""
    engine = create_engine(hr_engine.url)

    @event.listens_for(engine, "connect")
    def connected(connection, _record):
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute("PRAGMA journal_mode = WAL")

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    yield engine
    engine.dispose()


@pytest.mark.parametrize("database_url", [name for name in DATABASES if name == "sqlite"], indirect=True)
def test_a_change_by_a_transaction_that_has_read_loses_to_what_committed_since(hr_engine, wal):
    with Session(wal) as late:
        bob = late.get(Employee, "bob")
        repository(Employee, hr_engine).append("bob", overtime=1)
        bob.title = "CEO"

        with pytest.raises(ConcurrentAppend):
            late.commit()
