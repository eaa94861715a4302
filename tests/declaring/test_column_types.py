"""Does a value come back from each column type equal and of the same Python type, on each database?"""

import enum
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
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
    Unicode,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, Session

from sqla_osiris import (
    Aggregate,
    Context,
    EventSourced,
    Every,
    Inline,
    Latest,
    Max,
    Min,
    Never,
    NewEvent,
    repository,
)


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Money(TypeDecorator[Decimal]):
    """Whole cents in the database, a Decimal in Python."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value * 100)

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(value) / 100


class Words(TypeDecorator[tuple[str, ...]]):
    """A tuple of words as JSON."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else list(value)

    def process_result_value(self, value, dialect):
        return None if value is None else tuple(value)


SUMMER_TIME = timezone(timedelta(hours=2))
IDENTIFIER = uuid.UUID("12345678-1234-5678-9234-567812345678")

VALUES = [
    ("string", String(40), "Åse 🦉 'x' \"y\" %s :z \\ "),
    ("string_empty", String, ""),
    ("text", Text, "long " * 5000),
    ("unicode", Unicode(10), "größe"),
    ("smallinteger", SmallInteger, -(2**15)),
    ("integer", Integer, 2**31 - 1),
    ("biginteger_least", BigInteger, -(2**63)),
    ("biginteger_greatest", BigInteger, 2**63 - 1),
    ("numeric", Numeric(10, 2), Decimal("12345678.90")),
    ("numeric_small", Numeric(15, 6), Decimal("-0.000001")),
    ("numeric_unscaled", Numeric, Decimal("0.1")),
    ("numeric_as_float", Numeric(10, 2, asdecimal=False), 0.25),
    ("float", Float, 0.1),
    ("float_great", Float, 1e300),
    ("double_least", Double, -5e-324),
    ("is_true", Boolean, True),
    ("is_false", Boolean, False),
    ("date", Date, date(1, 1, 1)),
    ("time", Time, time(23, 59, 59, 999999)),
    ("datetime", DateTime, datetime(2026, 2, 28, 1, 2, 3, 456789)),  # noqa: DTZ001
    ("datetime_utc", DateTime(timezone=True), datetime(2026, 2, 28, 1, 2, 3, 456789, UTC)),
    ("datetime_plus_2", DateTime(timezone=True), datetime(2026, 7, 1, 0, 30, tzinfo=SUMMER_TIME)),
    ("interval", Interval, timedelta(days=-3, seconds=4, microseconds=5)),
    ("enum_class", Enum(Colour), Colour.GREEN),
    ("enum_not_native", Enum(Colour, native_enum=False), Colour.GREEN),
    (
        "enum_by_value",
        Enum(Colour, values_callable=lambda c: [m.value for m in c], name="colour_value"),
        Colour.RED,
    ),
    ("enum_of_strings", Enum("red", "green", name="colour_word"), "green"),
    ("uuid", Uuid, IDENTIFIER),
    ("uuid_as_string", Uuid(as_uuid=False), str(IDENTIFIER)),
    ("uuid_not_native", Uuid(native_uuid=False), IDENTIFIER),
    ("json_object", JSON, {"a": [1, 2.5, None, True, "ü"], "b": {}, "c": 2**60}),
    ("json_list", JSON, []),
    ("json_string", JSON, "text"),
    ("json_number", JSON, 7),
    ("json_false", JSON, False),
    ("jsonb", JSON().with_variant(JSONB(), "postgresql"), {"b": 1, "a": [None]}),
    ("largebinary", LargeBinary, b"\x00\xff'\\"),
    ("largebinary_empty", LargeBinary, b""),
    ("typedecorator_over_biginteger", Money, Decimal("12.34")),
    ("typedecorator_over_json", Words, ("a", "b")),
]

FIELD_VALUES = [pytest.param(field, value, id=field) for field, _, value in VALUES]
ALL_VALUES = {field: value for field, _, value in VALUES}

POLICIES = [Inline(), Every(2), Never()]

