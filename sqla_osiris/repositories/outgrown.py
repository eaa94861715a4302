"""Which sums does no column hold? Those of integers beyond 64 bits, and of floats beyond the greatest double.

A store that adds up without a limit refuses them all the same: another one could not hold the state.
"""

from math import isfinite
from typing import Any, Final

from sqla_osiris.errors import InvalidValue
from sqla_osiris.schema.log import Field, Stream

__all__ = ["is_outgrown", "outgrown"]

_LEAST, _GREATEST = -(2**63), 2**63 - 1
_REMEDY: Final = "Append a touch that takes some of it back, or declare it Numeric."


def is_outgrown(total: Any) -> bool:
    """Whether no column holds this sum."""
    if isinstance(total, int):
        return not _LEAST <= total <= _GREATEST
    return isinstance(total, float) and not isfinite(total)


def outgrown(stream: Stream, field: Field, context: Any) -> InvalidValue:
    """The error of a context's sum that is too great."""
    return InvalidValue(
        f"{stream.model}.{field.key} of {context!r}: the total of its events outgrew the column's numbers (64 bits for "
        f"integers). {_REMEDY}"
    )
