"""How are the laws checked on a database for 100,000 logs? Hypothesis draws ten at a time, the database folds them in bulk.

An example is a log in three parts, and another order of it. Two thousand are collected; each is written in every way that a
law speaks of, to contexts of their own, by a few statements for all of them: those of batches and those of flushes.
Then their states and histories are read in bulk and compared, example by example. Where one breaks a law, the same
examples are drawn again up to that one, and Hypothesis looks for a smaller one from there, each written without the others.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations_with_replacement
from math import factorial
from random import Random
from typing import Any, NamedTuple
from uuid import uuid4

from hypothesis import find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample
from sqlalchemy import Engine, select

from sqla_osiris import LawBroken, MemoryRepository, NewEvent, SQLRepository
from sqla_osiris.databases.plan import Write
from sqla_osiris.databases.registry import database_of
from sqla_osiris.repositories.sql.reading import events_of
from sqla_osiris.schema.log import log_of
from sqla_osiris.testing.searching import Raised, resolved
from sqla_osiris.writing.snapshots import store_snapshots
from sqla_osiris.writing.writer import write_events
from tests.laws.test_agreement import exactly

__all__ = ["Drawn", "check_at_scale", "logs"]

A_CASE, A_BATCH, SAID = 10, 2_000, 4_000
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
WHOLE, AB_C, A_BC, PADDED, SHUFFLED, BACKWARDS = range(6)
"""The ways to write a log; the context of each ends in its number."""

Touches = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """An example: what the events of a log touch, in three parts, and another order of them."""

    model: type[Any]
    a: list[Touches]
    b: list[Touches]
    c: list[Touches]
    order: int

    @property
    def log(self) -> list[Touches]:
        return self.a + self.b + self.c

    def shuffled(self) -> list[Touches]:
        """The log in one of its orders; the number 0 leaves it as it is."""
        left, number, order = self.log, self.order, []
        while left:
            number, place = divmod(number, len(left))
            order.append(left.pop(place))
        return order

    def written(self, name: str) -> tuple[list[NewEvent], list[NewEvent]]:
        """The log in each of the ways but one: what is appended in a batch first, and what after a snapshot."""
        a, b, c, log = self.a, self.b, self.c, self.log
        before = {WHOLE: log, A_BC: a, SHUFFLED: self.shuffled(), PADDED: [{}, *log, {}]}
        backwards = [
            NewEvent(f"{name}-{BACKWARDS}", touches, recorded_at=NOON - timedelta(hours=hours))
            for hours, touches in enumerate(log)
        ]
        return _events(name, before) + backwards, _events(name, {A_BC: b + c})


def _events(name: str, ways: Mapping[int, list[Touches]]) -> list[NewEvent]:
    return [NewEvent(f"{name}-{way}", touches) for way, log in ways.items() for touches in log]


def logs(
    models: Sequence[type[Any]], values: Mapping[str, st.SearchStrategy[Any]], *, longest: int = 6
) -> st.SearchStrategy[list[Drawn]]:
    """A strategy of ten examples; each touches two fields of a model over and over."""
    # Drawing is half of the work, and a draw costs the same whatever it gives: so few of them, and ten examples a case.
    choices = [
        (model, pair) for model in models for pair in combinations_with_replacement(log_of(model).by_key, 2)
    ]

    @st.composite
    def event(draw: st.DrawFn, pair: tuple[str, str]) -> Touches:
        which = draw(st.integers(0, 3))
        return {name: draw(values[name]) for place, name in enumerate(pair) if which >> place & 1}

    parts = {pair: st.lists(event(pair), max_size=longest // 3) for _, pair in choices}
    choice, order = st.sampled_from(choices), st.integers(0, factorial(longest) - 1)

    @st.composite
    def drawn(draw: st.DrawFn) -> Drawn:
        model, pair = draw(choice)
        part = parts[pair]
        return Drawn(model, draw(part), draw(part), draw(part), draw(order))

    return st.lists(drawn(), min_size=A_CASE, max_size=A_CASE)


def check_at_scale(
    engine: Engine, examples: st.SearchStrategy[list[Drawn]], how: settings, *, batch: int = A_BATCH
) -> int:
    """How many examples were drawn, and hold. Raises LawBroken with the smallest that breaks a law on this database."""
    how = settings(resolved(how), max_examples=max(1, how.max_examples // A_CASE), database=None)
    seed = 0 if how.derandomize else Random().getrandbits(32)
    waiting: list[list[Drawn]] = []
    broken: list[Broken] = []
    held = 0

    def flush() -> None:
        nonlocal held
        every = [example for case in waiting for example in case]
        broken.extend(_first_broken(engine, every))
        held += len(every)
        if held % SAID == 0:
            sys.stderr.write(f"{held:,} examples hold on {engine.dialect.name}\n")

    def collect(case: list[Drawn]) -> bool:
        if broken:
            return False  # what is drawn behind it does not matter any more
        waiting.append(case)
        if len(waiting) * A_CASE >= batch:
            flush()
            if not broken:
                waiting.clear()
        return False

    with suppress(NoSuchExample):
        find(examples, collect, settings=how, random=Random(seed))
    if not broken:
        flush()
    for found in broken:
        case = next(case for case in waiting if any(example is found.example for example in case))
        raise _smallest(engine, examples, how, seed, case) or found.law
    return held


class Broken(NamedTuple):
    """An example of a batch, and the law that it broke there."""

    example: Drawn
    law: LawBroken


def _smallest(
    engine: Engine, examples: st.SearchStrategy[list[Drawn]], how: settings, seed: int, known: list[Drawn]
) -> LawBroken | None:
    """The law as the smallest example breaks it that is found from a known case: the same seed draws that one again.

    None where the case by itself breaks none, and a batch of many contexts is needed.
    """
    told: dict[str, LawBroken | None] = {}

    def law_of(example: Drawn) -> LawBroken | None:
        said = repr(example)
        if said not in told:
            found = _first_broken(engine, [example])
            told[said] = found[0].law if found else None
        return told[said]

    def law_of_one(case: list[Drawn]) -> LawBroken | None:
        # What is known first: most changes that Hypothesis tries are to the other examples.
        for example in sorted(case, key=lambda example: repr(example) not in told):
            if example.log and law_of(example) is not None:
                return law_of(example)
        return None

    if law_of_one(known) is None:
        return None
    reached = False

    def breaks(case: list[Drawn]) -> bool:
        nonlocal reached
        reached = reached or case == known
        return reached and law_of_one(case) is not None

    return law_of_one(find(examples, breaks, settings=how, random=Random(seed)))


def _first_broken(engine: Engine, examples: list[Drawn]) -> list[Broken]:
    """The first of these that breaks a law, if one does; where a whole batch is refused, it is looked for by halves."""
    if not examples:
        return []
    try:
        seen = _look(engine, examples)
    except Exception as error:  # noqa: BLE001  (whatever a database refuses of what a model takes is to be found)
        if len(examples) == 1:
            return [Broken(examples[0], _refused(engine, examples[0], error))]
        half = len(examples) // 2
        return _first_broken(engine, examples[:half]) or _first_broken(engine, examples[half:])
    laws = ((example, _broken_law(engine, example, one)) for example, one in zip(examples, seen, strict=True))
    return next(([Broken(example, law)] for example, law in laws if law is not None), [])


class State(NamedTuple):
    """What a reader sees of one context, with its types; the history of those that have one to compare."""

    seq: int
    fields: dict[str, Any]
    history: list[Any] | None = None


class Seen(NamedTuple):
    """What is seen of an example: in Python, and of each way to write it."""

    python: State
    ways: list[State]


def _look(engine: Engine, examples: list[Drawn]) -> list[Seen]:
    """Write these examples in all ways, and read them back."""
    seen: dict[int, Seen] = {}
    by_model: dict[type[Any], list[int]] = defaultdict(list)
    for place, example in enumerate(examples):
        by_model[example.model].append(place)
    for model, places in by_model.items():
        looked = _look_at_model(engine, model, [examples[place] for place in places])
        seen.update(zip(places, looked, strict=True))
    return [seen[place] for place in range(len(examples))]


def _look_at_model(engine: Engine, model: type[Any], examples: list[Drawn]) -> list[Seen]:
    names = [f"{uuid4().hex[:16]}-{place}" for place in range(len(examples))]
    memory, store = MemoryRepository(model), SQLRepository(model, engine)
    written = [example.written(name) for example, name in zip(examples, names, strict=True)]

    store.append_many(event for before, _ in written for event in before)
    _write_one_by_one(engine, model, {f"{n}-{AB_C}": e.a + e.b for n, e in zip(names, examples, strict=True)})
    with engine.begin() as connection:
        cut = [(f"{name}-{way}",) for name in names for way in (AB_C, A_BC)]
        store_snapshots(connection, log_of(model), cut)
    store.append_many(event for _, after in written for event in after)
    _write_one_by_one(engine, model, {f"{n}-{AB_C}": e.c for n, e in zip(names, examples, strict=True)})
    memory.append_many(
        NewEvent(n, touches) for n, e in zip(names, examples, strict=True) for touches in e.log
    )

    read = _states(store, [f"{name}-{way}" for name in names for way in range(6)])
    histories = _histories(engine, model, [f"{name}-{way}" for name in names for way in (WHOLE, A_BC)])
    python = _states(memory, names)
    nothing = State(0, _untouched(model))
    seen = []
    for name in names:
        ways = [read.get(f"{name}-{way}", nothing) for way in range(6)]
        for way in (WHOLE, A_BC):
            ways[way] = ways[way]._replace(history=histories[f"{name}-{way}"])
        history = [(event.seq, exactly(dict(event.fields))) for event in memory.history(name)]
        seen.append(Seen(python.get(name, nothing)._replace(history=history), ways))
    return seen


def _write_one_by_one(engine: Engine, model: type[Any], logs: Mapping[str, list[Touches]]) -> None:
    """Write every log event by event: the first of all logs as one flush, then the second ones."""
    log = log_of(model)
    for number in range(max(map(len, logs.values()), default=0)):
        writes = [
            Write(log.key_of(context), log.touches(written[number]))
            for context, written in logs.items()
            if number < len(written)
        ]
        with engine.begin() as connection:
            write_events(connection, log, writes)


def _states(repository: Any, contexts: list[str]) -> dict[str, State]:
    fields = list(log_of(repository.model).by_key)
    return {
        state.id: State(state.seq, {name: exactly(getattr(state, name)) for name in fields})
        for state in repository.states(contexts)
    }


def _histories(engine: Engine, model: type[Any], contexts: list[str]) -> dict[str, list[Any]]:
    """Histories in bulk, by the query and the reader that `history` has for one of them."""
    events = log_of(model).rows
    log, database = log_of(model), database_of(engine.dialect)
    histories: dict[str, list[Any]] = defaultdict(list)
    with engine.connect() as connection:
        for start in range(0, len(contexts), 500):
            here = events.c.id.in_(contexts[start : start + 500])
            rows = connection.execute(select(events).where(here).order_by(events.c.id, events.c.seq))
            for event in events_of(log, database, list(zip(*rows, strict=True))):
                histories[event.context].append((event.seq, exactly(dict(event.fields))))
    return histories


@cache
def _untouched(model: type[Any]) -> dict[str, Any]:
    memory = MemoryRepository(model)
    memory.append("nothing")
    return _states(memory, ["nothing"])["nothing"].fields


def _broken_law(engine: Engine, example: Drawn, seen: Seen) -> LawBroken | None:
    for law, left_term, left, right_term, right in _comparisons(example, seen):
        for part, one, other in zip(State._fields, left, right, strict=True):
            if one != other and one is not None and other is not None:
                return _said(
                    engine, example, law, (f"{part} {left_term}", one), (f"{part} {right_term}", other)
                )
    return None


def _comparisons(example: Drawn, seen: Seen) -> Iterator[tuple[str, str, State, str, State]]:
    """What each law says is the same."""
    python, ways = seen
    whole = ways[WHOLE]
    yield "agreement", "in Python", python, "in the database", whole
    yield "homomorphism", "of a + b + c", whole, "of a, a snapshot, b + c", ways[A_BC]
    one_by_one = "of a + b, a snapshot, c, event by event"
    yield "associativity", "of a, a snapshot, b + c", ways[A_BC], one_by_one, ways[AB_C]
    yield "snapshot transparency", "of a + b + c", whole, one_by_one, ways[AB_C]
    padded = State(whole.seq + 2, whole.fields)
    yield "identity", "of the log", padded, "between events that touch nothing", ways[PADDED]
    yield "order", "by seq", whole, "with clocks that run backwards", ways[BACKWARDS]
    yield "order", "of the log", _commuting(example, whole), "shuffled", _commuting(example, ways[SHUFFLED])


def _commuting(example: Drawn, state: State) -> State:
    fields = log_of(example.model).by_key
    kept = {name: value for name, value in state.fields.items() if fields[name].reducer.commutative}
    return State(state.seq, kept)


def _said(
    engine: Engine, example: Drawn, law: str, left: tuple[str, Any], right: tuple[str, Any]
) -> LawBroken:
    shown: dict[str, Any] = {"a": example.a, "b": example.b, "c": example.c}
    if law == "order":
        shown["shuffled"] = example.shuffled()
    return LawBroken(
        law=law,
        subject=f"{example.model.__name__} on {engine.dialect.name}",
        example=shown,
        left=left[1],
        right=right[1],
        equation=(left[0], right[0]),
    )


def _refused(engine: Engine, example: Drawn, error: Exception) -> LawBroken:
    return _said(engine, example, "totality", ("the fold", Raised(error)), ("a state", "a state"))
