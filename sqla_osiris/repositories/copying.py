"""Copies a log from one store to another, and goes on where a copy was broken off."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import chain, islice
from typing import Any, TypeVar

from sqla_osiris.awaiting import refuse_asynchronous
from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.errors import LogsDiffer, OsirisError
from sqla_osiris.records import CopiedEvent, Event
from sqla_osiris.repositories.protocol import Progress, Report, Repository
from sqla_osiris.repositories.sql.columns import InColumns
from sqla_osiris.repositories.verification import same_value
from sqla_osiris.schema.checks import reporting
from sqla_osiris.schema.event_context import outside_context
from sqla_osiris.schema.log import Log, log_of

__all__ = ["append_pages", "complete", "copy", "erased_contexts", "feed_pages", "read_ahead"]

PageT = TypeVar("PageT")

_EVENTS_A_PAGE = 10_000
_ROWS_A_PAGE = 50_000
_STATES_A_PAGE = 500
_STATE_ROWS_A_PAGE = 2_000
_DIFFERENCES_SHOWN = 10
_HIDDEN = "(encrypted)"
_KEPT = ("seq", "recorded_at", "fields", "event_id", "event_type", "event_meta", "ends")

_Original = Event | CopiedEvent
"""An event of the source: as its store holds it, or as a file does."""
_State = tuple[Any, ...]
"""A state's seq and its fields, in the order of declaration."""
_Both = Iterator[tuple[Any, _State, _State | None]]
"""Each context of the source, its state there, and in the target."""


def copy(source: Repository[Any], target: Repository[Any], *, progress: Progress = None) -> int:
    """Append every event of ``source`` to ``target``, in its order of the feed, and compare the states. How many.

    Kept are seq, recorded_at, fields, event_id, event_type, event_meta and the ends of streams; positions are the
    target's own. What the target holds already must be the beginning of the source's streams, as a copy that was
    broken off leaves it: it is compared and left out. Contexts that the target alone has are left alone. One that was
    erased in the source is erased in the target, too, and takes no events there.
    ``progress`` is called after each page with the number appended so far; each page is one ``append_many``.

    An event is appended at its own seq or not at all, so that of two copies at once one goes on and the other raises.
    Raises OsirisError where the two disagree: before anything is appended to a stream that differs, or, comparing
    states at the end, for what somebody appended to the target meanwhile.
    """
    report = reporting(progress)
    for each in (source, target):
        refuse_asynchronous(each, "copy", "Copy between repositories of blocking engines or clients")
    log = log_of(source.model)
    if (
        isinstance(source, InColumns)
        and isinstance(target, InColumns)
        and source.model is target.model
        and log.keys is None  # the target encrypts with keys of its own
    ):
        copied = _append_columns(source, target, report)
        _compare(log, _rows_of_both(log, source, target))
    else:
        copied = append_pages(feed_pages(source), target, report)
        _compare(log, _states_of_both(log, source, target))
    complete(target, erased_contexts(source))
    return copied


def _append_columns(source: Any, target: Any, report: Report) -> int:
    """Append the events of a source with columns to a target with columns; how many."""
    if target.feed(limit=1):
        # What is there already is compared event by event.
        return append_pages(feed_pages(source), target, report)
    copied = 0
    pages = source.column_pages(_ROWS_A_PAGE)
    with closing(read_ahead(pages) if source.reads_apart else pages) as pages:
        for page in pages:
            with _alone():
                copied += target.append_columns(page)
            del page  # the next two are there soon
            report(copied)
    return copied


