"""The log in MongoDB, through pymongo's blocking or its asynchronous client: both have the same methods."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from bson.errors import BSONError
from pymongo import AsyncMongoClient, MongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database
from pymongo.errors import ConfigurationError, PyMongoError

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.document_repository import (
    AsyncDocumentRepository,
    Calls,
    DocumentRepository,
    Store,
)
from sqla_osiris.repositories.mongo import (
    appending,
    archiving,
    batches,
    erasing,
    feeding,
    reading,
    redacting,
    snapshots,
    verifying,
)
from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.repositories.mongo.subscribing import MongoChannel, MongoCheckpoints
from sqla_osiris.repositories.protocol import CAPABILITIES as ALL

__all__ = ["AsyncMongoRepository", "MongoRepository", "database_of"]

ModelT = TypeVar("ModelT")

CAPABILITIES: Final = ALL - {"constraints"}

_CALLS: Final = Calls(
    create=Collections.create,
    append=appending.append,
    chunks=batches.chunks,
    append_chunk=batches.append_chunk,
    state=reading.state,
    states=reading.states,
    states_of=reading.states_of,
    history=reading.history,
    feed=feeding.feed,
    snapshot=snapshots.snapshot,
    snapshots=snapshots.snapshots,
    archive=archiving.archive,
    restore=archiving.restore,
    erase=erasing.erase,
    erased=erasing.erased,
    redact=redacting.redact,
    keys=lambda collections: collections.keys,
    verify=verifying.verify,
    checkpoints=MongoCheckpoints,
    channel=MongoChannel,
)


def _store(model: type[ModelT], database: Any, sleep: Callable[[float], Any]) -> Store[ModelT]:
    return Store(Collections(model, database, sleep), _CALLS, CAPABILITIES)


class MongoRepository(DocumentRepository[ModelT]):
    """A model's log in a pymongo Database. Threads may share it; keep it, as it remembers where streams stand.

    What ``append_many`` writes is all or nothing for each 50,000 events, which are one transaction. Without transactions
    (a standalone server) it is the events of one context among those.
    """

    capabilities = CAPABILITIES

    def __init__(self, model: type[ModelT], database: Database[Any]) -> None:
        super().__init__(model, _store(model, database, time.sleep))


class AsyncMongoRepository(AsyncDocumentRepository[ModelT]):
    """A model's log in the Database of an AsyncMongoClient, or that of a URL: :class:`MongoRepository`'s calls, awaited."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(self, model: type[ModelT], database: AsyncDatabase[Any] | str) -> None:
        opened = database_of(database, AsyncMongoClient) if isinstance(database, str) else database
        if opened is not database:
            self._close = opened.client.close
        super().__init__(model, _store(model, opened, asyncio.sleep))


def database_of(url: str, kind: Any = MongoClient) -> Any:
    """The database that a ``mongodb://`` or ``mongodb+srv://`` URL names, of a client of this kind. Raises OsirisError.

    Nothing is connected yet: the first call finds a server that is down, and raises pymongo's ServerSelectionTimeoutError.
    """
    client: Any = None
    try:
        client = kind(url, appname="sqla_osiris", connect=False)
        return client.get_default_database()
    except ConfigurationError as error:
        if client is not None:
            raise OsirisError(
                "The MongoDB URL names no database: put it behind the hosts, mongodb://host:27017/hr."
            ) from None
        raise _unreadable(error) from None
    except (PyMongoError, BSONError, ValueError) as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> OsirisError:
    # The driver's message is left out, as it may quote a part of the URL: a password.
    return OsirisError(
        f"The MongoDB URL cannot be read ({type(error).__name__}). Its form is "
        "mongodb://user:password@host:27017/database?option=value, where user and password are percent-encoded."
    )
