"""What every store promises, by the same calls on each. The kit's conformance says the rest (tests/stores/test_kit.py)."""

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from sqla_osiris import ConcurrentAppend, Event, InvalidValue, NewEvent, UnknownField
from tests.stores.models import Colour, Employee, Profiled, Stock, Typed
from tests.stores.small_pages import small_pages


@pytest.fixture
def employees(opens):
    return opens(Employee)


def seqs(repository, context):
    return [event.seq for event in repository.history(context)]


# Appending


def test_an_append_returns_the_event_as_the_history_has_it(employees):
    given = {"event_id": uuid4(), "event_type": "worked late", "event_meta": {"by": "jane", "$ref": 1.0}}
    appended = employees.append("bob", company="Hooly", overtime=3, title=None, **given)

    (found,) = employees.history("bob")
    assert (found.context, found.seq, found.fields) == (
        "bob",
        1,
        {"company": "Hooly", "overtime": 3, "title": None},
    )
    assert (found.event_id, found.event_type, found.event_meta) == tuple(given.values())
    assert (appended.context, appended.seq, appended.recorded_at, appended.fields, appended.event_id) == (
        found.context,
        found.seq,
        found.recorded_at,
        found.fields,
        found.event_id,
    )


def test_an_event_that_was_read_is_a_frozen_value(employees):
    employees.append("bob", overtime=3)

    for (event,) in (list(employees.history("bob")), employees.feed()):
        assert (type(event), event, repr(event)) == (Event, replace(event), repr(replace(event)))
        with pytest.raises(FrozenInstanceError):
            event.seq = 2


def test_the_state_is_the_fold_of_the_touches(employees):
    employees.append("bob", company="Hooly", overtime=3, bonus=Decimal("1.50"), best="a", worst=7, hired="x")
    employees.append("bob", overtime=4, bonus=Decimal("2.25"), best="B", worst=9, hired="y", reviews=5)
    employees.append("bob", company=None, reviews=5)

    state = employees.state("bob")
    assert (state.id, state.seq, state.company, state.title) == ("bob", 3, None, None)
    assert (state.overtime, state.bonus, state.best) == (7, Decimal("3.75"), "a")
    assert (state.worst, state.hired, state.reviews) == (7, "x", 2)


def test_an_untouched_stream_has_the_identities(employees):
    employees.append("bob")

    state = employees.state("bob")
    assert [state.company, state.best, state.worst, state.hired] == [None] * 4
    assert [state.overtime, state.bonus, state.reviews, state.seq] == [0, 0, 0, 1]


def test_times_are_aware_and_never_go_back_within_a_context(employees):
    future = datetime(2100, 1, 1, microsecond=123456, tzinfo=timezone(timedelta(hours=5)))
    employees.append("bob", overtime=1)
    employees.append("bob", overtime=1)
    employees.append_many([NewEvent("jane", {"overtime": 1}, recorded_at=future)])

    times = [event.recorded_at for event in employees.history("bob")]
    assert times == sorted(times)
    assert all(
        t.utcoffset() == timedelta(0) and abs(datetime.now(UTC) - t) < timedelta(hours=1) for t in times
    )
    assert [event.recorded_at for event in employees.history("jane")] == [future]


# Expectations


def test_a_stale_append_is_refused_and_changes_nothing(employees):
    employees.append("bob", overtime=1)
    employees.append("bob", overtime=1)

    for expected in (0, 1, 3, 7):
        with pytest.raises(ConcurrentAppend) as refused:
            employees.append("bob", overtime=5, expected_seq=expected)

        told = refused.value
        assert (told.context, told.expected_seq, told.found_seq) == ("bob", expected, 2)
        assert (employees.state("bob").overtime, seqs(employees, "bob")) == (2, [1, 2])


def test_a_stream_that_was_never_begun_is_at_no_seq(employees):
    with pytest.raises(ConcurrentAppend) as refused:
        employees.append("bob", overtime=5, expected_seq=3)

    assert (refused.value.found_seq, employees.state("bob")) == (None, None)


