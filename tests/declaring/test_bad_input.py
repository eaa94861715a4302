"""What is refused, with which words, and is nothing written then?"""

import enum
import math
import pickle
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Uuid,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, aliased
from sqlalchemy.orm.exc import StaleDataError

from sqla_osiris import (
    Aggregate,
    ConcurrentAppend,
    Context,
    Count,
    EventSourced,
    First,
    InvalidValue,
    Latest,
    Max,
    Merge,
    Min,
    NewEvent,
    NotExpressible,
    UnknownField,
    repository,
)


class Base(DeclarativeBase):
    pass


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Employee(EventSourced, Base):
    __tablename__ = "employee"
    id: Mapped[str] = Context(String(8))
    company: Mapped[str | None] = Latest(String(5))
    title: Mapped[str] = Latest(String(20), default="clerk")
    floor: Mapped[int | None] = Latest(SmallInteger)
    desk: Mapped[int | None] = Latest(Integer)
    badge: Mapped[int | None] = Latest(BigInteger)
    rate: Mapped[float | None] = Latest(Float)
    bonus: Mapped[Decimal | None] = Latest(Numeric(6, 2))
    born: Mapped[Any] = Latest(Date, nullable=True)
    seen: Mapped[datetime | None] = Latest(DateTime(timezone=True))
    colour: Mapped[Colour | None] = Latest(Enum(Colour))
    active: Mapped[bool | None] = Latest(Boolean)
    token: Mapped[Any] = Latest(Uuid, nullable=True)
    photo: Mapped[bytes | None] = Latest(LargeBinary)
    notes: Mapped[Any] = Latest(JSON, nullable=True)
    overtime: Mapped[int] = Aggregate()
    worked: Mapped[float] = Aggregate(Float)
    best: Mapped[int | None] = Aggregate(reducer=Max())
    worst: Mapped[int | None] = Aggregate(reducer=Min())
    reviews: Mapped[int] = Aggregate(reducer=Count())
    hired: Mapped[str | None] = Aggregate(String(20), reducer=First())
    profile: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())


class Stock(EventSourced, Base):
    __tablename__ = "stock"
    warehouse: Mapped[str] = Context(String(8))
    article: Mapped[int] = Context()
    pieces: Mapped[int] = Aggregate()


@pytest.fixture(scope="module")
def standing_tables(standing_engine):
    """An engine with the tables, empty but for Jane."""
    Base.metadata.create_all(standing_engine)
    repository(Employee, standing_engine).append("jane", company="Acme", title="clerk", overtime=1)
    return standing_engine


@pytest.fixture
def tables(standing_tables):
    """An engine with the tables, empty but for Jane. The test must leave the log as it was."""
    before = log_and_heads(standing_tables)
    yield standing_tables
    assert log_and_heads(standing_tables) == before


def log_and_heads(engine):
    with engine.connect() as connection:
        return [
            connection.execute(select(table).order_by(*table.primary_key)).all()
            for table in Base.metadata.sorted_tables
        ]


def commit(engine, change):
    """Commit what the change does to a session of its own."""
    with Session(engine) as session, session.begin():
        change(session)


def by_add(engine, field, value):
    with Session(engine) as session, session.begin():
        session.add(Employee(id="bob", **{field: value}))


def by_change(engine, field, value):
    with Session(engine) as session, session.begin():
        setattr(session.get(Employee, "jane"), field, value)


def by_append(engine, field, value):
    repository(Employee, engine).append("bob", **{field: value})


def by_append_many(engine, field, value):
    good, bad = NewEvent("tim", {"company": "Acme"}), NewEvent("bob", {field: value})
    repository(Employee, engine).append_many([good, bad])


def in_memory(_engine, field, value):
    repository(Employee, "memory://").append("bob", **{field: value})


WAYS = [by_add, by_change, by_append, by_append_many, in_memory]

