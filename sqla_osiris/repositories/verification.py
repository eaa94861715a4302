"""What a repository found when it folded its log again: the report of ``verify()``."""

from dataclasses import dataclass
from typing import Any

__all__ = ["Difference", "Verification"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of a snapshot that the log does not say; ``field`` is ``"seq"`` where a seq is missing or doubled."""

    context: Any
    field: str
    stored: Any
    folded: Any


@dataclass(frozen=True, slots=True)
class Verification:
    """How many contexts and events were folded again, and every difference. True when there is none."""

    contexts: int
    events: int
    differences: tuple[Difference, ...]

    def __bool__(self) -> bool:
        return not self.differences
