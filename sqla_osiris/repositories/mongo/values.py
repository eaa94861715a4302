"""How a Python value looks in a document, so that it comes back equal and of the same type.

BSON's own types are used where they keep everything. They do not for three: a BSON date keeps milliseconds, so a
moment is an int64 of microseconds since 1970; a date or a time of day is its ISO text, which sorts as it does; and JSON
is its text, as BSON would mix up integers and floats, refuse integers past 64 bits and take keys such as ``$ref`` for
commands.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from decimal import Inexact as _Inexact
from decimal import Overflow as _Overflow
from typing import Any, Final
from uuid import UUID

from bson import Binary, Decimal128
from sqlalchemy import JSON
from sqlalchemy.types import TypeEngine

from sqla_osiris.reducers.collections import in_one_order
from sqla_osiris.types.codec import plain
from sqla_osiris.types.portable import UTCDateTime

__all__ = ["Codec", "Conversion", "codec", "escaped", "from_microseconds", "json_text", "microseconds"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = _EPOCH.replace(tzinfo=None)
_MICROSECOND: Final = timedelta(microseconds=1)
_EXACT_DIGITS: Final = 20
"""Decimals up to this precision add up to 34 digits (a Decimal128's) only after 10^14 events."""

Conversion = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Codec:
    """One column type's two conversions; None never reaches them. ``write`` raises ValueError for what does not fit.

    ``ordered`` says that the server orders the stored values as Python does the originals, ``adds`` that it adds them
    exactly; ``zero`` is the sum of none.
    """

    write: Conversion
    read: Conversion
    ordered: bool = False
    adds: bool = False
    zero: Any = 0


def microseconds(moment: datetime) -> int:
    """The microseconds since 1970 of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware datetime, in UTC, that :func:`microseconds` was given."""
    return _EPOCH + timedelta(0, 0, value)  # by its name it takes longer


def json_text(value: Any) -> str:
    """A JSON value's text; a set is written as a list in one order."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=in_one_order)


def escaped(name: str) -> str:
    """A column's name as a document's key: a dot or a dollar would be read as a path."""
    return name.replace("%", "%25").replace(".", "%2E").replace("$", "%24")


def codec(declared: TypeEngine[Any]) -> Codec:
    """The conversions of a column of this (stored) type."""
    values = plain(declared)
    form = _decimal(values.declared) if values.kind is Decimal else _FORMS.get(values.kind, _AS_IT_IS)
    if values.declared is declared and values.bind is None:
        return form
    # The server knows no order and no sum of a user's own values.
    bind, result = values.bind or _same, values.result or _same

    def write(value: Any) -> Any:
        found = bind(value)
        return None if found is None else form.write(found)

    return Codec(write, lambda value: result(form.read(value)))


def _same(value: Any) -> Any:
    return value


def _decimal(declared: Any) -> Codec:
    exact = declared.precision is not None and declared.precision <= _EXACT_DIGITS
    return Codec(_to_decimal128, Decimal128.to_decimal, ordered=True, adds=exact, zero=Decimal(0))


def _to_decimal128(value: Any) -> Decimal128:
    try:
        return Decimal128(Decimal(value))
    except (_Inexact, _Overflow):
        raise ValueError(f"{value} does not fit the 34 digits of MongoDB's Decimal128") from None


_AS_IT_IS: Final = Codec(_same, _same, ordered=True)
"""Texts, also those of UUIDs."""

_FORMS: Final[dict[type[Any], Codec]] = {
    bool: Codec(bool, bool, ordered=True),
    int: Codec(int, int, ordered=True, adds=True),
    float: Codec(float, float, ordered=True, adds=True, zero=0.0),
    bytes: Codec(bytes, bytes),
    UTCDateTime: Codec(microseconds, from_microseconds, ordered=True),
    datetime: Codec(
        lambda value: (value - _NAIVE_EPOCH) // _MICROSECOND,
        lambda value: _NAIVE_EPOCH + timedelta(microseconds=value),
        ordered=True,
    ),
    date: Codec(date.isoformat, date.fromisoformat, ordered=True),
    time: Codec(time.isoformat, time.fromisoformat, ordered=True),
    timedelta: Codec(lambda value: value // _MICROSECOND, lambda value: timedelta(microseconds=value)),
    UUID: Codec(Binary.from_uuid, Binary.as_uuid),
    JSON: Codec(json_text, json.loads),
}
