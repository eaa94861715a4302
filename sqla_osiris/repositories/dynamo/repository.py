"""The log in DynamoDB, through boto3."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqla_osiris.repositories.document_repository import DocumentRepository
from sqla_osiris.repositories.dynamo.store import CAPABILITIES, Store

__all__ = ["DynamoRepository"]

ModelT = TypeVar("ModelT")


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
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        store = Store(model, target, table_prefix=table_prefix, clock=clock, sleep=time.sleep)
        super().__init__(model, store)
