"""The log behind an asynchronous client for code that blocks: what a subscription needs of it, awaited in a greenlet."""

from typing import Any, Generic, TypeVar

from sqla_osiris.awaiting import awaited, awaited_steps
from sqla_osiris.records import Event
from sqla_osiris.repositories.mongo import feeding
from sqla_osiris.repositories.mongo.checkpoints import MongoCheckpoints
from sqla_osiris.repositories.mongo.hints import MongoChannel
from sqla_osiris.repositories.mongo.log import Log
from sqla_osiris.repositories.mongo.target import CAPABILITIES

__all__ = ["BlockingLog"]

ModelT = TypeVar("ModelT")


class BlockingLog(Generic[ModelT]):
    """To be used inside ``greenlet_spawn``."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(self, model: type[ModelT], log: Log) -> None:
        self.model = model
        self._log = log

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        return awaited_steps(feeding.feed(self._log, after, limit))

    def checkpoints(self) -> MongoCheckpoints:
        return MongoCheckpoints(self._log, awaited)

    def channel(self) -> MongoChannel:
        return MongoChannel(self._log, awaited)
