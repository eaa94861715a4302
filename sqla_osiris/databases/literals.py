"""Values of our own that stand in a statement's text rather than as binds.

A fold is compiled once and sent with every query of its model: a bind in it would be processed every time, and a
planner that sees a value estimates better.
"""

from typing import Any, Final

from sqlalchemy import ColumnElement, Float, Integer, String, false, literal_column, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.visitors import InternalTraversal

__all__ = ["DIGITS_OF_DOUBLE", "number", "words"]

DIGITS_OF_DOUBLE: Final = 15
"""The decimal digits that a double keeps for certain (DBL_DIG)."""


def number(value: float) -> ColumnElement[Any]:
    """A number or a truth that the library computed; never one that a user gave."""
    if isinstance(value, bool):
        return true() if value else false()
    return literal_column(repr(value), Integer() if type(value) is int else Float())


class _Words(ColumnElement[str]):
    # Two texts are two statements: what is compiled for one is not another's.
    _traverse_internals = [("value", InternalTraversal.dp_string)]  # noqa: RUF012  (as SQLAlchemy spells it)
    inherit_cache = True
    type = String()

    def __init__(self, value: str) -> None:
        self.value = value


@compiles(_Words)
def _render(element: _Words, compiler: Any, **_: Any) -> str:
    rendered: str = compiler.render_literal_value(element.value, element.type)
    return rendered


def words(value: str) -> ColumnElement[str]:
    """A text, quoted by the dialect."""
    return _Words(value)
