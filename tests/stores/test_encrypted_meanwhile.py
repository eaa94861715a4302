"""Stores without locks: what writes, reads and erases encrypted fields, with another one between any two of its requests."""

from contextlib import suppress
from functools import partial
from itertools import chain, count
from uuid import uuid4

import pytest

from sqla_osiris import ContextErased, MongoRepository, NewEvent
from sqla_osiris.steps import run
from tests import selection
from tests.opening import STORES
from tests.stores.interleaving import Between, driven, killed_before
from tests.stores.patients import MODELS, SECRET, beside, held, keys_of


def on_standalone(request):
    """A MongoDB without transactions: a batch's new keys are stored before its events, each by itself."""
    database = request.getfixturevalue("standalone")[f"osiris_{uuid4().hex}"]
    yield lambda model: MongoRepository(model, database)
    database.client.drop_database(database.name)


@pytest.fixture(params=selection.STORES)
def keeps(request):
    yield from {**STORES, "standalone": on_standalone}[request.param](request)


@pytest.fixture
def patients(keeps):
    patients = keeps(MODELS[1])
    patients.create()
    return patients


def appending(patients, context, note):
    return patients._store.append(context, note=note)


def batch(patients, context, note):
    return patients._store.append_many([NewEvent(context, {"note": note})], progress=None)


def fresh(patients):
    """What another process has of the same log."""
    return beside(patients, patients.model)


WRITES = selection.pairs(mongodb=[appending], dynamodb=[appending, batch])
WRITES += [("standalone", batch)] if "mongodb" in selection.STORES else []
"""Who meets MongoDB's batch waits for its transaction: tests/stores/test_encrypted.py has processes do it."""

writing = pytest.mark.parametrize(("keeps", "write"), WRITES, indirect=["keeps"])


@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("other", [appending, batch])
@writing
def test_two_first_writers_write_with_one_key(patients, write, other, begun):
    for place in count():
        context = f"{place}"
        if begun:
            patients.append(context, visits=1)
        ours, theirs = fresh(patients), fresh(patients)
        met = driven(write(ours, context, "ours"), Between(place, partial(other, theirs, context, "theirs")))
        assert len(keys_of(patients)) == place + 1
        notes = [event.fields["note"] for event in patients.history(context, after=int(begun))]
        assert sorted(notes) == (["ours", "theirs"] if met else ["ours"])
        if not met:
            break
    assert place > 2
    assert patients.verify()


@pytest.mark.parametrize("before", range(2, 8))
@writing
def test_a_first_writer_who_dies_beside_another_one_leaves_what_can_be_read(patients, write, before):
    """His key may be stored and his event not: the other one writes with that key."""
    for place in count():
        context = f"{place}"
        ours, theirs = fresh(patients), fresh(patients)

        def dying(theirs=theirs, context=context):
            yield from ()
            killed_before(write(theirs, context, "theirs"), before)

        met = driven(write(ours, context, "ours"), Between(place, dying))
        notes = [event.fields["note"] for event in fresh(patients).history(context)]
        assert sorted(notes) in (["ours"], ["ours", "theirs"])
        assert len(keys_of(patients)) == place + 1
        if not met:
            break
    assert place > 2


@pytest.mark.parametrize("seen", [True, False])
@pytest.mark.parametrize("has_key", [True, False])
@writing
def test_a_writer_and_an_erasure(patients, write, has_key, seen):
    for place in count():
        context = f"{place}"
        patients.append(context, visits=1, note=SECRET if has_key else None)
        writer = fresh(patients)
        if seen:
            writer.append(context, visits=1, note=SECRET if has_key else None)
        met = False
        with suppress(ContextErased):
            met = driven(
                write(writer, context, SECRET), Between(place, partial(patients._store.erase, context))
            )
            if not met:
                break
        assert list(patients.history(context)) == []
        assert patients.state(context) is None
        assert keys_of(patients) == []
    assert place > 0


def one(steps):
    return [(yield from steps)]


def into(found, pages):
    """Reads the pages into a list."""
    for page in pages:
        found.extend((yield from page))


def test_a_state_is_whole_or_gone_while_its_stream_is_erased(patients):
    for place in count():
        context, found = f"{place}", []
        for n in range(3):
            patients.append(context, note=f"{SECRET} {n}", visits=1)
        reading = into(found, [one(fresh(patients)._store.state(context))])
        met = driven(reading, Between(place, partial(patients._store.erase, context)))
        assert found[0] is None or (found[0].note, found[0].visits) == (f"{SECRET} 2", 3)
        if not met:
            break
    assert place > 1


def test_a_history_and_a_feed_lose_fields_alone_while_their_stream_is_erased(patients):
    for place in count():
        context, reader, found = f"{place}", fresh(patients)._store, []
        patients.append_many(NewEvent(context, {"note": f"{SECRET} {n}", "visits": 1}) for n in range(3))
        reading = into(found, chain(reader.history(context, after=0), [reader.feed()]))
        met = driven(reading, Between(place, partial(patients._store.erase, context)))
        for event in found:
            assert event.fields in ({"visits": 1}, {"note": f"{SECRET} {event.seq - 1}", "visits": 1})
        if not met:
            break
    assert place > 1


@writing
def test_a_writer_that_dies_anywhere_leaves_a_log_that_goes_on(patients, write):
    for place in count():
        context = f"{place}"
        died = killed_before(write(fresh(patients), context, "by the dead"), place)
        after = fresh(patients)
        after.append(context, note=SECRET)
        notes = [event.fields["note"] for event in after.history(context)]
        assert notes in ([SECRET], ["by the dead", SECRET])
        assert len(keys_of(patients)) == place + 1
        if not died:
            break
    assert patients.verify()


def test_an_erasure_that_dies_anywhere_is_ended_by_the_next_call(patients):
    for place in count():
        context = f"{place}"
        patients.append_many(NewEvent(context, {"note": f"{SECRET} {n}"}) for n in range(3))
        patients.snapshot(context)
        died = killed_before(fresh(patients)._store.erase(context), place)
        patients.erase(context)
        assert keys_of(patients) == []
        assert patients.state(context) is None
        assert list(patients.history(context)) == []
        if not died:
            break
    assert SECRET not in held(patients)
    assert place > 3


def test_a_tombstone_is_laid_where_no_stream_is(patients):
    patients.lay_tombstone("gone")
    with pytest.raises(ContextErased):
        fresh(patients).append("gone", note=SECRET)
    assert keys_of(patients) == []


def test_what_is_remembered_is_asked_for_again_after_a_while(patients, monkeypatch):
    from sqla_osiris.repositories import keys  # noqa: PLC0415

    monkeypatch.setattr(keys, "_REMEMBERED_FOR", 0.0)
    patients.append("bob", note=SECRET)
    run(fresh(patients)._store.backend.keys.destroy(("bob",)))
    with pytest.raises(ContextErased):
        patients.append("bob", note="with no key")
