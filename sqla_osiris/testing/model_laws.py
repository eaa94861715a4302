"""``check_model``: the laws of the fold for every field of a model, in Python and in a database."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hypothesis import settings as Settings  # noqa: N812  (the parameter's name is taken by its value)
from hypothesis import strategies as st
from hypothesis.errors import UnsatisfiedAssumption
from hypothesis.strategies import SearchStrategy
from sqlalchemy import URL, Engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.mutable import MutableDict, MutableList, MutableSet

from sqla_osiris.fold import fold
from sqla_osiris.records import CopiedEvent, Event, NewEvent
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.results import touching
from sqla_osiris.repositories.sql.repository import SQLRepository
from sqla_osiris.schema.log import Log, whole_log_of
from sqla_osiris.testing.reducer_laws import check_laws
from sqla_osiris.testing.sameness import same
from sqla_osiris.testing.scratch import empty, scratch_database
from sqla_osiris.testing.searching import Comparison, Law, Search, resolved
from sqla_osiris.testing.strategies import events, values_of

__all__ = ["check_model", "plain", "seen_event", "seen_state"]

_MOST_EVENTS = 6


@dataclass(frozen=True)
class _Written:
    """An example: events, and how they are written: which wait for the next one's batch, and which a snapshot follows."""

    events: list[NewEvent]
    waits: list[bool]
    snapshots: list[bool]

    def shown(self) -> Mapping[str, Any]:
        return {"events": [_Shown(event) for event in self.events]}

    def shown_with_snapshots(self) -> Mapping[str, Any]:
        after = [index for index, taken in enumerate(self._flags(self.snapshots), 1) if taken]
        return {**self.shown(), "snapshots": f"after the events {after}"}

    def _flags(self, flags: list[bool]) -> list[bool]:
        return (flags + [False] * len(self.events))[: len(self.events)]

    def write(self, repository: Repository[Any]) -> None:
        batch: list[NewEvent] = []
        flags = self._flags(self.waits), self._flags(self.snapshots)
        for event, waits, snapshot in zip(self.events, *flags, strict=True):
            batch.append(event)
            if waits and not snapshot:
                continue
            _append(repository, batch)
            batch = []
            if snapshot:
                repository.snapshot(event.context)
        _append(repository, batch)

    def write_plainly(self, repository: Repository[Any]) -> None:
        """Write each event by itself, and take no snapshot."""
        replace(self, waits=[], snapshots=[]).write(repository)

    def contexts(self) -> list[Any]:
        return list(dict.fromkeys(event.context for event in self.events))


def check_model(
    model: type[Any],
    target: Engine | URL | str | None = None,
    *,
    values: Mapping[str, SearchStrategy[Any]] | None = None,
    contexts: SearchStrategy[Any] | None = None,
    settings: Settings | None = None,
) -> None:
    """Check a model's fields and their reducers, in Python and in a database. Raises LawBroken.

    ``target`` says the database server: a scratch database is made beside the one that it names, and dropped again. By
    default it is a temporary SQLite file. ``values`` are strategies of touches by field, where the column's type does not
    say enough; ``contexts`` one of contexts. ``settings`` are Hypothesis's, by default the profile's.
    """
    log = whole_log_of(model)
    overrides = dict(values or {})
    drawn = events(model, contexts=contexts, **overrides)
    # Made first: what the server refuses is told before anything is searched.
    with scratch_database(log, target) as engine:
        _check_fields(log, overrides, resolved(settings))
        _check_database(_Bench(model, log, engine), drawn, resolved(settings))


def _check_fields(log: Log, overrides: Mapping[str, SearchStrategy[Any]], settings: Settings) -> None:
    checked: set[tuple[str, str]] = set()
    for name, field in log.by_key.items():
        kind = field.reducer.fingerprint(), repr(field.sql.declared)
        if kind in checked and name not in overrides:
            continue  # the same reducer on the same touches
        checked.add(kind)
        search = Search(f"{log.model}.{name}, {field.reducer!r},", same, settings)
        # Reducers fold touches as the log holds them.
        stored = values_of(log, name, overrides).map(partial(field.checked, model=log.model))
        check_laws(search, field.reducer, stored, dumped=field.sql.kept_in_python())


