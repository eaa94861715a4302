"""Which sums does no column hold? Those of integers beyond 64 bits, and of floats beyond the greatest double.

A store that adds up without a limit refuses them all the same: another one could not hold the state.
"""

from collections.abc import Sequence
from math import isfinite
from typing import Any, Final

from sqla_osiris.errors import InvalidValue
from sqla_osiris.schema.log import Field, Stream

__all__ = ["GREATEST", "is_outgrown", "outgrown", "sum_error"]

GREATEST: Final = 2**63 - 1
"""The greatest integer that a column holds."""

_NAMED: Final = 3


def is_outgrown(total: Any) -> bool:
    """Whether no column holds this sum."""
    if isinstance(total, int):
        return not -GREATEST - 1 <= total <= GREATEST
    return isinstance(total, float) and not isfinite(total)


def outgrown(stream: Stream, field: Field, context: Any) -> InvalidValue:
    """Return the error of a context's sum that is too great, found while its events are folded."""
    return InvalidValue(
        f"{stream.model}.{field.key} of {context!r}: the total of its events outgrew the column's numbers (64 bits for "
        "integers). Append a touch that takes some of it back, or declare it Numeric."
    )


def sum_error(stream: Stream, sums: Sequence[Field], keys: Sequence[tuple[Any, ...]]) -> InvalidValue:
    """Return the error of a write that would make a sum too great, of one of these fields and contexts."""
    fields = " or ".join(f"{stream.model}.{field.key}" for field in sums)
    named = ", ".join(repr(stream.context_of(key)) for key in keys[:_NAMED])
    more = f" or another of {len(keys)}" if len(keys) > _NAMED else ""
    return InvalidValue(
        f"{fields}: the sum of {named}{more} would no longer fit its column. Nothing was written. "
        "Append a smaller value, or declare the field as Numeric."
    )
