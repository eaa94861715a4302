"""All stores do the same: one machine drives them by the same calls and compares every answer, state and history."""

import uuid
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import JSON, BigInteger, Boolean, DateTime, Float, Integer, Numeric, String

import sqla_osiris as osiris
from sqla_osiris import (
    Aggregate,
    Append,
    ConcurrentAppend,
    Context,
    Count,
    Encrypted,
    EventSourced,
    Every,
    First,
    Latest,
    Max,
    Mean,
    Merge,
    Min,
    NewEvent,
    OsirisError,
    Union,
)
from tests.laws.test_agreement import FIELDS, exactly
from tests.opening import STORES, TESTED

START = datetime(2026, 1, 1, tzinfo=UTC)
FAR = datetime(2999, 1, 1, tzinfo=UTC)


class Worker(EventSourced):
    """`Inline()`: what each database folds by itself."""

    __tablename__ = "together_worker"
    __archive__ = True
    id = Context(String(80))
    title = Latest(String)
    salary = Aggregate(Integer)
    bonus = Aggregate(Numeric(12, 2))
    hours = Aggregate(Float)
    best = Aggregate(String, reducer=Max())
    soonest = Aggregate(DateTime(timezone=True), reducer=Min())
    hired = Aggregate(Integer, reducer=First())
    visits = Aggregate(Integer, reducer=Count())
    grade = Aggregate(BigInteger, reducer=Mean())
    late = Aggregate(Boolean, reducer=osiris.Any())


class Visitor(EventSourced):
    """A snapshot every two events, of what Python folds, too; a context of two columns; fields that are encrypted."""

    __tablename__ = "together_visitor"
    __archive__ = True
    __snapshot__ = Every(2)
    id = Context(String(80))
    number = Context(Integer)
    title = Latest(String)
    salary = Aggregate(Integer)
    notes = Aggregate(JSON, reducer=Append())
    skills = Aggregate(JSON, reducer=Union())
    profile = Aggregate(JSON, reducer=Merge())
    secret = Latest(Encrypted(String(20), master_key=b"m" * 32))
    pin = Aggregate(Encrypted(BigInteger, master_key=b"m" * 32), reducer=First())


NAMES = st.sampled_from(["bob", "Zoë"])
IDS = st.none() | st.integers(1, 3).map(lambda number: uuid.UUID(int=number))
MOMENTS = st.none() | st.integers(0, 7).map(lambda hours: START + timedelta(hours=hours))
BAD: dict[str, dict[str, Any]] = {
    "unknown field": {"fields": {"no_such_field": 1}},
    "value": {"fields": {"salary": "three"}},
    "range": {"fields": {"salary": 2**31}},
    "surrogate": {"fields": {"title": "\ud800"}},
    "NUL": {"fields": {"title": "a\0b"}},
    "event_type": {"event_type": 7},
    "long event_type": {"event_type": "x" * 256},
    "event_meta": {"event_meta": {"a": object()}},
    "event_id": {"event_id": "no uuid"},
    "context": {"context": "nul\0"},
    "no context": {"context": None},
}


