"""A master key is exchanged: keys are wrapped anew, values stay as they are, and who reads meanwhile can read."""

from itertools import count

import pytest
import pytest_asyncio
from pymongo import AsyncMongoClient
from sqlalchemy import event

from sqla_osiris import (
    AsyncDynamoRepository,
    AsyncMongoRepository,
    AsyncSQLRepository,
    DeclarationError,
    MemoryRepository,
    NewEvent,
    OsirisError,
    SQLRepository,
    rotate_master_key,
)
from sqla_osiris.repositories.dynamo import keys as dynamo_keys
from sqla_osiris.repositories.mongo import keys as mongo_keys
from sqla_osiris.repositories.sql import upkeep
from tests import selection
from tests.opening import STORES
from tests.stores.interleaving import Between, driven, killed_before
from tests.stores.patients import (
    MODELS,
    NEW,
    OLD,
    SECRET,
    beside,
    keys_of,
    parts_of,
    put_back,
    with_master_key,
)
from tests.stores.test_encrypted import KEEPING, without_keys

CONTEXTS = [(ward, bed) for ward in (1, 2) for bed in "abc"]


@pytest.fixture(params=KEEPING)
def keeps(request):
    yield from STORES[request.param](request)


@pytest.fixture
def rotated(keeps):
    """A log whose keys the old master key wraps; one of its streams is erased."""
    patients = keeps(with_master_key(OLD))
    patients.append_many(NewEvent(each, {"note": f"{SECRET} {each}", "visits": 1}) for each in CONTEXTS)
    patients.append_many(NewEvent(each, {"visits": 1}) for each in [*CONTEXTS, (3, "plain")])
    patients.append((3, "gone"), note=SECRET)
    patients.erase((3, "gone"))
    return patients


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(mongo_keys, "_KEYS_A_PAGE", 2)
    monkeypatch.setattr(dynamo_keys, "_ACTIONS_A_TRANSACTION", 2)
    monkeypatch.setattr(upkeep, "_CONTEXTS_A_PAGE", 2)


def reads(patients):
    states = {(state.ward, state.bed): state.note for state in patients.states()}
    history = [event.fields.get("note") for event in patients.history((1, "b"))]
    return states == {each: f"{SECRET} {each}" for each in CONTEXTS} | {(3, "plain"): None} and history == [
        f"{SECRET} (1, 'b')",
        None,
    ]


def test_the_keys_are_wrapped_anew_and_nothing_else_changes(rotated):
    log, keys = without_keys(parts_of(rotated)), keys_of(rotated)
    told = []
    assert (
        rotate_master_key(beside(rotated, with_master_key((NEW, OLD))), OLD, NEW, progress=told.append) == 6
    )
    assert told[-1] == 6
    assert without_keys(parts_of(rotated)) == log
    assert not set(keys) & set(keys_of(rotated))
    assert reads(after := beside(rotated, with_master_key(NEW)))
    assert after.append((1, "a"), note="on").seq == 3
    assert after.append((4, "new"), note="on").seq == 1
    assert after.verify()
    with pytest.raises(OsirisError, match="made with another one"):
        reads(beside(rotated, with_master_key(OLD)))


def test_a_second_call_finds_nothing_to_do(rotated):
    both = beside(rotated, with_master_key((NEW, OLD)))
    assert both.rotate_master_key(OLD, NEW) == 6
    keys = keys_of(rotated)
    assert both.rotate_master_key(lambda: OLD, [NEW, OLD]) == 0
    assert keys_of(rotated) == keys


def test_keys_without_a_master_key_get_one(keeps):
    patients = keeps(with_master_key(None))
    patients.append((1, "a"), note=SECRET)
    assert keys_of(patients)[0].startswith("k2:")
    assert rotate_master_key(beside(patients, with_master_key(NEW)), None, NEW) == 1
    assert keys_of(patients)[0].startswith("w2:")
    assert beside(patients, with_master_key(NEW)).state((1, "a")).note == SECRET


def test_who_still_writes_with_the_old_one_is_read_and_taken_by_the_next_call(rotated):
    behind, both = (beside(rotated, with_master_key(each)) for each in ((OLD, NEW), (NEW, OLD)))
    assert both.rotate_master_key(OLD, NEW) == 6
    behind.append((1, "a"), note="with a key that it opens")
    behind.append((9, "late"), note="late")
    assert both.state((9, "late")).note == "late"
    assert both.rotate_master_key(OLD, NEW) == 1
    after = beside(rotated, with_master_key(NEW))
    assert (after.state((9, "late")).note, after.state((1, "a")).note) == ("late", "with a key that it opens")


