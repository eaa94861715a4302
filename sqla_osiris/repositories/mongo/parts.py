"""For how many contexts does one query ask? A question is a document of 16 MB at most, and a context may be long."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from bson import encode

__all__ = ["in_parts"]

T = TypeVar("T")

_BYTES: Final = 4_000_000


def in_parts(
    slots: Iterable[T], at_most: int, *, key: Callable[[T], Any] = lambda one: one
) -> Iterator[list[T]]:
    """Contexts, or what ``key`` finds one in, in lists of ``at_most`` and of 4 MB, of one at least."""
    part: list[T] = []
    size = 0
    for slot in slots:
        its_size = len(encode({"": key(slot)}))
        if part and (len(part) == at_most or size + its_size > _BYTES):
            yield part
            part, size = [], 0
        part.append(slot)
        size += its_size
    if part:
        yield part
