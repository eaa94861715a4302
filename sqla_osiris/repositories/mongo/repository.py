"""The log in MongoDB, through pymongo's blocking client."""

import time
from typing import Any, TypeVar

from pymongo.database import Database

from sqla_osiris.repositories.document_repository import DocumentRepository
from sqla_osiris.repositories.mongo.store import CAPABILITIES, Store

__all__ = ["MongoRepository"]

ModelT = TypeVar("ModelT")


class MongoRepository(DocumentRepository[ModelT]):
    """A model's log in a pymongo Database. Threads may share it; keep it, as it remembers where streams stand.

    What ``append_many`` writes is all or nothing for each 50,000 events, which are one transaction. Without transactions
    (a standalone server) it is the events of one context among those.
    """

    capabilities = CAPABILITIES

    def __init__(self, model: type[ModelT], database: Database[Any]) -> None:
        self._database = database
        super().__init__(model, Store(model, database, time.sleep))

    def close(self) -> None:
        """Close the client, which the database's other users share."""
        self._database.client.close()
