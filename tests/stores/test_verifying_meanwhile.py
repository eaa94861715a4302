"""verify() without a transaction that holds the log still: what another call does meanwhile is no difference."""

from functools import partial
from itertools import count

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, Latest, MongoRepository, NewEvent
from sqla_osiris.repositories import verification
from sqla_osiris.repositories.verification import Verification
from tests.opening import STORES, TESTED
from tests.stores.interleaving import Between, archive, driven, erase, killed_before, redact, restore
from tests.stores.kept import emptied_collections, emptied_tables

MOVING = [store for store in ("mongodb", "dynamodb") if store in TESTED]


class Base(DeclarativeBase):
    pass


class Audited(EventSourced, Base):
    __tablename__ = "verified_meanwhile"
    __snapshot__ = Every(100)
    id = Context(String(40))
    name = Latest(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture(params=MOVING)
def repository(request):
    for opens in STORES[request.param](request):
        yield opens(Audited)


@pytest.fixture
def emptied(request, repository):
    """Empties the store behind a block."""
    if isinstance(repository, MongoRepository):
        return partial(emptied_collections, request.getfixturevalue("mongodb_database"))
    return partial(emptied_tables, request.getfixturevalue("dynamodb"), request.getfixturevalue("prefix"))


@pytest.fixture
def verify(repository):
    """verify() as steps; what it returned is in its list."""
    found: list[Verification] = []

    def steps(context):
        found.append((yield from repository._store.verify()))

    steps.found = found
    return steps


def append_and_fold(store, context):
    yield from store.append(context, overtime=8)
    yield from store.snapshot(context)


def fill(repository, context, *, archived):
    touches = [{"overtime": 1, "name": "Bob"}, {"overtime": 2, "name": "secret"}, {"overtime": 4}]
    repository.append_many(NewEvent(context, each) for each in touches)
    repository.snapshot(context)
    if archived:
        repository.archive(keep=0)


def interrupt(repository, emptied, slow, fast, *, archived):
    """Run ``slow`` on a stream again and again, ``fast`` before the next one of its calls each time."""
    for place in count():
        # A name of its own: the repository remembers where the one before stood.
        context = f"c{place}"
        with emptied():
            fill(repository, context, archived=archived)
            interrupted = driven(slow(context), Between(place, partial(fast, context)))
        yield place
        if not interrupted:
            return


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("call", [erase, redact, archive, restore, append_and_fold])
def test_what_another_call_does_between_two_reads_is_no_difference(
    repository, emptied, verify, call, archived
):
    between = partial(call, repository._store)
    for _ in interrupt(repository, emptied, verify, between, archived=archived):
        assert verify.found.pop().differences == ()


@pytest.mark.parametrize("archived", [False, True])
def test_an_erasure_that_is_half_done_is_no_difference(repository, emptied, verify, archived):
    erasing = partial(erase, repository._store)
    for _ in interrupt(repository, emptied, erasing, verify, archived=archived):
        if verify.found:
            assert verify.found.pop().differences == ()


def test_a_redaction_that_was_broken_off_is_a_difference_until_it_is_called_again(
    repository, emptied, monkeypatch
):
    monkeypatch.setattr(verification, "_PAUSES", 2)
    found: list[str] = []
    for place in count():
        context = f"c{place}"
        with emptied():
            fill(repository, context, archived=False)
            killed = killed_before(redact(repository._store, context), place)
            found += [difference.field for difference in repository.verify().differences]
            repository.redact(context, 2, "name", reason="asked")
            assert repository.verify()
        if not killed:
            break
    assert set(found) == {"name"}