# Identity


def test_a_stream_that_ends_twice_in_a_batch_is_its_last_life(employees):
    lives = [NewEvent("bob", {"overtime": 1}), NewEvent("bob", {}, ends=True)] * 2
    employees.append_many([*lives, NewEvent("bob", {"overtime": 1})])
    assert (employees.state("bob").overtime, employees.state("bob").seq) == (1, 5)

    employees.append_many([NewEvent("bob", {}, ends=True), *lives])
    assert employees.state("bob") is None


def test_the_same_event_id_again_appends_nothing(employees):
    identity = uuid4()
    once = employees.append("bob", overtime=1, event_id=identity)
    employees.append("bob", overtime=1)
    again = employees.append("bob", overtime=9, event_id=identity, expected_seq=0)

    assert (again.seq, again.fields, again.recorded_at) == (once.seq, once.fields, once.recorded_at)
    assert employees.state("bob").overtime == 2


def test_an_event_id_is_the_contexts_own(employees):
    identity = uuid4()

    assert [employees.append(context, overtime=1, event_id=identity).seq for context in ("bob", "jane")] == [
        1,
        1,
    ]


def test_a_batch_leaves_out_the_events_that_are_there(employees):
    first, second = uuid4(), uuid4()
    employees.append("bob", overtime=1, event_id=first)
    batch = [NewEvent("bob", {"overtime": 10}, event_id=identity) for identity in (first, second, second)]

    assert employees.append_many(batch) == 1
    assert employees.append_many(batch) == 0
    assert employees.state("bob").overtime == 11
    # Those without an id are as many as they come.
    assert employees.append_many([*batch, NewEvent("bob", {}), NewEvent("bob", {})]) == 2


# Batches


def test_a_batch_keeps_its_order_in_each_context(employees):
    employees.append("e1", overtime=1000)
    told = []

    written = employees.append_many(
        (NewEvent(f"e{number % 3}", {"overtime": number}) for number in range(300)), progress=told.append
    )

    assert (written, told[-1]) == (300, 300)
    assert [e.fields["overtime"] for e in employees.history("e1")] == [1000, *range(1, 300, 3)]
    assert seqs(employees, "e1") == list(range(1, 102))
    assert employees.state("e1").overtime == 1000 + sum(range(1, 300, 3))


def test_an_empty_batch_is_no_event(employees):
    assert employees.append_many([]) == 0


TEXTS = ["a\\b", 'c"d', "{e}", "f,g", "NULL", "h\\", '\\"', " ", "plain"]


def test_whatever_is_in_the_texts_of_a_batch_stays_in_them(opens, subtests):
    employees = opens(Employee)
    for number, texts in enumerate([*([text] for text in TEXTS), TEXTS, ["a\\b", "plain"]]):
        with subtests.test(texts=texts):
            contexts = {f"{number}{text}": text for text in texts}
            employees.append_many(NewEvent(each, {"company": text}) for each, text in contexts.items())
            assert {state.id: state.company for state in employees.states(contexts)} == contexts


def test_what_an_event_of_a_batch_brings_is_kept_and_other_times_are_the_stores(employees):
    moment = datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    said = {"event_id": uuid4(), "event_type": "t", "event_meta": {"a": 1}, "recorded_at": moment}
    employees.append_many([NewEvent("bob", {"overtime": 1}), NewEvent("bob", {}, **said)])
    employees.append_many([NewEvent("bob", {"overtime": 1})])

    first, given, last = employees.history("bob")
    assert {name: getattr(given, name) for name in said} == said
    assert timedelta() <= last.recorded_at - first.recorded_at < timedelta(hours=1)


BAD_EVENTS = [
    (NewEvent("bob", {"overtime": "three"}), InvalidValue),
    (NewEvent("bob", {"overtme": 3}), UnknownField),
    (NewEvent(None, {"overtime": 3}), InvalidValue),
    (NewEvent("bob", {"overtime": 3}, event_type="x" * 256), InvalidValue),
]


