"""How is a whole log read once? By a scan, which gives each context's items together, in the order of seq.

That DynamoDB keeps a partition's items together is how it stores them; a scan that did not would be noticed, because
every context begins with seq 1.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, TypeVar

from sqla_osiris import fold as folds
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.records import Event
from sqla_osiris.repositories.dynamo.items import PENDING, Item, Items, Snapshot
from sqla_osiris.repositories.dynamo.reading import EARLIEST, Reading
from sqla_osiris.repositories.dynamo.tables import Tables
from sqla_osiris.repositories.verification import Difference, Look, Verification, standing
from sqla_osiris.schema.log import Log
from sqla_osiris.steps import Steps

__all__ = ["Scanning"]

ModelT = TypeVar("ModelT")
T = TypeVar("T")

_EVENTS_A_FOLD: Final = 500

Progress = Callable[[int], object]


class _Stretch:
    """One context's items as the scan gives them, folded on the way: one stretch is in memory."""

    def __init__(self, log: Log, items: Items, context: str) -> None:
        self._log = log
        self._items = items
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
                self._tail.append(self._items.event(item))
        if len(self._tail) >= _EVENTS_A_FOLD:
            self.finish()

    def finish(self) -> None:
        self.latest = max([self.latest, *(event.recorded_at for event in self._tail)])
        self.folded = folds.fold(self._log.reducers, self._tail, onto=self.folded)
        self._tail = []

    def _restart(self, item: Item) -> None:
        self.older.append(item)
        snapshot = self._items.snapshot(item)
        if snapshot is not None:
            self.snapshot, self.folded, self.latest = snapshot, snapshot.folded, snapshot.latest
            self._tail, self.archived = [], False


