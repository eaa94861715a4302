"""Encrypted(...) fields on every store that keeps something: no value in it can be read without its context's key."""

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqla_osiris import (
    ConcurrentAppend,
    ContextErased,
    DeclarationError,
    InvalidValue,
    MemoryRepository,
    NewEvent,
    OsirisError,
    copy,
    diff,
    export_events,
    import_events,
    replay,
    repository,
)
from sqla_osiris.testing import events
from tests.opening import RACERS, STORES, TESTED
from tests.stores.patients import (
    BOB,
    MODELS,
    OLD,
    SECRET,
    TOUCHES,
    beside,
    filled,
    first_writes,
    held,
    keys_of,
    parts_of,
    put_back,
    values,
    with_master_key,
)
from tests.stores.test_races import URLS

KEEPING = [store for store in TESTED if store != "memory"]
"""The memory keeps values as they are."""


@pytest.fixture(params=KEEPING)
def keeps(request):
    yield from STORES[request.param](request)


@pytest.fixture(params=MODELS, ids=lambda model: model.__name__)
def patients(request, keeps):
    return filled(keeps(request.param))


def test_readers_get_the_values_and_the_store_holds_none_of_them(patients):
    assert values(patients.state("bob")) == BOB
    assert {state.id: state.note for state in patients.states()} == {"bob": SECRET, "jane": "hers"}
    assert [state.note for state in patients.states(["jane", "none", "bob", "jane"])] == [
        "hers",
        SECRET,
        "hers",
    ]
    history = list(patients.history("bob"))
    assert [event.fields for event in history] == TOUCHES
    assert [event.fields for event in patients.history("bob", after=2)] == TOUCHES[2:]
    feed = patients.feed()
    assert [event.fields for event in feed if event.context == "bob"] == TOUCHES
    assert [event.fields for event in feed if event.context == "jane"] == [{"note": "hers"}]
    assert patients.state("bob", at=1).note == "told first"
    assert patients.state("bob", at=history[1].recorded_at).note == SECRET
    assert dict(diff(patients, "bob", 1, 2))["note"] == ("told first", SECRET)
    assert [each.state.note for each in replay(patients, "bob")] == ["told first", SECRET, SECRET]
    patients.snapshot("bob")
    patients.snapshots()
    assert values(patients.state("bob")) == BOB
    assert patients.verify()
    for plain in (SECRET, "1970-01-02", "hers", "2.00", "told first"):
        assert plain not in held(patients)


def test_an_event_is_given_back_as_it_was_written(patients):
    event = patients.append("bob", event_id=(identity := uuid4()), note="by its id")
    again = patients.append("bob", event_id=identity, note="not written")
    assert (again.seq, dict(again.fields)) == (event.seq, {"note": "by its id"})
    assert patients.append_many([NewEvent("bob", {"note": "not written"}, event_id=identity)]) == 0
    assert dict(patients.append("jane", note=None).fields) == {"note": None}
    assert patients.state("jane").note is None


def test_archive_restore_redact_and_verify_need_no_master_key(keeps):
    asked = []

    def master():
        asked.append(1)
        return OLD

    patients = keeps(with_master_key(master))
    for n in range(3):
        patients.append((1, "a"), note=f"{SECRET} {n}", visits=1)
    asked.clear()
    patients.snapshot((1, "a"))
    assert patients.snapshots() == 0
    assert patients.verify()
    assert patients.archive(keep=1) == 2
    patients.redact((1, "a"), 2, "note", reason="asked")
    assert patients.restore() == 2
    patients.redact((1, "a"), 3, "note", reason="asked")
    assert patients.verify()
    assert asked == []
    assert patients.state((1, "a")).note == f"{SECRET} 0"
    assert [event.fields.get("note") for event in patients.history((1, "a"))] == [f"{SECRET} 0", *[None] * 4]
    assert SECRET not in held(patients)


def test_archived_events_have_their_values(patients):
    patients.snapshot("bob")
    patients.archive(keep=1)
    assert [event.fields for event in patients.history("bob")] == TOUCHES
    assert [event.fields for event in patients.feed() if event.context == "bob"] == TOUCHES
    assert patients.state("bob", at=1).note == "told first"
    assert {state.id: state.note for state in patients.states()} == {"bob": SECRET, "jane": "hers"}
    assert SECRET not in held(patients)


def test_a_batch_is_encrypted_too(keeps):
    patients = keeps(MODELS[1])
    contexts = [f"p{n % 30}" for n in range(300)]
    batch = (NewEvent(each, {"note": f"{SECRET} {n}", "visits": 1}) for n, each in enumerate(contexts))
    assert patients.append_many(batch) == 300
    patients.append_many(
        [NewEvent("p1", {}, ends=True), NewEvent("p1", {"note": None}), NewEvent("q", {"visits": 1})]
    )

    assert patients.state("p29").note == f"{SECRET} 299"
    assert patients.state("p1").note is None
    assert [event.fields["note"] for event in patients.history("p2")][:2] == [f"{SECRET} 2", f"{SECRET} 32"]
    assert len({event.fields.get("note") for event in patients.feed()}) == 301
    assert SECRET not in held(patients)
    assert len(keys_of(patients)) == 30
    assert patients.verify()


