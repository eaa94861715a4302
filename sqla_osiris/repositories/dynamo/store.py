"""One model's log in DynamoDB, as steps: what the blocking and the asynchronous repository share."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import NewEvent
from sqla_osiris.repositories.dynamo.appending import Appending
from sqla_osiris.repositories.dynamo.checkpoints import DynamoCheckpoints
from sqla_osiris.repositories.dynamo.feed import Feed
from sqla_osiris.repositories.dynamo.items import Draft, Items
from sqla_osiris.repositories.dynamo.log import Log
from sqla_osiris.repositories.dynamo.reading import Reading
from sqla_osiris.repositories.dynamo.redacting import Redacting
from sqla_osiris.repositories.dynamo.removing import Removing
from sqla_osiris.repositories.dynamo.requests import Requests
from sqla_osiris.repositories.dynamo.scanning import Scanning
from sqla_osiris.repositories.dynamo.tables import definitions, table_names
from sqla_osiris.schema.checks import archive_limits, each_of, refuse_encrypted, refuse_no_event
from sqla_osiris.schema.log import stream_of
from sqla_osiris.steps import Steps

__all__ = ["CAPABILITIES", "Store"]

ModelT = TypeVar("ModelT")

CAPABILITIES: Final = frozenset(
    {"expected_seq", "event_id", "feed", "archive", "erase", "time_travel", "snapshots", "redact"}
)
"""All but ``atomic_batches``: a batch is written in transactions of 100 items."""

_CREATION_POLLS, _CREATION_PAUSE = 600, 0.5


class Store(Generic[ModelT]):
    """The steps of every call."""

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Any],
    ) -> None:
        stream = stream_of(model)
        refuse_encrypted(stream, "DynamoDB")
        self._model = stream.model
        self._stream = stream
        self._names = table_names(stream, table_prefix)
        self._requests = Requests(target, sleep)
        self._items = Items(stream)
        log = Log(stream, self._items, self._names, self._requests, clock)
        self._appending = Appending(log)
        self._reading = Reading(model, log)
        self._scanning = Scanning(log, self._reading)
        self._removing = Removing(log, self._appending)
        self._redacting = Redacting(log, self._appending, self._reading)
        self.checkpoints = partial(DynamoCheckpoints, self._names.index, self._requests)
        self.feed = Feed(log).read
        self.append = self._appending.append
        self.append_chunk = self._appending.append_chunk
        self.state = self._reading.state
        self.history = self._reading.history
        self.redact = self._redacting.redact
        self.snapshot = self._reading.snapshot
        self.snapshots = self._scanning.snapshots
        self.verify = self._scanning.verify

    def create(self) -> Steps[None]:
        """Create the tables that are missing, and wait until all can be used."""
        wanted = definitions(self._names)
        for definition in wanted:
            yield from self._requests.try_call("ResourceInUseException", "create_table", **definition)
        for definition in wanted:
            yield from self._until_active(definition)

    def draft(self, new: NewEvent) -> Draft:
        try:
            return self._items.draft(new)
        except AttributeError as error:
            refuse_no_event(new, error)
            raise

    def states(self, contexts: Iterable[Any] | None) -> Iterator[Steps[list[ModelT]]]:
        if contexts is None:
            return self._scanning.states()
        return map(self._listed, each_of(contexts, "states", "contexts"))

    def erase(self, context: Any, *, anyway: bool = False) -> Steps[int]:
        return self._removing.erase(self._items.context(self._stream.key_of(context)), anyway=anyway)

    def erased(self) -> Steps[list[Any]]:
        contexts = yield from self._removing.erased()
        return [self._stream.context_of(self._items.key(context)) for context in contexts]

    def archive(self, before: Any, keep: Any, progress: Callable[[int], object] | None) -> Steps[int]:
        return self._removing.archive(archive_limits(before, keep), progress)

    def restore(self, context: Any, progress: Callable[[int], object] | None) -> Steps[int]:
        key = None if context is None else self._items.context(self._stream.key_of(context))
        return self._removing.restore(key, progress)

    def _listed(self, context: Any) -> Steps[list[ModelT]]:
        state = yield from self._reading.state(context, None)
        return [] if state is None else [state]

    def _until_active(self, definition: Mapping[str, Any]) -> Steps[None]:
        name = definition["TableName"]
        for _ in range(_CREATION_POLLS):
            described = yield from self._requests.try_call(
                "ResourceNotFoundException", "describe_table", TableName=name
            )
            table = {} if described is None else described["Table"]
            if table.get("TableStatus") == "ACTIVE":
                self._compare(definition, table)
                return
            yield from self._requests.wait(_CREATION_PAUSE)
        raise OsirisError(
            f"{self._model}: DynamoDB's table {name} did not become active. Look at it in the console."
        )

    def _compare(self, definition: Mapping[str, Any], table: Mapping[str, Any]) -> None:
        indexes = {index["IndexName"] for index in definition.get("GlobalSecondaryIndexes", ())}
        there = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
        if table["KeySchema"] != definition["KeySchema"] or not indexes <= there:
            raise OsirisError(
                f"{self._model}: DynamoDB's table {definition['TableName']} is there with another key or without its "
                "index; it is somebody else's. Use another table_prefix."
            )
