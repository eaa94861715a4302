"""Tools that make forms, schemas and filters ask a model's mapper: it answers as an ordinary model's does."""

import enum
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Uuid,
    create_engine,
    inspect,
    select,
)
from sqlalchemy.orm import Mapped, Session, aliased

from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    DeclarationError,
    EventSourced,
    EventView,
    Inline,
    Latest,
    Max,
    Mean,
    Merge,
    Union,
    grouped_by,
)


class Size(enum.Enum):
    SMALL = "s"
    LARGE = "l"


@pytest.fixture(params=[Inline(), None], ids=["Inline", "default"])
def ware(request, base):
    class Ware(EventSourced, base):
        __tablename__ = "ware"
        __snapshot__ = request.param
        id: Mapped[str] = Context(String(9))
        title: Mapped[str | None] = Latest(String(20))
        stock: Mapped[int] = Aggregate(Integer)
        price: Mapped[Decimal | None] = Latest(Numeric(10, 2))
        total: Mapped[Decimal] = Aggregate(Numeric(10, 2))
        weight: Mapped[float | None] = Latest(Float)
        made: Mapped[datetime | None] = Latest(DateTime(timezone=True))
        last: Mapped[datetime | None] = Aggregate(DateTime(timezone=True), reducer=Max())
        local: Mapped[datetime | None] = Latest(DateTime)
        took: Mapped[timedelta | None] = Latest(Interval)
        ready: Mapped[bool | None] = Latest(Boolean)
        photo: Mapped[bytes | None] = Latest(LargeBinary)
        code: Mapped[uuid.UUID | None] = Latest(Uuid)
        tags: Mapped[list[str]] = Aggregate(JSON, reducer=Append())
        marks: Mapped[set[str]] = Aggregate(JSON, reducer=Union())
        data: Mapped[dict[str, Any]] = Aggregate(JSON, reducer=Merge())
        mean: Mapped[float | None] = Aggregate(Integer, reducer=Mean())

    return Ware


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("id", str),
        ("title", str),
        ("stock", int),
        ("price", Decimal),
        ("total", Decimal),
        ("weight", float),
        ("made", datetime),
        ("last", datetime),
        ("local", datetime),
        ("took", timedelta),
        ("ready", bool),
        ("photo", bytes),
        ("code", uuid.UUID),
        ("tags", list),
        ("marks", set),
        ("data", dict),
        ("mean", float),
        ("seq", int),
    ],
)
def test_a_mapped_columns_type_knows_its_python_type(ware, name, expected):
    assert inspect(ware).columns[name].type.python_type is expected


@pytest.mark.parametrize(
    ("name", "declared"),
    [
        ("price", Numeric),
        ("total", Numeric),
        ("made", DateTime),
        ("last", DateTime),
        ("local", DateTime),
        ("took", Interval),
        ("tags", JSON),
        ("data", JSON),
    ],
)
def test_a_mapped_columns_type_is_the_declared_one_and_has_its_name(ware, name, declared):
    for entity in (ware, ware.Event, aliased(ware)):
        if name in inspect(entity).mapper.columns:
            found = inspect(entity).mapper.columns[name].type
            assert (isinstance(found, declared), type(found).__name__) == (True, declared.__name__)


def test_a_mapped_columns_table_is_one_of_the_mappers(ware):
    class Titled(EventView, of=ware, by="title"):
        stock: Mapped[int] = Aggregate(Integer)

    for entity in (ware, ware.Event, ware.Snapshot, Titled, grouped_by(ware, ware.Event.title)):
        mapper = inspect(entity).mapper
        assert mapper.local_table in mapper.tables
        assert {column.table for column in mapper.columns} == set(mapper.tables)


def test_seq_is_asked_of_nobody_as_a_generated_columns_value_is_not(ware):
    seq = inspect(ware).columns["seq"]

    assert (seq.computed is not None, seq.server_default is not None, seq.nullable) == (True, True, True)


def test_a_mapped_column_says_what_is_declared_of_it(base):
    class Item(EventSourced, base):
        __tablename__ = "item"
        id: Mapped[str] = Context(String(9), doc="its number")
        name: Mapped[str] = Latest(
            String(9), unique=True, index=True, comment="a name", info={"form": "text"}
        )

    columns = inspect(Item).columns
    assert (columns["id"].doc, columns["name"].unique, columns["name"].comment) == (
        "its number",
        True,
        "a name",
    )
    for mapped in (Item, Item.Event, Item.Snapshot):
        assert inspect(mapped).columns["name"].info["form"] == "text"


def test_a_value_that_is_stored_as_the_old_one_is_no_event(base):
    class Item(EventSourced, base):
        __tablename__ = "item"
        id: Mapped[str] = Context(String(9))
        size: Mapped[Size] = Latest(Enum(Size))

    engine = create_engine("sqlite://")
    base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(item := Item(id="a", size=Size.SMALL))
        session.commit()
        for size, seq in (("SMALL", 1), (Size.SMALL, 1), ("LARGE", 2)):
            item.size = size
            session.commit()
            assert (item.seq, item.size.name) == (seq, getattr(size, "name", size))
    engine.dispose()


def test_a_model_that_a_library_shall_version_is_refused(base):
    with pytest.raises(DeclarationError, match="__versioned__"):

        class Item(EventSourced, base):
            __versioned__ = {}  # noqa: RUF012  (as those libraries spell it)
            __tablename__ = "item"
            stock: Mapped[int] = Aggregate()


def test_and_so_is_one_whose_mixin_asks_for_it(base):
    class Versioned:
        __versioned__ = {}  # noqa: RUF012

    with pytest.raises(DeclarationError, match="its log is its history"):

        class Item(EventSourced, Versioned, base):
            __tablename__ = "item"
            stock: Mapped[int] = Aggregate()


def test_a_subquery_has_those_types_too(ware):
    found = select(ware).subquery().c

    assert isinstance(found.price.type, Numeric)
    assert found.made.type.python_type is datetime
