"""What was seen of each context last: a bounded memory, which may lag behind the store."""

from collections import OrderedDict
from threading import Lock
from typing import Final, Generic, TypeVar

__all__ = ["Remembered"]

_REMEMBERED: Final = 10_000

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """The last values by context, a bounded number of them. Threads may share it."""

    def __init__(self) -> None:
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, context: K) -> V | None:
        return self._values.get(context)

    def put(self, context: K, value: V) -> None:
        with self._lock:
            self._values[context] = value
            self._values.move_to_end(context)
            if len(self._values) > _REMEMBERED:
                self._values.popitem(last=False)

    def forget(self, context: K) -> None:
        """Have whoever asks next look at the store."""
        with self._lock:
            self._values.pop(context, None)
