"""Which fields must the first event of a stream give? Those that are never None, as an untouched one would be None.

What is begun is a life: a stream that has ended begins anew, and what its former life held is not the new one's. Whether
an event begins one is known under its head's lock alone, so an event that lacks such a field is written as one that needs a
living stream (``Expect.LIVE``), in the same round trip.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqla_osiris.declarative.stream import Stream
from sqla_osiris.errors import InvalidValue

__all__ = ["as_written_elsewhere", "incomplete", "is_written_elsewhere", "lacks"]

_written_elsewhere: ContextVar[bool] = ContextVar("sqla_osiris_written_elsewhere", default=False)


@contextmanager
def as_written_elsewhere() -> Iterator[None]:
    """For the events of another log, which may be older than the declaration: a copy loses none of them."""
    token = _written_elsewhere.set(True)
    try:
        yield
    finally:
        _written_elsewhere.reset(token)


def is_written_elsewhere() -> bool:
    """Whether :func:`as_written_elsewhere` surrounds the caller."""
    return _written_elsewhere.get()


def lacks(stream: Stream, touches: Mapping[str, Any], *, ends: bool = False) -> bool:
    """Whether an event of these touches, by column name, can only follow another one of the same life."""
    required = stream.required
    return bool(required) and not (touches.keys() >= required or ends or _written_elsewhere.get())


def incomplete(stream: Stream, context: Any, touches: Mapping[str, Any] | None = None) -> InvalidValue:
    """The error of an event that would begin a life without its required fields."""
    missing = [
        field.key
        for name, field in stream.fields.items()
        if name in stream.required.difference(touches or ())
    ]
    names = ", ".join(missing)
    return InvalidValue(
        f"{stream.model} {context!r}: the event would begin the stream without {names}, declared never to be None. Nothing was "
        f"written. Give {names}, or declare Mapped[... | None]. (A default= is for new objects of a session.)"
    )