def read_ahead(pages: Iterator[PageT]) -> Generator[PageT, None, None]:
    """Yield the same pages, each read by another thread while the caller works on the one before.

    One more page is held in memory, if the caller lets go of its own. An error of reading is raised where its page would
    have come. Closed early, it waits for the page that is being read.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="sqla_osiris") as reader:
        following = reader.submit(next, pages, None)
        while (page := following.result()) is not None:
            following = reader.submit(next, pages, None)
            yield page
            del page  # else it would be held until the next one is there


def append_pages(pages: Iterable[Sequence[_Original]], target: Repository[Any], report: Report) -> int:
    """Append events that come in the order of a feed, but for those that the target has already; how many."""
    copied = 0
    empty = "feed" in target.capabilities and not target.feed(limit=1)
    resuming = not empty
    beside = _Beside(target) if resuming and "feed" in target.capabilities else None
    for page in pages:
        if beside is not None and beside.has(page):
            report(copied)
            continue
        beside = None
        missing = page if empty else _missing(target, page, new_streams=not resuming)
        # Pages are appended in order: behind one that is missing altogether there are at most streams of others.
        resuming = resuming and len(missing) < len(page)
        if missing:
            with outside_context(), _alone():
                copied += target.append_many(map(_as_copied, missing))
        report(copied)
    return copied


class _Beside:
    """The target's feed, read beside the pages: a copy that was broken off has appended the same events in the same order.

    What it does not have says nothing: somebody else's events may be in between, and a feed may lag behind its log.
    """

    def __init__(self, target: Repository[Any]) -> None:
        self._events = chain.from_iterable(feed_pages(target))

    def has(self, page: Sequence[_Original]) -> bool:
        """Return whether the next events of the feed are exactly those of the page."""
        there = list(islice(self._events, len(page)))
        return len(there) == len(page) and all(
            found.context == event.context and _content(found) == _content(event)
            for found, event in zip(there, page, strict=True)
        )


@contextmanager
def _alone() -> Iterator[None]:
    """Raise OsirisError where somebody else appends to the target."""
    try:
        yield
    except ConcurrentAppend as error:
        raise OsirisError(
            f"copy: somebody else appends to the target, perhaps another copy of the same log: {error} Nothing of this page "
            "was written, and nothing is there twice. Call it again once the other is done: it goes on where that one ends."
        ) from error


def erased_contexts(source: Repository[Any]) -> Iterator[Any]:
    """Return the contexts of the streams that were erased; none where the store cannot list them."""
    erased = getattr(source, "erased", None)
    return iter(()) if erased is None else erased()


def complete(target: Repository[Any], erased: Iterable[Any]) -> None:
    """Erase in the target what was erased where its events come from: a tombstone is laid also where no stream is.

    Keys that its database gives go on beyond those that came.
    """
    lay = getattr(target, "lay_tombstone", target.erase)
    for context in erased:
        lay(context)
    if isinstance(target, InColumns):
        target.move_keys_on()


def feed_pages(source: Repository[Any]) -> Iterator[list[Event]]:
    """Yield all events in the order of the feed, a list of some thousands at a time."""
    after = None
    while page := source.feed(after=after, limit=_EVENTS_A_PAGE):
        yield page
        after = page[-1].position


def _missing(target: Repository[Any], page: Sequence[_Original], *, new_streams: bool) -> Sequence[_Original]:
    """Return the events of the page that the target lacks; ``new_streams`` looks at streams that begin in the page alone.

    Raises OsirisError for an event that is another in the target.
    """
    streams: dict[Any, list[_Original]] = {}
    for event in page:
        streams.setdefault(event.context, []).append(event)
    held: dict[Any, int] = {}
    for context, events in streams.items():
        if new_streams and events[0].seq > 1:
            continue
        with closing(target.history(context, after=events[0].seq - 1)) as history:  # type: ignore[type-var]
            there = list(islice(history, len(events)))
        _require_same(log_of(target.model), there, events)
        held[context] = events[0].seq + len(there)
    return [event for event in page if event.seq >= held.get(event.context, 0)]


def _require_same(log: Log, there: list[Event], events: list[_Original]) -> None:
    for found, event in zip(there, events, strict=False):
        if _content(found) != _content(event):
            raise LogsDiffer(
                f"copy: {event.context!r} is another stream in the target from seq {event.seq} on: {_shown(log, found)} "
                f"there, {_shown(log, event)} in the source. Nothing of it was copied. Copy into an empty log, or erase "
                "what is there."
            )


def _content(event: _Original) -> dict[str, Any]:
    return {name: getattr(event, name) for name in _KEPT} | {"fields": dict(event.fields)}


def _shown(log: Log, event: _Original) -> dict[str, Any]:
    """Return the content without the values of encrypted fields: messages are kept where logs are."""
    fields = {name: _HIDDEN if log.hides(name) else touch for name, touch in event.fields.items()}
    return _content(event) | {"fields": fields}


def _as_copied(event: _Original) -> CopiedEvent:
    if isinstance(event, CopiedEvent):
        return event
    return CopiedEvent(
        event.context,
        event.fields,
        event_id=event.event_id,
        event_type=event.event_type,
        event_meta=event.event_meta,
        recorded_at=event.recorded_at,
        ends=event.ends,
        seq=event.seq,
    )


def _states_of_both(log: Log, source: Repository[Any], target: Repository[Any]) -> _Both:
    names = ("seq", *log.by_key)
    states = source.states()
    while part := list(islice(states, _STATES_A_PAGE)):
        expected = {_context(log, state): state for state in part}
        found = {_context(log, state): state for state in target.states(list(expected))}
        for context, state in expected.items():
            there = found.get(context)
            yield (
                context,
                tuple(getattr(state, name, None) for name in names),
                None if there is None else tuple(getattr(there, name, None) for name in names),
            )


def _rows_of_both(log: Log, source: InColumns[Any], target: InColumns[Any]) -> _Both:
    for expected in source.state_rows(_STATE_ROWS_A_PAGE):
        found = target.state_rows_of(expected)
        for key, state in expected.items():
            yield log.context_of(key), state, found.get(key)


def _compare(log: Log, states: _Both) -> None:
    """Raise OsirisError with the first contexts whose states are not the same in both."""
    differing = ((context, here, there) for context, here, there in states if here != there)
    described = filter(None, (_difference(log, *each) for each in differing))
    differences = list(islice(described, _DIFFERENCES_SHOWN))
    if differences:
        raise LogsDiffer(
            f"copy: states differ after all events were copied: {'; '.join(differences)}. Did somebody append to the "
            "target, or to the source, meanwhile? Copy again, or look at verify() of both."
        )


def _context(log: Log, state: Any) -> Any:
    return log.context_of([getattr(state, key) for key in log.context_keys])


def _difference(log: Log, context: Any, here: _State, there: _State | None) -> str | None:
    if there is None:
        return f"{context!r} has no state in the target"
    for name, before, after in zip(("seq", *log.by_key), here, there, strict=True):
        if not same_value(before, after) and log.hides(name):
            return f"{context!r}.{name} is another value in the target (not shown, as it is encrypted)"
        if not same_value(before, after):
            return f"{context!r}.{name} is {before!r} in the source, {after!r} in the target"
    return None
