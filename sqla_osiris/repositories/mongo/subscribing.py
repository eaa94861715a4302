"""What a subscription needs of MongoDB: a place for its checkpoint, and word of new events.

Checkpoints are in the collection ``osiris_subscription`` of the log's database, a document for each subscription. The word
is a change stream over the collection of events, where the server is a replica set.
"""

from functools import partial
from typing import Any, Final

from pymongo.errors import DuplicateKeyError, OperationFailure

from sqla_osiris.repositories.mongo.collections import Collections, aggregated
from sqla_osiris.steps import Run, step
from sqla_osiris.subscriptions.checkpoints import Document, DocumentCheckpoints
from sqla_osiris.subscriptions.hints import Unheard

__all__ = ["MongoChannel", "MongoCheckpoints"]

_NOW: Final = {"$toLong": "$$NOW"}
"""Milliseconds since the epoch."""

_NO_CHANGE_STREAMS: Final = 40573
_AWAITED: Final = 1000
"""Milliseconds after which the server answers a request although nothing changed."""
_INSERTS: Final = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": True}}]


class MongoCheckpoints(DocumentCheckpoints):
    """``_id`` is the log's collection and the subscription's name; both reads and writes are the majority's."""

    def __init__(self, collections: Collections, run: Run) -> None:
        self._run = run
        self._log = collections.events.name
        self._collection = collections.database["osiris_subscription"]

    def load(self, name: str) -> Document | None:
        find = partial(self._collection.find_one, {"_id": self._id(name)}, {"_id": False})
        found: Document | None = self._run(step(find))
        return found

    def dated(self, name: str) -> tuple[Document | None, float]:
        """By the server's clock, which comes with the document."""
        here: list[Document] = [
            {"$match": {"_id": self._id(name)}},
            {"$set": {"now": _NOW}},
            {"$unset": "_id"},
        ]
        found = self._run(aggregated(self._collection, here))
        if found:
            return found[0], found[0].pop("now") / 1000
        clock: list[Document] = [{"$documents": [{"now": _NOW}]}]
        (answer,) = self._run(aggregated(self._collection.database, clock))
        return None, answer["now"] / 1000

    def replace(self, name: str, document: Document, expected: int) -> bool:
        here: dict[str, Any] = {"_id": self._id(name)}
        if expected:
            replace = partial(self._collection.replace_one, {**here, "version": expected}, document)
            return bool(self._run(step(replace)).matched_count)
        try:
            self._run(step(partial(self._collection.insert_one, {**here, **document})))
        except DuplicateKeyError:
            return False
        return True

    def names(self) -> list[str]:
        ours = self._collection.find({"_id.log": self._log}, {"_id": True}).sort("_id.name")
        return [document["_id"]["name"] for document in self._run(step(ours.to_list))]

    def _id(self, name: str) -> dict[str, str]:
        return {"log": self._log, "name": name}


class MongoChannel:
    """A change stream that is open only while somebody waits: a batch would leave thousands of changes to be read."""

    patience: float = _AWAITED / 1000

    def __init__(self, collections: Collections, run: Run) -> None:
        self._events = collections.events
        self._run = run
        self._stream: Any = None

    def heard(self, seconds: float) -> bool:
        if self._stream is None:
            self._open()
            return True
        if self._run(step(self._stream.try_next)) is None:
            return False
        self.close()
        return True

    def _open(self) -> None:
        watch = partial(self._events.watch, _INSERTS, max_await_time_ms=_AWAITED)
        try:
            self._stream = self._run(step(watch))
        except OperationFailure as error:
            if error.code == _NO_CHANGE_STREAMS:
                raise Unheard from error
            raise

    def close(self) -> None:
        log, self._stream = self._stream, None
        if log is not None:
            self._run(step(log.close))
