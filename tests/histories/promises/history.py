"""A history: what was recorded and the log that came of it; and how promises about it are kept together."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from tests.histories.log import Entry, Log
from tests.histories.record import Call, Record

__all__ = ["PROMISES", "History", "Violations", "abridged", "described", "promise"]


@dataclass
class History:
    """A record, the log that came of it, and what may go wrong in it: the faults' own errors."""

    record: Record
    log: Log
    faults: frozenset[str] = frozenset()
    isolated: bool = False
    """Whether transactions have a stricter isolation than their database's default, so that the database refuses some."""

    @property
    def calls(self) -> list[Call]:
        return self.record.calls

    @cached_property
    def places(self) -> dict[str, list[Entry]]:
        """Where each mark stands."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for entry in chain.from_iterable(self.log.histories.values()):
            if entry.mark is not None:
                found[entry.mark].append(entry)
        return found

    @cached_property
    def buried(self) -> set[str]:
        """Contexts that were erased, or may have been."""
        erasures = (call for call in self.calls if call.kind == "erase")
        return {str(call.context) for call in erasures if call.open or not call.done or call.found}

    def is_there(self, mark: str) -> bool:
        return mark in self.places

    def kept(self, calls: list[Call] | None = None) -> Iterator[Call]:
        """Calls that were acknowledged, but for those about what was erased."""
        for call in self.calls if calls is None else calls:
            if call.done and call.context not in self.buried:
                yield call


Violations = Iterator[str]
Promise = Callable[[History], Violations]

PROMISES: list[Promise] = []


def promise(check: Promise) -> Promise:
    PROMISES.append(check)
    return check


def described(call: Call) -> str:
    """A call in the words of a violation."""
    error = f" ({call.error})" if call.error else ""
    return f"{call.kind} {call.worker}#{call.number} {call.context or ''} {call.outcome}{error}"


def abridged(values: list[Any]) -> str:
    return f"{values[:20]}{'…' if len(values) > 20 else ''}"
