"""One model's log in DynamoDB, as steps: what the blocking and the asynchronous repository share."""

from collections.abc import AsyncIterable, Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.arriving import Take, taking_contexts, taking_events
from sqla_osiris.repositories.dynamo.appending import Appending, Chunks
from sqla_osiris.repositories.dynamo.checkpoints import DynamoCheckpoints
from sqla_osiris.repositories.dynamo.feed import Feed
from sqla_osiris.repositories.dynamo.items import Draft, Items
from sqla_osiris.repositories.dynamo.reading import Reading
from sqla_osiris.repositories.dynamo.redacting import Redacting
from sqla_osiris.repositories.dynamo.removing import Removing
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.dynamo.scanning import Scanning
from sqla_osiris.repositories.dynamo.tables import Tables, create, table_names
from sqla_osiris.repositories.protocol import CAPABILITIES as ALL
from sqla_osiris.repositories.protocol import Meta, Progress
from sqla_osiris.schema.checks import archive_limits, refuse_encrypted, refuse_no_event, refuse_uncallable
from sqla_osiris.schema.event_context import in_context
from sqla_osiris.schema.log import log_of
from sqla_osiris.schema.moments import Moment
from sqla_osiris.schema.redaction import redaction
from sqla_osiris.steps import Pages, Run, Steps

__all__ = ["CAPABILITIES", "Store"]

ModelT = TypeVar("ModelT")


CAPABILITIES: Final = ALL - {"atomic_batches", "encrypted"}
"""Without ``atomic_batches``: a batch is written in transactions of 100 items."""


class Store(Generic[ModelT]):
    """The steps of every call."""

    capabilities = CAPABILITIES

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Any],
    ) -> None:
        log = log_of(model)
        refuse_encrypted(log, "DynamoDB")
        self._log = log
        self._items = Items(log)
        tables = Tables(log, self._items, table_names(log, table_prefix), Requests(target, sleep), clock)
        self._appending = Appending(tables)
        self._reading = Reading(model, tables)
        self._scanning = Scanning(tables, self._reading)
        self._removing = Removing(tables, self._appending)
        self._redacting = Redacting(tables, self._appending, self._reading)
        self.create = partial(create, tables)
        self.checkpoints = partial(DynamoCheckpoints, tables.names.index, tables.requests)
        self.feed = Feed(tables).read
        self.snapshot = self._reading.snapshot
        self.verify = self._scanning.verify

    def channel(self, run: Run) -> None:
        """Return None: nothing tells of new events, and subscriptions ask."""

    def append(self, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
        return self._appending.append(in_context(new), expected_seq)

    def append_many(
        self, events: Iterable[NewEvent] | AsyncIterable[NewEvent], *, progress: Progress
    ) -> Steps[int]:
        refuse_uncallable(progress)
        take, chunks, appended = taking_events(events), Chunks(), 0
        while True:
            new = yield from take(1)
            chunk = chunks.add(self._draft(new[0])) if new else chunks.rest()
            if chunk:
                appended += yield from self._appending.append_chunk(chunk)
                if progress is not None:
                    progress(appended)
            if not new:
                return appended

    def state(self, context: Any, *, at: Moment | None = None) -> Steps[ModelT | None]:
        return self._reading.state(context, at)

    def states(self, contexts: Iterable[Any] | AsyncIterable[Any] | None) -> Pages[ModelT]:
        yield from self._scanning.states() if contexts is None else self._states(taking_contexts(contexts))

    def history(self, context: Any, *, after: int) -> Pages[Event]:
        yield from self._reading.history(context, after)

    def snapshots(self, *, progress: Progress = None) -> Steps[int]:
        refuse_uncallable(progress)
        return self._scanning.snapshots(progress)

    def archive(
        self, *, before: datetime | None = None, keep: int | None = None, progress: Progress = None
    ) -> Steps[int]:
        refuse_uncallable(progress)
        return self._removing.archive(archive_limits(before, keep), progress)

    def restore(self, context: Any = None, *, progress: Progress = None) -> Steps[int]:
        refuse_uncallable(progress)
        return self._removing.restore(None if context is None else self._partition(context), progress)

    def erase(self, context: Any) -> Steps[int]:
        return self._removing.erase(self._partition(context))

    def lay_tombstone(self, context: Any) -> Steps[int]:
        return self._removing.erase(self._partition(context), anyway=True)

    def erased(self) -> Pages[Any]:
        yield self._erased()

    def redact(
        self, context: Any, seq: int, field: str, *, reason: str, event_meta: Meta = None
    ) -> Steps[Event | None]:
        return self._redacting.redact(redaction(self._log, context, seq, field, reason, event_meta))

    def _partition(self, context: Any) -> str:
        return self._items.context(self._log.key_of(context))

    def _draft(self, new: NewEvent) -> Draft:
        try:
            return self._items.draft(new)
        except AttributeError as error:
            refuse_no_event(new, error)
            raise

    def _states(self, take: Take[Any]) -> Pages[ModelT]:
        found = True

        def page() -> Steps[list[ModelT]]:
            nonlocal found
            contexts = yield from take(1)
            found = bool(contexts)
            state = (yield from self._reading.state(contexts[0], None)) if contexts else None
            return [] if state is None else [state]

        while found:
            yield page()

    def _erased(self) -> Steps[list[Any]]:
        contexts = yield from self._removing.erased()
        return [self._log.context_of(self._items.key(context)) for context in contexts]
