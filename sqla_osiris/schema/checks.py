"""What may a caller ask of a log? The checks that all stores share, of a call's arguments and of what a model declares.

They raise InvalidValue, or the error that they return, before a store is asked.

The first event of a stream must give the fields that are never None, as an untouched one would be None, or their defaults
do. What is begun is a life: a stream that has ended begins anew, and what its former life held is not the new one's. Whether
an event begins one is known under its head's lock alone, so an event that lacks such a field, or one with a default, is
written as one that needs a living stream (``Expect.LIVE``), in the same round trip; where there is none, its defaults are
given, and it begins one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import Any, Final, TypeVar

from sqla_osiris.errors import ContextErased, FoldUnavailable, InvalidValue, OsirisError
from sqla_osiris.records import CopiedEvent, Event, NewEvent
from sqla_osiris.schema.log import Field, Log, no_fields
from sqla_osiris.schema.moments import in_utc

__all__ = [
    "GREATEST",
    "ArchiveLimits",
    "archive_limits",
    "context_erased",
    "each_of",
    "incomplete",
    "is_incomplete",
    "is_outgrown",
    "lacks",
    "outgrown",
    "refuse_constrained",
    "refuse_expectation",
    "refuse_limit",
    "refuse_no_event",
    "refuse_no_mapping",
    "refuse_touching_end",
    "refuse_unreached",
    "refuse_upcasts",
    "reporting",
    "sum_error",
]

_T = TypeVar("_T")


def each_of(given: Iterable[_T], call: str, expected: str) -> Iterator[_T]:
    """Return what the call goes over."""
    try:
        return iter(given)
    except TypeError as error:
        raise InvalidValue(f"{call}({given!r}): an iterable of {expected} was expected.") from error


def reporting(progress: Any) -> Callable[[int], object]:
    """Return what is called with how many there were so far: ``progress``, or what does nothing. Raises InvalidValue."""
    if progress is None:
        return _unreported
    if not callable(progress):
        raise InvalidValue(f"progress={progress!r}: a function was expected that takes how many there were.")
    report: Callable[[int], object] = progress
    return report


def _unreported(_: int) -> None:
    pass


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


def refuse_no_mapping(call: str, event_meta: Any) -> None:
    """Raise where metadata, to which more is to be added, are no dict."""
    if event_meta is not None and not isinstance(event_meta, Mapping):
        raise InvalidValue(f"{call}(event_meta={event_meta!r}): a dict was expected.")


def refuse_limit(limit: Any) -> None:
    """Raise InvalidValue where ``feed(limit=...)`` is given no number of events."""
    if type(limit) is not int or limit < 0:
        raise InvalidValue(f"feed(limit={limit!r}): an int of 0 or more was expected.")


def refuse_unreached(model: str, after: int | None, newest: int) -> None:
    """Raise OsirisError where ``after`` is beyond the ``newest`` position that this feed has given."""
    if after is not None and after > newest:
        raise OsirisError(
            f"feed(after={after!r}): {model}'s feed has come to {newest} only: the position is another database's, "
            "or this one was restored from a backup that is older, or without what counts positions. What is appended "
            "now would be passed over. Read on from a position that it has, or from None."
        )


def refuse_touching_end(log: Log, event: NewEvent) -> None:
    """Raise InvalidValue for an event that ends its stream and touches a field."""
    if event.ends and event.fields:
        raise InvalidValue(
            f"{log.model} {event.context!r}: an event that ends the stream touches no field, "
            f"{', '.join(event.fields)} found. Append two events."
        )


def context_erased(log: Log, *contexts: Any) -> ContextErased:
    """Return the error of an append to an erased stream: to one of these."""
    named = f"{contexts[0]!r}" if len(contexts) == 1 else f"one of {', '.join(map(repr, contexts))}"
    return ContextErased(
        f"{log.model} {named} was erased for good: it takes no events any more. Nothing was written. "
        "Use another context."
    )


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Which folded events an archive takes: each context's beginning, recorded before a moment, without the newest few.

    ``before`` None is any time; ``keep`` is how many of the newest events of each context stay in the log. Times need not
    rise with seq: the first event that was recorded at the moment or later stays, with all behind it. So what is in the
    archive is older, in its stream, than what is in the log.
    """

    before: datetime | None
    keep: int

    def allow(self, event: Event) -> bool:
        """Whether the event was recorded before the moment."""
        return self.before is None or event.recorded_at < self.before