CONTEXTS = [
    pytest.param(String(20), "Åse/🦉", id="String"),
    pytest.param(Integer, -7, id="Integer"),
    pytest.param(BigInteger, 2**63 - 1, id="BigInteger"),
    pytest.param(Uuid, IDENTIFIER, id="Uuid"),
    pytest.param(Date, date(2026, 2, 28), id="Date"),
    pytest.param(DateTime(timezone=True), datetime(2026, 7, 1, 0, 30, tzinfo=UTC), id="DateTime"),
    pytest.param(Enum(Colour), Colour.GREEN, id="Enum"),
    pytest.param(Numeric(10, 2), Decimal("1.50"), id="Numeric"),
    pytest.param(LargeBinary, b"\x00\xff", id="LargeBinary"),
    pytest.param(Money, Decimal("12.34"), id="TypeDecorator"),
]

EXTREMES = [
    pytest.param(Integer, [3, -5, 4], id="Integer"),
    pytest.param(BigInteger, [2**62, -(2**62), 0], id="BigInteger"),
    pytest.param(Float, [0.1, -2.5, 0.3], id="Float"),
    pytest.param(Double, [0.1, -2.5, 0.3], id="Double"),
    pytest.param(Numeric(10, 2), [Decimal("9.50"), Decimal("10.25"), Decimal("-1.00")], id="Numeric"),
    pytest.param(String(20), ["b", "B", "a", "ä", "Z"], id="String"),
    pytest.param(Date, [date(2026, 1, 2), date(2025, 12, 31), date(2026, 1, 1)], id="Date"),
    pytest.param(
        DateTime(timezone=True),
        [datetime(2026, 1, 1, 1, tzinfo=SUMMER_TIME), datetime(2026, 1, 1, 0, 30, tzinfo=UTC)],
        id="DateTime",
    ),
]

SUMS = [
    pytest.param(Integer, [3, -5, 4], 2, id="Integer"),
    pytest.param(Integer, [2**31 - 1, 1], 2**31, id="Integer beyond its column"),
    pytest.param(BigInteger, [2**62, -(2**61)], 2**61, id="BigInteger"),
    pytest.param(Numeric(10, 2), [Decimal("0.10"), Decimal("0.20")], Decimal("0.30"), id="Numeric"),
    pytest.param(Numeric, [Decimal("0.1"), Decimal("0.2")], Decimal("0.3"), id="Numeric unscaled"),
    pytest.param(Float, [0.5, 0.25], 0.75, id="Float"),
    pytest.param(Double, [0.5, 0.25], 0.75, id="Double"),
]


def sample_of(value_field, context_type=None, policy=None) -> Any:
    """A model of one field."""

    class Base(DeclarativeBase):
        pass

    class Sample(EventSourced, Base):
        __tablename__ = "sample"
        if policy is not None:
            __snapshot__ = policy
        id = Context(String(20) if context_type is None else context_type)
        value = value_field

    return Sample


def everything(policy) -> Any:
    """A model with a field of each type in VALUES."""

    class Base(DeclarativeBase):
        pass

    name = f"every_type_{type(policy).__name__.lower()}"
    fields = {field: Latest(column_type) for field, column_type, _ in VALUES}
    declared = {"__tablename__": name, "__snapshot__": policy, "id": Context(String(80)), **fields}
    return type("EveryType", (EventSourced, Base), declared)


OF_EACH_POLICY = [everything(policy) for policy in POLICIES]
EveryType = OF_EACH_POLICY[0]


def same(found, expected):
    """Equal, and of the same Python type."""
    return found == expected and type(found) is type(expected)


@pytest.fixture(scope="module")
def database(standing_engine):
    """An engine with the tables of EveryType. Tests keep to contexts of their own."""
    EveryType.metadata.create_all(standing_engine)
    return standing_engine


