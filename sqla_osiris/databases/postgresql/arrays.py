"""Arrays as PostgreSQL writes them, ``{"a", NULL}``: how many values travel as one text, and arrays within an array."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["ArrayText", "array_element"]


class ArrayText(TypeDecorator[Sequence[Any]]):
    """An array of any dimensions as a text: UNNEST takes arrays of arrays apart to their last elements."""

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = Text
    cache_ok: bool | None = True

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> str | None:
        return None if value is None else array_element(value)


def array_element(value: Any) -> str:
    """Return an element of an array, which may be one itself."""
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return "{" + ",".join(map(array_element, value)) + "}"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float | UUID | date):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