class Scanning:
    """Reads all streams of one model."""

    def __init__(self, tables: Tables, reading: Reading[Any]) -> None:
        self._tables = tables
        self._log = tables.log
        self._items = tables.items
        self._reading = reading

    def states(self) -> Iterator[Steps[list[Any]]]:
        """The states of all live streams, in no order."""
        return self._each(lambda context: _Stretch(self._log, self._items, context), self._state)

    def snapshots(self, progress: Progress | None) -> Steps[int]:
        """Take all snapshots that the policy wants. What is taken is no longer due, so a crash loses nothing.

        Raises InvalidValue at the end where a stream's sum outgrew its column: the others have theirs.
        """
        taken, refused = 0, list[InvalidValue]()
        stretches = self._each(
            lambda context: _Stretch(self._log, self._items, context), partial(self._take_due, refused)
        )
        for page in stretches:
            now = len((yield from page))
            taken += now
            if now and progress is not None:
                progress(taken)
        if refused:
            raise refused[0]
        return taken

    def verify(self) -> Steps[Verification]:
        contexts = events = 0
        differences: list[Difference] = []
        for page in self._each(_Refolding, self._compare):
            for look in (yield from page):
                contexts += 1
                events += look.events
                differences += look.differences
        return Verification(contexts, events, tuple(differences))

    def _state(self, stretch: _Stretch) -> Steps[list[Any]]:
        stretch.finish()
        if stretch.erased:
            return []
        key = self._items.key(stretch.context)
        if stretch.archived or stretch.folded is None:
            state = yield from self._reading.state_of(key, stretch.context)
        else:
            state = self._reading.instance(key, stretch.folded)
        return [] if state is None else [state]

    def _take_due(self, refused: list[InvalidValue], stretch: _Stretch) -> Steps[list[bool]]:
        stretch.finish()
        folded = stretch.folded
        base = stretch.snapshot.folded.seq if stretch.snapshot else 0
        if stretch.erased or folded is None or folded.ended or not self._log.policy.is_due(folded.seq - base):
            return []
        snapshot = Snapshot(folded, stretch.latest)
        try:
            if stretch.archived or not (
                yield from self._reading.take(stretch.context, snapshot, stretch.older)
            ):
                yield from self._reading.snapshot_of(stretch.context)
        except InvalidValue as error:
            refused.append(error)
            return []
        return [True]

    def _compare(self, refolding: "_Refolding") -> Steps[list[Look]]:
        """Fold a stream from its first event, and compare where a snapshot says what it should be."""
        look = Look(0, [])
        if not refolding.erased:
            look = yield from standing(partial(self._look_at, refolding), self._tables.requests.sleep)
        # A stream erased meanwhile is as if it had been before.
        return [] if refolding.erased else [look]

    def _look_at(self, refolding: "_Refolding") -> Steps[Look]:
        differences, events = yield from self._refold(refolding)
        if not differences:
            return Look(events, differences)
        compared = refolding.snapshots
        redacting = yield from self._is_redacting(refolding.context)
        # In this order: a redaction that is over has deleted its snapshots.
        refolding.snapshots = []
        for item in (yield from self._reading.kept(refolding.context)):
            refolding.take(item)
        same = refolding.erased or refolding.snapshots == compared
        return Look(events, differences, stands=same and not redacting)

    def _is_redacting(self, context: str) -> Steps[bool]:
        count = yield from self._tables.requests.get(
            self._tables.names.index, self._items.redactions(context)
        )
        return any(name.startswith(PENDING) for name in count or ())

    def _refold(self, refolding: "_Refolding") -> Steps[tuple[list[Difference], int]]:
        context = refolding.context
        shown = self._log.context_of(self._items.key(context))
        snapshots = [s for s in map(self._items.snapshot, refolding.snapshots) if s is not None]
        differences: list[Difference] = []
        folded: folds.Folded | None = None
        expected = 0
        for page in self._reading.history_of(context, 0):
            for event in (yield from page):
                expected += 1
                if event.seq != expected:
                    differences.append(Difference(shown, "seq", event.seq, expected))
                    expected = event.seq
                folded = folds.fold(self._log.reducers, [event], onto=folded)
                for snapshot in snapshots:
                    if snapshot.folded.seq == event.seq:
                        differences += self._between(shown, snapshot.folded, folded)
        beyond = [s.folded.seq for s in snapshots if s.folded.seq > expected]
        differences += [Difference(shown, "seq", seq, expected) for seq in beyond]
        return differences, expected

    def _between(self, context: Any, stored: folds.Folded, folded: folds.Folded) -> list[Difference]:
        reducers = self._log.reducers
        held, expected = folds.present(reducers, stored), folds.present(reducers, folded)
        return [
            Difference(context, name, held[name], expected[name])
            for name in reducers
            if held[name] != expected[name]
        ]

    def _each(
        self, begin: Callable[[str], Any], end: Callable[[Any], Steps[list[T]]]
    ) -> Iterator[Steps[list[T]]]:
        """Scan, and yield what ``end`` returns for each context's items, page by page."""
        current: list[Any] = []

        def take(page: Steps[list[Item]]) -> Steps[list[T]]:
            results: list[T] = []
            for item in (yield from page):
                if not current or current[0].context != item["context"]:
                    results += yield from last()
                    current.append(begin(self._first(item)))
                current[0].take(item)
            return results

        def last() -> Steps[list[T]]:
            return (yield from end(current.pop())) if current else []

        for page in self._tables.requests.pages(
            "scan", TableName=self._tables.names.events, ConsistentRead=True
        ):
            yield take(page)
        yield last()

    def _first(self, item: Item) -> str:
        if item["seq"] > 1:
            raise OsirisError(
                f"{self._log.model} {item['context']!r} begins at seq {item['seq']} in {self._tables.names.events}: "
                "its first events are missing, or the scan does not keep a context's items together."
            )
        context: str = item["context"]
        return context


class _Refolding:
    """One context's snapshots, for :meth:`Scanning.verify`; its events are read again one page at a time."""

    def __init__(self, context: str) -> None:
        self.context = context
        self.snapshots: list[Item] = []
        self.erased = False

    def take(self, item: Item) -> None:
        if "folded" in item:
            self.snapshots.append(item)
        self.erased = self.erased or "erased" in item