@dataclass(frozen=True)
class _Bench:
    """A model with an emptied database for each example."""

    model: type[Any]
    log: Log
    engine: Engine

    @property
    def name(self) -> str:
        return self.engine.dialect.name

    def database(self) -> SQLRepository[Any]:
        with self.engine.begin() as connection:
            empty(connection, self.log)
        return SQLRepository(self.model, self.engine)

    def seen(self, repository: Repository[Any], contexts: Iterable[Any]) -> Iterator[tuple[str, Any]]:
        """What a reader sees of these contexts, each under its name."""
        for context in contexts:
            state = repository.state(context)
            seen = {} if state is None else seen_state(state, self.log.by_key)
            for name in ("seq", *self.log.by_key):
                yield f"{name} of {context!r}", seen.get(name)
            history = list(repository.history(context))
            yield f"the history of {context!r}", [seen_event(event) for event in history]
            yield from self._times(context, state, history)

    def _times(self, context: Any, state: Any, history: Sequence[Event]) -> Iterator[tuple[str, Any]]:
        """Whether a state has what its history says of each store's own times."""
        folded = fold(self.log.reducers, touching(self.log, history))
        for field in self.log.derived.values():
            told = None if state is None else field.present(folded.accumulators[field.key])
            agrees = getattr(state, field.key, None) == told
            yield f"{field.key} of {context!r} is what the history says", agrees

    def against_memory(
        self, example: _Written, write: Callable[[Repository[Any]], None], in_memory: str, on_database: str
    ) -> Iterator[Comparison]:
        """Compare what is seen in memory, where the example is written plainly, and in the database."""
        memory, database = MemoryRepository(self.model), self.database()
        example.write_plainly(memory)
        with _without_violations(self.log):
            write(database)
        both = (self.seen(each, example.contexts()) for each in (memory, database))
        for (name, left), (_, right) in zip(*both, strict=True):
            yield Comparison(f"{name} {in_memory}", left, f"{name} {on_database} {self.name}", right)


def _check_database(bench: _Bench, drawn: SearchStrategy[NewEvent], settings: Settings) -> None:
    search = Search(f"{bench.log.model} on {bench.name}", same, settings)
    written = st.builds(
        _Written,
        _thinned(bench.log, st.lists(drawn, max_size=_MOST_EVENTS)),
        st.lists(st.booleans(), max_size=_MOST_EVENTS),
        st.lists(st.booleans(), max_size=_MOST_EVENTS),
    )
    laws = [
        (_AGREEMENT, _agrees, _Written.shown),
        (_SNAPSHOTS, _ignores_snapshots, _Written.shown_with_snapshots),
        (_ORDER, _ignores_clocks, _Written.shown),
    ]
    if any(field.absent is not None for field in bench.log.fields.values()):
        laws.append((_ABSENCE, _reads_absent, _Written.shown))
    for law, compare, shown in laws:
        search.refute(law, written, partial(compare, bench), shown)


def _thinned(log: Log, drawn: SearchStrategy[list[NewEvent]]) -> SearchStrategy[list[NewEvent]]:
    """Return lists with events that leave alone what only those must touch that begin a stream, forwards or backwards."""
    if not log.required:
        return drawn

    def thin(written: list[NewEvent], leaves: list[bool]) -> list[NewEvent]:
        firsts = {event.context: place for place, event in reversed(list(enumerate(written)))}
        lasts = {event.context: place for place, event in enumerate(written)}
        ends = {*firsts.values(), *lasts.values()}
        return [
            replace(event, fields=_untouching(log, event)) if leaving and place not in ends else event
            for place, (event, leaving) in enumerate(zip(written, leaves, strict=False))
        ]

    return st.builds(thin, drawn, st.lists(st.booleans(), min_size=_MOST_EVENTS, max_size=_MOST_EVENTS))


def _untouching(log: Log, event: NewEvent) -> dict[str, Any]:
    return {name: touch for name, touch in event.fields.items() if not log.by_key[name].required}


_AGREEMENT = Law(
    "agreement",
    "Each store gives the states that Python folds: the same values of the same types. Where a reducer has an SQL form "
    "of its own, that form says something else than its lift, merge and present.",
)
_SNAPSHOTS = Law(
    "snapshot transparency",
    "No snapshot and no batch changes a state or a history. A form in SQL that merges accumulators differently from how "
    "it folds events shows here.",
)
_ORDER = Law(
    "order",
    "States depend on seq alone, never on a clock; and with a commutative reducer not even on that.",
)

