"""The laws that make snapshots and batches safe, for every reducer that is shipped."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sqla_osiris import Count, Event, First, Last, Max, Merge, Min, NotExpressible, Sum
from sqla_osiris.fold import fold, identity, merge, present
from sqla_osiris.reducers import Reducer

NUMBERS = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=2)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(["a", "b", "c"])
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS | st.lists(SCALARS, max_size=2), lambda inner: st.dictionaries(KEYS, inner, max_size=3)
    ),
)
REDUCERS: list[tuple[Reducer, Any]] = [
    (Last(), SCALARS),
    (First(), st.integers()),
    (Sum(), st.integers()),
    (Count(), st.integers()),
    (Max(), st.integers()),
    (Min(), st.text(max_size=3)),
    (Merge(), DOCUMENTS),
]
every_reducer = pytest.mark.parametrize(
    ("reducer", "touches"), REDUCERS, ids=lambda part: type(part).__name__
)


def folded(reducer: Reducer, touches: list[Any]) -> Any:
    accumulator = reducer.identity()
    for touch in touches:
        accumulator = reducer.merge(accumulator, reducer.lift(touch))
    return accumulator


@every_reducer
@given(data=st.data())
def test_merging_with_the_identity_changes_nothing(reducer, touches, data):
    some = folded(reducer, data.draw(st.lists(touches)))

    assert reducer.merge(reducer.identity(), some) == some
    assert reducer.merge(some, reducer.identity()) == some


@every_reducer
@given(data=st.data())
def test_merge_is_associative(reducer, touches, data):
    a, b, c = (folded(reducer, data.draw(st.lists(touches, max_size=3))) for _ in range(3))

    assert reducer.merge(reducer.merge(a, b), c) == reducer.merge(a, reducer.merge(b, c))


@every_reducer
@given(data=st.data())
def test_a_fold_may_be_split_anywhere(reducer, touches, data):
    xs, ys = data.draw(st.lists(touches)), data.draw(st.lists(touches))

    assert folded(reducer, xs + ys) == reducer.merge(folded(reducer, xs), folded(reducer, ys))


@pytest.mark.parametrize("reducer", [Sum(), Count(), Max(), Min()], ids=repr)
@given(touches=st.lists(st.integers()), data=st.data())
def test_a_commutative_reducer_ignores_the_order(reducer, touches, data):
    assert reducer.commutative
    assert folded(reducer, data.draw(st.permutations(touches))) == folded(reducer, touches)


@every_reducer
@given(data=st.data())
def test_an_assignment_that_is_expressed_gives_the_assigned_state(reducer, touches, data):
    before = folded(reducer, data.draw(st.lists(touches)))
    after = reducer.present(folded(reducer, data.draw(st.lists(touches, min_size=1))))

    try:
        touch = reducer.touch_between(reducer.present(before), after)
    except NotExpressible:
        return
    stored = reducer.absolute(reducer.present(before)) if isinstance(reducer, Merge) else before
    assert reducer.present(reducer.merge(stored, reducer.lift(touch))) == after


@given(documents=st.lists(DOCUMENTS))
def test_merge_applies_json_merge_patches_one_after_the_other(documents):
    state: Any = {}
    for document in documents:
        state = rfc_7396(state, document)

    assert Merge().present(folded(Merge(), documents)) == state


def rfc_7396(target: Any, patch: Any) -> Any:
    """The pseudocode of RFC 7396, section 2."""
    if not isinstance(patch, dict):
        return patch
    target = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            target.pop(name, None)
        else:
            target[name] = rfc_7396(target.get(name), value)
    return target


def test_a_scalar_between_two_objects_is_not_forgotten_by_a_split():
    # The minimal example on which merging the documents themselves, as osiris-es did, is not associative.
    first, second, third = {"a": {"x": 1}}, {"a": 1}, {"a": {"y": 2}}

    tail = Merge().merge(Merge().lift(second), Merge().lift(third))

    assert Merge().present(Merge().merge(Merge().lift(first), tail)) == {"a": {"y": 2}}


FIELDS: dict[str, Reducer] = {"title": Last(), "salary": Sum(), "profile": Merge()}
TOUCHES = st.fixed_dictionaries(
    {}, optional={"title": SCALARS, "salary": st.integers(), "profile": DOCUMENTS}
)
HISTORIES = st.lists(st.none() | TOUCHES, max_size=8)  # None ends the stream


def events(history: list[Any], *, after: int = 0) -> list[Event]:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    return [
        Event("bob", seq, seq, now, touches or {}, ends=touches is None)
        for seq, touches in enumerate(history, after + 1)
    ]


@given(xs=HISTORIES, ys=HISTORIES)
def test_the_fold_of_a_stream_is_a_homomorphism_ends_included(xs, ys):
    whole = fold(FIELDS, events(xs + ys))
    halves = merge(FIELDS, fold(FIELDS, events(xs)), fold(FIELDS, events(ys, after=len(xs))))

    assert present(FIELDS, halves) == present(FIELDS, whole)
    assert (halves.seq, halves.ended) == (whole.seq, whole.ended)
    assert merge(FIELDS, identity(FIELDS), whole) == whole


@given(xs=HISTORIES, ys=HISTORIES)
def test_a_fold_goes_on_from_a_prefix(xs, ys):
    prefix = fold(FIELDS, events(xs))

    assert fold(FIELDS, events(ys, after=len(xs)), onto=prefix) == fold(FIELDS, events(xs + ys))
