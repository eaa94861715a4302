"""The log in a dict: the reference that the other stores are compared with. Read this one first."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from threading import RLock
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import inspect
from sqlalchemy.orm.attributes import set_committed_value

from sqla_osiris import fold as folds
from sqla_osiris.declarative import ConcurrentAppend, stream_of
from sqla_osiris.records import Event, NewEvent

__all__ = ["MemoryRepository"]

ModelT = TypeVar("ModelT")


class MemoryRepository(Generic[ModelT]):
    """A repository without a database; threads may share it. ``clock`` returns the aware time of an event."""

    def __init__(
        self, model: type[ModelT], *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.model = model
        self._stream = stream_of(model)
        self._clock = clock
        self._log: dict[tuple[Any, ...], list[Event]] = {}
        self._position = 0
        self._lock = RLock()

    def append(
        self,
        context: Any,
        /,
        *,
        expected_seq: int | None = None,
        event_id: UUID | None = None,
        event_type: str | None = None,
        event_meta: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Event:
        new = NewEvent(context, fields, event_id=event_id, event_type=event_type, event_meta=event_meta)
        with self._lock:
            return self._append(new, expected_seq)[0]

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        with self._lock:
            before = {key: list(stream) for key, stream in self._log.items()}, self._position
            try:
                appended = sum(self._append(event, None)[1] for event in events)
            except BaseException:
                self._log, self._position = before
                raise
        if progress is not None:
            progress(appended)
        return appended

    def _append(self, new: NewEvent, expected_seq: int | None) -> tuple[Event, bool]:
        key = self._stream.key_of(new.context)
        touches = self._stream.touches(new.fields)
        self._stream.metadata(new.event_id, new.event_type, new.event_meta, new.recorded_at)
        stream = self._log.get(key, [])
        known = next((e for e in stream if new.event_id is not None and e.event_id == new.event_id), None)
        if known is not None:
            return known, False
        live = bool(stream) and not stream[-1].ends
        found = stream[-1].seq if live else 0
        if expected_seq is not None and expected_seq != found:
            raise ConcurrentAppend(
                context=self._stream.context_of(key),
                expected_seq=expected_seq,
                found_seq=found or None,
                model=self._stream.model,
            )
        self._position += 1
        event = Event(
            context=self._stream.context_of(key),
            seq=len(stream) + 1,
            position=self._position,
            recorded_at=new.recorded_at or self._clock(),
            fields={self._stream.fields[name].key: touch for name, touch in touches.items()},
            event_id=new.event_id,
            event_type=new.event_type,
            event_meta=new.event_meta,
        )
        self._log.setdefault(key, []).append(event)
        return event, True

    def state(self, context: Any, /) -> ModelT | None:
        key = self._stream.key_of(context)
        events = self._log.get(key)
        if not events or events[-1].ends:
            return None
        folded = folds.fold(self._stream.reducers, events)
        accumulators = folded.accumulators
        known = self._stream.by_key
        fields = {key: field.present(accumulators[key]) for key, field in known.items()} | {"seq": folded.seq}
        mapper = inspect(self.model)
        _ = mapper.attrs  # the first access configures the mappers, before an instance needs it
        fields |= dict(zip(self._stream.context_keys, key, strict=True))
        instance: ModelT = mapper.class_manager.new_instance()
        for name, value in fields.items():
            set_committed_value(instance, name, value)
        return instance

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT]:
        for context in list(self._log) if contexts is None else contexts:
            state = self.state(context)
            if state is not None:
                yield state

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        events = self._log.get(self._stream.key_of(context), ())
        yield from (event for event in tuple(events) if event.seq > after)

    def snapshot(self, context: Any, /) -> int | None:
        events = self._log.get(self._stream.key_of(context))
        return events[-1].seq if events and not events[-1].ends else None
