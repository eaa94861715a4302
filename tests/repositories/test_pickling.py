"""Errors and states come out of a pickle and of a copy as they went in."""

import inspect
import pickle
from copy import copy, deepcopy

import pytest
from sqlalchemy import JSON, String

import sqla_osiris
from sqla_osiris import (
    ABSENT,
    Aggregate,
    Append,
    ConcurrentAppend,
    Context,
    EventSourced,
    LawBroken,
    Merge,
    OsirisError,
    Union,
    UnknownField,
    diff,
    replay,
)


class Pickled(EventSourced):
    __tablename__ = "pickled"
    id = Context(String(20))
    data = Aggregate(JSON, reducer=Merge())
    notes = Aggregate(JSON, reducer=Append())
    tags = Aggregate(JSON, reducer=Union())


ERRORS = [
    error for _, error in inspect.getmembers(sqla_osiris, inspect.isclass) if issubclass(error, OsirisError)
]
BUILT = {
    ConcurrentAppend: lambda: ConcurrentAppend(context="a", expected_seq=1, found_seq=2, model="Pickled"),
    UnknownField: lambda: UnknownField(model="Pickled", field="nope", known=("data",)),
    LawBroken: lambda: LawBroken(law="order", subject="Pickled", example={"a": [1]}, left=1, right=2),
}


def pickled(value):
    return pickle.loads(pickle.dumps(value))  # noqa: S301  (our own)


both = pytest.mark.parametrize("again", [deepcopy, pickled], ids=["copy", "pickle"])


@both
@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_says_the_same_in_another_process(error, again):
    raised = BUILT.get(error, lambda: error("what, where, and what to do"))()
    copied = again(raised)
    assert (type(copied), str(copied), vars(copied)) == (error, str(raised), vars(raised))


@both
def test_states_of_every_kind_can_be_copied(opens, again):
    profiles = opens(Pickled)
    profiles.append("a", data={"a": 1}, notes=[1], tags=["x"])
    profiles.append("a", data={"b": 1}, notes=[2], tags=["y"])
    states = [
        profiles.state("a"),
        profiles.state("a", at=1),
        *profiles.states(["a"]),
        *(replayed.state for replayed in replay(profiles, "a")),
    ]
    for state in states:
        copied = again(state)
        found = [(each.seq, each.data, each.notes, each.tags) for each in (copied, state)]
        assert found[0] == found[1]


@pytest.mark.parametrize("again", [copy, deepcopy, pickled], ids=["copy", "deepcopy", "pickle"])
def test_absent_stays_itself_in_a_copy(opens, again):
    profiles = opens(Pickled)
    profiles.append("a", data={"a": 1})
    assert again(ABSENT) is ABSENT
    assert again(dict(diff(profiles, "a", 0)))["data"].before is ABSENT
