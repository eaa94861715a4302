"""MongoDB: what is in the log when a writer is left behind, a batch is interrupted, a declaration changes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from pymongo import MongoClient, monitoring
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    ContextErased,
    EventSourced,
    Latest,
    Max,
    MongoRepository,
    NewEvent,
    OsirisError,
)
from sqla_osiris.repositories.mongo import commits, folding, pipelines, snapshots
from sqla_osiris.steps import run
from tests.stores.models import Employee, Profiled

FUTURE = datetime(2999, 1, 1, tzinfo=UTC)
EVENTS = "contract_employee_event"


class Base(DeclarativeBase):
    pass


class Renamed(EventSourced, Base):
    """Employee of another release: same collections, other reducers."""

    __tablename__ = "contract_employee"
    id = Context(String(400))
    overtime = Aggregate(Integer, reducer=Max())
    company = Latest(String)


@pytest.fixture(params=["replica set", "standalone"])
def database(request):
    if request.param == "replica set":
        yield request.getfixturevalue("mongodb_database")
        return
    client = request.getfixturevalue("standalone")
    database = client[f"osiris_{uuid4().hex}"]
    yield database
    client.drop_database(database.name)


def employees_on(database):
    repository = MongoRepository(Employee, database)
    repository.create()
    return repository


@pytest.fixture
def employees(database):
    return employees_on(database)


def seqs(repository, context="bob"):
    return [event.seq for event in repository.history(context)]


class Commands(monitoring.CommandListener):
    """The names of the commands that a client sent."""

    def __init__(self):
        self.names = []

    def started(self, event):
        self.names.append(event.command_name)

    def succeeded(self, event):
        pass

    def failed(self, event):
        pass


@pytest.fixture
def commands(mongodb_url, mongodb_database):
    heard = Commands()
    with MongoClient(mongodb_url, event_listeners=[heard]) as client:
        heard.repository = employees_on(client[mongodb_database.name])
        heard.repository.append("warm", overtime=1)
        heard.names.clear()
        yield heard


# Round trips


def test_an_append_costs_two_round_trips_at_most_and_one_from_then_on(commands):
    commands.repository.append("bob", overtime=1)
    assert commands.names == ["aggregate", "findAndModify"]
    commands.names.clear()

    commands.repository.append("bob", overtime=1)
    commands.repository.append("bob", overtime=1, expected_seq=2, event_id=uuid4())
    assert commands.names == ["findAndModify"] * 2


def test_a_state_costs_one_round_trip(commands):
    commands.repository.append("bob", overtime=1)
    commands.repository.snapshot("bob")
    commands.repository.append("bob", overtime=1)
    commands.names.clear()

    assert commands.repository.state("bob").overtime == 2
    assert commands.names == ["aggregate"]


def test_many_contexts_cost_no_more_round_trips_than_one(commands):
    contexts = [f"e{number}" for number in range(300)]
    commands.repository.append_many([NewEvent("warm", {"overtime": 1})])
    commands.names.clear()

    commands.repository.append_many(
        NewEvent(context, {"overtime": 1}, event_id=uuid4()) for context in contexts * 2
    )
    assert commands.names == ["aggregate", "insert", "commitTransaction"]
    commands.names.clear()

    assert [state.overtime for state in commands.repository.states(contexts)] == [2] * 300
    assert commands.names == ["find", "aggregate"]


# Writers that are left behind


def test_whatever_holds_a_slot_has_it_as_its_id(employees, database):
    employees.append("bob", overtime=1)
    employees.append_many(NewEvent(context, {"overtime": 1}) for context in ("bob", "jane") for _ in range(3))
    employees.snapshot("bob")
    employees.archive(before=FUTURE)
    employees.erase("jane")

    slots = list(database[EVENTS].find())
    assert [slot["_id"] for slot in slots] == [{"c": slot["context"], "s": slot["seq"]} for slot in slots]
    assert {frozenset(slot.keys()) & {"vacated", "erased"} for slot in slots} == {
        frozenset({"vacated"}),
        frozenset({"erased"}),
    }


def test_a_writer_that_was_overtaken_takes_the_next_seq(employees, database):
    other = employees_on(database)
    employees.append("bob", overtime=1)
    other.append("bob", overtime=1)

    assert employees.append("bob", overtime=1).seq == 3
    with pytest.raises(ConcurrentAppend) as lost:
        other.append("bob", overtime=1, expected_seq=2)
    assert lost.value.found_seq == 3
    assert seqs(employees) == [1, 2, 3]


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize(
    "behind",
    [
        lambda repository: repository.append("bob", overtime=1),
        lambda repository: repository.append_many([NewEvent("bob", {"overtime": 1})]),
    ],
    ids=["append", "append_many"],
)
def test_a_writer_left_behind_cannot_write_into_an_erased_stream(employees, database, behind, archived):
    other = employees_on(database)
    employees.append("bob", overtime=1)
    other.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(3))
    if archived:
        other.snapshot("bob")
        other.archive(before=FUTURE)
    other.erase("bob")

    with pytest.raises(ContextErased):
        behind(employees)
    assert (employees.state("bob"), seqs(employees)) == (None, [])


def test_a_writer_left_behind_cannot_take_an_archived_seq(employees, database):
    other = employees_on(database)
    employees.append("bob", overtime=1)
    other.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(3))
    other.snapshot("bob")
    other.archive(before=FUTURE)

    assert employees.append("bob", overtime=1).seq == 5
    assert (seqs(employees), employees.state("bob").overtime) == ([1, 2, 3, 4, 5], 5)


def test_once_the_slots_are_gone_the_server_refuses_a_head_that_is_too_old(employees, database):
    other = employees_on(database)
    employees.append("bob", overtime=1)
    other.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(3))
    other.snapshot("bob")
    other.archive(before=FUTURE)
    database[EVENTS].delete_many({"vacated": {"$exists": True}})  # as the server itself does a day later
    head = employees._store.backend.seen.get(("bob",))
    old = type(head)(head.seq, head.recorded_at, head.now - 2 * 60 * 60 * 1_000_000, live=True)
    employees._store.backend.seen.put(("bob",), old)

    assert employees.append("bob", overtime=1).seq == 5
    assert (seqs(employees), employees.state("bob").overtime) == ([1, 2, 3, 4, 5], 5)


@pytest.mark.parametrize("restores", ["bob", None])
def test_a_stream_without_its_snapshot_takes_no_event_before_the_archive_is_restored(database, restores):
    employees = employees_on(database)
    employees.append_many([NewEvent("bob", {"overtime": 1}), NewEvent("bob", {"overtime": 2})])
    employees.append("ann", overtime=1)
    employees.snapshot("bob")
    assert len(employees.feed()) == 3
    assert employees.archive(keep=0) == 2
    database[EVENTS].delete_many({"vacated": {"$exists": True}})
    database["contract_employee_snapshot"].drop()  # or a dump was restored without it

    others = MongoRepository(Employee, database)
    for refused in (
        lambda: others.append("bob", overtime=1),
        lambda: others.append("bob", overtime=1, expected_seq=0),
        lambda: others.append_many([NewEvent("new", {"overtime": 1}), NewEvent("bob", {"overtime": 1})]),
        lambda: others.redact("bob", 1, "overtime", reason="asked"),
    ):
        with pytest.raises(
            OsirisError, match=r"'bob'.*no snapshot.*contract_employee_snapshot.*restore\('bob'\)"
        ):
            refused()
    assert (others.append("ann", overtime=1).seq, others.append("tim", overtime=1).seq) == (2, 1)

    assert others.restore(restores) == 2
    assert others.append("bob", overtime=4).seq == 3
    assert (others.state("bob").overtime, seqs(others), seqs(others, "new")) == (7, [1, 2, 3], [])
    assert others.verify().differences == ()


def test_a_stream_without_its_snapshot_is_erased_all_the_same(database):
    employees = employees_on(database)
    employees.append("bob", overtime=1)
    employees.snapshot("bob")
    employees.feed()
    assert employees.archive(keep=0) == 1
    database[EVENTS].delete_many({"vacated": {"$exists": True}})
    database["contract_employee_snapshot"].drop()

    others = MongoRepository(Employee, database)
    assert others.erase("bob") == 1
    assert seqs(others) == []
    with pytest.raises(ContextErased):
        others.append("bob", overtime=1)


def test_vacated_slots_are_left_to_the_server_to_remove(database):
    employees_on(database)

    index = database[EVENTS].index_information()["osiris_vacated"]
    assert index["expireAfterSeconds"] == timedelta(days=1).total_seconds()


def test_a_stream_whose_slots_are_partly_gone_goes_on(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(4))
    employees.snapshot("bob")
    employees.archive(before=FUTURE)
    database[EVENTS].delete_one({"context": "bob", "seq": 4})
    other = employees_on(database)

    assert other.append("bob", overtime=1, expected_seq=4).seq == 5
    assert other.state("bob").overtime == 5


def test_the_identity_of_an_archived_event_outlives_its_slot(employees, database):
    identity = uuid4()
    employees.append("bob", overtime=1, event_id=identity)
    employees.append("bob", overtime=1)
    employees.snapshot("bob")
    employees.archive(before=FUTURE)
    database[EVENTS].delete_many({"vacated": {"$exists": True}})
    other = employees_on(database)

    assert other.append("bob", overtime=1, event_id=identity).seq == 1
    assert other.append_many([NewEvent("bob", {"overtime": 1}, event_id=identity)]) == 0
    assert other.state("bob").overtime == 2


# Interruptions


def test_an_archive_that_was_interrupted_counts_no_event_twice(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(4))
    employees.snapshot("bob")
    employees.feed()
    copied = database[EVENTS].find_one({"context": "bob", "seq": 2})
    database[f"{EVENTS}_archive"].insert_one(copied)
    database["contract_employee_snapshot"].update_one({"_id": "bob"}, {"$set": {"moved": True}})

    assert MongoRepository(Renamed, database).state("bob").seq == 4
    assert (seqs(employees), len(employees.feed()), employees.state("bob", at=3).overtime) == (
        [1, 2, 3, 4],
        4,
        3,
    )
    assert employees.archive(before=FUTURE) == 4
    assert (seqs(employees), employees.state("bob").overtime) == ([1, 2, 3, 4], 4)
    assert employees.erase("bob") == 4


def test_an_erasure_after_an_archive_that_was_interrupted_counts_no_event_twice(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(4))
    employees.snapshot("bob")
    employees.feed()
    database[f"{EVENTS}_archive"].insert_many(database[EVENTS].find({"context": "bob", "seq": {"$lte": 2}}))
    assert employees.erase("bob") == 4


def packed(employees, database, unpacked):
    """A batch that was interrupted with this many of its events unpacked."""
    employees.append_many(NewEvent("bob", {"overtime": n}) for n in range(1, 6))
    documents = list(database[EVENTS].find({"context": "bob"}, sort=[("seq", 1)]))
    database[EVENTS].delete_many({"context": "bob"})
    database[EVENTS].insert_one(commits.packed(documents))
    if unpacked:
        database[EVENTS].insert_many(documents[-unpacked:])
    return employees_on(database)


@pytest.mark.parametrize("unpacked", [0, 1, 2, 4])
def test_whoever_meets_a_packed_batch_unpacks_it(employees, database, unpacked):
    meets = {
        "state": lambda r: r.state("bob").overtime == 15,
        "append": lambda r: r.append("bob", overtime=1).seq == 6,
        "history": lambda r: seqs(r) == [1, 2, 3, 4, 5],
        "past": lambda r: r.state("bob", at=2).overtime == 3,
        "states": lambda r: [s.overtime for s in r.states()] == [15],
        "feed": lambda r: {e.seq for e in r.feed()} == {1, 2, 3, 4, 5},
        "snapshot": lambda r: r.snapshot("bob") == 5,
        "erase": lambda r: r.erase("bob") == 5,
    }
    for name, meet in meets.items():
        repository = packed(employees, database, unpacked)
        assert meet(repository), name
        if name != "erase":
            assert seqs(repository)[:5] == [1, 2, 3, 4, 5]
        for collection in database.list_collection_names():
            database[collection].delete_many({})
        employees = employees_on(database)


def test_a_batch_on_a_standalone_server_is_one_insert_for_each_context(standalone):
    database = standalone[f"osiris_{uuid4().hex}"]
    employees = employees_on(database)
    identity = uuid4()
    employees.append_many(NewEvent("bob", {"overtime": n}, event_id=identity) for n in range(5))
    employees.append_many(NewEvent(context, {"overtime": 1}) for context in ("bob", "jane") for _ in range(3))

    assert (seqs(employees), seqs(employees, "jane")) == ([1, 2, 3, 4], [1, 2, 3])
    assert database[EVENTS].count_documents({"batch": {"$exists": True}}) == 0
    standalone.drop_database(database.name)


def test_a_batch_that_the_servers_memory_cannot_hold_is_told_and_leaves_nothing(mongodb_database):
    """100 MB in one transaction: more than the tests' server takes, which has a cache of 256 MB."""
    employees = employees_on(mongodb_database)
    large = "x" * 100_000
    told, written = "", 0
    try:
        written = employees.append_many(NewEvent(f"e{n}", {"title": large}) for n in range(1_000))
    except OsirisError as error:
        told = str(error)

    # A larger server of the user's own writes them all.
    assert written == 1_000 or ("1000 events" in told and "fewer" in told)
    assert len(list(employees.states())) == written


