"""MongoDB's word of new events: a change stream over the collection of events, where the server is a replica set."""

from functools import partial
from typing import Any, Final

from pymongo.errors import OperationFailure

from sqla_osiris.repositories.mongo.collections import Collections
from sqla_osiris.steps import Run, step
from sqla_osiris.subscriptions.hints import Unheard

__all__ = ["MongoChannel"]

_NO_CHANGE_STREAMS: Final = 40573
_AWAITED: Final = 1000
"""Milliseconds after which the server answers a request although nothing changed."""
_INSERTS: Final = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": True}}]


class MongoChannel:
    """A change stream that is open only while somebody waits: a batch would leave thousands of changes to be read."""

    patience = _AWAITED / 1000

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
        stream, self._stream = self._stream, None
        if stream is not None:
            self._run(step(stream.close))