def touches_of(model: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = [name for name in FIELDS if name in model.__osiris__.by_key]
    few = st.lists(st.sampled_from(names), unique=True, max_size=4)
    return few.flatmap(lambda chosen: st.fixed_dictionaries({name: FIELDS[name] for name in chosen}))


class Together(RuleBasedStateMachine):
    """Drives the repositories of `stores`; the memory's answers are the right ones."""

    model: ClassVar[type[Any]]
    stores: ClassVar[dict[str, Any]]
    read_to: ClassVar[dict[str, Any]]

    @initialize()
    def start(self) -> None:
        # Contexts of its own are an example's empty store: making one takes DynamoDB a second.
        self.prefix = uuid.uuid4().hex[:8]
        self.feeds: dict[str, dict[Any, list[Any]]] = {name: {} for name in self.stores}
        for name, store in self.stores.items():
            self._read_on(name, store)
            self.feeds[name] = {}
        self.erased: set[Any] = set()

    @rule(
        data=st.data(),
        name=NAMES,
        event_id=IDS,
        said=st.sampled_from([{}, {"event_type": "made", "event_meta": {"by": ["jane", 1.0, None]}}]),
        expected=st.none() | st.sampled_from(["head", 0, 1]),
    )
    def append(self, data: Any, name: str, event_id: Any, said: Any, expected: Any) -> None:
        context = self._context(name)
        if expected == "head":
            state = self.stores["memory"].state(context)
            expected = 0 if state is None else state.seq
        touches = data.draw(touches_of(self.model), "touches")
        self._same(
            lambda store: event_seen(
                store.append(context, expected_seq=expected, event_id=event_id, **said, **touches)
            )
        )

    @rule(data=st.data(), ends=st.booleans())
    def append_many(self, data: Any, ends: Any) -> None:
        touches = touches_of(self.model)
        events = data.draw(st.lists(st.tuples(NAMES, touches, IDS, MOMENTS), max_size=4), "events")
        batch = [
            NewEvent(self._context(name), touched, event_id=event_id, recorded_at=moment)
            for name, touched, event_id, moment in events
        ]
        if ends and batch:
            batch.append(NewEvent(batch[0].context, {}, ends=True))
        self._same(lambda store: store.append_many(iter(batch)))

    @rule(name=NAMES, bad=st.sampled_from(sorted(BAD)), alone=st.booleans())
    def bad_input(self, name: str, bad: str, alone: Any) -> None:
        said = dict(BAD[bad])
        context = self._with(said.pop("context"), name) if "context" in said else self._context(name)
        fields = said.pop("fields", {})
        if alone:
            self._same(lambda store: event_seen(store.append(context, **said, **fields)))
        else:
            good = NewEvent(self._context("bob"), {"salary": 1})
            self._same(lambda store: store.append_many([good, NewEvent(context, fields, **said)]))

    @rule(name=NAMES)
    def snapshot(self, name: str) -> None:
        context = self._context(name)
        self._same(lambda store: store.snapshot(context))

    @rule(before=MOMENTS)
    def archive(self, before: Any) -> None:
        """How many are archived depends on the store's own snapshots; what is seen does not."""
        for store in self.stores.values():
            store.archive(before=before or FAR)

    @rule(name=NAMES)
    def erase(self, name: str) -> None:
        context = self._context(name)
        self._same(lambda store: store.erase(context))
        self.erased.add(context)

    @rule(name=NAMES, seq=st.integers(0, 9))
    def state_at_a_seq(self, name: str, seq: int) -> None:
        context = self._context(name)
        self._same(lambda store: self._state(store.state(context, at=seq)))

    @rule(name=NAMES, hours=st.integers(-1, 8))
    def state_at_a_moment(self, name: str, hours: int) -> None:
        context = self._context(name)
        self._same(lambda store: self._state(store.state(context, at=START + timedelta(hours=hours))))

    @invariant()
    def agree(self) -> None:
        if not hasattr(self, "prefix"):
            return
        contexts = [self._context("bob"), self._context("Zoë")]
        self._same(lambda store: [self._state(state) for state in store.states(contexts)])
        self._same(lambda store: [[event_seen(e) for e in store.history(context)] for context in contexts])
        self._same(lambda store: [e.seq for e in store.history(contexts[0], after=2)])

    def teardown(self) -> None:
        """The feeds, each by contexts: their order over contexts is each store's own."""
        if not hasattr(self, "prefix"):
            return
        for name, store in self.stores.items():
            self._read_on(name, store)
            for context, read in self.feeds[name].items():
                assert read == [event_seen(event) for event in store.history(context)], name
        assert all(feed.keys() == self.feeds["memory"].keys() for feed in self.feeds.values())

    def _read_on(self, name: str, store: Any) -> None:
        while page := store.feed(after=self.read_to.get(name), limit=500):
            self.read_to[name] = page[-1].position
            for event in page:
                self.feeds[name].setdefault(event.context, []).append(event_seen(event))

    def _same(self, call: Any) -> None:
        answers = {name: outcome(lambda store=store: call(store)) for name, store in self.stores.items()}
        expected = answers.pop("memory")
        differing = {name: found for name, found in answers.items() if found != expected}
        assert not differing, f"{differing}, but the memory: {expected}"

    def _context(self, name: str) -> Any:
        return self._with(self.prefix + name, name)

    def _with(self, first: Any, name: str) -> Any:
        return first if len(self.model.__osiris__.context_keys) == 1 else (first, len(name))

    def _state(self, state: Any) -> Any:
        if state is None:
            return None
        log = self.model.__osiris__
        return {key: exactly(getattr(state, key)) for key in ("seq", *log.context_keys, *log.reducers)}


def event_seen(event: Any) -> Any:
    """All but the position, which is the store's own, and the time, which is its clock's where none was given."""
    given = event.recorded_at if event.recorded_at < START + timedelta(days=30) else None
    return (
        *(event.context, event.seq, given, exactly(dict(event.fields)), event.ends),
        *(event.event_id, event.event_type, exactly(event.event_meta)),
    )


def outcome(call: Any) -> Any:
    try:
        return call()
    except ConcurrentAppend as error:
        return "ConcurrentAppend", error.expected_seq, error.found_seq
    except OsirisError as error:
        return type(error).__name__


@contextmanager
def opened_everywhere(request: pytest.FixtureRequest, model: type[Any]) -> Any:
    with ExitStack() as stack:
        opened = {}
        for name in TESTED:
            opens = contextmanager(STORES[name])(request)
            opened[name] = stack.enter_context(opens)(model)
        yield opened


@pytest.mark.parametrize("kept", [Worker, Visitor], ids=lambda model: model.__name__)
def test_all_stores_do_the_same(request: pytest.FixtureRequest, kept: type[Any]) -> None:
    with opened_everywhere(request, kept) as opened:

        class Machine(Together):
            model, stores, read_to = kept, opened, {}

        run_state_machine_as_test(
            Machine,
            settings=settings(
                # A step is a dozen calls on each of six stores.
                max_examples=max(settings.default.max_examples // 20, 2),
                # Shrinking on six servers takes minutes.
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        for name, store in opened.items():
            report = store.verify()
            assert report, (name, report.differences)
