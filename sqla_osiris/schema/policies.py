"""When the accumulators of a context are stored: with every event, every n events, or never."""

from dataclasses import dataclass
from typing import Any

from sqla_osiris.errors import DeclarationError

__all__ = ["Every", "Inline", "Never", "SnapshotPolicy", "policy_of"]


@dataclass(frozen=True, slots=True)
class SnapshotPolicy:
    """The base of the three policies; a model names one as ``__snapshot__``."""

    def is_due(self, tail: int) -> bool:
        """Whether a context with ``tail`` events beyond its accumulators needs a snapshot."""
        return False


@dataclass(frozen=True, slots=True)
class Inline(SnapshotPolicy):
    """The statement that writes an event merges it into the accumulators: states are plain, indexable rows."""

    def is_due(self, tail: int) -> bool:
        return tail > 0


@dataclass(frozen=True, slots=True)
class Every(SnapshotPolicy):
    """A snapshot whenever the tail has grown to ``n`` events; queries fold the tail."""

    n: int = 1000

    def __post_init__(self) -> None:
        if type(self.n) is not int:
            raise DeclarationError(
                f"Every({self.n!r}): a whole number of events was expected, such as Every(1000)"
            )
        if self.n < 1:
            raise DeclarationError(f"Every({self.n}): a snapshot is taken every 1 event at least")

    def is_due(self, tail: int) -> bool:
        return tail >= self.n


@dataclass(frozen=True, slots=True)
class Never(SnapshotPolicy):
    """No accumulators are stored by themselves; every query folds the whole log."""


def policy_of(policy: Any) -> Any:
    """Return the policy, an instance where its class was given."""
    return policy() if isinstance(policy, type) and issubclass(policy, SnapshotPolicy) else policy