def test_a_context_has_a_key_once_it_needs_one_and_a_value_is_another_text_each_time(keeps):
    patients = keeps(MODELS[2])
    patients.append("bob", visits=1)
    assert keys_of(patients) == []
    for context in ("bob", "bob", "jane"):
        patients.append(context, note=SECRET)
    (events,) = (rows for name, rows in parts_of(patients).items() if name.endswith("_event"))
    assert len({str(row.get("fields", row).get("note")) for row in events}) == 4
    assert len(set(keys_of(patients))) == len(keys_of(patients)) == 2
    assert all(key.startswith("w2:") for key in keys_of(patients))


def without_keys(parts):
    return {name: rows for name, rows in parts.items() if not name.endswith("_key")}


def test_a_copy_of_the_log_is_unreadable_once_the_context_is_erased(patients, keeps):
    """What a backup, or an archive that was copied away, still holds."""
    patients.snapshot("bob")
    backup = without_keys(parts_of(patients))
    assert patients.erase("bob") == 3
    assert len(keys_of(patients)) == 1
    put_back(patients, backup)

    for reader in (patients, keeps(patients.model)):
        bob = reader.state("bob")
        assert (bob.name, bob.visits) == ("Bob", 3)
        assert (bob.note, bob.first, bob.details, bob.born) == (None, None, None, None)
        assert [state.note for state in reader.states(["bob", "jane"])] == [None, "hers"]
        assert [event.fields for event in reader.history("bob")] == [
            {"name": "Bob", "visits": 1},
            {},
            {"visits": 2},
        ]
        assert reader.state("bob", at=2).note is None
        assert reader.state("jane").note == "hers"
    assert patients.verify()


def test_what_is_erased_is_gone_with_its_key(patients, keeps):
    left_behind = keeps(patients.model)
    left_behind.append("bob", note="seen")
    assert patients.erase("bob") == 4
    for each in (patients, left_behind, keeps(patients.model)):
        with pytest.raises(ContextErased):
            each.append("bob", note="again")
        with pytest.raises(ContextErased):
            each.append_many([NewEvent("bob", {"note": "again"})])
        assert each.state("bob") is None
        assert list(each.history("bob")) == []
    assert len(keys_of(patients)) == 1
    assert patients.erase("bob") == 0
    assert patients.state("jane").note == "hers"


def test_a_writer_left_behind_makes_no_key_for_an_erased_context(keeps):
    patients, left_behind = keeps(MODELS[1]), keeps(MODELS[1])
    left_behind.append("bob", visits=1)
    patients.erase("bob")
    with pytest.raises(ContextErased):
        left_behind.append("bob", note="again")
    assert keys_of(patients) == []


NEEDING_A_KEY = {
    "state": lambda patients, context: patients.state(context),
    "past": lambda patients, context: patients.state(context, at=1),
    "states": lambda patients, _context: list(patients.states()),
    "history": lambda patients, context: list(patients.history(context)),
    "feed": lambda patients, _context: patients.feed(),
    "append": lambda patients, context: patients.append(context, note="x"),
    "append_many": lambda patients, context: patients.append_many([NewEvent(context, {"note": "x"})]),
}


@pytest.mark.parametrize(
    ("master_key", "error", "said"),
    [
        (b"x" * 32, OsirisError, "made with another one"),
        (None, OsirisError, "the model has none"),
        (lambda: b"short", DeclarationError, "32 bytes"),
    ],
    ids=["another", "none", "too short"],
)
def test_keys_open_with_the_master_key_alone(keeps, master_key, error, said):
    patients = keeps(with_master_key(OLD))
    patients.append((1, "a"), note=SECRET)
    other = beside(patients, with_master_key(master_key))
    for call in NEEDING_A_KEY.values():
        with pytest.raises(error, match=said):
            call(other, (1, "a"))
    assert patients.append((1, "a"), note="x").seq == 2
    assert beside(patients, with_master_key((b"x" * 32, OLD))).state((1, "a")).note == "x"


def moved(rows, source, target):
    """The rows with the note of one event in the place of another's."""
    by_place = {(row.get("id", row.get("context")), row["seq"]): row for row in rows}
    note = by_place[source].get("fields", by_place[source])["note"]
    by_place[target].get("fields", by_place[target])["note"] = note
    return rows


@pytest.mark.parametrize(
    ("source", "calls"),
    [(("jane", 1), ["state", "history", "feed"]), (("bob", 1), ["history", "feed"])],
    ids=["of another stream", "of an earlier event"],
)
def test_a_value_opens_where_it_was_written_alone(keeps, source, calls):
    patients = filled(keeps(MODELS[2]))
    parts = parts_of(patients)
    (name,) = (name for name in parts if name.endswith("_event"))
    put_back(patients, {name: moved(parts[name], source, ("bob", 2))})
    for call in calls:
        with pytest.raises(OsirisError, match="does not open with its context's key"):
            NEEDING_A_KEY[call](patients, "bob")
    assert patients.state("jane").note == "hers"


