"""How is a column's value written into a DynamoDB attribute, and read back equal? By the column's type.

A value goes through the type's own SQLAlchemy processors first, so users' ``TypeDecorator``s work as on a database;
what they give is then kept exactly: numbers as DynamoDB's decimals, floats and moments as text, JSON as its text.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, Uuid
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeEngine

from sqla_osiris.reducers.exact import in_scale
from sqla_osiris.types.codec import plain
from sqla_osiris.types.encrypted import Unsealed
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["Codec", "codec", "from_moment", "item_size", "to_moment"]

Attribute = Any
"""A str, bool, bytes, int, Decimal or None, or a dict of them; a number is read back as a Decimal."""

_DIGITS: Final = 38
_LEAST_EXPONENT, _GREATEST_EXPONENT = -130, 125
_WIDE: Final = Context(prec=1000)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Codec:
    """One column's two directions, each as an attribute and, for a key's part, as text.

    ``write`` and ``to_text`` raise ValueError with the reason for what DynamoDB cannot hold.
    """

    write: Callable[[Any], Attribute]
    read: Callable[[Attribute], Any]
    to_text: Callable[[Any], str]
    from_text: Callable[[str], Any]


def codec(declared: TypeEngine[Any]) -> Codec:
    """The codec of a column of this (stored) type."""
    values = plain(declared)
    kind, scale = values.kind, getattr(values.declared, "scale", None)
    flat, shaped = _CONVERTED.get(kind, (_same, _same))
    if kind is timedelta and values.declared is not declared:
        flat, shaped, kind = _since_epoch, _until, datetime
    bind, result = values.bind or _same, values.result or _same

    def write(value: Any) -> Attribute:
        found = None if value is None else bind(value)
        return None if found is None else _attribute(flat(found))

    def read(attribute: Attribute) -> Any:
        return None if attribute is None else result(shaped(_value(attribute, kind, scale)))

    def to_text(value: Any) -> str:
        return _text(flat(bind(value)))

    def from_text(text: str) -> Any:
        return read(_unwritten(text, kind))

    return Codec(write, read, to_text, from_text)


def to_moment(moment: datetime) -> str:
    """A moment as text of fixed length, in UTC, whose order is the moments'."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def from_moment(text: str) -> datetime:
    """The moment of :func:`to_moment`'s text."""
    return datetime.fromisoformat(text)


def item_size(item: dict[str, Attribute]) -> int:
    """The bytes that DynamoDB counts for an item, or slightly more: names, values, and the bookkeeping of maps."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Attribute) -> int:
    if isinstance(value, str):
        return len(value) if value.isascii() else len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    if isinstance(value, dict):
        return 3 + item_size(value) + len(value)
    if isinstance(value, list):
        return 3 + sum(_size(part) + 1 for part in value)
    if isinstance(value, Unsealed):
        return value.size
    return 1 if value is None or isinstance(value, bool) else 21


def _same(value: Any) -> Any:
    return value


_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001  (SQLAlchemy's own, of an Interval where a database has none)


def _since_epoch(value: timedelta) -> datetime:
    """Return a duration of a user's TypeDecorator as it was always stored: what SQLAlchemy makes of it."""
    return _EPOCH + value


def _until(value: datetime) -> timedelta:
    return value - _EPOCH


_MOMENT: Final = UTCDateTime()
_DIALECT: Final = DefaultDialect()

_CONVERTED: dict[type[Any], tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    JSON: (lambda document: json.dumps(document, ensure_ascii=False, separators=(",", ":")), json.loads),
    UTCDateTime: (
        lambda moment: _MOMENT.process_bind_param(moment, _DIALECT),
        lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC),
    ),
    Uuid: (lambda text: UUID(text).hex, lambda text: str(UUID(text))),
}
"""Kinds that are another value in an attribute: what makes it, and what reads it."""


def _attribute(value: Any) -> Attribute:
    if value is None or isinstance(value, str | bool | bytes):
        return value
    for kind, form in _FORMS:
        if isinstance(value, kind):
            return form(value)
    raise ValueError(f"DynamoDB has no form for a {type(value).__name__}")


def _check_number(value: Decimal) -> Decimal:
    bare = _WIDE.normalize(value)
    if len(bare.as_tuple().digits) > _DIGITS:
        raise ValueError(f"{value} has more than {_DIGITS} digits, the most that DynamoDB keeps")
    if bare and not _LEAST_EXPONENT <= bare.adjusted() <= _GREATEST_EXPONENT:
        raise ValueError(
            f"{value} is beyond DynamoDB's numbers (1e{_LEAST_EXPONENT} to 1e{_GREATEST_EXPONENT})"
        )
    return bare or Decimal(0)  # no -0


_FORMS: tuple[tuple[Any, Callable[[Any], Attribute]], ...] = (
    (int, lambda value: int(_check_number(Decimal(value)))),
    (Decimal, _check_number),
    (float, repr),  # its exponents go beyond DynamoDB's numbers
    (datetime | date | time, lambda value: value.isoformat()),
    (timedelta, lambda value: value // _MICROSECOND),
    (UUID, lambda value: value.hex),
    (bytearray | memoryview, bytes),
)


def _value(attribute: Attribute, kind: type[Any], scale: int | None) -> Any:
    if kind is Decimal:
        return in_scale(Decimal(attribute), scale)
    if issubclass(kind, date | time):
        return kind.fromisoformat(attribute)
    if kind is timedelta:
        return int(attribute) * _MICROSECOND
    if kind in {int, float, bytes, UUID}:
        return kind(attribute)
    return attribute


def _text(value: Any) -> str:
    """A key's part: equal values have one text, different ones have different texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value + 0.0)  # -0.0 is 0.0
    attribute = _attribute(value)
    return attribute.hex() if isinstance(attribute, bytes) else str(attribute)


def _unwritten(text: str, kind: type[Any]) -> Attribute:
    """The attribute that :func:`_text` wrote as this text."""
    if kind is bool:
        return text == "true"
    if kind is bytes:
        return bytes.fromhex(text)
    return Decimal(text) if kind is Decimal else text