def test_a_bad_event_leaves_nothing_of_its_batch(employees, subtests):
    for bad, error in BAD_EVENTS:
        with subtests.test(bad=bad):
            with pytest.raises(error):
                employees.append_many(
                    [NewEvent("bob", {"overtime": 1}), NewEvent("jane", {"overtime": 1}), bad]
                )

            assert (list(employees.states()), seqs(employees, "bob"), seqs(employees, "jane")) == ([], [], [])


# Reading


@pytest.mark.parametrize("number", [20, 21])
def test_states_are_read_in_any_number(employees, number):
    with small_pages(10):
        employees.append_many(NewEvent(f"e{each}", {"overtime": each}) for each in range(number))

        assert sum(state.overtime for state in employees.states()) == sum(range(number))
        assert sum(s.overtime for s in employees.states(f"e{n}" for n in range(number))) == sum(range(number))
        assert [state.id for state in employees.states(["e2", "nobody", "e1", "e2"])] == ["e2", "e1", "e2"]


@pytest.mark.parametrize("last", [20, 21])
def test_a_history_begins_behind_a_seq(employees, last):
    with small_pages(10):
        employees.append_many(NewEvent("bob", {"overtime": number}) for number in range(last))

        assert seqs(employees, "bob") == list(range(1, last + 1))
        assert [event.seq for event in employees.history("bob", after=last - 2)] == [last - 1, last]
        assert list(employees.history("bob", after=last)) == []


def test_documents_are_merged_over_snapshots(opens):
    profiles = opens(Profiled)
    for patch in [
        {"a": {"b": 1}},
        {"a": {"c": 2}},
        {"a": {"b": None}},
        {"d": 1.0},
        {"d": None, "$e.f": True},
    ]:
        profiles.append("bob", profile=patch, overtime=1)
        profiles.snapshot("bob")

    assert profiles.state("bob").profile == {"a": {"c": 2}, "$e.f": True}
    assert profiles.state("bob").overtime == 5


def test_a_composite_context_is_a_tuple(opens):
    stock = opens(Stock)
    stock.append(("north", 7), pieces=3)
    stock.append(("north", 8), pieces=1)
    stock.append_many([NewEvent(("north", 7), {"pieces": 2})])

    assert [(e.context, e.seq) for e in stock.history(("north", 7))] == [(("north", 7), 1), (("north", 7), 2)]
    assert {(s.warehouse, s.article, s.pieces) for s in stock.states()} == {("north", 7, 5), ("north", 8, 1)}
    assert [state.pieces for state in stock.states([("north", 8), ("south", 8)])] == [1]
    batch = [NewEvent(("west", i % 3), {"pieces": 1}, event_id=UUID(int=i)) for i in range(9)]
    assert stock.append_many(batch) == 9
    assert stock.append_many([*batch, NewEvent(("west", 7), {"pieces": 1}, event_id=UUID(int=1))]) == 1
    assert stock.state(("west", 1)).pieces == 3


CONTEXTS = [
    " ",
    "$bob",
    "a.b.c",
    "$where.$x",
    "{}",
    "null",
    "Zoë 🦉",
    "%2E",
    "x" * 400,
    "#",
    "bob\n",
    "*",
    "feed",
    "1",
    '["a"]',
    "\n",
]


def test_a_context_is_any_text(employees):
    for context in CONTEXTS:
        employees.append(context, overtime=1, event_id=UUID(int=1))
    employees.append_many([NewEvent(context, {"overtime": 2}) for context in CONTEXTS])

    assert [(state.id, state.overtime) for state in employees.states(CONTEXTS)] == [(c, 3) for c in CONTEXTS]
    assert all([e.context for e in employees.history(context)] == [context] * 2 for context in CONTEXTS)
    assert (
        {state.id for state in employees.states()}
        == {event.context for event in employees.feed()}
        == set(CONTEXTS)
    )


def test_an_empty_context_is_a_context_or_refused(employees):
    try:
        employees.append("", overtime=1)
    except InvalidValue:
        assert list(employees.states()) == []
    else:
        assert [(state.id, state.overtime) for state in employees.states()] == [("", 1)]


