"""A sum that no column holds is refused by every call that would show or store it, and by none that appends."""

import pytest
from sqlalchemy import BigInteger, Float, String
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import Aggregate, Context, EventSourced, Every, Inline, InvalidValue, Latest, Never, NewEvent
from tests import selection
from tests.opening import STORES

GREATEST = 2**63 - 1


class Base(DeclarativeBase):
    pass


class Totals:
    id = Context(String(40))
    name = Latest(String(40))
    whole = Aggregate(BigInteger)
    real = Aggregate(Float)


class Inlined(EventSourced, Totals, Base):
    __tablename__ = "sum_inlined"
    __snapshot__ = Inline()


class Often(EventSourced, Totals, Base):
    __tablename__ = "sum_often"
    __snapshot__ = Every(2)


class Unfolded(EventSourced, Totals, Base):
    __tablename__ = "sum_unfolded"
    __snapshot__ = Never()


PAIRS = selection.pairs(mongodb=[Inlined, Often, Unfolded], dynamodb=[Inlined, Often])


@pytest.fixture(params=PAIRS, ids=[f"{store}-{model.__name__}" for store, model in PAIRS])
def totals(request):
    store, model = request.param
    for opens in STORES[store](request):
        yield opens(model)


READS = {
    "state": lambda totals: totals.state("bob"),
    "state at a seq": lambda totals: totals.state("bob", at=2),
    "states": lambda totals: list(totals.states()),
    "states of some": lambda totals: list(totals.states(["jane", "bob"])),
    "snapshot": lambda totals: totals.snapshot("bob"),
}
TOUCHES = {
    "an integer": [{"whole": GREATEST}, {"whole": 1}],
    "a negative integer": [{"whole": -(2**63)}, {"whole": -1}],
    "a float": [{"real": 1.5e308}, {"real": 1.5e308}],
}


@pytest.mark.parametrize("snapshot", [False, True])
@pytest.mark.parametrize("touches", TOUCHES.values(), ids=TOUCHES)
def test_what_would_show_or_store_it_refuses_it_by_name(totals, touches, snapshot):
    first, second = touches
    totals.append("jane", whole=1)
    totals.append("bob", **first)
    if snapshot:
        totals.snapshot("bob")
    totals.append("bob", **second)

    for call in READS.values():
        with pytest.raises(InvalidValue, match=r"(whole|real) of 'bob'.*64 bits"):
            call(totals)
    assert [event.fields for event in totals.history("bob")] == touches
    assert len(totals.feed()) == 3
    assert totals.state("jane").whole == totals.state("bob", at=1).seq == 1
    assert totals.verify()


@pytest.mark.parametrize("events", [2, 22])  # every two, and the twenty that `Inline()` means
def test_an_append_that_makes_a_snapshot_due_is_written_and_can_be_taken_back(totals, events):
    totals.append("bob", whole=GREATEST)
    for _ in range(events):
        totals.append("bob", whole=1)
    totals.append_many(NewEvent("bob", {"whole": -1}) for _ in range(events))

    assert totals.state("bob").whole == GREATEST
    assert totals.snapshot("bob") == 2 * events + 1
    assert totals.state("bob").whole == GREATEST
    assert totals.verify()


def test_the_snapshots_of_others_are_taken_all_the_same(totals):
    contexts = ["anne", "bob", "cid"]
    for context in contexts:
        for whole in (GREATEST, 1 if context == "bob" else 0):
            totals.append_many([NewEvent(context, {"whole": whole})])
    totals.append_many(NewEvent(context, {"name": "x"}) for context in contexts for _ in range(150))

    if type(totals.model.__snapshot__) is not Never:
        with pytest.raises(InvalidValue, match="'bob'"):
            totals.snapshots()
    assert [totals.state(context).seq for context in ("anne", "cid")] == [152, 152]
    assert totals.archive(keep=0) == (0 if type(totals.model.__snapshot__) is Never else 304)
