"""What every store does: the interface of a repository, with the promises that its implementations keep."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from sqla_osiris.records import Event, NewEvent

__all__ = ["Repository"]

ModelT_co = TypeVar("ModelT_co", covariant=True)


@runtime_checkable
class Repository(Protocol[ModelT_co]):
    """One model's log in one store. A context of several columns is a tuple everywhere."""

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
        """Append one event without loading the state, and return it as stored.

        ``expected_seq`` is the seq that the stream must be at (0: no live stream), else ConcurrentAppend. An
        ``event_id`` that the stream holds already appends nothing and returns the event of then. Raises
        UnknownField and InvalidValue before anything is written.
        """
        ...

    def append_many(
        self, events: Iterable[NewEvent], *, progress: Callable[[int], object] | None = None
    ) -> int:
        """Append events of any number, streamed in chunks within one transaction: all of them or none.

        ``progress`` is called after each chunk with the number of events so far. Returns how many were appended;
        an event whose ``event_id`` its stream holds already is left out.
        """
        ...

    def state(self, context: Any, /) -> ModelT_co | None:
        """The state of a stream, or None where none lives."""
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
