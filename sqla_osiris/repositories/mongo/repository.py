"""The log in MongoDB, through pymongo's blocking or its asynchronous client: both have the same methods."""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.database import Database
from pymongo.errors import ConfigurationError, PyMongoError

from sqla_osiris.errors import OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories import document_repository
from sqla_osiris.repositories.arriving import Take
from sqla_osiris.repositories.mongo import (
    appending,
    archiving,
    batches,
    erasing,
    feeding,
    folding,
    reading,
    redacting,
    snapshots,
    verifying,
)
from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.repositories.mongo.subscribing import MongoChannel, MongoCheckpoints
from sqla_osiris.repositories.verification import Verification
from sqla_osiris.schema.checks import ArchiveLimits
from sqla_osiris.schema.event_context import in_context
from sqla_osiris.schema.moments import checked_after
from sqla_osiris.schema.redaction import Redaction
from sqla_osiris.steps import Pages, Run, Steps

__all__ = ["AsyncMongoRepository", "MongoRepository", "database_of"]

ModelT = TypeVar("ModelT")

Progress = Callable[[int], object] | None


class _Store(document_repository.Store[ModelT]):
    capabilities = frozenset(
        {
            "expected_seq",
            "event_id",
            "atomic_batches",
            "feed",
            "archive",
            "erase",
            "time_travel",
            "snapshots",
            "redact",
        }
    )

    def __init__(self, model: type[ModelT], database: Any, sleep: Callable[[float], Any]) -> None:
        self.log = Collections(model, database, sleep)

    def create(self) -> Steps[None]:
        return self.log.create()

    def append(self, new: NewEvent, expected_seq: int | None) -> Steps[Event]:
        return appending.append(self.log, in_context(new), expected_seq)

    def chunks(self, take: Take[NewEvent]) -> Callable[[], Steps[Sequence[NewEvent]]]:
        return partial(take, batches.EVENTS_A_CHUNK)

    def append_chunk(self, chunk: Sequence[NewEvent]) -> Steps[int]:
        return batches.append_chunk(self.log, chunk)

    def state(self, context: Any, *, at: datetime | int | None) -> Steps[ModelT | None]:
        return reading.state(self.log, self.log.context(context), folding.moment(at))

    def all_states(self) -> Pages[ModelT]:
        return reading.states(self.log)

    def states_of(self, take: Take[Any]) -> Pages[ModelT]:
        return reading.states_of(self.log, take)

    def history(self, context: Any, *, after: int) -> Pages[Event]:
        yield from reading.history(self.log, self.log.context(context), checked_after(after))

    def feed(self, *, after: Any, limit: int) -> Steps[list[Event]]:
        return feeding.feed(self.log, after, limit)

    def snapshot(self, context: Any) -> Steps[int | None]:
        return snapshots.snapshot(self.log, self.log.context(context))

    def take_snapshots(self, progress: Progress) -> Steps[int]:
        return snapshots.snapshots(self.log, progress)

    def archive_within(self, limits: ArchiveLimits, progress: Progress) -> Steps[int]:
        return archiving.archive(self.log, limits, progress)

    def restore_stream(self, context: Any, progress: Progress) -> Steps[int]:
        return archiving.restore(self.log, context, progress)

    def erase_stream(self, context: Any, *, anyway: bool) -> Steps[int]:
        return erasing.erase(self.log, context, anyway=anyway)

    def erased(self) -> Pages[Any]:
        yield erasing.erased(self.log)

    def redact_touch(self, asked: Redaction) -> Steps[Event | None]:
        return redacting.redact(self.log, asked)

    def verify(self) -> Steps[Verification]:
        return verifying.verify(self.log)

    def checkpoints(self, run: Run) -> MongoCheckpoints:
        return MongoCheckpoints(self.log, run)

    def channel(self, run: Run) -> MongoChannel:
        return MongoChannel(self.log, run)


class MongoRepository(document_repository.DocumentRepository[ModelT]):
    """A model's log in a pymongo Database. Threads may share it; keep it, as it remembers where streams stand.

    What ``append_many`` writes is all or nothing for each 50,000 events, which are one transaction. Without transactions
    (a standalone server) it is the events of one context among those.
    """

    capabilities = _Store.capabilities

    def __init__(self, model: type[ModelT], database: Database[Any]) -> None:
        self._database = database
        super().__init__(model, _Store(model, database, time.sleep))

    def close(self) -> None:
        """Close the client, which the database's other users share."""
        self._database.client.close()


class AsyncMongoRepository(document_repository.AsyncDocumentRepository[ModelT]):
    """A model's log in the Database of an AsyncMongoClient: :class:`MongoRepository`'s calls, to be awaited."""

    capabilities: frozenset[str] = _Store.capabilities

    def __init__(self, model: type[ModelT], database: AsyncDatabase[Any]) -> None:
        self._database = database
        super().__init__(model, _Store(model, database, asyncio.sleep))

    async def close(self) -> None:
        """Close the client, which the database's other users share."""
        await self._database.client.close()


def database_of(url: str) -> Database[Any]:
    """The database that a ``mongodb://`` or ``mongodb+srv://`` URL names. Raises OsirisError.

    Nothing is connected yet: the first call finds a server that is down, and raises pymongo's ServerSelectionTimeoutError.
    """
    client: MongoClient[Any] | None = None
    try:
        client = MongoClient(url, appname="sqla_osiris")
        return client.get_default_database()
    except ConfigurationError as error:
        if client is not None:
            client.close()
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
