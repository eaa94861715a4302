"""Checkpoints in the collection ``osiris_subscription`` of the log's database: a document for each subscription."""

from collections.abc import Callable
from typing import Any, Final

from pymongo.errors import DuplicateKeyError

from sqla_osiris.repositories.mongo.log import Log
from sqla_osiris.subscriptions.checkpoints import Document, DocumentCheckpoints

__all__ = ["MongoCheckpoints"]

_NOW: Final = {"$toLong": "$$NOW"}
"""Milliseconds since the epoch."""


class MongoCheckpoints(DocumentCheckpoints):
    """``_id`` is the log's collection and the subscription's name; both reads and writes are the majority's.

    ``call`` makes a result of what the client answers: the asynchronous one's are to be awaited.
    """

    def __init__(self, log: Log, call: Callable[[Any], Any] = lambda result: result) -> None:
        self._call = call
        self._log = log.events.name
        self._collection = log.database["osiris_subscription"]

    def load(self, name: str) -> Document | None:
        found: Document | None = self._call(
            self._collection.find_one({"_id": self._id(name)}, {"_id": False})
        )
        return found

    def dated(self, name: str) -> tuple[Document | None, float]:
        """By the server's clock, which comes with the document."""
        here = [{"$match": {"_id": self._id(name)}}, {"$set": {"now": _NOW}}, {"$unset": "_id"}]
        found = self._call(self._call(self._collection.aggregate(here)).to_list())
        if found:
            return found[0], found[0].pop("now") / 1000
        clock = [{"$documents": [{"now": _NOW}]}]
        (answer,) = self._call(self._call(self._collection.database.aggregate(clock)).to_list())
        return None, answer["now"] / 1000

    def replace(self, name: str, document: Document, expected: int) -> bool:
        here: dict[str, Any] = {"_id": self._id(name)}
        if expected:
            replaced = self._call(self._collection.replace_one({**here, "version": expected}, document))
            return bool(replaced.matched_count)
        try:
            self._call(self._collection.insert_one({**here, **document}))
        except DuplicateKeyError:
            return False
        return True

    def names(self) -> list[str]:
        ours = self._collection.find({"_id.log": self._log}, {"_id": True}).sort("_id.name")
        return [document["_id"]["name"] for document in self._call(ours.to_list())]

    def _id(self, name: str) -> dict[str, str]:
        return {"log": self._log, "name": name}