@pytest.mark.parametrize("model", [OLD, None, (OLD, NEW)], ids=["old", "none", "old first"])
def test_a_model_that_does_not_wrap_by_the_new_one_is_refused(rotated, model):
    keys = keys_of(rotated)
    with pytest.raises(OsirisError, match=r"Declare master_key=\(new, old\)"):
        rotate_master_key(beside(rotated, with_master_key(model)), OLD, NEW)
    assert keys_of(rotated) == keys


def test_a_key_that_neither_opens_ends_the_call(rotated):
    both = beside(rotated, with_master_key((NEW, OLD)))
    for old in (b"x" * 32, None):
        with pytest.raises(OsirisError, match="made with another one"):
            both.rotate_master_key(old, NEW)
    with pytest.raises(DeclarationError, match="32 bytes"):
        both.rotate_master_key(b"short", NEW)
    assert reads(rotated)
    assert both.rotate_master_key((b"x" * 32, OLD), NEW) == 6


def test_a_store_without_keys_has_none_to_wrap():
    memory = MemoryRepository(MODELS[0])
    memory.append("bob", note=SECRET)
    assert rotate_master_key(memory, OLD, NEW) == 0


# Broken off


class Killed(BaseException):
    pass


def killed(both, place):
    """Whether the rotation was broken off before its request, or its statement, of that place."""
    if not isinstance(both, SQLRepository):
        return killed_before(both._store.rotate_master_key(OLD, NEW), place)
    engine, left = both._bound.engine, iter(range(place))

    def kill(*_):
        if next(left, None) is None:
            raise Killed

    event.listen(engine, "before_cursor_execute", kill)
    event.listen(engine, "commit", kill)
    try:
        both.rotate_master_key(OLD, NEW)
    except Killed:
        # A process that dies closes its connections: one whose COMMIT was broken off would keep its locks in the pool.
        engine.dispose()
        return True
    finally:
        event.remove(engine, "before_cursor_execute", kill)
        event.remove(engine, "commit", kill)
    return False


def test_it_is_broken_off_anywhere_and_ends_with_the_next_call(rotated, small_pages):
    keys = {name: rows for name, rows in parts_of(rotated).items() if name.endswith("_key")}
    both, behind, after = (beside(rotated, with_master_key(each)) for each in ((NEW, OLD), (OLD, NEW), NEW))
    for place in count():
        put_back(rotated, keys)
        broken_off = killed(both, place)
        assert reads(both)
        assert reads(behind)
        left = both.rotate_master_key(OLD, NEW)
        assert left <= 6
        assert reads(after)
        if not broken_off:
            assert left == 0
            break
    assert place > 3


@pytest.mark.parametrize("place", range(1, 4))
def test_an_erased_key_does_not_come_back(rotated, small_pages, place):
    """Between any two requests; on SQL the row of the key is locked while it is replaced."""
    both = beside(rotated, with_master_key((NEW, OLD)))
    if isinstance(both, SQLRepository):
        rotated.erase(CONTEXTS[1])
    else:
        erasing = Between(place, lambda: rotated._store.erase(CONTEXTS[1]))
        assert driven(both._store.rotate_master_key(OLD, NEW), erasing)
    assert both.rotate_master_key(OLD, NEW) == (5 if isinstance(both, SQLRepository) else 0)
    assert len(keys_of(rotated)) == 5
    assert both.state(CONTEXTS[1]) is None


# Awaited


@pytest_asyncio.fixture
async def on_mongodb(mongodb_url, mongodb_database):
    async with AsyncMongoClient(mongodb_url) as client:
        yield lambda model: AsyncMongoRepository(model, client[mongodb_database.name])


@pytest.fixture
def on_dynamodb(async_dynamodb, prefix):
    return lambda model: AsyncDynamoRepository(model, async_dynamodb, table_prefix=prefix)


@pytest.fixture(params=selection.STORES)
def awaited(request):
    return request.getfixturevalue(f"on_{request.param}")


async def test_it_is_awaited_too(awaited):
    await keys_are_wrapped_anew(awaited)


async def test_it_is_awaited_on_sql_too(async_engine):
    await keys_are_wrapped_anew(lambda model: AsyncSQLRepository(model, async_engine))


async def keys_are_wrapped_anew(open_):
    patients = open_(with_master_key(OLD))
    await patients.create()
    await patients.append((1, "a"), note=SECRET)
    await patients.append_many([NewEvent((1, "b"), {"note": SECRET})])
    both = open_(with_master_key((NEW, OLD)))
    assert await rotate_master_key(both, OLD, NEW) == 2
    assert await both.rotate_master_key(OLD, NEW) == 0
    after = open_(with_master_key(NEW))
    assert (await after.state((1, "a"))).note == SECRET
    assert [event.fields async for event in after.history((1, "b"))] == [{"note": SECRET}]
    assert len(await after.feed()) == 2
    assert await after.erase((1, "a")) == 1
