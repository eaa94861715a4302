"""The events of one ``append_many``, chunk by chunk, for a transaction that may have to be run again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from sqlalchemy import Connection

from sqla_osiris.databases.plan import BatchColumns
from sqla_osiris.records import NewEvent
from sqla_osiris.schema.event_context import all_in_context
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.batch_columns import read_columns
from sqla_osiris.writing.batches import append_columns

__all__ = ["Batch", "append_unchanged"]


def append_unchanged(connection: Connection, stream: Stream, chunk: BatchColumns) -> int:
    """Append a chunk, and leave its columns as they are, although values are encrypted in place."""
    copied = replace(chunk, touches=dict(chunk.touches), metadata=dict(chunk.metadata))
    return append_columns(connection, stream, copied)


class Batch:
    """Events to append together. ``progress`` is called with how many were, and for none twice."""

    def __init__(
        self, stream: Stream, events: Iterable[NewEvent], progress: Callable[[int], object] | None
    ) -> None:
        self._stream = stream
        self._events = events
        self._source = all_in_context(events)
        self._progress = progress
        self._first: BatchColumns | None = None
        self._chunks = 0
        self._reported = 0

    def append(self, connection: Connection) -> int:
        """Append all of them, also when it was done before and undone. Returns how many were written."""
        appended = 0
        chunk = self._begun()
        while chunk.owners:
            appended += append_unchanged(connection, self._stream, chunk)
            self._report(appended)
            chunk = self._read()
        return appended

    def is_repeatable(self) -> bool:
        """Whether all that was read is there still: the first chunk alone, or what can be iterated over again."""
        return self._first is not None or not isinstance(self._events, Iterator)

    def _begun(self) -> BatchColumns:
        if self._first is not None:
            return self._first
        if self._chunks:
            self._source, self._chunks = all_in_context(self._events), 0
        self._first = self._read()
        return self._first

    def _read(self) -> BatchColumns:
        chunk = read_columns(self._stream, self._source)
        self._chunks += 1
        if chunk.owners:
            # Two chunks at once would take twice the memory.
            self._first = None
        return chunk

    def _report(self, appended: int) -> None:
        if self._progress is not None and appended >= self._reported:
            self._reported = appended
            self._progress(appended)
