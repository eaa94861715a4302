"""Which contexts the database gives: those of SQLAlchemy's rules for a primary key of one column."""

import pytest
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    FetchedValue,
    ForeignKey,
    Identity,
    Integer,
    Numeric,
    Sequence,
    SmallInteger,
    String,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from sqla_osiris import Context, DeclarationError, EventSourced, Latest
from sqla_osiris.schema.log import log_of
from tests.keys.shop import Customer, Given, Parcel, Ticket


class Counted(TypeDecorator):
    impl = Integer
    cache_ok = True


def declared(**columns):
    base = type("Base", (DeclarativeBase,), {})
    return type("Item", (EventSourced, base), {"name": Latest(String(9)), **columns})


@pytest.mark.parametrize(
    "key",
    [
        lambda: Context(Integer),
        lambda: Context(BigInteger),
        lambda: Context(SmallInteger),
        lambda: Context(Counted),
        lambda: Context(Integer, autoincrement=True),
        lambda: Context(Numeric(9, 0), autoincrement=True),
        lambda: Context(Integer, Identity()),
        lambda: Context(Integer, Sequence("counted")),
        lambda: Context(Uuid, server_default=text("uuidv7()")),
        lambda: Context(Uuid, server_default=func.gen_random_uuid()),
        lambda: mapped_column(Integer, primary_key=True),
    ],
)
def test_keys_that_the_database_gives(key):
    assert log_of(declared(id=key())).generates


@pytest.mark.parametrize(
    "columns",
    [
        {"id": Context(String(9))},
        {"id": Context(Integer, autoincrement=False)},
        {"id": Context(Integer, default=7)},
        {"id": Context(Integer, default=lambda: 7)},
        {"id": Context(Integer, ForeignKey("item.id"))},
        {"id": Context(Integer), "part": Context(Integer)},
        {},
    ],
    ids=["text", "not counted", "default", "function", "foreign key", "composite", "none declared"],
)
def test_keys_that_are_given(columns):
    model = declared(**columns)
    assert not log_of(model).generates
    assert model.Snapshot.__table__.autoincrement_column is None
    assert not any("event_id" in index.name for index in model.Event.__table__.indexes if not index.unique)


def test_the_heads_column_is_an_ordinary_one():
    assert Customer.Snapshot.__table__.autoincrement_column is Customer.Snapshot.__table__.c.id
    assert Ticket.Snapshot.__table__.c.id.identity.start == 10
    assert Parcel.Snapshot.__table__.c.id.default.name == "parcel_number"
    assert Given.Snapshot.__table__.autoincrement_column is None
    for model in (Customer, Ticket, Parcel):
        column = model.Event.__table__.c.id
        assert (column.autoincrement, column.default, column.server_default) == (False, None, None)


NO_NEW_KEY = (
    r"says no SQL that makes a new key for each stream\. Give an expression, as in "
    r"server_default=text\('gen_random_uuid\(\)'\), or use default= with a function\.$"
)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (
            lambda: Context(Integer, Identity(always=True)),
            r"Identity\(always=True\) is refused: .* every event after a stream's first gives one\. Write Identity\(\)\.$",
        ),
        (lambda: Context(Integer, Computed("1")), "Computed is refused"),
        (
            lambda: Context(Integer, server_default="7"),
            NO_NEW_KEY,
        ),
        (lambda: Context(Integer, server_default=FetchedValue()), "says no SQL that makes a new key"),
        (lambda: Context(Integer, default=func.random()), "default=<SQL> is refused"),
        (lambda: Context(Integer, onupdate=7), "onupdate is refused"),
        (lambda: Context(String(9), autoincrement=True), "Leave autoincrement out"),
        (lambda: Context(Integer, autoincrement="always"), "True, False or 'auto' was expected"),
    ],
)
def test_a_generator_that_gives_no_key_is_refused(key, words):
    with pytest.raises(DeclarationError, match=rf"^Item\.id: .*{words}"):
        declared(id=key())


@pytest.mark.parametrize(
    ("key", "word"),
    [
        (lambda: Context(Integer, Identity()), "Identity"),
        (lambda: Context(Integer, Sequence("counted")), "Sequence"),
        (lambda: Context(Uuid, server_default=text("uuidv7()")), "server_default"),
        (lambda: Context(Integer, autoincrement=True), "autoincrement=True"),
    ],
)
def test_a_part_of_a_context_is_given(key, word):
    with pytest.raises(
        DeclarationError,
        match=rf"^Item\.id: {word} is refused: .* this one has several, which an append names together\. "
        r"Leave it out and give the key, or use default= with a function\.$",
    ):
        declared(id=key(), part=Context(Integer))


def test_a_sequence_or_an_identity_is_the_heads():
    counted = declared(id=Context(Integer, Sequence("counted"))).Snapshot.__table__.c.id
    identity = declared(id=Context(Integer, Identity(start=10))).Snapshot.__table__.c.id

    assert counted.default.name == "counted"
    assert identity.identity.start == 10


def test_a_field_counts_nothing():
    class Base(DeclarativeBase):
        pass

    with pytest.raises(DeclarationError, match=r"Wrong\.n: autoincrement=True is refused"):

        class Wrong(EventSourced, Base):
            n: Mapped[int] = Latest(autoincrement=True)


def test_an_integer_with_a_check_counts_only_where_it_is_asked_to():
    """MariaDB takes no CHECK of a column that is AUTO_INCREMENT."""
    given = declared(id=Context(Integer, CheckConstraint("id > 0")))
    asked = declared(id=Context(Integer, CheckConstraint("id > 0"), autoincrement=True))

    assert given.Snapshot.__table__.autoincrement_column is None
    assert asked.Snapshot.__table__.autoincrement_column is asked.Snapshot.__table__.c.id
