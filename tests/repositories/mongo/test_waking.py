"""A subscription on MongoDB is woken by a change stream, and polls where the server is no replica set."""

import threading

import pytest

from sqla_osiris import MongoRepository, NewEvent
from sqla_osiris.subscriptions.hints import Hints, Unheard
from tests.stores.models import Employee
from tests.subscriptions.test_waking import broken, following, nothing_breaks

__all__ = ["nothing_breaks"]


def employees_on(database):
    repository = MongoRepository(Employee, database)
    repository.create()
    return repository


WRITERS = {
    "append": lambda employees: employees.append("bob", overtime=1),
    "append_many": lambda employees: employees.append_many([NewEvent("bob", {"overtime": 1})]),
}


def watched(database):
    """The cursor of the change stream over the database's events, when there is one."""
    streams = [
        {"$currentOp": {"idleCursors": True}},
        {"$match": {"ns": f"{database.name}.contract_employee_event", "cursor.tailable": True}},
    ]
    for _ in range(1000):
        found = [each["cursor"]["cursorId"] for each in database.client.admin.aggregate(streams)]
        if found:
            return found[0]
        threading.Event().wait(0.02)
    raise AssertionError(list(database.client.admin.aggregate([{"$currentOp": {"idleCursors": True}}])))


@pytest.mark.parametrize("writer", WRITERS)
def test_whoever_appends_wakes_the_subscription(mongodb_database, writer):
    employees = employees_on(mongodb_database)
    with following(employees) as follower:
        for last in (1, 2):
            watched(mongodb_database)
            WRITERS[writer](employees)
            assert follower.handles(("bob", last))


def test_a_batch_wakes_it_once(mongodb_database):
    employees = employees_on(mongodb_database)
    with following(employees) as follower:
        watched(mongodb_database)
        employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(50))
        assert follower.handles(*(("bob", seq) for seq in range(1, 51)))


def test_a_change_stream_whose_cursor_was_killed_is_opened_again(mongodb_database, caplog):
    employees = employees_on(mongodb_database)
    with following(employees) as follower:
        cursor = watched(mongodb_database)
        mongodb_database.command("killCursors", "contract_employee_event", cursors=[cursor])
        employees.append("bob", overtime=1)
        assert follower.handles(("bob", 1))
    # pymongo itself resumes a stream whose cursor went between two requests.
    assert len(broken(caplog)) <= 1


def test_a_standalone_server_is_polled(standalone):
    employees = employees_on(standalone["waking"])
    channel = employees.channel()
    with pytest.raises(Unheard):
        channel.heard(1)
    channel.close()
    with following(employees, poll=0.01) as follower:
        employees.append("bob", overtime=1)
        assert follower.handles(("bob", 1))


def test_a_change_stream_that_fails_is_polled(new_mongodb, caplog):
    """A view has no change stream; nor has who lacks the privilege."""
    employees = employees_on(new_mongodb)
    channel = employees.channel()
    new_mongodb.create_collection("seen", viewOn="contract_employee_event")
    channel._events = new_mongodb["seen"]
    stop = threading.Event()
    hints = Hints(channel, stop.is_set, stop.wait, poll=0.01)

    assert [hints.wait(0.01) for _ in range(3)] == [True, True, True]
    assert broken(caplog) == ["no word of new events (OperationFailure): the feed is polled"]
