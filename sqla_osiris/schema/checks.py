"""What may a repository be called with? The checks of arguments that every store shares; they raise InvalidValue."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from sqla_osiris.errors import InvalidValue

__all__ = [
    "each_of",
    "no_fields",
    "refuse_expectation",
    "refuse_no_event",
    "refuse_no_mapping",
    "refuse_uncallable",
]

_T = TypeVar("_T")


def each_of(given: Iterable[_T], call: str, expected: str) -> Iterator[_T]:
    """What the call goes over."""
    try:
        return iter(given)
    except TypeError as error:
        raise InvalidValue(f"{call}({given!r}): an iterable of {expected} was expected.") from error


def refuse_uncallable(progress: Any) -> None:
    """Raise where ``progress`` is none that could be told, before anything is done."""
    if progress is not None and not callable(progress):
        raise InvalidValue(f"progress={progress!r}: a function was expected that takes how many there were.")


def refuse_expectation(expected_seq: Any) -> None:
    """Raise where ``expected_seq`` is no seq: 1.0 and True equal one."""
    if expected_seq is not None and type(expected_seq) is not int:
        raise InvalidValue(f"append(expected_seq={expected_seq!r}): a seq (an int) was expected.")


def refuse_no_event(event: Any, error: Exception) -> None:
    """Raise where this is what made a batch fail: a thing that is no event, or has no fields."""
    missing = [name for name in ("context", "fields", "event_id", "event_meta") if not hasattr(event, name)]
    if missing or isinstance(event, type):
        raise InvalidValue(f"append_many(): {event!r} is no event: a NewEvent was expected.") from error
    if not isinstance(event.fields, Mapping):
        raise no_fields(event.fields) from error


def no_fields(fields: Any) -> InvalidValue:
    """The error of an event whose fields are no dict."""
    return InvalidValue(f"NewEvent(fields={fields!r}): a dict of the fields' touches was expected.")


def refuse_no_mapping(call: str, event_meta: Any) -> None:
    """Raise where metadata, to which more is to be added, are no dict."""
    if event_meta is not None and not isinstance(event_meta, Mapping):
        raise InvalidValue(f"{call}(event_meta={event_meta!r}): a dict was expected.")