_ABSENCE = Law(
    "absence",
    "A stream that is older than a field reads its absent= on each store. The example's events are written without them.",
)


def _agrees(bench: _Bench, example: _Written) -> Iterator[Comparison]:
    return bench.against_memory(example, example.write_plainly, "in Python", "on")


def _ignores_snapshots(bench: _Bench, example: _Written) -> Iterator[Comparison]:
    return bench.against_memory(example, example.write, "folded in one go", "with snapshots and batches on")


def _ignores_clocks(bench: _Bench, example: _Written) -> Iterator[Comparison]:
    backwards = [
        replace(event, recorded_at=datetime(2026, 11, 23, tzinfo=UTC) - timedelta(hours=hours))
        for hours, event in enumerate(example.events)
    ]
    yield from bench.against_memory(
        example, lambda r: _append(r, backwards), "by seq", "with clocks that run backwards on"
    )
    # A default is given to a stream's first event, which is another one backwards.
    fields = bench.log.by_key.items()
    commutative = [name for name, field in fields if field.reducer.commutative and field.default is None]
    if commutative:
        memory, reversed_ = MemoryRepository(bench.model), bench.database()
        example.write_plainly(memory)
        with _without_violations(bench.log):
            reversed_.append_many(example.events[::-1])
        forwards, backwards_ = (dict(bench.seen(each, example.contexts())) for each in (memory, reversed_))
        for seen, value in forwards.items():
            if seen.partition(" of ")[0] in commutative:
                yield Comparison(f"{seen}, forwards", value, f"{seen}, backwards", backwards_[seen])


def _reads_absent(bench: _Bench, example: _Written) -> Iterator[Comparison]:
    seqs: Counter[Any] = Counter()
    older = []
    for event in example.events:
        seqs[event.context] += 1
        fields = {
            name: touch for name, touch in event.fields.items() if bench.log.by_key[name].absent is None
        }
        older.append(CopiedEvent(event.context, fields, seq=seqs[event.context]))
    memory, database = MemoryRepository(bench.model), bench.database()
    memory.append_many(older)
    with _without_violations(bench.log):
        database.append_many(older)
    both = (bench.seen(each, example.contexts()) for each in (memory, database))
    for (name, left), (_, right) in zip(*both, strict=True):
        yield Comparison(f"{name} in Python", left, f"{name} on {bench.name}", right)


@contextmanager
def _without_violations(log: Log) -> Iterator[None]:
    """Have the search leave out an example that the model's own constraints refuse: it has no such states."""
    try:
        yield
    except IntegrityError as error:
        if not log.constrained:
            raise
        raise UnsatisfiedAssumption from error


def _append(repository: Repository[Any], batch: Sequence[NewEvent]) -> None:
    if len(batch) == 1 and batch[0].recorded_at is None:
        (event,) = batch
        metadata = {
            "event_id": event.event_id,
            "event_type": event.event_type,
            "event_meta": event.event_meta,
        }
        repository.append(event.context, **{**metadata, **event.fields})
    elif batch:
        repository.append_many(batch)


def seen_state(state: Any, fields: Iterable[str]) -> dict[str, Any]:
    """A state's fields and seq as plain values."""
    return {name: plain(getattr(state, name, None)) for name in ("seq", *fields)}


def seen_event(event: Event) -> dict[str, Any]:
    """Return what two stores must agree on about an event; position and recorded_at are each store's own."""
    return {
        "context": event.context,
        "seq": event.seq,
        "fields": {name: plain(touch) for name, touch in event.fields.items()},
        "event_id": event.event_id,
        "event_type": event.event_type,
        "event_meta": None if event.event_meta is None else dict(event.event_meta),
        "ends": event.ends,
    }


def plain(value: Any) -> Any:
    """A value without SQLAlchemy's tracking of changes in place."""
    for tracked, kind in ((MutableDict, dict), (MutableList, list), (MutableSet, set)):
        if isinstance(value, tracked):
            return kind(value)
    return value


class _Shown:
    """An event of a counter-example, without metadata that it does not have."""

    def __init__(self, event: NewEvent) -> None:
        self.event = event

    def __repr__(self) -> str:
        return f"{self.event.context!r}: {dict(self.event.fields)!r}"
