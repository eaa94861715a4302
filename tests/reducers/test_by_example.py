"""What single reducers say and do that no law pins: fingerprints, refusals to the letter, and documents as stored."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from time import tzset
from typing import Any
from uuid import UUID

import pytest

import sqla_osiris as osiris
from sqla_osiris import (
    Append,
    Count,
    Distinct,
    Event,
    First,
    InvalidValue,
    Last,
    Max,
    Mean,
    Merge,
    Min,
    NotExpressible,
    Reducer,
    Sum,
    Union,
)
from sqla_osiris.fold import Folded, fold, identity, merge
from sqla_osiris.reducers.base import accumulator_text
from sqla_osiris.reducers.documents import from_document, to_document
from sqla_osiris.reducers.exact import added, in_scale, negated, shortest

D = Decimal
NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Scaled(Sum):
    def __init__(self, factor: Any = 2, name: str = "x", other: Any = None) -> None:
        self.name = name
        self.factor = factor
        self.other = other or object()


def test_a_fingerprint_names_the_class_and_its_plain_parameters():
    assert Scaled().fingerprint() == "Scaled(factor=2, name='x')"
    assert repr(Scaled(b"")) == "Scaled(factor=b'', name='x')"
    assert Scaled([], other=True).fingerprint() == "Scaled(name='x', other=True)"
    assert (Sum().fingerprint(), repr(Sum())) == ("Sum", "Sum()")
    assert Inner.Deep().fingerprint() == "Inner.Deep"


class Inner:
    class Deep(Sum):
        pass


class Plain(Reducer):
    def identity(self) -> int:
        return 0

    def lift(self, touch: int) -> int:
        return touch % 10

    def merge(self, left: int, right: int) -> int:
        return right or left


def test_a_reducer_without_an_assignment_of_its_own_takes_what_leads_there():
    assert Plain().touch_between(3, 4) == 4
    for before, after in ((3, 14), (3, 0), (None, 4)):
        with pytest.raises(NotExpressible) as refused:
            Plain().touch_between(before, after)
        assert str(refused.value) == f"no touch turns {before!r} into {after!r}"
    with pytest.raises(NotImplementedError, match=r"^Plain is not invertible$"):
        Plain().invert(1)
    assert (Plain().settled(7), Plain().present(7)) == (7, 7)


@pytest.mark.parametrize(
    ("reducer", "before", "after", "touch"),
    [
        (Last(), 1, None, None),
        (First(), None, 3, 3),
        (Sum(), 3, 5, 2),
        (Sum(), None, 5, 5),
        (Sum(), D("0.1"), D("0.3"), D("0.2")),
        (Count(), None, 1, 1),
        (Count(), 4, 5, 1),
        (Mean(), None, 2.5, 2.5),
        (Max(), 1, 2, 2),
        (Max(), None, 2, 2),
        (Min(), 2, 2, 2),
        (Append(), None, [1], [1]),
        (Append(), [1], (1, 2, 3), [2, 3]),
        (Append(), [1], [1], []),
        (Union(), None, {1}, {1}),
        (Union(), ["a"], ["a", "b"], {"b"}),
        (Union(), {"a"}, frozenset("a"), set()),
        (Union(), {"a"}, ("a", 1), {1}),
        (Merge(), None, {"a": 1}, {"a": 1}),
        (Merge(), {"a": 1, "b": 2}, {"b": 2}, {"a": None}),
        (Merge(), {"a": 1}, {"a": True}, {"a": True}),
        (Merge(), {"a": {"x": 1, "y": 1}}, {"a": {"x": 2}}, {"a": {"x": 2, "y": None}}),
        (Merge(), {"a": 1}, {"a": {"x": 2}}, {"a": {"x": 2}}),
        (Merge(), {"a": [{"x": 1}], "b": 1}, {"a": [{"x": 1}], "b": 2}, {"b": 2}),
        (Merge(), {"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}),
        (Merge(), {"a": {"x": 1}}, {"a": {"y": 1}}, {"a": {"x": None, "y": 1}}),
        (osiris.Any(), None, False, False),
        (osiris.Any(), False, True, True),
        (osiris.Any(), False, False, False),
        (osiris.Any(), True, True, True),
        (osiris.All(), None, True, True),
        (osiris.All(), True, False, False),
    ],
)
def test_an_assignment_is_this_touch(reducer, before, after, touch):
    found = reducer.touch_between(before, after)

    assert (found, type(found)) == (touch, type(touch))


@pytest.mark.parametrize(
    ("reducer", "before", "after", "words"),
    [
        (First(), 1, 2, "the first value is 1 and stays it; 2 would come second"),
        (Sum(), 1, None, "a sum cannot become None; assign a number"),
        (Count(), None, 2, "one event counts one: 0 can only become 1"),
        (Count(), 2, 2, "one event counts one: 2 can only become 3"),
        (
            Mean(),
            1.0,
            2.0,
            (
                "a mean of 1.0 does not say of how many touches, so none can be found that makes it 2.0. "
                "Append the touch itself: repository(...).append(context, field=touch)"
            ),
        ),
        (
            Mean(),
            None,
            None,
            (
                "a mean of None does not say of how many touches, so none can be found that makes it None. "
                "Append the touch itself: repository(...).append(context, field=touch)"
            ),
        ),
        (
            Max(),
            3,
            2,
            "3 cannot become 2: Max keeps 3. Append a value that goes beyond it, or use Latest",
        ),
        (
            Min(),
            3,
            None,
            "3 cannot become None: Min keeps 3. Append a value that goes beyond it, or use Latest",
        ),
        (Append(), [], "ab", "an appended list can only become a longer list, not 'ab'"),
        (
            Append(),
            [1, 2],
            [1],
            (
                "[1] does not begin with what was appended before, [1, 2]: nothing is ever taken out of an appended "
                "list. Use Latest for a list that is replaced"
            ),
        ),
        (
            Append(),
            [1],
            [True, 2],
            (
                "[True, 2] does not begin with what was appended before, [1]: nothing is ever taken out of an "
                "appended list. Use Latest for a list that is replaced"
            ),
        ),
        (Union(), set(), "ab", "a union can only become another set, not 'ab'"),
        (
            Union(),
            {"b", "a", 3, 1},
            {1},
            (
                "[3, 'a', 'b'] would be taken out, and a union only grows. Use Merge with a key for each item, which "
                "None deletes, or Latest"
            ),
        ),
        (
            Distinct(),
            1,
            2,
            (
                "2 different values do not say which they are. Append a value: "
                "repository(...).append(context, field=value)"
            ),
        ),
        (Merge(), {}, [1], "a merged document can only become another object, not [1]"),
        (Merge(), {}, {"a": None}, "a merged document cannot hold None at 'a': None deletes a key"),
        (osiris.Any(), True, False, "True stays True: Any never goes back. Use Latest"),
        (osiris.All(), False, True, "False stays False: All never goes back. Use Latest"),
        (osiris.Any(), False, 1, "Any is True or False, never 1"),
        (osiris.All(), True, None, "All is True or False, never None"),
    ],
)
def test_an_assignment_that_no_event_expresses_is_refused(reducer, before, after, words):
    with pytest.raises(NotExpressible) as refused:
        reducer.touch_between(before, after)

    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("reducer", "touches", "state", "document"),
    [
        (Last(), [], None, []),
        (Last(), [1, None], None, [None]),
        (Last(), [D("1.0")], D("1.0"), [{"$Decimal": "1.0"}]),
        (First(), [], None, None),
        (First(), [3, 4], 3, 3),
        (Sum(), [], 0, 0),
        (Sum(), [1, 2], 3, 3),
        (Count(), ["x", None], 2, 2),
        (Mean(), [], None, {"$tuple": [0, 0]}),
        (Mean(), [1, 2], 1.5, {"$tuple": [3, 2]}),
        (Max(), [], None, None),
        (Max(), [1, 3, 2], 3, 3),
        (Min(), [2, 1, 3], 1, 1),
        (osiris.Any(), [], False, False),
        (osiris.Any(), [False, True, False], True, True),
        (osiris.All(), [], True, True),
        (osiris.All(), [True, False, True], False, False),
        (Append(), [], [], []),
        (Append(), [(1,), [2, 3]], [1, 2, 3], [1, 2, 3]),
        (Union(), [["b", 2], {"a", 10}], {"a", "b", 2, 10}, [2, 10, "a", "b"]),
        (Distinct(), ["b", "a", "b"], 2, ['"a"', '"b"']),
        (Merge(), [], {}, {}),
        (
            Merge(),
            [{"a": {"x": 1}}, {"a": {"y": [2]}}],
            {"a": {"x": 1, "y": [2]}},
            {"a": {"x": [1], "y": [[2]]}},
        ),
        (Merge(), [{"a": 1}, {"a": {"y": None, "z": 2}}], {"a": {"z": 2}}, {"a": [{"z": 2}]}),
        (Merge(), [{"a": 1}, {"a": None}], {}, {"a": None}),
        (Merge(), [{"a": None}, {"a": {"b": 1}}], {"a": {"b": 1}}, {"a": [{"b": 1}]}),
    ],
)
def test_touches_fold_to_this_state_and_are_stored_as_this_document(reducer, touches, state, document):
    accumulator = reducer.identity()
    for touch in touches:
        accumulator = reducer.merge(accumulator, reducer.lift(touch))

    assert (reducer.present(accumulator), type(reducer.present(accumulator))) == (state, type(state))
    assert reducer.dump(accumulator) == document
    assert reducer.load(document) == accumulator


def test_a_state_can_be_changed_without_changing_its_accumulator():
    accumulator = Append().lift([1])
    Append().present(accumulator).append(2)
    assert accumulator == [1]


def test_a_settled_merge_is_the_document_alone():
    accumulator = Merge().lift({"a": None, "b": 1})

    assert Merge().dump(Merge().settled(accumulator)) == [{"b": 1}]


def test_what_an_untouched_last_reads_is_a_copy():
    reducer = Last(absent={"a": []})

    reducer.present(reducer.identity())["a"].append(1)

    assert reducer.present(reducer.identity()) == {"a": []}
    assert reducer.present(None) is None


def test_the_identity_of_last_shows_that_nothing_was_written():
    assert repr(Last().identity()) == "UNTOUCHED"


class Colour(Enum):
    RED = "r"


KEY = UUID(int=7)
HERE = timezone(timedelta(hours=2))


@pytest.fixture
def somewhere(monkeypatch):
    """A machine whose own time zone is not UTC."""
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    tzset()
    yield
    monkeypatch.undo()
    tzset()


@pytest.mark.parametrize(
    ("touch", "key"),
    [
        (Colour.RED, "RED"),
        ("ü", '"ü"'),
        (True, "true"),
        ({"b": 1, "a": [1.0]}, '{"a": [1.0], "b": 1}'),
        ((1, 2), "[1, 2]"),
        (-0.0, "0.0"),
        (D("1.50"), "1.5"),
        (D("1E+2"), "100"),
        (datetime(2026, 1, 1, 2, tzinfo=HERE), "2026-01-01T00:00:00+00:00"),
        (datetime(2026, 1, 1, 2), "2026-01-01T02:00:00"),  # noqa: DTZ001
        (date(2026, 1, 1), "2026-01-01"),
        (time(1, 2), "01:02:00"),
        (timedelta(1, 2, 3), "1 2 3"),
        (KEY, str(KEY)),
        (b"\x0f", "0f"),
    ],
)
def test_a_value_is_told_apart_by_this_key(somewhere, touch, key):
    assert Distinct().lift(touch) == frozenset([key])


def test_a_value_of_an_unknown_type_is_refused_with_what_to_do():
    with pytest.raises(TypeError, match=r"^Distinct\(\) cannot tell object values apart; override key\(\)$"):
        Distinct().key(object())


@pytest.mark.parametrize(
    ("value", "document"),
    [
        (float("inf"), {"$float": "inf"}),
        (0.5, 0.5),
        (D("1.50"), {"$Decimal": "1.50"}),
        (NOW, {"$datetime": "2026-11-23T00:00:00+00:00"}),
        (date(2026, 1, 1), {"$date": "2026-01-01"}),
        (time(1), {"$time": "01:00:00"}),
        (timedelta(1, 2, 3), {"$timedelta": [1, 2, 3]}),
        (KEY, {"$UUID": str(KEY)}),
        (b"\x0f", {"$bytes": "0f"}),
        ((1, (2,)), {"$tuple": [1, {"$tuple": [2]}]}),
        ({10, 9, "a"}, {"$set": [9, 10, "a"]}),
        (
            frozenset([(2,), (1,), D(1)]),
            {"$frozenset": [{"$Decimal": "1"}, {"$tuple": [1]}, {"$tuple": [2]}]},
        ),
        ({"a": (1,)}, {"a": {"$tuple": [1]}}),
        ({"$a": (1,)}, {"$dict": [["$a", {"$tuple": [1]}]]}),
        ({1: (1,), "a": 2}, {"$dict": [[1, {"$tuple": [1]}], ["a", 2]]}),
        ({"a": [(1,)], "b": None}, {"a": [{"$tuple": [1]}], "b": None}),
    ],
)
def test_a_value_is_stored_as_this_document(value, document):
    assert to_document(value) == document
    assert from_document(document) == value
    assert type(from_document(document)) is type(value)


def test_an_object_of_one_key_that_names_no_type_is_itself():
    assert from_document({"$other": {"$tuple": [1]}}) == {"$other": (1,)}
    assert from_document({"$tuple": [1], "b": 1}) == {"$tuple": [1], "b": 1}
    with pytest.raises(TypeError, match=r"^\(1\+2j\) has no JSON form$"):
        to_document(1 + 2j)


def test_decimals_are_added_exactly_beside_integers_and_floats_as_they_are():
    tiny = D("1E-40")
    assert added(1, tiny) == D("1." + "0" * 39 + "1")
    assert added(tiny, 1) == D("1." + "0" * 39 + "1")
    assert added(tiny, D(1)) == D("1." + "0" * 39 + "1")
    assert (added(1, 2), added(0.5, 1)) == (3, 1.5)
    assert negated(D("1." + "0" * 39 + "1")) == D("-1." + "0" * 39 + "1")
    assert (negated(3), negated(-0.5)) == (-3, 0.5)


def test_decimals_are_written_in_full():
    long = D("1." + "0" * 39 + "10")
    assert shortest(long) == "1." + "0" * 39 + "1"
    assert [shortest(D(text)) for text in ("1.00", "1E+3", "-0.0")] == ["1", "1000", "0"]
    assert [str(in_scale(D(text), 2)) for text in ("1", "1.500", "-0")] == ["1.00", "1.50", "0.00"]
    assert [str(in_scale(D(text), None)) for text in ("1.500", "-0.0", "10")] == ["1.5", "0", "10"]
    assert str(in_scale(D("1" * 30), 2)) == "1" * 30 + ".00"
    assert str(in_scale(long, None)) == "1." + "0" * 39 + "1"


def event(seq: int, *, ends: bool = False, **fields: object) -> Event:
    return Event("bob", seq, seq, NOW, fields, ends=ends)


SUMS = {"pay": Sum(), "name": Last()}


def test_a_fold_says_how_far_it_came_and_whether_it_ended():
    nothing = identity(SUMS)
    assert (nothing.seq, nothing.ended, nothing.restarts) == (0, False, False)
    first = fold(SUMS, [event(4, pay=1)])
    assert (first.seq, first.accumulators["pay"], first.ended, first.restarts) == (4, 1, False, False)
    ended = fold(SUMS, [event(5, ends=True)], onto=first)
    assert (ended.seq, ended.accumulators["pay"], ended.ended, ended.restarts) == (5, 0, True, True)
    again = fold(SUMS, [event(6, pay=2)], onto=ended)
    assert (again.seq, again.accumulators["pay"], again.ended, again.restarts) == (6, 2, False, True)
    assert fold(SUMS, [], onto=ended) == ended


def test_merging_stretches_keeps_the_later_seq_and_end():
    nothing, first = identity(SUMS), fold(SUMS, [event(4, pay=1)])
    ended = fold(SUMS, [event(5, pay=7), event(6, ends=True)])

    assert merge(SUMS, first, nothing) == first
    assert merge(SUMS, nothing, first) == first
    assert merge(SUMS, ended, nothing) == ended
    after = merge(SUMS, ended, first)
    assert (after.seq, after.accumulators["pay"], after.ended, after.restarts) == (4, 1, False, True)
    assert merge(SUMS, first, ended) is ended
    assert merge(SUMS, first, Folded(5, nothing.accumulators, ended=True)).ended


def test_an_accumulator_is_kept_as_json_and_read_as_it_was():
    assert accumulator_text(Append(), ["é", {"n": 1}]) == '["é", {"n": 1}]'
    with pytest.raises(
        InvalidValue, match=r"^Append\(\) folded an accumulator that JSON cannot say \(.*\)\. Override"
    ):
        accumulator_text(Append(), [float("nan")])


def test_the_greatest_says_what_a_lesser_value_would_fold_to():
    with pytest.raises(NotExpressible, match=r"3\. Append a value that goes beyond it"):
        Max().touch_between(3, 2)
