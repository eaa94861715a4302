"""Types of the user's own, and a database's: each path of each store means the same by them, or the class is refused."""

from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import (
    CHAR,
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Integer,
    Interval,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    Uuid,
    func,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects import postgresql as pg
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    Encrypted,
    EventSourced,
    Every,
    Inline,
    InvalidValue,
    Latest,
    Max,
    Min,
    Never,
    NewEvent,
    grouped_by,
    repository,
)

pytestmark = pytest.mark.filterwarnings("ignore:Type object.*operator_classes")


class ByTheDatabase(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def bind_expression(self, bindvalue):
        return func.concat("<", bindvalue, ">")


class ReadByTheDatabase(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def column_expression(self, column):
        return func.replace(column, "<", "")


class Over(TypeDecorator[Any]):
    """Adds nothing to the type that it is over."""

    impl = String
    cache_ok = True

    def __init__(self, over):
        super().__init__()
        self.over, self.impl = over, over


class Lower(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value.lower()


class Numbered(TypeDecorator[str]):
    """Stores another text each time, as an encryption with a nonce does."""

    impl = String
    cache_ok = True
    counted = 0

    def process_bind_param(self, value, dialect):
        Numbered.counted += 1
        return f"{Numbered.counted}:{value}"

    def process_result_value(self, value, dialect):
        return value.partition(":")[2]


class Chosen(TypeDecorator[Any]):
    """Has a column of another type on one database."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect):
        return dialect.type_descriptor(pg.INET() if dialect.name == "postgresql" else Text())


_numbers = count()


def declare(**fields: Any) -> type[Any]:
    base = type("Base", (DeclarativeBase,), {})
    given = {"__tablename__": f"own_{next(_numbers)}", "id": Context(String(9))} | fields
    return type("Sample", (EventSourced, base), given)


REFUSED = [
    (ByTheDatabase(9), "process_bind_param"),
    (ReadByTheDatabase(9), "process_bind_param"),
    (Over(ByTheDatabase(9)), "process_bind_param"),
    (String(9).with_variant(ByTheDatabase(9), "postgresql"), "process_bind_param"),
    (Encrypted(ByTheDatabase(9)), "process_bind_param"),
    (mysql.BIT(8), "BigInteger"),
    (mysql.YEAR(), "SmallInteger"),
    (pg.INET(), "String"),
    (pg.HSTORE(), "JSON"),
    (pg.INT4RANGE(), "fields of their own"),
    (pg.ARRAY(pg.INET), "JSON"),
    (Over(pg.ARRAY(Integer)), "JSON"),
    (Over(pg.INET()), "String"),
    (Chosen(), "String"),
    (String(40).with_variant(pg.INET(), "postgresql"), "String"),
    (Text().with_variant(JSON(), "postgresql"), "TypeDecorator"),
    (DateTime().with_variant(mysql.DATETIME(), "mariadb"), "fsp=6"),
]


@pytest.mark.parametrize(("type_", "advice"), REFUSED, ids=lambda given: repr(given)[:60])
@pytest.mark.parametrize("where", ["field", "context", "state"])
def test_a_type_that_a_store_would_keep_otherwise_is_refused_with_what_to_declare(type_, advice, where):
    fields = {
        "field": {"value": Latest(type_)},
        "context": {"id": Context(type_), "value": Latest(Integer)},
        "state": {"value": Aggregate(Integer, reducer=Max(), state_type=type_)},
    }[where]

    with pytest.raises(DeclarationError, match="." if isinstance(type_, Encrypted) else advice):
        declare(**fields)


@pytest.mark.parametrize("collation", ["NOCASE", "RTRIM", "utf8mb4_general_ci", "utf8mb4_bin", "de-x-icu"])
@pytest.mark.parametrize(
    "with_collation",
    [
        lambda collation: String(9, collation=collation),
        lambda collation: String(9).with_variant(String(9, collation=collation), "sqlite"),
        lambda collation: Over(Text(collation=collation)),
    ],
    ids=["itself", "a variant", "beneath"],
)
def test_text_that_a_collation_compares_is_no_context_and_no_extreme(collation, with_collation):
    type_ = with_collation(collation)
    declare(value=Latest(type_))

    with pytest.raises(DeclarationError, match="collation="):
        declare(id=Context(type_), value=Latest(Integer))
    for reducer in (Max(), Min()):
        with pytest.raises(DeclarationError, match="collation="):
            declare(value=Aggregate(type_, reducer=reducer))


@pytest.mark.parametrize("collation", ["C", "POSIX", "BINARY"])
def test_a_collation_by_code_point_may_be_named(collation):
    declare(
        id=Context(String(9, collation=collation)),
        value=Aggregate(String(9, collation=collation), reducer=Max()),
    )


def test_a_type_that_changes_values_does_so_in_every_store_and_in_what_is_appended(opens):
    people = opens(declare(email=Latest(Lower(40))))
    event = people.append("a", email="A@Example.org")
    people.append_many([NewEvent("b", {"email": "B@Example.org"})])

    assert event.fields == {"email": "a@example.org"}
    assert [each.fields for each in people.history("a")] == [{"email": "a@example.org"}]
    assert (people.state("a").email, people.state("b").email) == ("a@example.org", "b@example.org")


def test_a_context_whose_type_changes_it_is_one_stream(opens):
    people = opens(declare(id=Context(Lower(9)), visits=Aggregate(Integer)))
    people.append("Ann", visits=1)
    people.append_many([NewEvent("ANN", {"visits": 1}), NewEvent("ann", {"visits": 1})])

    assert {event.context for event in people.history("aNN")} == {"ann"}
    assert people.state("Ann").visits == 3


def test_a_context_whose_type_never_stores_it_twice_alike_is_refused(opens):
    people = opens(declare(id=Context(Numbered(40)), visits=Aggregate(Integer)))

    with pytest.raises(InvalidValue, match="another value each time"):
        people.append("Ann", visits=1)


def test_what_a_type_gives_to_its_column_fits_it_or_is_refused(opens):
    class Doubled(TypeDecorator[str]):
        impl = String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return value * 2

    people = opens(declare(name=Latest(Doubled(8))))
    people.append("a", name="anna")

    with pytest.raises(InvalidValue, match="10 characters, the column keeps 8"):
        people.append("a", name="johan")
    with pytest.raises(InvalidValue, match="Doubled does not take"):
        people.append("a", name={})


@pytest.mark.parametrize(
    "type_", [JSON(), LargeBinary(), Boolean(), Interval(), Uuid(), mysql.LONGBLOB()], ids=repr
)
@pytest.mark.parametrize("over", [lambda type_: type_, Over], ids=["itself", "beneath"])
def test_an_extreme_is_of_a_type_with_one_order(type_, over):
    with pytest.raises(DeclarationError, match="one order"):
        declare(value=Aggregate(over(type_), reducer=Max()))


@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()], ids=repr)
def test_an_extreme_of_text_beneath_a_type_is_by_code_point(opens, policy):
    log = opens(declare(value=Aggregate(Over(String(9)), reducer=Max()), __snapshot__=policy))
    for value in ("a", "B", "a ", "Z"):
        log.append("k", value=value)
    log.append_many(NewEvent("m", {"value": value}) for value in ("a", "B", "Z"))

    assert (log.state("k").value, log.state("m").value) == ("a ", "a")


class Empty(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_result_value(self, value, dialect):
        return value or ""


class Dashed(TypeDecorator[str]):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value or "-"


@pytest.mark.parametrize("type_", [Empty(9), Dashed(9), Over(Empty(9))], ids=["read", "written", "beneath"])
def test_a_type_that_makes_a_value_of_none_is_refused(type_):
    with pytest.raises(DeclarationError, match="give None for None"):
        declare(value=Latest(type_))


def test_a_type_that_does_not_expect_none_is_taken(opens):
    class Shouted(TypeDecorator[str]):
        impl = String
        cache_ok = True

        def process_bind_param(self, value, dialect):
            return value and value.upper()

        def process_result_value(self, value, dialect):
            return value and value.lower()

    log = opens(declare(value=Latest(Shouted(9))))
    log.append("a", value="x")
    log.append("a", value=None)

    assert [each.fields for each in log.history("a")] == [{"value": "x"}, {"value": None}]


def test_text_that_a_collation_compares_is_no_key_of_a_view():
    model = declare(city=Latest(String(9, collation="NOCASE")), visits=Aggregate(Integer))

    with pytest.raises(DeclarationError, match="collation="):
        grouped_by(model, model.Event.city)


def test_the_neighbours_of_a_proven_type_are_taken():
    declare(
        a=Latest(BigInteger().with_variant(Integer, "sqlite")),
        b=Latest(JSON().with_variant(pg.JSONB(), "postgresql")),
        c=Latest(DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")),
        d=Latest(CHAR(3)),
        e=Latest(pg.INTERVAL()),
    )


class Reversed(TypeDecorator[str]):
    """Text that is stored backwards: the values and what is stored are of one type, and differ."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value and value[::-1]

    def process_result_value(self, value, dialect):
        return value and value[::-1]


@pytest.mark.parametrize("policy", [Inline(), Every(2), Never()], ids=repr)
@pytest.mark.parametrize(
    ("type_", "context_of"),
    [(Reversed(9), lambda i: f"c{i}"), (Date(), lambda i: date(2000, 1, 1) + timedelta(days=i))],
    ids=["reversed", "dates"],
)
def test_a_batch_of_many_contexts_of_any_type_is_written(engine, policy, type_, context_of):
    model = declare(
        id=Context(type_), value=Latest(Reversed(9)), times=Aggregate(Integer), __snapshot__=policy
    )
    log = repository(model, engine)
    log.create()
    for _ in range(2):
        log.append_many(NewEvent(context_of(i), {"value": f"v{i}", "times": 1}) for i in range(700))
    log.snapshots()

    assert {state.id: (state.value, state.times) for state in log.states()} == {
        context_of(i): (f"v{i}", 2) for i in range(700)
    }
    last = context_of(699)
    assert [(each.context, each.seq, each.fields["value"]) for each in log.history(last)] == [
        (last, 1, "v699"),
        (last, 2, "v699"),
    ]