def test_long_contexts_are_asked_for_and_ordered_in_parts(employees, monkeypatch):
    """A question and a batch of the feed are one document each, of 16 MB at most."""
    monkeypatch.setattr(pipelines, "_BYTES", 100)
    contexts = [str(number) * 30 for number in range(10)]
    employees.append_many(NewEvent(context, {"overtime": 1}) for context in contexts for _ in range(2))

    assert employees.append(contexts[0], overtime=1).seq == 3
    assert [state.overtime for state in employees.states(contexts)] == [3, *[2] * 9]
    assert {state.id for state in employees.states()} == set(contexts)
    assert sorted(event.position for event in employees.feed()) == list(range(1, 22))
    assert [len(part) for part in pipelines.in_parts(contexts, 5)] == [2] * 5


def test_a_feed_that_was_interrupted_is_gone_on_with(employees, database):
    employees.append_many(NewEvent(c, {"overtime": 1}) for c in ("bob", "jane") for _ in range(3))
    read = employees.feed()
    employees.append("bob", overtime=2)
    employees.append("jane", overtime=2)
    last = database[EVENTS].find_one({"context": "jane", "seq": 4})
    bobs = database[EVENTS].find_one({"context": "bob", "seq": 4})
    # Decided, and but one of both has got its position.
    decided = {"$set": {"position": 8, "batch": [last["_id"], bobs["_id"]]}}
    database[f"{EVENTS}_feed"].update_one({"_id": "feed"}, decided)
    database[EVENTS].update_one(
        {"_id": bobs["_id"]}, {"$set": {"position": 8}, "$unset": {"unsequenced": ""}}
    )

    assert [(e.context, e.position) for e in employees.feed(after=6)] == [("jane", 7), ("bob", 8)]
    assert employees.feed()[:6] == read


