"""How is a whole log read once? By a scan, which gives each context's items together, in the order of seq.

That DynamoDB keeps a partition's items together is how it stores them; a scan that did not would be noticed, because
every context begins with seq 1.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from sqla_osiris import fold as folds
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.dynamo.items import Item, Snapshot
from sqla_osiris.repositories.dynamo.reading import instances, snapshot, state, store_snapshot
from sqla_osiris.repositories.dynamo.tables import EARLIEST, Tables
from sqla_osiris.repositories.protocol import Report
from sqla_osiris.repositories.results import touching
from sqla_osiris.steps import Pages, Steps

__all__ = ["each_context", "snapshots", "states"]

T = TypeVar("T")

_EVENTS_A_FOLD: Final = 500


class _Stretch:
    """One context's items as the scan gives them, folded on the way: one stretch is in memory."""

    def __init__(self, tables: Tables, context: str) -> None:
        self._tables = tables
        self.context = context
        self.snapshot: Snapshot | None = None
        self.folded: folds.Folded | None = None
        self.latest = EARLIEST
        self.older: list[Item] = []
        self.erased = False
        self.archived = False
        self._tail: list[Event] = []

    def take(self, item: Item) -> None:
        if "folded" in item:
            self._restart(item)
        elif "erased" in item:
            self.erased = True
        elif self.snapshot is None or item["seq"] > self.snapshot.folded.seq:
            if "archived" in item:
                self.archived = True
            else:
                self._tail.append(self._tables.items.event(item))
        if len(self._tail) >= _EVENTS_A_FOLD:
            self.finish()

    def finish(self) -> None:
        self.latest = max([self.latest, *(event.recorded_at for event in self._tail)])
        self.folded = folds.fold(
            self._tables.log.reducers, touching(self._tables.log, self._tail), onto=self.folded
        )
        self._tail = []

    def _restart(self, item: Item) -> None:
        self.older.append(item)
        snapshot = self._tables.items.snapshot(item)
        if snapshot is not None:
            self.snapshot, self.folded, self.latest = snapshot, snapshot.folded, snapshot.latest
            self._tail, self.archived = [], False


def states(tables: Tables) -> Pages[Any]:
    """The states of all live streams, in no order."""
    for page in each_context(tables, partial(_Stretch, tables), _stretches):
        yield _states(tables, page)


def _stretches(stretch: _Stretch) -> Steps[list[_Stretch]]:
    yield from ()  # steps, of no request
    stretch.finish()
    return [] if stretch.erased else [stretch]


def _states(tables: Tables, page: Steps[list[_Stretch]]) -> Steps[list[Any]]:
    """The states of a page's contexts: those that are folded as one question for their keys, others by a walk."""
    stretches = yield from page
    whole = {each.context: each.folded for each in stretches if each.folded and not each.archived}
    found = yield from instances(tables, whole)
    for each in stretches:
        if each.context not in whole:
            found += filter(None, [(yield from state(tables, each.context))])
    return found


def snapshots(tables: Tables, report: Report) -> Steps[int]:
    """Take all snapshots that the policy wants. What is taken is no longer due, so a crash loses nothing.

    Raises InvalidValue at the end where a stream's sum outgrew its column: the others have theirs.
    """
    taken, refused = 0, list[InvalidValue]()
    for page in each_context(tables, partial(_Stretch, tables), partial(_take_due, tables, refused)):
        now = len((yield from page))
        taken += now
        if now:
            report(taken)
    if refused:
        raise refused[0]
    return taken


def _take_due(tables: Tables, refused: list[InvalidValue], stretch: _Stretch) -> Steps[list[bool]]:
    stretch.finish()
    folded = stretch.folded
    if stretch.erased or folded is None or folded.ended:
        return []
    base = stretch.snapshot.folded.seq if stretch.snapshot else 0
    if not tables.log.policy.is_due(folded.seq - base):
        return []
    now = Snapshot(folded, stretch.latest)
    try:
        if stretch.archived or not (yield from store_snapshot(tables, stretch.context, now, stretch.older)):
            yield from snapshot(tables, stretch.context)
    except InvalidValue as error:
        refused.append(error)
        return []
    return [True]


def each_context(
    tables: Tables, begin: Callable[[str], Any], end: Callable[[Any], Steps[list[T]]]
) -> Pages[T]:
    """Scan, and yield what ``end`` returns for each context's items, page by page."""
    current: list[Any] = []

    def take(page: Steps[list[Item]]) -> Steps[list[T]]:
        results: list[T] = []
        for item in (yield from page):
            if not current or current[0].context != item["context"]:
                results += yield from last()
                current.append(begin(_first(tables, item)))
            current[0].take(item)
        return results

    def last() -> Steps[list[T]]:
        return (yield from end(current.pop())) if current else []

    for page in tables.requests.pages("scan", TableName=tables.events, ConsistentRead=True):
        yield take(page)
    yield last()


def _first(tables: Tables, item: Item) -> str:
    if item["seq"] > 1:
        raise OsirisError(
            f"{tables.log.model} {item['context']!r} begins at seq {item['seq']} in {tables.events}: "
            "its first events are missing, or the scan does not keep a context's items together."
        )
    context: str = item["context"]
    return context
