"""Where does a stream stand? What was seen of it last: a memory that may lag, and is never ahead.

A head is only ever taken from an item that was there, and a slot that was taken stays taken (archiving and erasing
leave it occupied). So the slot behind a remembered head is free or lost to somebody: never a gap.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, Generic, TypeVar

from sqla_osiris.repositories.dynamo.values import from_moment

__all__ = ["NOTHING", "Head", "Remembered", "head_of"]

_REMEMBERED = 10_000

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event of a stream: ``live`` unless it ended the stream; ``erased`` under a tombstone."""

    seq: int
    live: bool
    erased: bool = False
    recorded_at: datetime | None = None

    @property
    def found(self) -> int:
        """The seq that an ``expected_seq`` is compared with."""
        return self.seq if self.live else 0


NOTHING = Head(0, live=False)


def head_of(item: dict[str, Any]) -> Head:
    """The head in an event's item, an archived or erased one's too."""
    erased = "erased" in item
    recorded_at = item.get("recorded_at")
    moment = None if recorded_at is None else from_moment(recorded_at)
    return Head(
        int(item["seq"]), live=not erased and not item.get("ends", False), erased=erased, recorded_at=moment
    )


class Remembered(Generic[V]):
    """The last values by context, a bounded number of them. Threads may share it."""

    def __init__(self) -> None:
        self._values: OrderedDict[str, V] = OrderedDict()
        self._lock = Lock()

    def get(self, context: str) -> V | None:
        return self._values.get(context)

    def put(self, context: str, value: V) -> None:
        with self._lock:
            self._values[context] = value
            self._values.move_to_end(context)
            if len(self._values) > _REMEMBERED:
                self._values.popitem(last=False)

    def forget(self, context: str) -> None:
        with self._lock:
            self._values.pop(context, None)