# field, value, what the message must say beside the model's and the field's names
BAD_VALUES = [
    pytest.param("company", "Hooly Inc", ["9", "5"], id="string too long"),
    pytest.param("company", "a\0b", ["NUL"], id="NUL in a string"),
    pytest.param("company", 7, ["string", "7"], id="number for a string"),
    pytest.param("company", b"Acme", ["string", "b'Acme'"], id="bytes for a string"),
    pytest.param("company", "a\ud800", [], id="half a surrogate pair"),
    pytest.param("floor", 2**15, ["32768", "32767"], id="SmallInteger out of range"),
    pytest.param("desk", 2**31, ["2147483648", "2147483647"], id="Integer out of range"),
    pytest.param("desk", -(2**31) - 1, ["-2147483649"], id="Integer out of range below"),
    pytest.param("badge", 2**63, ["9223372036854775808"], id="BigInteger out of range"),
    pytest.param("desk", "seven", ["integer", "'seven'"], id="string for an integer"),
    pytest.param("desk", 7.5, ["integer", "7.5"], id="float for an integer"),
    pytest.param("rate", math.nan, ["nan", "finite"], id="NaN"),
    pytest.param("rate", math.inf, ["inf", "finite"], id="infinity"),
    pytest.param("rate", -math.inf, ["-inf", "finite"], id="minus infinity"),
    pytest.param("rate", "0.5", ["number", "'0.5'"], id="string for a float"),
    pytest.param("rate", 10**400, [], id="integer too great for a float"),
    pytest.param("bonus", Decimal("NaN"), ["NaN", "finite"], id="decimal NaN"),
    pytest.param("bonus", Decimal("Infinity"), ["Infinity", "finite"], id="decimal infinity"),
    pytest.param("bonus", Decimal("10000.00"), ["10000.00", "6"], id="decimal with too many digits"),
    pytest.param("bonus", Decimal("0.001"), ["0.001", "2"], id="decimal with too many places"),
    pytest.param("bonus", "1.50", ["number", "'1.50'"], id="string for a decimal"),
    pytest.param("born", "2000-01-01", ["date", "'2000-01-01'"], id="string for a date"),
    pytest.param("seen", datetime(2026, 1, 1), ["time zone"], id="naive datetime"),  # noqa: DTZ001
    pytest.param("seen", "2026-01-01", ["datetime"], id="string for a datetime"),
    pytest.param("colour", "blue", ["RED", "GREEN", "'blue'"], id="no member of the enumeration"),
    pytest.param("active", "yes", ["bool", "'yes'"], id="string for a boolean"),
    pytest.param("token", "12345678-1234", ["UUID"], id="string for a UUID"),
    pytest.param("photo", "text", ["bytes", "'text'"], id="string for bytes"),
    pytest.param("notes", {"a": [math.nan]}, ["nan", "finite"], id="NaN in JSON"),
    pytest.param("notes", {"a": {1, 2}}, ["JSON", "{1, 2}"], id="a set in JSON"),
    pytest.param("notes", {1: "a"}, ["JSON", "1"], id="a JSON key that is no string"),
    pytest.param("notes", ["a\0b"], ["NUL"], id="NUL in JSON"),
    pytest.param("notes", ["a\ud800"], [], id="half a surrogate pair in JSON"),
    pytest.param("worked", math.nan, ["nan", "finite"], id="NaN in a sum"),
    pytest.param("overtime", "three", ["'three'"], id="string in a sum"),
    pytest.param("overtime", 2**31 + 1, ["214748364"], id="sum out of range"),
    pytest.param("best", "three", ["'three'"], id="string in a maximum"),
    pytest.param("profile", {"a": math.inf}, ["inf", "finite"], id="infinity in a merge"),
]


@pytest.mark.any_database
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("field", "value", "words"), BAD_VALUES)
def test_a_bad_value_is_refused_before_anything_is_written(tables, field, value, words, way):
    with pytest.raises(InvalidValue) as refused:
        way(tables, field, value)

    assert all(word in str(refused.value) for word in ["Employee", field, *words])


@pytest.mark.any_database
@pytest.mark.parametrize("value", [[1], "text", 7])
@pytest.mark.parametrize("way", [by_append, by_append_many, in_memory])
def test_a_merge_takes_objects_only(tables, value, way):
    with pytest.raises(InvalidValue, match=r"Employee.profile.*object"):
        way(tables, "profile", value)