@pytest.fixture
def context(request):
    """A context that no other test uses."""
    return request.node.name[-80:]


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "value"), FIELD_VALUES)
def test_a_value_comes_back_equal_and_of_the_same_type(database, context, field, value):
    with Session(database) as session, session.begin():
        session.add(EveryType(id=context, **{field: value}))
    with Session(database) as session:
        assert same(getattr(session.get(EveryType, context), field), value)
    states = repository(EveryType, database)

    assert same(getattr(states.state(context), field), value)
    assert [same(event.fields[field], value) for event in states.history(context)] == [True]


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "value"), FIELD_VALUES)
def test_an_appended_value_comes_back_equal_and_of_the_same_type(database, context, field, value):
    states = repository(EveryType, database)
    states.append(context, **{field: value})

    assert same(getattr(states.state(context), field), value)


@pytest.mark.parametrize(("field", "value"), FIELD_VALUES)
def test_the_memory_gives_the_same_value_as_the_databases(field, value):
    states = repository(EveryType, "memory://")
    states.append("bob", **{field: value})

    assert same(getattr(states.state("bob"), field), value)


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "value"), FIELD_VALUES)
def test_none_replaces_a_value(database, context, field, value):
    states = repository(EveryType, database)
    states.append(context, **{field: value})
    with Session(database) as session, session.begin():
        setattr(session.get(EveryType, context), field, None)

    assert getattr(states.state(context), field) is None
    assert [event.fields for event in states.history(context, after=1)] == [{field: None}]


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "value"), FIELD_VALUES)
def test_a_value_assigned_again_writes_nothing(database, context, field, value):
    states = repository(EveryType, database)
    states.append(context, **{field: value})
    with Session(database) as session, session.begin():
        setattr(session.get(EveryType, context), field, value)

    assert len(list(states.history(context))) == 1


@pytest.mark.any_database
@pytest.mark.parametrize(("field", "value"), [p for p in FIELD_VALUES if "json" not in p.values[0]])
def test_a_state_is_found_by_its_value(database, context, field, value):
    repository(EveryType, database).append(context, **{field: value})
    with Session(database) as session:
        condition = (getattr(EveryType, field) == value) & (EveryType.id == context)

        assert session.scalars(select(EveryType.id).where(condition)).all() == [context]


@pytest.fixture(params=POLICIES, ids=str)
def each_policy(request, standing_engine):
    """A model with a field of each type, once for each policy, whose tables are there. Tests keep to their contexts."""
    model = OF_EACH_POLICY[POLICIES.index(request.param)]
    model.metadata.create_all(standing_engine)
    return model


def test_all_values_of_one_event_come_back_equal_and_of_the_same_types(standing_engine, context, each_policy):
    with Session(standing_engine) as session, session.begin():
        session.add(each_policy(id=context, **ALL_VALUES))
    with Session(standing_engine) as session:
        state = session.get(each_policy, context)
        found = {field: getattr(state, field) for field in ALL_VALUES}

    assert found == ALL_VALUES
    assert types_of(found) == types_of(ALL_VALUES)


def test_all_values_appended_as_many_come_back_equal_and_of_the_same_types(
    standing_engine, context, each_policy
):
    states = repository(each_policy, standing_engine)
    states.append_many(NewEvent(context, {field: value}) for field, value in ALL_VALUES.items())
    found = {field: getattr(states.state(context), field) for field in ALL_VALUES}

    assert found == ALL_VALUES
    assert types_of(found) == types_of(ALL_VALUES)


def test_none_replaces_all_values(standing_engine, context, each_policy):
    states = repository(each_policy, standing_engine)
    states.append(context, **ALL_VALUES)
    states.append(context, **dict.fromkeys(ALL_VALUES))

    assert {getattr(states.state(context), field) for field in ALL_VALUES} == {None}
    assert [event.fields for event in states.history(context, after=1)] == [dict.fromkeys(ALL_VALUES)]


def test_all_values_assigned_again_write_nothing(standing_engine, context, each_policy):
    states = repository(each_policy, standing_engine)
    states.append(context, **ALL_VALUES)
    with Session(standing_engine) as session, session.begin():
        bob = session.get(each_policy, context)
        for field, value in ALL_VALUES.items():
            setattr(bob, field, value)

    assert len(list(states.history(context))) == 1


