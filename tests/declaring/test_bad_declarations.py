"""Which declarations are refused when the class is created, and with which words?"""

import enum
from typing import Annotated

import pytest
from sqlalchemy import (
    JSON,
    Boolean,
    Computed,
    Date,
    DateTime,
    Enum,
    Identity,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import sqla_osiris as osiris
from sqla_osiris import (
    Aggregate,
    Append,
    Context,
    DeclarationError,
    EventSourced,
    Every,
    Latest,
    Max,
    Mean,
    Merge,
    Min,
    Sum,
    Union,
    Upcast,
)


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


@pytest.fixture
def declare():
    """Declares a model Wrong with these attributes and a context on a base of its own."""

    class OwnBase(DeclarativeBase):
        pass

    def declare_wrong(**attributes):
        declared = {"__tablename__": "wrong", "id": Context(String(8)), "good": Latest(Integer), **attributes}
        type("Wrong", (EventSourced, OwnBase), declared)

    yield declare_wrong
    assert not OwnBase.metadata.tables


RESERVED = [
    "seq",
    "position",
    "recorded_at",
    "event_id",
    "event_type",
    "event_meta",
    "expected_seq",
    "osiris_x",
    "osiris_",
]


@pytest.mark.parametrize("name", RESERVED)
def test_a_field_of_a_reserved_name_is_refused(declare, name):
    with pytest.raises(DeclarationError, match=rf"Wrong.{name}.*another"):
        declare(**{name: Latest(Integer)})


@pytest.mark.parametrize("name", RESERVED)
def test_a_column_of_a_reserved_name_is_refused(declare, name):
    with pytest.raises(DeclarationError, match=rf"Wrong.*{name}.*another"):
        declare(number=Latest(name, Integer))


@pytest.mark.parametrize("name", RESERVED)
def test_an_attribute_of_a_reserved_name_is_refused_whatever_its_column(declare, name):
    with pytest.raises(DeclarationError, match=rf"Wrong.*{name}.*another"):
        declare(**{name: Latest("number", Integer)})


@pytest.mark.parametrize("name", RESERVED)
def test_a_context_of_a_reserved_name_is_refused(declare, name):
    with pytest.raises(DeclarationError, match=rf"Wrong.*{name}.*another"):
        declare(**{name: Context(Integer)})


@pytest.mark.parametrize("name", ["Event", "Snapshot"])
def test_a_field_of_a_generated_name_is_refused(declare, name):
    with pytest.raises(DeclarationError, match=rf"Wrong.*{name}"):
        declare(**{name: Latest("number", Integer)})


@pytest.mark.filterwarnings("ignore:On class .* named directly multiple times")
@pytest.mark.parametrize("second", [Latest, Aggregate, Context])
def test_two_attributes_of_one_column_are_refused(declare, second):
    with pytest.raises(DeclarationError, match=r"Wrong.*number"):
        declare(first=Latest("number", Integer), second=second("number", Integer))


@pytest.mark.filterwarnings("ignore:On class .* named directly multiple times")
def test_a_field_called_like_the_context_column_is_refused(declare):
    with pytest.raises(DeclarationError, match=r"Wrong.*'id'"):
        declare(other=Latest("id", Integer))


@pytest.mark.filterwarnings("ignore:On class .* named directly multiple times")
def test_an_attribute_declared_twice_in_the_class_body_is_refused():
    class OwnBase(DeclarativeBase):
        pass

    with pytest.raises(DeclarationError, match=r"Wrong.*title"):

        class Wrong(EventSourced, OwnBase):
            __tablename__ = "wrong"
            id = Context(String(8))
            first = Latest("title", String(8))
            title = Latest(String(8))


UNFIT = [
    pytest.param(Sum(), String(8), id="Sum of strings"),
    pytest.param(Sum(), Boolean, id="Sum of booleans"),
    pytest.param(Sum(), Date, id="Sum of dates"),
    pytest.param(Sum(), DateTime, id="Sum of datetimes"),
    pytest.param(Sum(), JSON, id="Sum of JSON"),
    pytest.param(Sum(), LargeBinary, id="Sum of bytes"),
    pytest.param(Sum(), Uuid, id="Sum of UUIDs"),
    pytest.param(Sum(), Enum(Colour), id="Sum of an enumeration"),
    pytest.param(Max(), JSON, id="Max of JSON"),
    pytest.param(Min(), JSON, id="Min of JSON"),
    pytest.param(Merge(), Integer, id="Merge of integers"),
    pytest.param(Merge(), String(8), id="Merge of strings"),
    pytest.param(Merge(), LargeBinary, id="Merge of bytes"),
    pytest.param(Append(), String(8), id="Append of strings"),
    pytest.param(Union(), Integer, id="Union of integers"),
    pytest.param(Mean(), String(8), id="Mean of strings"),
    pytest.param(Mean(), Boolean, id="Mean of truths"),
    pytest.param(osiris.Any(), Integer, id="Any of integers"),
    pytest.param(osiris.All(), String(8), id="All of strings"),
]


@pytest.mark.parametrize(("reducer", "column_type"), UNFIT)
def test_a_reducer_that_does_not_fit_its_column_is_refused(declare, reducer, column_type):
    with pytest.raises(DeclarationError) as refused:
        declare(number=Aggregate(column_type, reducer=reducer))

    type_name = getattr(column_type, "__name__", type(column_type).__name__)
    assert all(word in str(refused.value) for word in ["Wrong.number", type(reducer).__name__, type_name])


def test_a_reducer_that_is_none_is_refused(declare):
    with pytest.raises(DeclarationError, match=r"Wrong.number.*(reducer|Sum)"):
        declare(number=Aggregate(Integer, reducer=max))


OPTIONS = [
    pytest.param("server_default", {"server_default": "0"}, id="server_default"),
    pytest.param("server_default", {"server_default": func.now()}, id="server_default function"),
    pytest.param("onupdate", {"onupdate": 7}, id="onupdate"),
    pytest.param("onupdate", {"server_onupdate": text("7")}, id="server_onupdate"),
    pytest.param("default", {"default": func.random()}, id="default expression"),
]


@pytest.mark.parametrize("kind", [Latest, Aggregate])
@pytest.mark.parametrize(("word", "options"), OPTIONS)
def test_an_option_that_needs_an_updated_row_is_refused(declare, kind, word, options):
    with pytest.raises(DeclarationError, match=rf"Wrong.number.*{word}"):
        declare(number=kind(Integer, **options))


@pytest.mark.parametrize("generator", [Computed("1 + 1"), Identity()], ids=["Computed", "Identity"])
def test_a_column_that_the_database_generates_is_refused(declare, generator):
    with pytest.raises(DeclarationError, match=rf"Wrong.number.*({type(generator).__name__}|server_default)"):
        declare(number=Latest(Integer, generator))


def test_a_unique_constraint_is_refused_where_no_row_holds_the_present(declare):
    with pytest.raises(DeclarationError, match=r"Wrong.*UniqueConstraint.*Inline\(\)"):
        declare(__table_args__=(UniqueConstraint("good"),), __snapshot__=Every(3))


@pytest.mark.parametrize(
    "policy", ["inline", 1000, None.__class__, object()], ids=lambda policy: type(policy).__name__
)
def test_a_snapshot_policy_that_is_none_is_refused(declare, policy):
    with pytest.raises(DeclarationError, match=r"Wrong.__snapshot__.*Inline\(\).*Every\(n\).*Never\(\)"):
        declare(__snapshot__=policy)


def test_a_model_derived_from_a_model_is_refused():
    class OwnBase(DeclarativeBase):
        pass

    class Worker(EventSourced, OwnBase):
        __tablename__ = "worker"
        id: Mapped[str] = Context()
        name: Mapped[str | None]

    with pytest.raises(DeclarationError, match=r"Manager.*Worker"):

        class Manager(Worker):
            level: Mapped[int | None]

    assert set(OwnBase.metadata.tables) == {"worker_event", "worker_snapshot"}


def test_a_model_derived_from_an_ordinary_class_with_a_table_is_refused():
    class OwnBase(DeclarativeBase):
        pass

    class Person(OwnBase):
        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)

    with pytest.raises(DeclarationError, match=r"Worker.*Person"):

        class Worker(EventSourced, Person):
            __tablename__ = "worker"
            name: Mapped[str | None]

    assert set(OwnBase.metadata.tables) == {"person"}