def test_an_event_whose_predecessor_a_scan_can_have_missed_waits(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(5))
    hidden = {seq: database[EVENTS].find_one_and_delete({"context": "bob", "seq": seq}) for seq in (2, 4, 5)}
    # The first scan sees 1 and 3, as 2 was inserted behind it; the second one sees 2, and 5 but not 4.
    appear = {2: [2, 5], 3: [4]}
    scans = []

    def scan(*arguments, **options):
        scans.append(arguments)
        for seq in appear.get(len(scans), ()):
            database[EVENTS].insert_one(hidden[seq])
        return aggregate(*arguments, **options)

    aggregate = employees._store.backend.events.aggregate
    employees._store.backend.events.aggregate = scan

    assert [event.seq for event in employees.feed()] == [1, 2, 3, 4, 5]


def test_an_erasure_that_was_interrupted_shows_nothing_and_is_finished_by_the_next(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(3))
    database[EVENTS].insert_one({"context": "bob", "seq": 4, "erased": True})

    assert (employees.state("bob"), seqs(employees), list(employees.states())) == (None, [], [])
    assert employees.erase("bob") == 3
    assert (employees.erase("bob"), employees.feed()) == (0, [])


def test_a_late_snapshot_brings_nothing_of_an_erased_stream_back(employees, database):
    employees.append("bob", overtime=1)
    late = run(folding.fold_contexts(employees._store.backend, ["bob"]))
    employees.erase("bob")
    run(snapshots.store_reads(employees._store.backend, late))

    assert "fields" not in database["contract_employee_snapshot"].find_one({"_id": "bob"})
    assert employees.state("bob") is None


