"""The log in MongoDB, through pymongo's asynchronous client: the same logic as the blocking one's, awaited."""

import asyncio
from typing import Any, TypeVar

from pymongo.asynchronous.database import AsyncDatabase

from sqla_osiris.repositories.document_repository import AsyncDocumentRepository
from sqla_osiris.repositories.mongo.store import CAPABILITIES, Store

__all__ = ["AsyncMongoRepository"]

ModelT = TypeVar("ModelT")


class AsyncMongoRepository(AsyncDocumentRepository[ModelT]):
    """A model's log in the Database of an AsyncMongoClient: :class:`MongoRepository`'s calls, to be awaited."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(self, model: type[ModelT], database: AsyncDatabase[Any]) -> None:
        self._database = database
        super().__init__(model, Store(model, database, asyncio.sleep))

    async def close(self) -> None:
        """Close the client, which the database's other users share."""
        await self._database.client.close()
