"""Which JSON documents every store keeps, and how do they come back? As plain values of JSON's own kinds."""

import math
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import JSON

__all__ = ["DEEPEST", "as_json", "check_characters", "depth_of", "greatest_integer"]

DEEPEST: Final = 200
"""Levels of lists and objects within each other: a merge or a copy takes several of Python's calls for each."""

_LONGEST_INTEGER: Final = 10**4300
"""Python reads no integer of more digits."""

_LONGEST_BITS: Final = _LONGEST_INTEGER.bit_length()


def as_json(value: Any, depth: int = 0) -> Any:
    """The value as JSON gives it back: a tuple is a list there. Raises ValueError with the reason.

    ``depth`` is how many lists and objects it is within.
    """
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str:
        check_characters(value)
        return value
    if kind is dict or kind is list:
        return _nested(value, depth + 1)
    return _plain(value, depth)


def _nested(value: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(
            f"a document of more than {DEEPEST} levels: keep the inner ones as documents of their own"
        )
    if isinstance(value, dict):
        return {_json_key(key): as_json(child, depth) for key, child in value.items()}
    return [as_json(child, depth) for child in value]


def _plain(value: Any, depth: int) -> Any:
    """Return the plain value of one that is not JSON's, or whose class derives from a plain one."""
    if value is JSON.NULL:
        raise ValueError("JSON.NULL, which is read as None: touch the field with None")
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, str):
        return as_json(str.__str__(value), depth)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a finite number")
        return float(value) + 0.0  # -0.0 is 0.0
    if isinstance(value, dict | list | tuple):
        return _nested(value, depth + 1)
    raise ValueError(f"JSON has no form for {value!r}")


def _integer(value: int) -> int:
    plain = int.__index__(value)
    if plain.bit_length() >= _LONGEST_BITS and abs(plain) >= _LONGEST_INTEGER:
        raise ValueError(f"an integer of {plain.bit_length()} bits, of more digits (4300) than Python reads")
    return plain


def _json_key(key: Any) -> str:
    if not isinstance(key, str):
        raise ValueError(f"a JSON object's keys are strings, {key!r} found")
    check_characters(key)
    return key if type(key) is str else str.__str__(key)


def check_characters(text: str) -> None:
    """Raise ValueError for text that a database cannot hold."""
    if "\x00" in text:
        raise ValueError("a NUL character (PostgreSQL cannot store it)")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("half a surrogate pair, which UTF-8 cannot encode")


def depth_of(value: Any) -> int:
    """Return how many lists and objects of a document are within each other, at most."""
    children = _children(value)
    return 0 if children is None else 1 + max(map(depth_of, children), default=0)


def greatest_integer(value: Any) -> int:
    """Return the greatest integer of a document, whatever its sign; 0 where it has none."""
    return (
        abs(value)
        if isinstance(value, int)
        else max(map(greatest_integer, _children(value) or ()), default=0)
    )


def _children(value: Any) -> Iterable[Any] | None:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
