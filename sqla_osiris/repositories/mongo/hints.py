"""MongoDB's word of new events: a change stream over the collection of events, where the server is a replica set."""

from collections.abc import Callable
from typing import Any, Final

from pymongo.errors import OperationFailure

from sqla_osiris.repositories.mongo.log import Log
from sqla_osiris.subscriptions.hints import Unheard

__all__ = ["MongoChannel"]

_NO_CHANGE_STREAMS: Final = 40573
_AWAITED: Final = 1000
"""Milliseconds after which the server answers a request although nothing changed."""
_INSERTS: Final = [{"$match": {"operationType": "insert"}}, {"$project": {"_id": True}}]


class MongoChannel:
    """A change stream that is open only while somebody waits: a batch would leave thousands of changes to be read.

    ``call`` makes a result of what the client answers: the asynchronous one's are to be awaited.
    """

    patience = _AWAITED / 1000

    def __init__(self, log: Log, call: Callable[[Any], Any] = lambda result: result) -> None:
        self._events = log.events
        self._call = call
        self._stream: Any = None

    def heard(self, seconds: float) -> bool:
        if self._stream is None:
            self._open()
            return True
        if self._call(self._stream.try_next()) is None:
            return False
        self.close()
        return True

    def _open(self) -> None:
        try:
            self._stream = self._call(self._events.watch(_INSERTS, max_await_time_ms=_AWAITED))
        except OperationFailure as error:
            if error.code == _NO_CHANGE_STREAMS:
                raise Unheard from error
            raise

    def close(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self._call(stream.close())
