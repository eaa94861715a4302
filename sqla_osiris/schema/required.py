"""Which fields must the first event of a stream give? Those that are never None, as an untouched one would be None.

What is begun is a life: a stream that has ended begins anew, and what its former life held is not the new one's. Whether
an event begins one is known under its head's lock alone, so an event that lacks such a field is written as one that needs a
living stream (``Expect.LIVE``), in the same round trip.
"""

from collections.abc import Mapping
from typing import Any

from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import CopiedEvent, NewEvent
from sqla_osiris.schema.log import Stream

__all__ = ["incomplete", "lacks"]


def lacks(stream: Stream, touches: Mapping[str, Any], new: NewEvent | None = None) -> bool:
    """Whether an event of these touches, by column name, can only follow another one of the same life.

    One that ends a stream need not, and one of another log is taken as it is: a copy loses no event that is older than the
    declaration.
    """
    required = stream.required
    if not required or touches.keys() >= required:
        return False
    return new is None or not (new.ends or isinstance(new, CopiedEvent))


def incomplete(stream: Stream, context: Any, touches: Mapping[str, Any] | None = None) -> InvalidValue:
    """The error of an event that would begin a life without its required fields."""
    missing = [
        field.key
        for name, field in stream.fields.items()
        if name in stream.required.difference(touches or ())
    ]
    names = ", ".join(missing)
    return InvalidValue(
        f"{stream.model} {context!r}: the event would begin the stream without {names}, declared never to be None. "
        f"Nothing was written. Give {names}, or declare Mapped[... | None]. A default= is for new objects of a session."
    )
