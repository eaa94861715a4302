"""The log in DynamoDB, through aioboto3."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqla_osiris.repositories.document_repository import AsyncDocumentRepository
from sqla_osiris.repositories.dynamo.store import CAPABILITIES, Store

__all__ = ["AsyncDynamoRepository"]

ModelT = TypeVar("ModelT")


class AsyncDynamoRepository(AsyncDocumentRepository[ModelT]):
    """:class:`DynamoRepository` behind an entered aioboto3 resource or client: the same calls, awaited."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(
        self,
        model: type[ModelT],
        target: Any,
        *,
        table_prefix: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        store = Store(model, target, table_prefix=table_prefix, clock=clock, sleep=asyncio.sleep)
        super().__init__(model, store)
