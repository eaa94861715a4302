"""Values on DynamoDB: each column type comes back equal and of its type, or is refused."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
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
    String,
    Time,
    TypeDecorator,
    Uuid,
)

from sqla_osiris import Aggregate, Context, EventSourced, InvalidValue, Latest, NewEvent
from sqla_osiris.repositories.dynamo.values import codec
from sqla_osiris.types.portable import stored
from tests.repositories.dynamo.models import Colour, Everything, Unfolded

LOCAL = datetime.fromisoformat("9999-12-31T23:59:59.999999")
EAST = timezone(timedelta(hours=5, minutes=30))
VALUES: list[tuple[str, Any]] = [
    ("small", -(2**31)),
    ("great", 2**63 - 1),
    ("exact", Decimal("1234567890123456789012345678.0123456789")),
    ("exact", Decimal("-0.1")),
    ("unscaled", Decimal("1E-100")),
    ("unscaled", Decimal(99999999999999999999999999999999999999)),
    ("unscaled", Decimal("1.50")),
    ("inexact", 5e-324),
    ("inexact", -1.7976931348623157e308),
    ("inexact", 0.1 + 0.2),
    ("text", ""),
    ("text", "Zoë \U0001f600 \n\t\"'$."),
    ("raw", b""),
    ("raw", bytes(range(256))),
    ("flag", False),
    ("flag", True),
    ("moment", datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=EAST)),
    ("moment", datetime(1, 1, 1, tzinfo=UTC)),
    ("local", LOCAL),
    ("day", date(1, 1, 1)),
    ("hour", time(23, 59, 59, 999999)),
    ("span", timedelta(days=-99999, microseconds=1)),
    ("uuid", uuid4()),
    ("colour", Colour.BLUE),
    ("document", {"b": [1, 1.0, True, None, {"a": 10**40, "é": ""}], "a": 0.0}),
    ("document", []),
    ("document", 1.0),
]


@pytest.mark.parametrize("client", ["dynamodb", "dynamodb_resource"])
def test_a_value_comes_back_equal_and_of_its_type(request, open_on_dynamodb, client, subtests):
    things = open_on_dynamodb(Everything, request.getfixturevalue(client))
    for number, (field, value) in enumerate(VALUES):
        with subtests.test(field=field, value=repr(value)[:40]):
            comes_back(things, f"a{number}", field, value)


def comes_back(things, context, field, value):
    things.append(context, **{field: value})
    before = things.state(context)
    things.snapshot(context)
    folded = things.state(context)
    things.append_many([NewEvent(context, {}), NewEvent(context, {field: None})])

    event, *others = things.history(context)
    for found in (event.fields[field], getattr(before, field), getattr(folded, field)):
        assert (type(found), found) == (type(value), value)
        assert repr(found) == repr(value) or isinstance(value, Decimal | datetime)
    assert [dict(event.fields) for event in others] == [{}, {field: None}]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("unscaled", Decimal("1" * 39)),
        ("unscaled", Decimal("1E126")),
        ("unscaled", Decimal("1E-131")),
        ("unscaled", Decimal("NaN")),
        ("inexact", float("nan")),
        ("inexact", float("inf")),
        ("document", {"a": float("nan")}),
        ("text", "\ud800"),
    ],
)
def test_what_dynamodb_cannot_hold_is_refused(open_on_dynamodb, field, value):
    things = open_on_dynamodb(Everything)

    with pytest.raises(InvalidValue, match=field):
        things.append("a", **{field: value})
    assert list(things.history("a")) == []


def test_a_sum_of_decimals_keeps_every_digit(open_on_dynamodb):
    totals = open_on_dynamodb(Unfolded)
    totals.append("a", total=Decimal("1E20"))
    totals.append("a", total=Decimal("1E-17"))
    totals.snapshot("a")
    totals.append("a", total=Decimal("1E-17"))

    assert totals.state("a").total == Decimal("100000000000000000000.00000000000000002")


def test_a_sum_that_no_snapshot_can_hold_is_told_and_still_read(open_on_dynamodb):
    totals = open_on_dynamodb(Unfolded)
    totals.append("a", total=Decimal("1E38"))
    totals.append("a", total=Decimal("1E-38"))

    with pytest.raises(InvalidValue, match="38 digits"):
        totals.snapshot("a")
    assert totals.state("a").total == Decimal(f"1{'0' * 38}.{'0' * 37}1")


class Cents(TypeDecorator[Decimal]):
    """A user's own type: whole cents."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        return None if value is None else int(value * 100)

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return None if value is None else Decimal(value) / 100


