"""What every store does: the interface of a repository, with the promises that its implementations keep."""

import weakref
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, Self, TypeVar, runtime_checkable
from uuid import UUID

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.moments import Moment
from sqla_osiris.types.encrypted import MasterKey

__all__ = ["CAPABILITIES", "AsyncClosing", "Closing", "Meta", "Progress", "Report", "Repository"]

ModelT_co = TypeVar("ModelT_co", covariant=True)

Meta = Mapping[str, Any] | None
"""What an event says beside its fields, such as who asked for it."""
Report = Callable[[int], object]
"""Called with how many there were so far."""
Progress = Report | None

CAPABILITIES: Final = frozenset(
    {
        "expected_seq",
        "event_id",
        "atomic_batches",
        "feed",
        "archive",
        "erase",
        "time_travel",
        "snapshots",
        "redact",
        "encrypted",
        "constraints",
    }
)
"""What a store may be able to do; ``encrypted`` is fields that are, ``constraints`` those that a model puts on states."""


@runtime_checkable
class Repository(Protocol[ModelT_co]):
    """One model's log in one store. A context of several columns is a tuple everywhere."""

    @property
    def model(self) -> type[ModelT_co]:
        """The event-sourced class whose log it is."""
        ...

    @property
    def capabilities(self) -> frozenset[str]:
        """What the store can do, of ``CAPABILITIES``. A method that the store lacks raises OsirisError and names it."""
        ...

    def create(self) -> None:
        """Create what the log needs in the store, where it is missing. Safe to call twice."""
        ...

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
        """Append one event without loading the state, and return it as stored.

        None begins a stream where the model's keys are given by the database, an SQL one: the event has the new context. An
        ``event_id`` that began a stream is found there, whatever its key.

        ``expected_seq`` is the seq that the stream must be at (0: no live stream), else ConcurrentAppend. An
        ``event_id`` that the stream holds already appends nothing and returns the event of then. Raises
        UnknownField and InvalidValue before anything is written.
        """
        ...

    def append_many(self, events: Iterable[NewEvent], *, progress: Progress = None) -> int:
        """Append events of any number, streamed in chunks within one transaction: all of them or none.

        ``progress`` is called after each chunk with the number of events so far. Returns how many were appended;
        an event whose ``event_id`` its stream holds already is left out.
        """
        ...

    def state(self, context: Any, /, *, at: Moment | None = None) -> ModelT_co | None:
        """The state of a stream, or None where none lives.

        ``at`` asks for the state after that seq, or after the last event recorded up to that aware datetime; later
        than the last event it is the present one, before the first one None. Such a state belongs to no session.
        """
        ...

    def states(self, contexts: Iterable[Any] | None = None, /) -> Iterator[ModelT_co]:
        """The states of these contexts in their order, or of all live streams; those without one are left out."""
        ...

    def history(self, context: Any, /, *, after: int = 0) -> Iterator[Event]:
        """The stream's events beyond seq ``after``, in the order of seq; of lives that ended, too."""
        ...

    def snapshot(self, context: Any, /) -> int | None:
        """Fold the stream up to its head and store it. Returns the seq stored, None where no stream lives."""
        ...

    def snapshots(self, *, progress: Progress = None) -> int:
        """Store the snapshot of every context that is due one, in batches; how many. Stale ones are due, too.

        ``progress`` is called after each batch with the number so far. What is done stays done if it is broken off.
        """
        ...

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        """The events of all contexts beyond the position ``after``, at most ``limit``, in the order of positions.

        Nothing can appear later at or before a position that was read; a context's events come in the order of seq.
        ``after`` is an ``Event.position`` of this store, a str or an int; None is the beginning.
        """
        ...

    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> int:
        """Move events that a snapshot has folded to the archive; how many.

        ``before`` leaves those that were not recorded before then, ``keep`` the newest so many of each context; one
        of them must be given. States, histories and the feed stay the same.
        """
        ...

    def restore(self, context: Any = None, /, *, progress: Progress = None) -> int:
        """Move archived events back to the log: one stream's, or all; how many. Nothing that is read changes."""
        ...

    def erase(self, context: Any, /) -> int:
        """Remove a stream for good from log, snapshots and archive; how many events, 0 where there is none.

        A tombstone stays: an append raises ContextErased from now on, the state is None, the history empty.
        """
        ...

    def redact(
        self, context: Any, seq: int, field: str, /, *, reason: str, event_meta: Meta = None
    ) -> Event | None:
        """Take one field out of one event, as if it had never touched it, and refold what was folded from it.

        Appends the event that tells of it, which is returned: its ``event_type`` is "redacted", its ``event_meta``
        holds ``event_meta`` and ``{"redacted": {"seq": …, "field": …, "reason": …}}``. None, and nothing is
        written, where the event does not touch the field (any more). Raises InvalidValue where there is no such event.
        """
        ...

    def verify(self, *, progress: Progress = None) -> Verification:
        """Fold every snapshot's events again, count every context's seqs, and report what differs.

        ``progress`` is called after each page of contexts with the number of events so far. Nothing is written.
        """
        ...

    def rotate_master_key(
        self, old: MasterKey | None, new: MasterKey, /, *, progress: Progress = None
    ) -> int:
        """Wrap each context's key by the master key ``new``, in place of ``old``; how many. The values stay as they are.

        ``old`` None is for keys that no master key wraps. The model must have ``new`` first of its master keys, and ``old``
        beside it for who reads meanwhile. What is done stays done where it is broken off, and the next call goes on.
        Raises OsirisError for a key that neither opens.
        """
        ...

    def close(self) -> None:
        """Close what was opened for a URL; a ``with`` block ends by it. What the repository was given stays open.

        Safe to call twice.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Closing:
    """Mixed into blocking repositories: ``with repository(Model, url) as employees: ...``."""

    _close: Callable[[], object] | None = None

    def closed_by(self, close: Callable[[], object]) -> Self:
        """Have :meth:`close` call this, or else the end of the repository itself."""
        self._close = close
        weakref.finalize(self, close)
        return self

    def close(self) -> None:
        """Close the connections that were opened for a URL; a target that was given stays open. Safe to call twice."""
        if self._close is not None:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClosing:
    """As :class:`Closing`, awaited: ``async with AsyncSQLRepository(Model, url) as employees: ...``.

    No end of the object closes anything: an event loop is needed for it.
    """

    _close: Callable[[], Awaitable[object]] | None = None

    async def close(self) -> None:
        """Close the connections that were opened for a URL; a target that was given stays open. Safe to call twice."""
        if self._close is not None:
            await self._close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
