"""``RepositoryMachine``: a Hypothesis state machine that drives a repository and the one in memory by the same calls."""

import unittest
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from hypothesis.strategies import DataObject, SearchStrategy
from sqlalchemy.exc import IntegrityError

from sqla_osiris.conflicts import ConcurrentAppend
from sqla_osiris.errors import LawBroken, OsirisError
from sqla_osiris.records import Event, NewEvent
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.schema.log import log_of
from sqla_osiris.testing.model_laws import seen_event, seen_state
from sqla_osiris.testing.sameness import same
from sqla_osiris.testing.searching import resolved
from sqla_osiris.testing.strategies import contexts_of, touches_of

__all__ = ["RepositoryMachine"]

_IDS = st.integers(1, 3).map(lambda number: UUID(int=number))
"""So few that they are repeated."""
_TIMES = st.sampled_from([datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3)])
"""So few that they fall as often as they rise, beside the clock's own."""


class RepositoryMachine(RuleBasedStateMachine, unittest.TestCase):
    """Derive from it, and pytest and unittest run it: any repository must do what the one in memory does.

    Set ``model``, and write ``open()``. After every step the states, histories, seqs, types and errors of both are
    compared; a difference raises LawBroken behind the shortest list of steps that shows it. ``values`` are strategies
    of touches by field and ``contexts`` one of contexts, as for :func:`check_model`. It is a Hypothesis state machine: add
    rules of your own, and decorate it with ``hypothesis.settings``.
    """

    model: ClassVar[type[Any]]
    values: ClassVar[Mapping[str, SearchStrategy[Any]]] = {}
    contexts: ClassVar[SearchStrategy[Any] | None] = None

    def __init__(self, methodName: str = "runTest") -> None:  # noqa: N803  (unittest's name)
        # One class is both: unittest makes it with the name of a method to run, Hypothesis without one for each example.
        unittest.TestCase.__init__(self, methodName)
        RuleBasedStateMachine.__init__(self)

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if hasattr(cls, "model"):
            # Only now: the base itself, imported into a test module, is no test.
            cls.test_it_does_what_the_memory_does = _run

    def open(self) -> Repository[Any]:
        """A repository on the store; a second call must find what the first one wrote."""
        raise NotImplementedError(f"{type(self).__name__}: write open(self), which returns a Repository")

    def clear(self) -> None:
        """Make the store empty; called before each example. Nothing to do where ``open`` makes a store for each machine."""

    @initialize()
    def start(self) -> None:
        """Begin with an empty store."""
        self.clear()
        self.memory: MemoryRepository[Any] = MemoryRepository(self.model)
        self.store: Repository[Any] = self.open()
        self.known: list[Any] = []
        self.fed: list[Event] = []
        left = next(iter(self.store.states()), None)
        if left is not None:
            raise OsirisError(
                f"{type(self).__name__}: the store is not empty at the start of an example, it holds {left!r}. "
                "Write clear(self), which empties it."
            )

    @rule(data=st.data())
    def append(self, data: DataObject) -> None:
        """Append an event, perhaps with an expected seq, an event_id that was used before, and metadata."""
        context = self._context(data)
        expected = data.draw(st.none() | st.integers(0, 3), "expected_seq")
        if expected == 3:
            expected = max((event.seq for event in self.memory.history(context)), default=0)
        metadata = {
            "expected_seq": expected,
            "event_id": data.draw(st.none() | _IDS, "event_id"),
            "event_type": data.draw(st.none() | st.just("made"), "event_type"),
            "event_meta": data.draw(st.none() | st.just({"by": "jane"}), "event_meta"),
        }
        touches = data.draw(self._touches, "touches")
        self._both(f"append({context!r})", lambda r: seen_event(r.append(context, **{**metadata, **touches})))

    @rule(data=st.data())
    def append_many(self, data: DataObject) -> None:
        """Append a batch; one in four holds an event that is refused, and then all of it is.

        Its times need not rise, ids may be those of events that were archived since, and an event may end its stream.
        """
        drawn = st.tuples(self._touches, st.none() | _IDS, st.none() | _TIMES, st.integers(0, 7))
        batch = [
            NewEvent(
                self._context(data),
                {} if end == 7 else touches,
                event_id=event_id,
                recorded_at=recorded_at,
                ends=end == 7,
            )
            for touches, event_id, recorded_at, end in data.draw(st.lists(drawn, max_size=4), "batch")
        ]
        refused = data.draw(st.integers(0, 3), "refused") == 3
        if refused:
            batch.append(NewEvent(self._context(data), {"no_such_field": 1}))
        self._both(
            f"append_many({len(batch)} events)", lambda r: r.append_many(iter(batch)), reasons=not refused
        )

    @rule(data=st.data())
    def snapshot(self, data: DataObject) -> None:
        """Take a snapshot, which changes nothing."""
        context = self._context(data)
        self._both(f"snapshot({context!r})", lambda r: r.snapshot(context))

    @precondition(lambda self: self._offers("time_travel"))
    @rule(data=st.data())
    def time_travel(self, data: DataObject) -> None:
        """Read a past state by a seq, and by the time when the store recorded one of its events."""
        context = self._context(data)
        recorded = [event.recorded_at for event in self.store.history(context)]
        at = data.draw(st.integers(-1, len(recorded) + 1), "at")
        self._both(f"state({context!r}, at={at})", lambda r: self._state(r.state(context, at=at)))
        if recorded:
            when = data.draw(st.sampled_from(recorded), "when")
            # Clocks may be coarse: what the memory is asked for is the last event of that time.
            last = max(seq for seq, moment in enumerate(recorded, 1) if moment <= when)
            self._agree(
                f"state({context!r}, at=the time of seq {last})",
                self._state(self.memory.state(context, at=last)),
                self._state(self.store.state(context, at=when)),
            )

    @precondition(lambda self: self._offers("feed"))
    @rule(limit=st.integers(1, 4))
    def feed(self, limit: int) -> None:
        """Read the feed on from where the last reading stopped, in small pages: each event once, a context's in order."""
        while page := self.store.feed(after=self.fed[-1].position if self.fed else None, limit=limit):
            self.fed += page
        for context in self.known:
            self._agree(
                f"the feed's events of {context!r}",
                [seen_event(event) for event in self.memory.history(context)],
                [seen_event(event) for event in self.fed if event.context == context],
            )
        again = [(event.context, event.seq) for event in self.store.feed(limit=len(self.fed) + 1)]
        self._agree("the feed from its beginning", [(e.context, e.seq) for e in self.fed], again)

    @rule()
    def verify(self) -> None:
        """Have the store fold its log again: it finds no difference."""
        self._agree("verify().differences", (), self.store.verify().differences)

    @rule()
    def reopen(self) -> None:
        """Go on with a new repository on the same store."""
        self.store = self.open()

    @rule(data=st.data(), bad=st.sampled_from(["unknown field", "value", "context", "event_type"]))
    def bad_input(self, data: DataObject, bad: str) -> None:
        """Append what must be refused; nothing may be left of it."""
        context: Any = () if bad == "context" else self._context(data)
        metadata: dict[str, Any] = {"event_type": 7} if bad == "event_type" else {}
        touches = data.draw(touches_of(self.model, self.values), "touches")
        if bad == "unknown field":
            touches = {**touches, "no_such_field": 1}
        elif bad == "value":
            touches = {**touches, next(iter(log_of(self.model).by_key)): object()}
        self._both(
            f"append with a bad {bad}", lambda r: seen_event(r.append(context, **{**metadata, **touches}))
        )

    @precondition(lambda self: self._offers("archive"))
    @rule(keep=st.integers(0, 3), before=st.none() | _TIMES)
    def archive(self, keep: int, before: datetime | None) -> None:
        """Move folded events to the archive, but for the newest few, where the store has one: nothing changes."""
        for repository in (self.memory, self.store):
            repository.archive(before=before or datetime.now(UTC), keep=keep)

    @precondition(lambda self: self._offers("archive"))
    @rule(data=st.data())
    def restore(self, data: DataObject) -> None:
        """Move a stream's archived events back: nothing changes."""
        context = self._context(data)
        for repository in (self.memory, self.store):
            repository.restore(context)

    @precondition(lambda self: self._offers("redact"))
    @rule(data=st.data(), seq=st.integers(1, 5))
    def redact(self, data: DataObject, seq: int) -> None:
        """Take a field out of an event, where the store can; the event that tells of it is compared."""
        context = self._context(data)
        field = data.draw(st.sampled_from(list(log_of(self.model).by_key)), "field")

        def redacted(repository: Any) -> Any:
            event = repository.redact(context, seq, field, reason="asked")
            return None if event is None else seen_event(event)

        self._both(f"redact({context!r}, {seq}, {field!r})", redacted)
        self.fed = []  # events that were read before it say what is gone now

    @precondition(lambda self: self._offers("erase"))
    @rule(data=st.data())
    def erase(self, data: DataObject) -> None:
        """Erase a stream, where the store can: later appends to it are refused."""
        context = self._context(data)
        self._both(f"erase({context!r})", lambda r: r.erase(context))
        self.fed = [event for event in self.fed if event.context != context]

    @invariant()
    def agree(self) -> None:
        """Compare all that readers see."""
        for context in self.known:
            self._agree_on(context)
        asked = self.known[::-1]
        self._same(f"states({asked!r})", lambda r: [self._state(state) for state in r.states(asked)])
        self._same("the seqs of states()", lambda r: sorted(state.seq for state in r.states()))

    def _agree_on(self, context: Any) -> None:
        self._same(f"state({context!r})", lambda r: self._state(r.state(context)))
        self._same(f"history({context!r})", lambda r: [seen_event(e) for e in r.history(context)])
        self._same(
            f"history({context!r}, after=1)", lambda r: [seen_event(e) for e in r.history(context, after=1)]
        )

    @property
    def _touches(self) -> SearchStrategy[dict[str, Any]]:
        """Some of what is drawn cannot begin a stream; the one in memory says which, and every store must."""
        touches = touches_of(self.model, self.values)
        if not log_of(self.model).required:
            return touches
        return touches | touches_of(self.model, self.values, begins=False)

    def _context(self, data: DataObject) -> Any:
        strategy = contexts_of(log_of(self.model)) if self.contexts is None else self.contexts
        context = data.draw(strategy, "context")
        if context not in self.known:
            self.known.append(context)
        return context

    def _state(self, state: Any) -> Any:
        log = log_of(self.model)
        return None if state is None else seen_state(state, (*log.context_keys, *log.by_key))

    def _offers(self, capability: str) -> bool:
        return capability in self.store.capabilities

    def _both(self, call: str, make: Callable[[Any], Any], *, reasons: bool = True) -> None:
        """Compare what the call gives, or which error it raises: its kind, and what a lost race tells.

        Without ``reasons``, errors are alike: where a stream is erased too, the store chooses which one it raises.
        """

        def outcome(repository: Any) -> Any:
            try:
                return make(repository)
            except OsirisError as error:
                lost = (error.expected_seq, error.found_seq) if isinstance(error, ConcurrentAppend) else ()
                return (type(error).__name__, *lost) if reasons else "refused"

        self._same(call, outcome)

    def _same(self, call: str, make: Callable[[Any], Any]) -> None:
        try:
            stored = make(self.store)
        except IntegrityError:
            if not log_of(self.model).constrained:
                raise
            # A constraint of the model's, which the memory does not know: neither has written anything.
            return
        self._agree(call, make(self.memory), stored)

    def _agree(self, call: str, left: Any, right: Any) -> None:
        if not same(left, right):
            raise LawBroken(
                law="agreement",
                subject=type(self).__name__,
                example={"call": call},
                left=left,
                right=right,
                equation=(f"{call} in memory", f"{call} on the store"),
                advice="The steps that lead here follow below.",
            )


def _run(self: RepositoryMachine) -> None:
    """Run the machine; the name is the test's, ``test_it_does_what_the_memory_does``."""
    kind = type(self)
    run_state_machine_as_test(kind, settings=resolved(kind.TestCase.settings, shown=True))