BAD_CONTEXTS = ["a\0b", "x" * 401, 7, None, ("bob", 1), "a\ud800"]


def test_a_bad_context_is_refused(employees, subtests):
    for context in BAD_CONTEXTS:
        for call in (
            lambda context: employees.append(context, overtime=1),
            lambda context: employees.append_many([NewEvent("bob", {}), NewEvent(context, {})]),
            employees.state,
            lambda context: list(employees.history(context)),
        ):
            with subtests.test(context=context), pytest.raises(InvalidValue):
                call(context)

    assert list(employees.states()) == []


# Values

HALF_PAST = timezone(timedelta(hours=5, minutes=30))
VALUES = [
    ("whole", 2**63 - 1),
    ("whole", -(2**63)),
    ("whole", 0),
    ("real", 0.1),
    ("real", 1e300),
    ("real", -5e-324),
    ("real", 3.0),
    ("exact", Decimal("1234567890.12")),
    ("exact", Decimal("-0.01")),
    ("flag", True),
    ("flag", False),
    ("text", ""),
    ("text", "$x.y\u2028 🦉 é e\u0301"),
    ("raw", b""),
    ("raw", bytes(range(256))),
    ("moment", datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=HALF_PAST)),
    ("moment", datetime(1900, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
    ("wall", datetime(2026, 1, 2, 3, 4, 5, 678901)),  # noqa: DTZ001
    ("day", date(1066, 10, 14)),
    ("hour", time(23, 59, 59, 999999)),
    ("hour", time(0)),
    ("span", timedelta(days=400, microseconds=1)),
    ("colour", Colour.GREEN),
    ("token", UUID(int=7)),
    ("document", {"a": [1, 1.0, True, None, 2**60, "$x"], "$ref": {"b.c": {}}, "": 0.1}),
    ("document", []),
    ("document", "text"),
    ("document", 0),
]


def test_a_value_comes_back_equal_and_of_its_type(opens):
    """All of them at once: a store of its own for each would cost minutes."""
    typed = opens(Typed)
    for number, (field, value) in enumerate(VALUES):
        typed.append(f"x{number}", **{field: value})
        typed.append(f"y{number}", **{field: value})
    typed.append_many(NewEvent(f"y{number}", {field: value}) for number, (field, value) in enumerate(VALUES))
    for number in range(len(VALUES)):
        typed.snapshot(f"y{number}")

    changed = [
        (field, value, found)
        for number, (field, value) in enumerate(VALUES)
        for found in read_back(typed, field, f"x{number}", f"y{number}")
        if spelled(found) != spelled(value)
    ]
    assert changed == []


def read_back(repository, field, *contexts):
    """The field as the states and the events have it."""
    for context in contexts:
        yield getattr(repository.state(context), field)
        yield from (event.fields[field] for event in repository.history(context))


def spelled(value):
    """Equal for equal values of equal types, at every depth."""
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spelled(item) for item in value]
    return type(value), value


def test_every_field_takes_none(opens):
    typed = opens(Typed)
    names = {field for field, _ in VALUES}
    typed.append("x", **dict(VALUES))
    typed.append("x", **dict.fromkeys(names))

    assert all(getattr(typed.state("x"), name) is None for name in names)
    *_, last = typed.history("x")
    assert last.fields == dict.fromkeys(names)


def test_text_is_compared_by_code_point(employees):
    for text in ("a", "B", "é", "Z", "🦉", "z"):
        employees.append("bob", best=text)

    assert employees.state("bob").best == "🦉"


def test_a_sum_is_exact_past_32_bits_and_for_decimals(employees):
    for _ in range(10):
        employees.append("bob", overtime=2**31 - 1, bonus=Decimal("0.10"))

    assert employees.state("bob").overtime == 10 * (2**31 - 1)
    assert employees.state("bob").bonus == Decimal("1.00")


def vars_of(state):
    return {name: value for name, value in vars(state).items() if name != "_sa_instance_state"}