def test_another_contexts_key_does_not_open(keeps):
    patients = filled(keeps(MODELS[1]))
    parts = parts_of(patients)
    (name,) = (name for name in parts if name.endswith("_key"))
    keys = [row["key"] for row in parts[name]]
    put_back(patients, {name: [row | {"key": key} for row, key in zip(parts[name], keys[::-1], strict=True)]})
    for call in (lambda: patients.state("bob"), lambda: keeps(MODELS[1]).append("bob", note="more")):
        with pytest.raises(OsirisError, match="or for another context"):
            call()


def test_values_go_from_store_to_store_and_come_home(request, tmp_path):
    """Each store encrypts with keys of its own."""
    with ExitStack() as stack:
        stops = [stack.enter_context(contextmanager(STORES[store])(request))(MODELS[1]) for store in KEEPING]
        home = stack.enter_context(repository(MODELS[1], f"sqlite:///{tmp_path / 'home.db'}"))
        home.create()
        filled(stops[0]).append("gone", note=SECRET)
        stops[0].erase("gone")
        for source, target in zip(stops, [*stops[1:], home], strict=True):
            assert copy(source, target) == 4
            assert values(target.state("bob")) == BOB
            assert [event.fields for event in target.history("bob")] == TOUCHES
            with pytest.raises(ContextErased):
                target.append("gone", note="again")
            assert SECRET not in held(target)
            assert not set(keys_of(source)) & set(keys_of(target))


def test_a_file_has_the_values_and_gives_them_back(keeps, tmp_path):
    file, again = tmp_path / "patients.jsonl", tmp_path / "again.jsonl"
    assert export_events(filled(MemoryRepository(MODELS[1])), file) == 4
    patients = keeps(MODELS[1])
    assert import_events(patients, file) == 4
    assert values(patients.state("bob")) == BOB
    assert SECRET not in held(patients)
    assert export_events(patients, again) == 4
    assert SECRET in again.read_text()
    assert import_events(memory := MemoryRepository(MODELS[1]), again) == 4
    assert values(memory.state("bob")) == BOB


@pytest.mark.parametrize("value", [SECRET, [SECRET]], ids=repr)
def test_a_refusal_does_not_quote_the_value(keeps, value):
    patients = keeps(MODELS[0])
    for call in (
        lambda: patients.append("a", first=value),
        lambda: patients.append_many([NewEvent("a", {"first": value})]),
    ):
        with pytest.raises(InvalidValue) as refused:
            call()
        assert SECRET not in str(refused.value)
        assert refused.value.__cause__ is None
    assert keys_of(patients) == []


@settings(max_examples=5)
@given(drawn=st.lists(events(MODELS[1]), max_size=6))
def test_the_kits_events_come_back_equal(keeps, drawn):
    patients, memory, prefix = keeps(MODELS[1]), MemoryRepository(MODELS[1]), uuid4().hex
    drawn = [replace(event, context=f"{prefix} {n % 2}") for n, event in enumerate(drawn)]
    for event in drawn:
        assert patients.append_many([event]) == memory.append_many([event])
    for context in (f"{prefix} 0", f"{prefix} 1"):
        assert [e.fields for e in patients.history(context)] == [e.fields for e in memory.history(context)]
        state, expected = patients.state(context), memory.state(context)
        assert (state and values(state)) == (expected and values(expected))


@pytest.mark.parametrize("batches", [False, True], ids=["one by one", "batches"])
@pytest.mark.parametrize("store", KEEPING)
def test_eight_processes_that_write_first_agree_on_one_key(request, racers, store, batches):
    url, contexts = URLS[store](request), [f"{batches} {n}" for n in range(4)]
    for opens in STORES[store](request):
        patients = opens(MODELS[1])
        patients.append_many(NewEvent(begun, {"visits": 1}) for begun in contexts[:2])
        racing = [racers.submit(first_writes, url, worker, contexts, batches) for worker in range(RACERS)]
        for racer in racing:
            racer.result()

        assert len(keys_of(patients)) == len(contexts)
        for context in contexts:
            begun = int(context in contexts[:2])
            notes = [event.fields["note"] for event in patients.history(context, after=begun)]
            assert sorted(notes) == [f"{SECRET} {worker}" for worker in range(RACERS)]
            assert patients.state(context).visits == RACERS + begun
        assert patients.verify()


def test_a_key_that_is_erased_while_it_is_written_with_is_left_nowhere(keeps):
    patients, contexts, barrier = keeps(MODELS[1]), [f"p{n}" for n in range(6)], Barrier(3)
    patients.append_many(NewEvent(context, {"visits": 1}) for context in contexts)
    failed = []

    def each(act):
        for context in contexts:
            barrier.wait(60)
            try:
                with suppress(ContextErased):
                    act(context)
            except Exception as error:  # noqa: BLE001
                failed.append(error)

    acts = [
        lambda c: patients.append(c, note=SECRET),
        lambda c: keeps(MODELS[1]).append(c, note=SECRET),
        patients.erase,
    ]
    threads = [Thread(target=each, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error for error in failed if not isinstance(error, ConcurrentAppend)] == []
    assert keys_of(patients) == []
    assert patients.feed() == []
