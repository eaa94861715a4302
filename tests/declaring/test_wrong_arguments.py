"""What is no argument at all is refused by its place, and never ends in an error out of the library's inside."""

import pytest
from sqlalchemy import CheckConstraint, Column, Index, Integer, String
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import DeclarativeBase

from sqla_osiris import (
    Aggregate,
    Context,
    DeclarationError,
    EventSourced,
    EventView,
    Every,
    Latest,
    Reducer,
    Sum,
    Upcast,
)


class Weighed(Reducer):
    def __init__(self, weight):
        self.weight = weight

    def identity(self):
        return 0

    def lift(self, touch):
        return touch * self.weight

    def merge(self, left, right):
        return left + right


def declared(**attributes):
    base = type("Base", (DeclarativeBase,), {})
    body = {"__tablename__": "item", "id": Context(Integer), "n": Latest(Integer), **attributes}
    return type("Item", (EventSourced, base), body)


def viewed(by="id", **attributes):
    return type(EventView)(
        "View", (EventView,), {"n": Aggregate(Integer), **attributes}, of=declared(), by=by
    )


WRONG = {
    "a number for a type": (lambda: Latest(42), r"Latest\(42\)"),
    "a Python type": (lambda: Latest(int), r"Latest\(<class 'int'>\)"),
    "two names": (lambda: Context("a", "b"), r"Context\('a', 'b'"),
    "a reducer of Latest": (lambda: Latest(Integer, reducer=Sum()), r"Latest\(.*reducer"),
    "a reducer for a type": (lambda: Aggregate(Integer, Sum()), r"Aggregate\(.*Sum\(\)"),
    "a reducer's class that takes arguments": (
        lambda: Aggregate(Integer, reducer=Weighed),
        r"Weighed\(\.\.\.\)",
    ),
    "no reducer": (lambda: declared(x=Aggregate(Integer, reducer=0)), r"Item\.x: reducer=0"),
    "a text for a reducer": (
        lambda: declared(x=Aggregate(Integer, reducer="sum")),
        r"Item\.x: reducer='sum'",
    ),
    "a Python type of the state": (
        lambda: declared(x=Aggregate(Integer, reducer=Weighed(2), state_type=int)),
        r"Item\.x: state_type=<class 'int'>",
    ),
    "a default of two arguments": (lambda: Latest(Integer, default=lambda a, b: a), r"Latest\(.*default"),
    "info that is no dict": (lambda: Latest(Integer, info="x"), "info='x'"),
    "a context that is no key": (lambda: Context(Integer, primary_key=False), "primary_key=False"),
    "a text for a number of events": (lambda: Every("3"), r"Every\('3'\)"),
    "a truth for a number of events": (lambda: Every(True), r"Every\(True\)"),
    "a number for an archive": (lambda: declared(__archive__=1), r"Item\.__archive__ is 1"),
    "an upcast without a name": (
        lambda: declared(x=Latest(Integer, upcast=Upcast(1, Integer))),
        r"Item\.x: Upcast\(1",
    ),
    "an upcast of a Python type": (
        lambda: declared(x=Latest(Integer, upcast=Upcast("a", int))),
        r"Item\.x: Upcast\('a'",
    ),
    "an upcast that fails": (
        lambda: declared(x=Latest(Integer, upcast=Upcast("a", Integer, lambda a: 1 / 0))),
        r"Item\.x: the upcast of a",
    ),
    "a number for a table's name": (lambda: declared(__tablename__=7), r"Item\.__tablename__ is 7"),
    "no table's name": (lambda: declared(__tablename__=""), r"Item\.__tablename__ is ''"),
    "a number for a schema": (lambda: declared(__table_args__={"schema": 7}), "schema=7"),
    "a number for a comment": (lambda: declared(__table_args__={"comment": 7}), "comment=7"),
    "a field called registry": (lambda: declared(registry=Latest(Integer)), r"Item\.registry"),
    "a view by a number": (lambda: viewed(by=7), "View: by=7"),
    "a view by numbers": (lambda: viewed(by=(7,)), r"View: by=\(7,\)"),
    "a view from a number": (lambda: viewed(__from__=7), r"View\.__from__ is 7"),
    "a view's index": (lambda: viewed(__table_args__=(Index("i", "n"),)), r"View\.__table_args__: Index"),
    "a view's option": (lambda: viewed(__table_args__={"comment": "x"}), r"View\.__table_args__: comment"),
    "a view's check": (
        lambda: viewed(n=Aggregate(Integer, CheckConstraint("n > 0"))),
        r"View\.n has a Check",
    ),
    "a view's unique field": (lambda: viewed(n=Aggregate(Integer, unique=True)), r"View\.n: unique"),
    "a view's default": (lambda: viewed(n=Aggregate(Integer, default=1)), r"View\.n: default="),
    "a view's indexed field": (lambda: viewed(n=Aggregate(Integer, index=True)), r"View\.n: index=True"),
    "a view's version": (
        lambda: viewed(__mapper_args__={"version_id_col": Column("v", String(9))}),
        r"View\.__mapper_args__: version_id_col",
    ),
}


@pytest.mark.filterwarnings("ignore:Attribute name .* reserved")
@pytest.mark.parametrize(("declare", "match"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument_is_refused_where_it_stands(declare, match):
    with pytest.raises(DeclarationError, match=match):
        declare()


@pytest.mark.filterwarnings("ignore:Attribute name .* reserved")
def test_a_field_called_metadata_is_refused():
    # SQLAlchemy 2.0 does so itself.
    with pytest.raises((DeclarationError, InvalidRequestError), match="metadata"):
        declared(metadata=Latest(Integer))
