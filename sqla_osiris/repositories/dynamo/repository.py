"""The log in DynamoDB, through boto3 or aioboto3: both have the same methods."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from sqla_osiris.repositories.document_repository import (
    AsyncDocumentRepository,
    Calls,
    DocumentRepository,
    Store,
)
from sqla_osiris.repositories.dynamo import (
    appending,
    archiving,
    erasing,
    feeding,
    reading,
    redacting,
    scanning,
    tables,
    verifying,
)
from sqla_osiris.repositories.dynamo.checkpoints import DynamoCheckpoints
from sqla_osiris.repositories.dynamo.target import awaited_client_and_prefix
from sqla_osiris.repositories.protocol import CAPABILITIES as ALL

__all__ = ["AsyncDynamoRepository", "DynamoRepository"]

ModelT = TypeVar("ModelT")

Clock = Callable[[], datetime]

CAPABILITIES: Final = ALL - {"atomic_batches", "constraints"}
"""Without ``atomic_batches``: a batch is written in transactions of 100 items."""

_CALLS: Final = Calls(
    create=tables.create,
    append=appending.append,
    chunks=appending.chunks,
    append_chunk=appending.append_chunk,
    state=reading.state,
    states=scanning.states,
    states_of=reading.states_of,
    history=reading.history,
    feed=feeding.feed,
    snapshot=reading.snapshot,
    snapshots=scanning.snapshots,
    archive=archiving.archive,
    restore=archiving.restore,
    erase=erasing.erase,
    erased=erasing.erased,
    redact=redacting.redact,
    keys=lambda tables: tables.keys,
    verify=verifying.verify,
    checkpoints=DynamoCheckpoints,
    channel=lambda *_: None,  # nothing tells of new events, and subscriptions ask
)


def _store(
    model: type[ModelT], target: Any, prefix: str, clock: Clock, sleep: Callable[[float], Any]
) -> Store[ModelT]:
    return Store(tables.Tables(model, target, prefix, clock, sleep), _CALLS, CAPABILITIES)


class DynamoRepository(DocumentRepository[ModelT]):
    """A model's log behind a boto3 DynamoDB resource or client. Threads may share it.

    ``table_prefix`` begins the names of its tables; ``clock`` returns the aware time of an event: this machine's,
    because DynamoDB's own cannot be written. Inside a context it never goes back.

    An appended event's ``position`` is None until the feed has given one: reading the feed gives positions to those without
    one. ``append_many`` writes transactions of at most 100 items. Each is all or nothing, and an error leaves those before
    it, as ``progress`` has counted; with an ``event_id`` in each event the whole can be repeated. All live ``states()``,
    ``snapshots()`` and ``erased()`` need a scan, which reads the whole log; ``verify()`` one query a context beside it.
    """

    capabilities = CAPABILITIES

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str = "",
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(model, _store(model, target, table_prefix, clock, time.sleep))


class AsyncDynamoRepository(AsyncDocumentRepository[ModelT]):
    """:class:`DynamoRepository` behind an entered aioboto3 resource or client, or a URL: the same calls, awaited."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str = "",
        clock: Clock = lambda: datetime.now(UTC),
    ) -> None:
        if isinstance(target, str):
            target, in_url = awaited_client_and_prefix(target)
            table_prefix = table_prefix or in_url
            self._close = target.close
        super().__init__(model, _store(model, target, table_prefix, clock, asyncio.sleep))