@pytest.mark.parametrize("value", [[1], "text", 7])
def test_an_attribute_that_merges_takes_objects_only(value):
    with pytest.raises((InvalidValue, ValueError), match="profile"):
        Employee(id="bob", profile=value)


@pytest.mark.any_database
@pytest.mark.parametrize("way", [by_change, by_append, by_append_many, in_memory])
def test_a_field_that_is_never_none_refuses_none(tables, way):
    with pytest.raises(InvalidValue, match=r"Employee.title.*None"):
        way(tables, "title", None)


@pytest.mark.any_database
@pytest.mark.parametrize("way", [by_append, by_append_many, in_memory])
@pytest.mark.parametrize("field", ["overtime", "worked", "best", "worst", "reviews", "hired", "profile"])
def test_a_reducer_of_values_refuses_none(tables, field, way):
    with pytest.raises(InvalidValue, match=rf"Employee.{field}.*None"):
        way(tables, field, None)


@pytest.mark.any_database
@pytest.mark.parametrize("way", [by_append, by_append_many, in_memory])
@pytest.mark.parametrize("field", ["overtme", "seq", "id", "metadata", "Event", ""])
def test_an_unknown_field_is_refused_with_the_names_of_the_known_ones(tables, field, way):
    with pytest.raises(UnknownField) as refused:
        way(tables, field, 1)

    assert all(word in str(refused.value) for word in ["Employee", repr(field), "overtime", "company"])


def test_an_unknown_attribute_is_refused_by_the_constructor():
    with pytest.raises(TypeError, match="overtme"):
        Employee(id="bob", overtme=1)


@pytest.mark.any_database
def test_the_seq_is_not_for_the_constructor_to_give(tables):
    with pytest.raises((InvalidValue, NotExpressible, TypeError), match="seq"):
        commit(tables, lambda session: session.add(Employee(id="bob", seq=7)))


@pytest.mark.any_database
def test_the_seq_is_not_assignable(tables):
    with pytest.raises((InvalidValue, NotExpressible, AttributeError), match="seq"):
        commit(tables, lambda session: setattr(session.get(Employee, "jane"), "seq", 7))


# Contexts


@pytest.mark.any_database
@pytest.mark.parametrize("given", [{}, {"id": None}], ids=["missing", "None"])
def test_an_object_without_a_context_is_refused(tables, given):
    with pytest.raises(InvalidValue, match=r"Employee.id.*(missing|None)"):
        commit(tables, lambda session: session.add(Employee(company="Acme", **given)))


@pytest.mark.any_database
def test_an_object_with_half_a_context_is_refused(tables):
    with pytest.raises(InvalidValue, match=r"Stock.article.*(missing|None)"):
        commit(tables, lambda session: session.add(Stock(warehouse="north", pieces=1)))


@pytest.mark.any_database
@pytest.mark.parametrize("target", ["database", "memory://"])
@pytest.mark.parametrize(
    ("context", "words"),
    [
        (None, ["None"]),
        ("a longer id", ["11", "8"]),
        ("a\0b", ["NUL"]),
        (7, ["string", "7"]),
        (("bob", 1), ["2", "1"]),
        ((), ["0", "1"]),
    ],
    ids=["None", "too long", "NUL", "wrong type", "too many parts", "no parts"],
)
def test_a_bad_context_is_refused(tables, context, words, target):
    employees = repository(Employee, tables if target == "database" else target)
    with pytest.raises(InvalidValue) as refused:
        employees.append(context, overtime=1)

    assert all(word in str(refused.value) for word in ["Employee", *words])


@pytest.mark.any_database
@pytest.mark.parametrize(
    "context", ["north", ("north",), ("north", 7, 7), ("north", None), ("north", "7"), (7, "north")]
)
def test_a_bad_composite_context_is_refused(tables, context):
    with pytest.raises(InvalidValue, match="Stock"):
        repository(Stock, tables).append(context, pieces=1)


