"""How large is a log, and which of its streams are? The answers, and the call of a store that has them at hand."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

__all__ = ["Busy", "Measured", "Size"]


@dataclass(frozen=True, slots=True)
class Size:
    """How many streams a log has, without those erased; how many of them live; how many events they have.

    ``stale`` snapshots were folded by another version of the model and are not used; None where the store cannot tell.
    """

    streams: int
    living: int
    events: int
    stale: int | None


@dataclass(frozen=True, slots=True)
class Busy:
    """A context, and how many events it has: all of them, or those since a moment."""

    context: Any
    events: int


@runtime_checkable
class Measured(Protocol):
    """A repository whose store knows these numbers without reading the log."""

    def size(self) -> Size: ...

    def busiest(self, limit: int, since: datetime | None) -> list[Busy]: ...
