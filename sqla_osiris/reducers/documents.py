"""How an accumulator is written as JSON and read back as the Python value that it was.

JSON's own values stand for themselves. Others are objects of one key that begins with ``$`` and names the type.
"""

import math
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

__all__ = ["from_document", "to_document"]


def to_document(value: Any) -> Any:
    """The JSON value of ``value``. Raises TypeError for a type that has none.

    Sets are written in one order, so that equal sets give equal documents.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind is list:
        return [to_document(item) for item in value]
    if kind is dict:
        return _object(value)
    if kind in _WRITTEN:
        return {f"${kind.__name__}": _WRITTEN[kind](value)}
    raise TypeError(f"{value!r} has no JSON form")


def from_document(document: Any) -> Any:
    """The value that :func:`to_document` wrote."""
    if isinstance(document, list):
        return [from_document(item) for item in document]
    if not isinstance(document, dict):
        return document
    if len(document) == 1:
        ((tag, content),) = document.items()
        if tag in _READ:
            return _READ[tag](content)
    return {key: from_document(item) for key, item in document.items()}


def _object(value: dict[Any, Any]) -> dict[str, Any]:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: to_document(item) for key, item in value.items()}
    return {"$dict": [[to_document(key), to_document(item)] for key, item in value.items()]}


def _items(value: Any) -> list[Any]:
    return [to_document(item) for item in value]


def _sorted_items(value: Any) -> list[Any]:
    def place(item: Any) -> tuple[str, Any]:
        return type(item).__name__, item if isinstance(item, str | int | float) else repr(item)

    return sorted(_items(value), key=place)


_WRITTEN: dict[type, Callable[[Any], Any]] = {
    Decimal: str,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: [value.days, value.seconds, value.microseconds],
    UUID: str,
    bytes: bytes.hex,
    tuple: _items,
    set: _sorted_items,
    frozenset: _sorted_items,
}

_READ: dict[str, Callable[[Any], Any]] = {
    "$float": float,
    "$Decimal": Decimal,
    "$datetime": datetime.fromisoformat,
    "$date": date.fromisoformat,
    "$time": time.fromisoformat,
    "$timedelta": lambda content: timedelta(*content),
    "$UUID": UUID,
    "$bytes": bytes.fromhex,
    "$tuple": lambda content: tuple(map(from_document, content)),
    "$set": lambda content: set(map(from_document, content)),
    "$frozenset": lambda content: frozenset(map(from_document, content)),
    "$dict": lambda content: {from_document(key): from_document(item) for key, item in content},
}
