"""The laws that make snapshots and batches safe, for every reducer that is shipped."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sqla_osiris as osiris
from sqla_osiris import (
    Append,
    Count,
    Distinct,
    Event,
    First,
    Last,
    Max,
    Mean,
    Merge,
    Min,
    NotExpressible,
    Sum,
    Union,
)
from sqla_osiris.fold import fold, identity, merge, present
from sqla_osiris.reducers import Reducer

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, places=2)
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(["a", "b", "c"])
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS | st.lists(SCALARS, max_size=2), lambda inner: st.dictionaries(KEYS, inner, max_size=3)
    ),
)
ITEMS = st.integers() | st.text(max_size=3)
REDUCERS: list[tuple[Reducer, Any]] = [
    (Last(), SCALARS),
    (First(), st.integers()),
    (Sum(), st.integers()),
    (Sum(), DECIMALS),
    (Count(), st.integers()),
    (Max(), st.integers()),
    (Min(), st.text(max_size=3)),
    (Mean(), st.integers(-(2**62), 2**62)),
    (Mean(), DECIMALS),
    (osiris.Any(), st.booleans()),
    (osiris.All(), st.booleans()),
    (Append(), st.lists(SCALARS | DOCUMENTS, max_size=3)),
    (Union(), st.sets(ITEMS, max_size=3) | st.lists(ITEMS, max_size=3)),
    (Distinct(), SCALARS.filter(lambda touch: touch is not None) | DECIMALS | st.binary(max_size=2)),
    (Merge(), DOCUMENTS),
]
every_reducer = pytest.mark.parametrize(
    ("reducer", "touches"),
    REDUCERS,
    ids=[f"{reducer!r}-{place}" for place, (reducer, _) in enumerate(REDUCERS)],
)
# The reducers share a law's examples, and each gets some.
shared = settings(max_examples=max(25, settings.default.max_examples // len(REDUCERS)))
claimed = {
    claim: pytest.mark.parametrize(
        ("reducer", "touches"),
        [(reducer, touches) for reducer, touches in REDUCERS if getattr(reducer, claim)],
        ids=lambda part: repr(part) if isinstance(part, Reducer) else "",
    )
    for claim in ("commutative", "idempotent", "invertible")
}


def folded(reducer: Reducer, touches: list[Any]) -> Any:
    accumulator = reducer.identity()
    for touch in touches:
        accumulator = reducer.merge(accumulator, reducer.lift(touch))
    return accumulator


@every_reducer
@shared
@given(data=st.data())
def test_merging_with_the_identity_changes_nothing(reducer, touches, data):
    some = folded(reducer, data.draw(st.lists(touches)))

    assert reducer.merge(reducer.identity(), some) == some
    assert reducer.merge(some, reducer.identity()) == some


@every_reducer
@shared
@given(data=st.data())
def test_merge_is_associative(reducer, touches, data):
    a, b, c = (folded(reducer, data.draw(st.lists(touches, max_size=3))) for _ in range(3))

    assert reducer.merge(reducer.merge(a, b), c) == reducer.merge(a, reducer.merge(b, c))


@every_reducer
@shared
@given(data=st.data())
def test_a_fold_may_be_split_anywhere(reducer, touches, data):
    xs, ys = data.draw(st.lists(touches)), data.draw(st.lists(touches))

    assert folded(reducer, xs + ys) == reducer.merge(folded(reducer, xs), folded(reducer, ys))


@claimed["commutative"]
@shared
@given(data=st.data())
def test_a_commutative_reducer_ignores_the_order(reducer, touches, data):
    some = data.draw(st.lists(touches))

    assert folded(reducer, data.draw(st.permutations(some))) == folded(reducer, some)


@claimed["idempotent"]
@shared
@given(data=st.data())
def test_an_idempotent_reducer_ignores_what_it_has_merged_already(reducer, touches, data):
    some = folded(reducer, data.draw(st.lists(touches)))

    assert reducer.merge(some, some) == some


@claimed["invertible"]
@shared
@given(data=st.data())
def test_an_invertible_reducer_takes_back_what_it_merged(reducer, touches, data):
    some = folded(reducer, data.draw(st.lists(touches)))

    assert reducer.merge(some, reducer.invert(some)) == reducer.identity()
    assert reducer.merge(reducer.invert(some), some) == reducer.identity()


@pytest.mark.parametrize("reducer", [reducer for reducer, _ in REDUCERS if not reducer.invertible], ids=repr)
def test_a_reducer_that_is_not_invertible_says_so(reducer):
    with pytest.raises(NotImplementedError, match=type(reducer).__name__):
        reducer.invert(reducer.identity())


@every_reducer
@shared
@given(data=st.data())
def test_an_accumulator_survives_its_json(reducer, touches, data):
    some = folded(reducer, data.draw(st.lists(touches)))

    read = reducer.load(json.loads(json.dumps(reducer.dump(some), allow_nan=False)))

    assert read == some
    assert repr(reducer.present(read)) == repr(reducer.present(some)) or isinstance(reducer, Union)


@every_reducer
@shared
@given(data=st.data())
def test_a_settled_accumulator_stands_for_the_beginning_of_a_stream(reducer, touches, data):
    a, b = (folded(reducer, data.draw(st.lists(touches))) for _ in range(2))

    assert reducer.present(reducer.settled(a)) == reducer.present(a)
    assert reducer.present(reducer.merge(reducer.settled(a), b)) == reducer.present(reducer.merge(a, b))


@every_reducer
@shared
@given(data=st.data())
def test_an_assignment_that_is_expressed_gives_the_assigned_state(reducer, touches, data):
    before = folded(reducer, data.draw(st.lists(touches)))
    after = reducer.present(folded(reducer, data.draw(st.lists(touches, min_size=1))))

    try:
        touch = reducer.touch_between(reducer.present(before), after)
    except NotExpressible:
        return
    assert reducer.present(reducer.merge(reducer.settled(before), reducer.lift(touch))) == after


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


ANYTHING = st.recursive(
    SCALARS
    | st.floats(allow_nan=False)
    | DECIMALS
    | st.binary(max_size=3)
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.datetimes(timezones=st.none() | st.sampled_from([UTC, timezone(timedelta(hours=2, minutes=30))])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(
            st.text(max_size=3) | st.sampled_from(["$tuple", "$dict", "$set"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


class Kept(Reducer):
    """Keeps the last touch as it is: what it dumps is what was given."""

    def identity(self) -> Any:
        return None

    def lift(self, touch: Any) -> Any:
        return touch

    def merge(self, left: Any, right: Any) -> Any:
        return left if right is None else right


@given(
    value=ANYTHING | st.sets(st.integers() | st.text(max_size=3)) | st.dictionaries(st.integers(), ANYTHING)
)
def test_a_users_accumulator_survives_its_json_with_its_types(value):
    document = json.loads(json.dumps(Kept().dump(value), allow_nan=False))

    assert exactly(Kept().load(document)) == exactly(value)


def exactly(value: Any) -> Any:
    """The value with its types, at every depth."""
    if isinstance(value, dict):
        return dict, [(exactly(key), exactly(item)) for key, item in value.items()]
    if isinstance(value, list | tuple):
        return type(value), [exactly(item) for item in value]
    if isinstance(value, Decimal | datetime):
        return type(value), str(value)
    return type(value), value


def test_an_accumulator_that_json_cannot_say_is_refused():
    with pytest.raises(TypeError, match="no JSON form"):
        Kept().dump(object())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Decimal("1.0"), Decimal("1.00")),
        (Decimal("-0.00"), Decimal(0)),
        (0.0, -0.0),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (
            datetime(2026, 11, 23, 12, tzinfo=UTC),
            datetime(2026, 11, 23, 14, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_equal_values_are_not_distinct(one, other):
    assert Distinct().present(folded(Distinct(), [one, other])) == 1


@pytest.mark.parametrize(
    "different",
    [
        [1, 1.0, True, "1", "true", None, [1], {"1": 1}],
        [Decimal(10), Decimal(100), Decimal("0.1"), Decimal("1.000000000000000000000000000001"), Decimal(1)],
        [date(2026, 1, 1), date(2026, 1, 2)],
        [b"", b"\x00"],
        [UUID(int=1), UUID(int=2)],
    ],
)
def test_different_values_are_distinct(different):
    touches = [touch for touch in different if touch is not None]

    assert Distinct().present(folded(Distinct(), touches)) == len(touches)


def test_a_sum_of_decimals_keeps_every_digit():
    touches = [Decimal("12345678901234567890123456789.01"), Decimal("0.00000000000000000001")]

    assert Sum().present(folded(Sum(), touches)) == Decimal(
        "12345678901234567890123456789.01000000000000000001"
    )


def test_a_mean_is_the_float_of_the_exact_sum_divided_by_the_count():
    assert Mean().present(folded(Mean(), [2**53, 1, 1])) == float(2**53 + 2) / 3
    assert Mean().present(folded(Mean(), [Decimal("0.10"), Decimal("0.20")])) == 0.15
    assert Mean().present(Mean().identity()) is None
