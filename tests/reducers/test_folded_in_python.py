"""What Python folds comes back as the very values that were written, on both databases, under every policy."""

import enum
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    TypeDecorator,
    Uuid,
    select,
)

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    Distinct,
    EventSourced,
    Every,
    FoldUnavailable,
    Inline,
    InvalidValue,
    MemoryRepository,
    Never,
    Reducer,
    SQLRepository,
    Union,
)


class Color(enum.Enum):
    RED = "r"
    BLUE = "b"


class Shouted(TypeDecorator[str]):
    """A user's type whose stored value is not its Python value."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else value.upper()

    def process_result_value(self, value, dialect):
        return None if value is None else value.lower()


class Kept(Reducer):
    """All touches, as they were."""

    grows = True

    def identity(self) -> tuple[Any, ...]:
        return ()

    def lift(self, touch: Any) -> tuple[Any, ...]:
        return (touch,)

    def merge(self, left: tuple[Any, ...], right: tuple[Any, ...]) -> tuple[Any, ...]:
        return left + right

    def dump(self, accumulator: tuple[Any, ...]) -> Any:
        return super().dump(tuple({"color": t.name} if isinstance(t, Color) else t for t in accumulator))

    def load(self, document: Any) -> tuple[Any, ...]:
        loaded = super().load(document)
        return tuple(Color[t["color"]] if isinstance(t, dict) and "color" in t else t for t in loaded)


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
NUMBERS = st.integers(-(2**70), 2**70) | FLOATS | st.booleans()
# json.dumps and json.loads keep what they are given; a nested -0.0 is no exception.
DOCUMENTS = st.recursive(
    NUMBERS | TEXTS,
    lambda inner: st.lists(inner | st.none(), max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=-30)), timezone(timedelta(hours=14))])
TYPES: dict[str, tuple[Any, Any]] = {
    "small": (SmallInteger, st.integers(-(2**15), 2**15 - 1)),
    "whole": (BigInteger, st.integers(-(2**63), 2**63 - 1)),
    "price": (Numeric(12, 2), st.decimals(-9_999_999_999, 9_999_999_999, places=2)),
    "exact": (Numeric, st.decimals(-99_999, 99_999, places=6)),
    "rate": (Float, FLOATS),
    "ratio": (Numeric(10, 3, asdecimal=False), st.integers(-999_999, 999_999).map(lambda n: n / 1000)),
    "name": (String(40), TEXTS),
    "note": (Text, TEXTS),
    "flag": (Boolean, st.booleans()),
    "moment": (
        DateTime(timezone=True),
        st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES),  # noqa: DTZ001
    ),
    "local": (DateTime, st.datetimes().map(lambda moment: moment.replace(fold=0))),
    "day": (Date, st.dates()),
    "hour": (Time, st.times().map(lambda hour: hour.replace(fold=0))),
    "span": (Interval, st.timedeltas(timedelta(days=-20_000), timedelta(days=20_000))),
    "key": (Uuid, st.uuids()),
    "key_text": (Uuid(as_uuid=False), st.uuids().map(str)),
    "key_char": (Uuid(native_uuid=False), st.uuids()),
    "color": (Enum(Color), st.sampled_from(Color)),
    "size": (Enum("s", "m", name="sizes"), st.sampled_from(["s", "m"])),
    "raw": (LargeBinary, st.binary(max_size=9)),
    "document": (JSON, DOCUMENTS),
    "quiet": (Shouted, st.text("abc", max_size=5)),
}


def declare(name: str, policy: Any) -> Any:
    fields = {key: Aggregate(type_, reducer=Kept()) for key, (type_, _) in TYPES.items()}
    distinct = {f"{key}s_seen": Aggregate(type_, reducer=Distinct()) for key, (type_, _) in TYPES.items()}
    return type(
        name,
        (EventSourced,),
        {
            "__tablename__": name.lower(),
            "__snapshot__": policy,
            "id": Context(String(40)),
            **fields,
            **distinct,
        },
    )


Snapshotted = declare("PyEvery", Every(2))
Folded = declare("PyNever", Never())

TOUCHES = st.fixed_dictionaries({}, optional={key: touches for key, (_, touches) in TYPES.items()})


def exactly(value: Any) -> Any:
    """The value with its types, at every depth."""
    if isinstance(value, dict):
        return dict, {key: exactly(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value), [exactly(item) for item in value]
    return type(value), repr(value) if isinstance(value, float) else value


@pytest.mark.parametrize("model", [Snapshotted, Folded])
@settings(max_examples=settings.default.max_examples // 5)
@given(events=st.lists(TOUCHES, min_size=1, max_size=4))
def test_touches_of_every_type_come_back_as_they_were_written(create, model, events):
    database, memory = SQLRepository(model, create(model)), MemoryRepository(model)
    context = uuid4().hex
    for touches in events:
        seen = {f"{key}s_seen": touch for key, touch in touches.items()}
        database.append(context, **touches, **seen)
        memory.append(context, **touches, **seen)

    expected, found = memory.state(context), database.state(context)

    for key in TYPES:
        assert without_sign(exactly(getattr(found, key))) == without_sign(exactly(getattr(expected, key))), (
            key
        )
        assert getattr(found, f"{key}s_seen") == getattr(expected, f"{key}s_seen"), key


def without_sign(value: Any) -> Any:
    """SQLite keeps a negative zero as zero; the two are equal."""
    return value if value is None else repr(value).replace("'-0.0'", "'0.0'")


@pytest.mark.parametrize("policy", [Every(3), Never()])
def test_comparing_a_state_that_python_folds_says_what_to_do(policy):
    model = type(
        f"Compared{type(policy).__name__}",
        (EventSourced,),
        {"__snapshot__": policy, "id": Context(String(9)), "notes": Aggregate(JSON, reducer=Append())},
    )

    with pytest.raises(FoldUnavailable, match=r"Inline\(\).*register_sql") as caught:
        select(model).where(model.notes == ["x"])
    assert "notes" in str(caught.value)


class Heard(EventSourced):
    __tablename__ = "py_heard"
    __snapshot__ = Inline()
    id = Context(String(40))
    notes = Aggregate(JSON, reducer=Append())
    tags = Aggregate(JSON, reducer=Union())


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("field", "touch", "said"),
    [
        ("notes", "x", "a list"),
        ("notes", {"x": 1}, "a list"),
        ("notes", [float("nan")], "finite"),
        ("tags", "x", "a set or a list"),
        ("tags", {True}, "str or int"),
        ("tags", [1.5], "str or int"),
        ("tags", ["\x00"], "NUL"),
        ("notes", None, "None refused"),
        ("tags", None, "None refused"),
    ],
)
def test_a_touch_that_cannot_be_folded_is_refused_before_anything_is_written(create, field, touch, said):
    repository = SQLRepository(Heard, create(Heard))

    with pytest.raises(InvalidValue, match=said):
        repository.append("bob", **{field: touch})
    assert list(repository.history("bob")) == []


@pytest.mark.parametrize("field", ["notes", "tags"])
def test_an_empty_touch_differs_from_none_in_the_history_alone(create, field):
    repository = SQLRepository(Heard, create(Heard))
    repository.append("bob", **{field: []})
    repository.append("jane")

    assert getattr(repository.state("bob"), field) == getattr(repository.state("jane"), field)
    assert [dict(event.fields) for event in repository.history("bob")] == [{field: []}]
    assert [dict(event.fields) for event in repository.history("jane")] == [{}]


def test_a_long_tail_is_folded_in_a_moment(create):
    repository = SQLRepository(Heard, create(Heard))
    repository.append("bob", notes=list(range(20_000)))
    for number in range(20):
        repository.append("bob", notes=[number], tags=[number])

    assert repository.state("bob").notes == [*range(20_000), *range(20)]


class NotJSON(Kept):
    """Its accumulator has no JSON form."""

    def lift(self, touch: Any) -> Any:
        return (complex(touch),)

    def present(self, accumulator: Any) -> int:
        return len(accumulator)


class Unstorable(EventSourced):
    __tablename__ = "py_unstorable"
    __snapshot__ = Inline()
    id = Context(String(40))
    odd = Aggregate(Integer, reducer=NotJSON())


class Mistyped(EventSourced):
    __tablename__ = "py_mistyped"
    __snapshot__ = Inline()
    id = Context(String(40))
    kept = Aggregate(Integer, reducer=Kept())


@pytest.mark.parametrize(
    ("model", "field", "said"),
    [(Unstorable, "odd", r"dump\(\) and load\(\)"), (Mistyped, "kept", "state_type=")],
)
def test_an_accumulator_or_a_state_that_no_column_holds_is_refused_and_nothing_written(
    create, model, field, said
):
    repository = SQLRepository(model, create(model))

    with pytest.raises(InvalidValue, match=said):
        repository.append("bob", **{field: 1})
    assert list(repository.history("bob")) == []


def test_a_uuid_and_a_moment_are_kept_as_every_database_gives_them_back():
    memory = MemoryRepository(Folded)
    memory.append(
        "x", key_text=UUID(int=1).hex, moment=datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    )
    state = memory.state("x")

    assert state.key_text == (str(UUID(int=1)),)
    assert str(state.moment[0]) == "2026-01-01 00:00:00+00:00"