@pytest.mark.parametrize("name", ["true", "false"])
def test_a_name_that_sqlite_cannot_tell_from_a_number_is_refused(name):
    with pytest.raises(DeclarationError, match=f"{name}.*SQLite.*another name"):
        type(f"Named{name}", (EventSourced,), {"flag": Latest(name, Integer)})


class Scored(Max):
    def __init__(self, factor):
        self.factor = factor


DECLARED_TWICE = {
    "an aggregate and a latest": (Annotated[int, Aggregate()], Latest()),
    "a latest and an aggregate": (Annotated[int, Latest()], Aggregate()),
    "two reducers": (Annotated[int, Aggregate(reducer=Max())], Aggregate(reducer=Min())),
    "one reducer with two parameters": (
        Annotated[str, Aggregate(JSON, reducer=Scored(2))],
        Aggregate(JSON, reducer=Scored(3)),
    ),
    "a reducer and the default one": (Annotated[int, Aggregate(reducer=Max())], Aggregate()),
    "two upcasts": (
        Annotated[int, Latest(upcast=Upcast("old", Integer))],
        Latest(upcast=Upcast("older", Integer)),
    ),
    "two state types": (
        Annotated[int, Aggregate(reducer=Max(), state_type=Integer())],
        Aggregate(reducer=Max(), state_type=String()),
    ),
}


@pytest.mark.parametrize(("annotated", "given"), DECLARED_TWICE.values(), ids=DECLARED_TWICE)
def test_a_field_that_is_declared_in_two_ways_is_refused(declare, annotated, given):
    with pytest.raises(
        DeclarationError, match=r"Wrong\.field is declared twice: .* in its annotation, .* beside"
    ):
        declare(__annotations__={"field": Mapped[annotated]}, field=given)


@pytest.mark.parametrize(
    ("annotated", "given"), [(Annotated[int, Latest()], Context()), (Annotated[int, Context()], Latest())]
)
def test_a_context_in_the_annotation_and_a_field_beside_it_are_refused(declare, annotated, given):
    with pytest.raises(DeclarationError, match=r"Wrong\.field"):
        declare(__annotations__={"field": Mapped[annotated]}, field=given)