def archive_limits(before: Any, keep: Any) -> ArchiveLimits:
    """Return what ``archive(before=…, keep=…)`` asks for. Raises InvalidValue."""
    if before is not None and (not isinstance(before, datetime) or before.utcoffset() is None):
        raise InvalidValue(f"archive(before={before!r}): a datetime with a time zone was expected.")
    if keep is not None and (type(keep) is not int or keep < 0):
        raise InvalidValue(f"archive(keep={keep!r}): a number of events, 0 or more, was expected.")
    if before is None and keep is None:
        raise InvalidValue(
            "archive(): say which events: before=a moment, or keep=how many of the newest of each context stay in the "
            "log; keep=0 takes all that a snapshot has folded."
        )
    return ArchiveLimits(None if before is None else in_utc(before), keep or 0)


def refuse_upcasts(log: Log, store: str) -> None:
    """Raise FoldUnavailable for a model that reads events of earlier versions: the store would take them for no touch."""
    for field in log.fields.values():
        for upcast in field.upcasts:
            raise FoldUnavailable(
                f"{log.model}.{field.key} reads the column {upcast.name} by an upcast, which is SQL and not for {store}. "
                f"Rewrite {upcast.name} in the events there once, and use a model without upcast= for this store."
            )


def refuse_constrained(log: Log, store: str) -> None:
    """Raise OsirisError for a model that puts constraints on its states, unless it says that SQL alone shall hold them."""
    if log.constrained and not log.sql_only:
        raise OsirisError(
            f"{log.model} puts constraints on its states, and {store} cannot hold them (capability 'constraints'). Keep "
            "this log on PostgreSQL, MariaDB or SQLite, or have SQL databases alone enforce them: "
            f'{log.model}.__constraints__ = "sql_only".'
        )


def lacks(log: Log, touches: Mapping[str, Any], new: NewEvent | None = None) -> bool:
    """Whether an event of these touches, by column name, can only follow another one of the same life as it stands.

    One that ends a stream need not, and one of another log is taken as it is: a copy loses no event that is older than the
    declaration.
    """
    opening = log.opening
    if not opening or touches.keys() >= opening:
        return False
    return new is None or not (new.ends or isinstance(new, CopiedEvent))


def is_incomplete(log: Log, touched: Iterable[str]) -> bool:
    """Whether a life must not begin with an event that touches these columns."""
    return not log.required.issubset(touched)


def incomplete(log: Log, context: Any, touched: Iterable[str]) -> InvalidValue:
    """The error of an event that would begin a life without its required fields."""
    missing = [field for name, field in log.fields.items() if name in log.required.difference(touched)]
    names = ", ".join(field.key for field in missing)
    absent = (
        " absent= is what older streams read." if any(field.absent is not None for field in missing) else ""
    )
    return InvalidValue(
        f"{log.model} {context!r}: the event would begin the stream without {names}, declared never to be None. "
        f"Nothing was written. Give {names}, or declare a default=, or Mapped[... | None].{absent}"
    )


GREATEST: Final = 2**63 - 1
"""The greatest integer that a column holds."""

_NAMED: Final = 3


def is_outgrown(total: Any) -> bool:
    """Whether no column holds this sum: an integer beyond 64 bits, or a float beyond the greatest double."""
    if isinstance(total, int):
        return not -GREATEST - 1 <= total <= GREATEST
    return isinstance(total, float) and not isfinite(total)


def outgrown(log: Log, field: Field, context: Any) -> InvalidValue:
    """Return the error of a context's sum that is too great, found while its events are folded."""
    return InvalidValue(
        f"{log.model}.{field.key} of {context!r}: the total of its events outgrew the column's numbers (64 bits for "
        "integers). Append a touch that takes some of it back, or declare it Numeric."
    )


def sum_error(log: Log, sums: Sequence[Field], keys: Sequence[tuple[Any, ...]]) -> InvalidValue:
    """Return the error of a write that would make a sum too great, of one of these fields and contexts."""
    fields = " or ".join(f"{log.model}.{field.key}" for field in sums)
    named = ", ".join(repr(log.context_of(key)) for key in keys[:_NAMED])
    more = f" or another of {len(keys)}" if len(keys) > _NAMED else ""
    return InvalidValue(
        f"{fields}: the sum of {named}{more} would no longer fit its column. Nothing was written. "
        "Append a smaller value, or declare the field as Numeric."
    )
