"""A part of a context as text: a cast of a moment depends on DateStyle and time zone, one of bytes on bytea_output."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Date, DateTime, LargeBinary, Text, cast, func
from sqlalchemy.types import TypeDecorator

from sqla_osiris.databases.literals import words
from sqla_osiris.databases.part_text import PartText

__all__ = ["RENDERS"]


def _as_text(element: PartText, compiler: Any, **kw: Any) -> str:
    (part,) = element.clauses
    type_ = part.type
    while isinstance(type_, TypeDecorator):
        type_ = type_.impl_instance
    if isinstance(type_, DateTime | Date):
        at = func.timezone(words("UTC"), part) if getattr(type_, "timezone", False) else part
        text: Any = func.to_char(at, words("YYYY-MM-DD HH24:MI:SS.US"))
    elif isinstance(type_, LargeBinary):
        text = func.encode(part, words("hex"))
    else:
        text = cast(part, Text)
    rendered: str = compiler.process(text, **kw)
    return rendered


RENDERS: Final[dict[type[Any], Callable[..., str]]] = {PartText: _as_text}