def test_adding_a_context_that_is_alive_is_refused(tables):
    with pytest.raises(ConcurrentAppend, match="jane") as refused:
        commit(tables, lambda session: session.add(Employee(id="jane", company="Hooly")))

    assert (refused.value.context, refused.value.expected_seq, refused.value.found_seq) == ("jane", 0, 1)
    assert isinstance(refused.value, StaleDataError)
    assert isinstance(refused.value, IntegrityError), (
        "as an INSERT of an ordinary row with a key that is taken"
    )
    assert str(refused.value).endswith("choose another context.")
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301  (our own)


def test_a_refused_duplicate_takes_the_other_objects_of_its_flush_with_it(tables):
    with pytest.raises(ConcurrentAppend):
        commit(
            tables,
            lambda session: session.add_all(
                [Employee(id="tim"), Employee(id="jane"), Stock(warehouse="north", article=7, pieces=1)]
            ),
        )


def test_two_new_objects_of_one_context_are_refused(tables):
    with pytest.raises(ConcurrentAppend, match="bob"):
        commit(
            tables,
            lambda session: session.add_all(
                [Employee(id="bob", company="Acme"), Employee(id="bob", company="Hooly")]
            ),
        )


@pytest.mark.any_database
def test_a_changed_context_is_refused(tables):
    with pytest.raises(NotExpressible, match=r"Employee.*id"):
        commit(tables, lambda session: setattr(session.get(Employee, "jane"), "id", "janet"))


# What no event can say


@pytest.mark.any_database
def test_an_assigned_sql_expression_is_refused(tables):
    with pytest.raises(NotExpressible, match=r"Employee.overtime"):
        commit(
            tables, lambda session: setattr(session.get(Employee, "jane"), "overtime", Employee.overtime * 2)
        )


@pytest.mark.any_database
@pytest.mark.parametrize(
    "statement",
    [
        insert(Employee).values(id="bob", company="Acme"),
        update(aliased(Employee)).values(company="Hooly"),
        update(Employee).values(id="bob"),
        delete(Employee.__table__),
        delete(Employee).returning(Employee),
    ],
    ids=["insert", "update of an alias", "update of the context", "delete of the table", "delete returning"],
)
def test_a_bulk_statement_is_refused(tables, statement):
    with pytest.raises(NotExpressible, match="Employee"):
        commit(tables, lambda session: session.execute(statement))


@pytest.mark.any_database
def test_a_bulk_insert_of_dictionaries_is_refused(tables):
    with pytest.raises(NotExpressible, match="Employee"):
        commit(tables, lambda session: session.execute(insert(Employee), [{"id": "bob", "company": "Acme"}]))


@pytest.mark.any_database
@pytest.mark.parametrize("call", ["bulk_save_objects", "bulk_insert_mappings", "bulk_update_mappings"])
def test_a_legacy_bulk_call_is_refused(tables, call):
    arguments = {
        "bulk_save_objects": ([Employee(id="bob", company="Acme")],),
        "bulk_insert_mappings": (Employee, [{"id": "bob", "company": "Acme"}]),
        "bulk_update_mappings": (Employee, [{"id": "jane", "company": "Hooly"}]),
    }[call]
    with pytest.raises(NotExpressible, match="Employee"):
        commit(tables, lambda session: getattr(session, call)(*arguments))


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"event_type": "x" * 256}, "event_type.*256 characters"),
        ({"event_type": "a\0"}, "event_type.*NUL"),
        ({"event_meta": {"by": math.nan}}, "event_meta.*finite"),
        ({"event_id": "abc"}, "event_id.*UUID"),
    ],
)
def test_metadata_that_a_store_cannot_hold_is_refused(tables, metadata, words):
    for target in (tables, "memory://"):
        employees = repository(Employee, target)

        with pytest.raises(InvalidValue, match=words):
            employees.append("bob", title="VP", **metadata)
        with pytest.raises(InvalidValue, match=words):
            employees.append_many([NewEvent("bob", {"title": "VP"}, **metadata)])
        assert list(employees.history("bob")) == []