def test_no_event_is_recorded_before_the_one_that_it_follows(employees, database):
    employees.append_many([NewEvent("bob", {"overtime": 1}, recorded_at=FUTURE)])

    assert employees.append("bob", overtime=1).recorded_at == FUTURE
    assert employees_on(database).append("bob", overtime=1).recorded_at == FUTURE


# Other declarations


@pytest.mark.parametrize(
    "append",
    [
        lambda logs: logs.append("bob", overtime=1).seq,
        lambda logs: logs.append_many([NewEvent("bob", {"overtime": 1})]) + 2,
    ],
    ids=["append", "append_many"],
)
def test_a_snapshot_that_cannot_be_stored_does_not_say_that_its_event_was_lost(database, append):
    logs = MongoRepository(Profiled, database)
    logs.create()
    logs.append_many(NewEvent("bob", {"overtime": 1}) for _ in range(2))
    snapshots = "contract_profiled_snapshot"
    database.command("collMod", snapshots, validator={"seq": 0})  # no snapshot is let in
    try:
        assert append(logs) == 3
    finally:
        database.command("collMod", snapshots, validator={})

    assert database[snapshots].count_documents({}) == 0
    assert (seqs(logs), logs.state("bob").overtime) == ([1, 2, 3], 3)


def test_a_snapshot_of_another_declaration_is_not_used(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": n}) for n in (3, 1, 2))
    employees.snapshot("bob")
    renamed = MongoRepository(Renamed, database)

    assert renamed.state("bob").overtime == 3
    employees.archive(before=FUTURE)
    assert renamed.state("bob").overtime == 3
    assert [state.overtime for state in renamed.states()] == [3]
    renamed.append("bob", overtime=9)
    assert renamed.snapshot("bob") == 4
    assert (employees.state("bob").overtime, renamed.state("bob").overtime) == (15, 9)
    assert renamed.verify()
    assert employees.verify()


def test_an_older_snapshot_never_replaces_one_that_came_further(employees, database):
    employees.append("bob", overtime=1)
    renamed = MongoRepository(Renamed, database)
    read = employees._store.backend
    employees.snapshot("bob")
    employees.append("bob", overtime=1)
    employees.snapshot("bob")
    snapshots = database["contract_employee_snapshot"]
    before = snapshots.find_one()
    snapshots.update_one({}, {"$set": {"seq": 5}})
    renamed.snapshot("bob")

    assert snapshots.find_one() == before | {"seq": 5}
    assert read is employees._store.backend


# Ended streams, as another store's copy brings them


def end(database, seq):
    database[EVENTS].insert_one(
        {"context": "bob", "seq": seq, "recorded_at": 1, "fields": {}, "ends": True, "unsequenced": seq}
    )


def test_an_ended_stream_has_no_state_and_can_begin_again(employees, database):
    employees.append("bob", overtime=5)
    end(database, 2)
    employees = employees_on(database)

    assert (employees.state("bob"), list(employees.states()), employees.snapshot("bob")) == (None, [], None)
    assert employees.state("bob", at=1).overtime == 5
    assert [event.ends for event in employees.history("bob")] == [False, True]
    with pytest.raises(ConcurrentAppend):
        employees.append("bob", overtime=1, expected_seq=2)
    assert employees.append("bob", overtime=1, expected_seq=0).seq == 3
    assert (employees.state("bob").overtime, employees.state("bob").seq) == (1, 3)
    assert employees.snapshot("bob") == 3
    employees.append("bob", overtime=2)
    assert employees.state("bob").overtime == 3
    assert employees.archive(before=FUTURE) == 3
    assert employees.state("bob").overtime == 3
    assert employees.verify()


# Verification


def test_verify_names_what_differs(employees, database):
    employees.append_many(NewEvent(c, {"overtime": 2}) for c in ("bob", "jane", "tim") for _ in range(3))
    employees.snapshots()
    assert employees.verify()

    database["contract_employee_snapshot"].update_one({"_id": "bob"}, {"$set": {"fields.overtime": 7}})
    database[EVENTS].delete_one({"context": "jane", "seq": 2})
    database[EVENTS].delete_one({"context": "tim", "seq": 3})
    report = employees.verify()

    found = {(d.context, d.field, d.stored, d.folded) for d in report.differences}
    assert ("bob", "overtime", 7, 6) in found
    assert ("jane", "seq", 3, 2) in found
    assert ("tim", "seq", 3, 2) in found
    assert not report


def test_a_log_with_a_hole_is_not_folded_as_if_it_were_whole(employees, database):
    employees.append_many(NewEvent("bob", {"overtime": 2}) for _ in range(3))
    database[EVENTS].delete_one({"context": "bob", "seq": 2})

    with pytest.raises(OsirisError, match=r"bob.*verify"):
        employees.state("bob")
