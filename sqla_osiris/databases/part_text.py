"""A part of a context as text, which no setting of a connection changes."""

from typing import Any

from sqlalchemy import Text, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

__all__ = ["PartText"]


class PartText(FunctionElement[str]):
    """The text of one value."""

    inherit_cache = True
    name = "osiris_part_text"
    type = Text()


@compiles(PartText)
def _as_text(element: PartText, compiler: Any, **kw: Any) -> str:
    (part,) = element.clauses
    rendered: str = compiler.process(cast(part, Text), **kw)
    return rendered