class Account(EventSourced):
    __tablename__ = "dynamo_account"
    number = Context(String)
    limit = Latest(Cents)
    balance = Aggregate(Cents)


def test_a_users_type_is_stored_as_it_says(open_on_dynamodb, dynamodb, prefix):
    accounts = open_on_dynamodb(Account)
    accounts.append("a", limit=Decimal("1.50"), balance=Decimal("0.25"))
    accounts.append("a", balance=Decimal("0.50"))
    accounts.snapshot("a")

    assert (accounts.state("a").limit, accounts.state("a").balance) == (Decimal("1.5"), Decimal("0.75"))
    item = dynamodb.get_item(
        TableName=f"{prefix}dynamo_account_event", Key={"context": {"S": "a"}, "seq": {"N": "1"}}
    )
    assert item["Item"]["fields"]["M"]["limit"] == {"N": "150"}


class Seconds(TypeDecorator[int]):
    impl = Interval
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else timedelta(seconds=value)

    def process_result_value(self, value, dialect):
        return None if value is None else int(value.total_seconds())


def test_a_users_duration_is_stored_as_sqlalchemy_makes_it_where_there_is_none():
    """As logs have it that were written before: another form, or another key, would be another log."""
    durations = codec(Seconds())

    assert durations.write(90) == durations.to_text(90) == "1970-01-01T00:01:30"
    assert durations.read(durations.write(-90)) == durations.from_text(durations.to_text(-90)) == -90


KEYS: list[tuple[Any, Any]] = [
    (String(), "bob"),
    (Integer(), -5),
    (BigInteger(), 2**63 - 1),
    (Numeric(12, 2), Decimal("1.50")),
    (Numeric(), Decimal("-1E+5")),
    (Float(), -0.0),
    (Float(), 1e300),
    (LargeBinary(), b"\x00\xff"),
    (Boolean(), True),
    (Boolean(), False),
    (DateTime(timezone=True), datetime(2026, 1, 1, tzinfo=EAST)),
    (DateTime(), LOCAL),
    (Date(), date(2026, 1, 1)),
    (Time(), time(1, 2, 3)),
    (Interval(), timedelta(days=-1)),
    (Uuid(), UUID(int=7)),
    (Uuid(as_uuid=False), UUID(int=7).hex),
    (Enum(Colour), Colour.RED),
    (Enum("red", "blue"), "red"),
    (JSON(), {"a": [1, None]}),
    (Cents(), Decimal("2.50")),
]


@pytest.mark.parametrize(("declared", "value"), KEYS, ids=repr)
def test_every_type_can_be_a_context(declared, value):
    form = codec(stored(declared))
    found = form.from_text(form.to_text(value))
    if isinstance(declared, Uuid) and not declared.as_uuid:
        found = found.replace("-", "")

    assert (type(found), found) == (type(value), value)


# With the zeros no more than the 38 digits that DynamoDB keeps.
@given(st.decimals(-(10**26), 10**26, places=6), st.integers(0, 5))
def test_equal_decimals_are_one_context(value, zeros):
    form = codec(Numeric())

    # Never with an exponent, whose digits the zeros would be.
    assert form.to_text(value) == form.to_text(Decimal(f"{value:f}{'0' * zeros}"))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_contexts_are_equal_as_texts_where_they_are_equal(left, right):
    form = codec(Float())

    assert (form.to_text(left) == form.to_text(right)) == (left == right)
