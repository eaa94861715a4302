"""The log behind an asynchronous client for code that blocks: what a subscription needs of it, awaited in a greenlet."""

from typing import Any, Generic, TypeVar

from sqla_osiris.awaiting import awaited_steps
from sqla_osiris.records import Event
from sqla_osiris.repositories.dynamo.checkpoints import DynamoCheckpoints
from sqla_osiris.repositories.dynamo.store import CAPABILITIES, Store

__all__ = ["BlockingLog"]

ModelT = TypeVar("ModelT")


class BlockingLog(Generic[ModelT]):
    """To be used inside ``greenlet_spawn``."""

    capabilities: frozenset[str] = CAPABILITIES

    def __init__(self, model: type[ModelT], store: Store[ModelT]) -> None:
        self.model = model
        self._store = store

    def feed(self, *, after: Any = None, limit: int = 1000) -> list[Event]:
        return awaited_steps(self._store.feed(after, limit))

    def checkpoints(self) -> DynamoCheckpoints:
        return self._store.checkpoints(awaited_steps)

    def channel(self) -> None:
        """Nothing says that events were appended: subscriptions ask."""