def test_a_state_is_found_by_all_its_values(standing_engine, context, each_policy):
    repository(each_policy, standing_engine).append(context, **ALL_VALUES)
    compared = {field: value for field, value in ALL_VALUES.items() if "json" not in field}
    with Session(standing_engine) as session:
        found = select(each_policy.id).filter_by(id=context, **compared)

        assert session.scalars(found).all() == [context]


def types_of(values):
    return {field: type(value) for field, value in values.items()}


@pytest.mark.parametrize(("column_type", "context"), CONTEXTS)
def test_a_context_may_be_of_any_type_that_compares(engine, column_type, context):
    sample = sample_of(Aggregate(Integer), context_type=column_type)
    sample.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(sample(id=context, value=1))
    with Session(engine) as session, session.begin():
        session.get(sample, context).value += 2
    samples = repository(sample, engine)
    samples.append(context, value=4)

    assert samples.state(context).value == 7
    assert same(samples.state(context).id, context)
    assert [same(event.context, context) for event in samples.history(context)] == [True] * 3


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize(("reducer", "chosen"), [(Max(), max), (Min(), min)], ids=["Max", "Min"])
@pytest.mark.parametrize(("column_type", "values"), EXTREMES)
def test_an_extreme_is_the_one_that_python_finds(engine, column_type, values, reducer, chosen, policy):
    sample = sample_of(Aggregate(column_type, reducer=reducer), policy=policy)
    sample.metadata.create_all(engine)
    samples = repository(sample, engine)
    for value in values:
        samples.append("bob", value=value)

    assert same(samples.state("bob").value, chosen(values))


@pytest.mark.parametrize("policy", POLICIES, ids=str)
@pytest.mark.parametrize(("column_type", "values", "total"), SUMS)
def test_a_sum_is_the_one_that_python_finds(engine, column_type, values, total, policy):
    sample = sample_of(Aggregate(column_type), policy=policy)
    sample.metadata.create_all(engine)
    samples = repository(sample, engine)
    for value in values:
        samples.append("bob", value=value)

    assert same(samples.state("bob").value, total)


@pytest.mark.parametrize(
    ("column_type", "zero"),
    [(Integer, 0), (BigInteger, 0), (Float, 0.0), (Numeric(10, 2), Decimal("0.00"))],
    ids=["Integer", "BigInteger", "Float", "Numeric"],
)
def test_an_untouched_sum_is_a_zero_of_its_type(engine, column_type, zero):
    sample = sample_of(Aggregate(column_type))
    sample.metadata.create_all(engine)
    samples = repository(sample, engine)
    samples.append("bob")

    assert same(samples.state("bob").value, zero)


def typed_model() -> Any:
    class Base(DeclarativeBase):
        pass

    class Typed(EventSourced, Base):
        __tablename__ = "typed"
        id: Mapped[uuid.UUID] = Context()
        colour: Mapped[Colour | None]
        born: Mapped[date | None]
        seen: Mapped[datetime | None]
        rate: Mapped[float | None]
        active: Mapped[bool | None]
        photo: Mapped[bytes | None]
        paid: Mapped[Decimal] = Aggregate()
        worked: Mapped[float] = Aggregate()

    return Typed


def test_an_annotation_alone_gives_a_column_its_type(engine):
    values = {
        "colour": Colour.RED,
        "born": date(2000, 1, 2),
        "seen": datetime(2026, 2, 28, 1, 2, 3),  # noqa: DTZ001
        "rate": 0.1,
        "active": False,
        "photo": b"\x00",
        "paid": Decimal("0.25"),
        "worked": 1.5,
    }
    typed = typed_model()
    typed.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(typed(id=IDENTIFIER, **values))
    with Session(engine) as session:
        state = session.get(typed, IDENTIFIER)
        found = {name: getattr(state, name) for name in values}

    assert found == values
    assert {name: type(value) for name, value in found.items()} == {k: type(v) for k, v in values.items()}
