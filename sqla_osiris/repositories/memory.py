"""The log in a dict: the reference that the other stores are compared with. Read this one first."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import UTC, datetime
from functools import cached_property
from itertools import takewhile
from operator import attrgetter
from threading import RLock
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Integer

from sqla_osiris import fold as folds
from sqla_osiris.conflicts import ConcurrentAppend, misplaced
from sqla_osiris.errors import InvalidValue
from sqla_osiris.records import CopiedEvent, Event, NewEvent
from sqla_osiris.reducers import Mean, Sum
from sqla_osiris.repositories.protocol import CAPABILITIES, Closing, Meta, Progress
from sqla_osiris.repositories.results import state_from, touching
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import (
    GREATEST,
    archive_limits,
    context_erased,
    each_of,
    is_outgrown,
    lacks,
    refuse_expectation,
    refuse_limit,
    refuse_no_event,
    refuse_touching_end,
    refuse_unreached,
    reporting,
    sum_error,
)
from sqla_osiris.schema.defaults import begun
from sqla_osiris.schema.event_context import all_in_context, in_context
from sqla_osiris.schema.log import whole_log_of
from sqla_osiris.schema.moments import Moment, checked_after, checked_moment, in_utc
from sqla_osiris.schema.redaction import REDACTED, no_such_event, redaction
from sqla_osiris.subscriptions.checkpoints import MemoryCheckpoints
from sqla_osiris.types.encrypted import MasterKey

__all__ = ["MemoryRepository"]

ModelT = TypeVar("ModelT")
Key = tuple[Any, ...]
_position_of = attrgetter("position")


@dataclass(slots=True)
class _Stream:
    """A context's events; ``folded`` is the seq of its snapshot, ``archived`` the seqs that were archived."""

    events: list[Event] = dataclass_field(default_factory=list)
    folded: int = 0
    archived: frozenset[int] = frozenset()
    erased: bool = False
    reach: dict[str, Any] = dataclass_field(default_factory=dict)
    """By the key of a summed field, what its sum cannot exceed, whatever the touches' signs."""

    @property
    def lives(self) -> bool:
        return bool(self.events) and not self.events[-1].ends


