"""Archive, restore and erase of one stream, interleaved at every step: nothing is lost, and nothing erased comes back.

A store without locks runs each of them as steps; here another one runs whole between any two of them.
"""

from itertools import count

import pytest
from sqlalchemy import Integer, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every
from sqla_osiris.repositories.archive_limits import archive_limits
from sqla_osiris.repositories.steps import run
from tests.selection import STORES as SELECTED
from tests.stores.conftest import STORES

EVENTS = 4


class Base(DeclarativeBase):
    pass


class Raced(EventSourced, Base):
    __tablename__ = "interleaved"
    __snapshot__ = Every(100)
    id = Context(String(40))
    overtime = Aggregate(Integer)


@pytest.fixture(params=SELECTED)
def repository(request):
    opens = STORES[request.param](request)
    yield next(opens)(Raced)
    next(opens, None)


def archive(repository, _context):
    if hasattr(repository, "_store"):
        return repository._store.archive(None, 0, None)
    from sqla_osiris.repositories.mongo import upkeep  # noqa: PLC0415

    return upkeep.archive(repository._log, archive_limits(None, 0), None)


def restore(repository, context):
    if hasattr(repository, "_store"):
        return repository._store.restore(context, None)
    from sqla_osiris.repositories.mongo import restoring  # noqa: PLC0415

    return restoring.restore(repository._log, context, None)


def erase(repository, context):
    if hasattr(repository, "_store"):
        return repository._store.erase(context)
    from sqla_osiris.repositories.mongo import upkeep  # noqa: PLC0415

    return upkeep.erase(repository._log, (context,), context)


def begun(steps, upto):
    """Make so many of its calls; whether it was over before."""
    given = None
    try:
        for _ in range(upto):
            given = steps.send(given)()
        return False, given
    except StopIteration:
        return True, None


def finished(steps, given):
    """Make the rest of its calls."""

    def rest():
        call = steps.send(given)
        while True:
            try:
                result = yield call
            except Exception as error:  # noqa: BLE001  (handed on, as the steps' runner does)
                call = steps.throw(error)
            else:
                try:
                    call = steps.send(result)
                except StopIteration:
                    return

    run(rest())


@pytest.mark.parametrize(
    ("slow", "fast", "archived"),
    [
        (archive, restore, False),
        (archive, restore, True),
        (restore, archive, False),
        (restore, archive, True),
        (restore, erase, True),
        (archive, erase, False),
        (erase, restore, True),
        (erase, archive, False),
    ],
)
def test_whatever_comes_between_two_steps_does_no_harm(repository, slow, fast, archived):
    expected = {}
    for upto in count(1):
        context = f"c{upto}"
        events = [repository.append(context, overtime=2**n) for n in range(EVENTS)]
        repository.snapshot(context)
        if archived:
            repository.archive(keep=0)
        if slow is archive and archived:
            repository.restore(context)

        steps = slow(repository, context)
        over, given = begun(steps, upto)
        run(fast(repository, context))
        if not over:
            finished(steps, given)

        erased = erase in {slow, fast}
        expected[context] = [] if erased else [event.fields for event in events]
        assert [event.fields for event in repository.history(context)] == expected[context]
        if over:
            break

    assert repository.verify()
    archived_again = [repository.restore(), repository.archive(keep=0), repository.restore()]
    assert archived_again[1] == archived_again[2] == sum(map(len, expected.values()))
    for context, fields in expected.items():
        assert [event.fields for event in repository.history(context)] == fields
        state = repository.state(context)
        assert (state and state.overtime) == (2**EVENTS - 1 if fields else None)
    feed = repository.feed(limit=10_000)
    assert len(feed) == len({event.position for event in feed}) == sum(map(len, expected.values()))
    assert repository.verify()