class MemoryRepository(Generic[ModelT], Closing):
    """A repository without a database; threads may share it. ``clock`` returns the aware time of an event."""

    capabilities: frozenset[str] = CAPABILITIES - {"constraints"}

    def __init__(
        self, model: type[ModelT], *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.model = model
        self._log = whole_log_of(model)
        self._clock = clock
        self._streams: dict[Key, _Stream] = {}
        self._feed: list[Event] = []
        self._position = 0
        self._lock = RLock()
        self._checkpoints = MemoryCheckpoints()

    def create(self) -> None:
        """Create nothing: a dict needs nothing."""

    def checkpoints(self) -> MemoryCheckpoints:
        """Return the checkpoints of the log's subscriptions."""
        return self._checkpoints

    def channel(self) -> None:
        """Return None: nothing tells of new events, and subscriptions ask."""

    def append(
        self,
        context: Any,
        /,
        *,
        expected_seq: int | None = None,
        event_id: UUID | None = None,
        event_type: str | None = None,
        event_meta: Meta = None,
        **fields: Any,
    ) -> Event:
        new = in_context(
            NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        )
        with self._lock:
            before = self._position
            event = self._append(new, expected_seq)[0]
            self._fold_due(before)
            return event

    def append_many(self, events: Iterable[NewEvent], *, progress: Progress = None) -> int:
        report = reporting(progress)
        with self._lock:
            before = self._position
            try:
                appended = sum(self._append(event, None)[1] for event in all_in_context(events))
            except BaseException:
                self._undo(before)
                raise
            self._fold_due(before)
        report(appended)
        return appended

    def _append(self, new: NewEvent, expected_seq: int | None) -> tuple[Event, bool]:
        refuse_expectation(expected_seq)
        try:
            key = self._log.key_of(new.context)
        except AttributeError as error:
            refuse_no_event(new, error)
            raise
        checked = self._log.touches(new.fields)
        touches = self._log.as_given_back(checked)
        refuse_touching_end(self._log, new)
        self._log.metadata(new.event_id, new.event_type, new.event_meta, new.recorded_at)
        context = self._log.context_of(key)
        stream = self._streams.get(key) or _Stream()
        if stream.erased:
            raise context_erased(self._log, context)
        known = next(
            (e for e in stream.events if new.event_id is not None and e.event_id == new.event_id), None
        )
        if known is not None:
            return known, False
        seq = len(stream.events) + 1
        if isinstance(new, CopiedEvent) and new.seq != seq:
            raise misplaced(self._log.model, context, new.seq, seq)
        found = stream.events[-1].seq if stream.lives else 0
        if expected_seq is not None and expected_seq != found:
            raise ConcurrentAppend(
                context=context,
                expected_seq=expected_seq,
                found_seq=found or None,
                model=self._log.model,
            )
        if not stream.lives and lacks(self._log, checked, new):
            new = begun(self._log, key, new)
            touches = self._log.as_given_back(self._log.touches(new.fields))
        self._refuse_sums(key, stream, touches)
        self._position += 1
        event = Event(
            context=context,
            seq=seq,
            position=self._position,
            recorded_at=in_utc(new.recorded_at or self._clock()),
            fields=touches,
            event_id=new.event_id,
            event_type=new.event_type,
            event_meta=new.event_meta,
            ends=new.ends,
        )
        self._streams.setdefault(key, stream).events.append(event)
        self._feed.append(event)
        return event, True

    def _refuse_sums(self, key: Key, stream: _Stream, touches: Mapping[str, Any]) -> None:
        """Raise InvalidValue for a sum that no database's column holds; the touches are added up only near its limit."""
        for name in self._adding & touches.keys():
            stream.reach[name] = stream.reach.get(name, 0) + abs(touches[name])
            if stream.reach[name] <= GREATEST:
                continue
            began = max((event.seq for event in stream.events if event.ends), default=0)
            before = [event.fields[name] for event in stream.events[began:] if name in event.fields]
            if is_outgrown(sum(before) + touches[name]):
                raise sum_error(self._log, [self._log.by_key[name]], [key])

    @cached_property
    def _adding(self) -> frozenset[str]:
        """The keys of the fields that add integers."""
        return frozenset(
            key
            for key, field in self._log.by_key.items()
            if isinstance(field.reducer, Sum | Mean) and isinstance(field.sql.declared, Integer)
        )

    def _undo(self, position: int) -> None:
        while self._feed and self._feed[-1].position > position:
            key = self._log.key_of(self._feed.pop().context)
            self._streams[key].events.pop()
            if not self._streams[key].events:
                del self._streams[key]
        self._position = position

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT | None:
        key = self._log.key_of(context)
        moment = None if at is None else checked_moment(at)
        with self._lock:
            events = self._until(self._streams.get(key, _Stream()).events, moment)
        if not events or events[-1].ends:
            return None
        return state_from(self.model, key, folds.fold(self._log.reducers, touching(self._log, events)))

    def _until(self, events: list[Event], moment: Moment | None) -> list[Event]:
        """The events up to the last one of that moment, whatever the times before it."""
        if isinstance(moment, datetime):
            moment = max((event.seq for event in events if event.recorded_at <= moment), default=0)
        return events[: len(events) if moment is None else max(moment, 0)]

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        every = [self._log.context_of(key) for key in list(self._streams)]
        for context in every if contexts is None else each_of(contexts, "states", "contexts"):
            state = self.state(context)
            if state is not None:
                yield state

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        stream = self._streams.get(self._log.key_of(context), _Stream())
        yield from tuple(stream.events[checked_after(after) :])

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        refuse_limit(limit)
        if after is not None and (type(after) is not int or after < 0):
            raise InvalidValue(f"feed(after={after!r}): not a position of this store, which is an int.")
        with self._lock:
            refuse_unreached(self._log.model, after, self._position)
            start = 0 if after is None else bisect_right(self._feed, after, key=_position_of)
            return self._feed[start : start + limit]

    def snapshot(self, context: Any, /) -> int | None:
        with self._lock:
            stream = self._streams.get(self._log.key_of(context), _Stream())
            if not stream.lives:
                return None
            stream.folded = len(stream.events)
            return stream.folded

    def snapshots(self, *, progress: Progress = None) -> int:
        """Take none: appending takes those that are due."""
        reporting(progress)(0)
        return 0

    def _fold_due(self, position: int) -> None:
        """Take the snapshots that fell due since then. An end is one: nothing before it is folded any more."""
        appended = self._feed[bisect_right(self._feed, position, key=_position_of) :]
        for key in {self._log.key_of(event.context) for event in appended}:
            stream = self._streams[key]
            ended = max((event.seq for event in stream.events if event.ends), default=0)
            stream.folded = max(stream.folded, ended)
            if self._log.policy.is_due(len(stream.events) - stream.folded):
                stream.folded = len(stream.events)

    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> int:
        report = reporting(progress)
        limits, archived = archive_limits(before, keep), 0
        with self._lock:
            for stream in self._streams.values():
                upto = min(stream.folded, max(len(stream.events) - limits.keep, 0))
                here = (event for event in stream.events[:upto] if event.seq not in stream.archived)
                old = frozenset(event.seq for event in takewhile(limits.allow, here))
                archived += len(old)
                stream.archived |= old
        report(archived)
        return archived

    def restore(self, context: Any = None, /, *, progress: Progress = None) -> int:
        report = reporting(progress)
        key, restored = None if context is None else self._log.key_of(context), 0
        with self._lock:
            for stream in self._streams.values() if key is None else [self._streams.get(key, _Stream())]:
                restored += len(stream.archived)
                stream.archived = frozenset()
        report(restored)
        return restored

    def erase(self, context: Any, /) -> int:
        key = self._log.key_of(context)
        with self._lock:
            stream = self._streams.get(key)
            if stream is None or stream.erased:
                return 0
            gone = {event.position for event in stream.events}
            self._feed = [event for event in self._feed if event.position not in gone]
            self._streams[key] = _Stream(erased=True)
            return len(gone)

    def erased(self) -> Iterator[Any]:
        """Yield the contexts of the streams that were erased."""
        with self._lock:
            keys = [key for key, stream in self._streams.items() if stream.erased]
        yield from map(self._log.context_of, keys)

    def lay_tombstone(self, context: Any, /) -> int:
        """As ``erase``, but the context takes no events from now on though no stream was there."""
        with self._lock:
            self._streams.setdefault(self._log.key_of(context), _Stream())
            return self.erase(context)

    def redact(
        self, context: Any, seq: int, field: str, /, *, reason: str, event_meta: Meta = None
    ) -> Event | None:
        asked = redaction(self._log, context, seq, field, reason, event_meta)
        with self._lock:
            stream = self._streams.get(asked.key, _Stream())
            if stream.erased:
                raise context_erased(self._log, context)
            if seq > len(stream.events):
                raise no_such_event(self._log, asked, len(stream.events))
            event = stream.events[seq - 1]
            if field not in event.fields:
                return None
            fields = {name: touch for name, touch in event.fields.items() if name != field}
            stream.events[seq - 1] = redacted = replace(event, fields=fields)
            self._feed[bisect_right(self._feed, event.position, key=_position_of) - 1] = redacted
            ends, began = not stream.lives, max((e.seq for e in stream.events if e.ends), default=0)
            refolds = began < seq <= stream.folded
            audit = NewEvent(context, {}, event_type=REDACTED, event_meta=asked.event_meta, ends=ends)
            before = self._position
            recorded, _ = self._append(audit, None)
            self._fold_due(before)
            if refolds:
                stream.folded = recorded.seq
            return recorded

    def rotate_master_key(
        self, old: MasterKey | None, new: MasterKey, /, *, progress: Progress = None
    ) -> int:
        """Return 0: values are kept as they are, and there are no keys."""
        reporting(progress)
        return 0

    def verify(self, *, progress: Progress = None) -> Verification:
        """Count the events: nothing is stored beside the log that could differ."""
        report = reporting(progress)
        streams = [stream.events for stream in self._streams.values() if not stream.erased]
        events = sum(map(len, streams))
        report(events)
        return Verification(len(streams), events, ())
