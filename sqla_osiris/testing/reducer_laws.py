"""``check_reducer``: the laws of one reducer, in Python."""

import copy
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial, reduce
from itertools import permutations
from typing import Any

from hypothesis import settings as Settings  # noqa: N812  (the parameter's name is taken by its value)
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sqla_osiris.errors import NotExpressible
from sqla_osiris.reducers import Reducer
from sqla_osiris.testing.sameness import Picture, same
from sqla_osiris.testing.searching import Comparison, Law, Raised, Sameness, Search, resolved

__all__ = ["check_laws", "check_reducer"]

_LONGEST = 3
"""Touches of one part of an example: longer ones find no more, and cost more."""


_Part = tuple[Any, Callable[[], Any]]
"""What an example says of a part, and what builds it anew: a reducer that changes it damages only its own copy."""


class _Parts:
    """An example: ``parts.a()`` builds the part named ``a``."""

    def __init__(self, parts: Mapping[str, _Part]) -> None:
        self.parts = parts

    def __getattr__(self, name: str) -> Callable[[], Any]:
        return self.parts[name][1]

    def shown(self) -> dict[str, Any]:
        return {name: shown for name, (shown, _) in self.parts.items()}


_Compare = Callable[[Reducer, Any], Iterator[Comparison]]


@dataclass(frozen=True)
class _ReducerLaw(Law):
    """A law over parts: accumulators (``a b c``), lists of touches (``xs ys log``) and single touches (``x``)."""

    parts: str
    compare: _Compare
    claim: str


_LAWS: list[_ReducerLaw] = []


def _law(name: str, parts: str, *, claim: str = "") -> Callable[[_Compare], _Compare]:
    """Have the law checked that a function compares, whose docstring is the advice to who breaks it.

    Where there is a ``claim``, only of reducers whose attribute of that name says so.
    """

    def register(compare: _Compare) -> _Compare:
        advice = " ".join((compare.__doc__ or "").split())
        _LAWS.append(_ReducerLaw(name, advice, parts, compare, claim))
        return compare

    return register


def check_reducer(
    reducer: Reducer,
    *,
    values: SearchStrategy[Any],
    accumulators: SearchStrategy[Any] | None = None,
    same: Sameness = same,
    settings: Settings | None = None,
) -> None:
    """Look for a counter-example to each law of the fold. Raises LawBroken with the smallest one found.

    ``values`` are the reducer's touches. The laws are checked over the accumulators that touches fold into, and over
    ``accumulators`` as well where given (those of another version's snapshots, say). ``same(left, right)`` replaces the
    comparison, which is strict about types: a reducer that adds floats wants ``math.isclose``. A flag (``commutative``,
    ``idempotent``, ``invertible``) is checked where it is claimed. ``settings`` are Hypothesis's, by default the profile's.
    """
    if isinstance(reducer, type):
        reducer = reducer()
    check_laws(Search(repr(reducer), same, resolved(settings)), reducer, values, accumulators)


def check_laws(
    search: Search,
    reducer: Reducer,
    values: SearchStrategy[Any],
    accumulators: SearchStrategy[Any] | None = None,
    *,
    dumped: bool = True,
) -> None:
    """What :func:`check_reducer` does; ``dumped`` says that its accumulators are stored by ``dump``, not by SQL."""
    for law in _LAWS:
        claimed = not law.claim or getattr(reducer, law.claim)
        if claimed and (dumped or law.name != "storage"):
            examples = _examples(reducer, law.parts.split(), values, accumulators)
            search.refute(law, examples, partial(law.compare, reducer), _Parts.shown)


def _fold(reducer: Reducer, touches: Iterable[Any]) -> Any:
    """The fold of these touches, as :mod:`sqla_osiris.fold` folds them; each touch is a copy of its own."""
    accumulator = reducer.identity()
    for touch in copy.deepcopy(list(touches)):
        accumulator = reducer.merge(accumulator, reducer.lift(touch))
    return accumulator


def _accumulator(reducer: Reducer, touches: Iterable[Any]) -> Any:
    """The same without the identity, unless there is nothing else: what a chunk of a batch, or a first event, stores."""
    lifted = [reducer.lift(touch) for touch in copy.deepcopy(list(touches))]
    return reduce(reducer.merge, lifted) if lifted else reducer.identity()


def _examples(
    reducer: Reducer,
    names: list[str],
    values: SearchStrategy[Any],
    accumulators: SearchStrategy[Any] | None,
) -> SearchStrategy[_Parts]:
    touches = st.lists(values, max_size=_LONGEST)
    kinds: dict[str, SearchStrategy[_Part]] = {
        "x": values.map(lambda touch: ([touch], partial(copy.deepcopy, touch))),
        "xs": touches.map(_copied),
        "ys": touches.map(_copied),
        "log": st.lists(values, max_size=2 * _LONGEST).map(_copied),
    }
    # An untouched part breaks few laws, so it is drawn less often.
    folded: SearchStrategy[_Part] = (st.lists(values, min_size=1, max_size=1) | touches).map(
        lambda touches: (touches, partial(_accumulator, reducer, touches))
    )
    if accumulators is not None:
        folded |= accumulators.map(lambda accumulator: (accumulator, lambda: accumulator))
    return st.fixed_dictionaries({name: kinds.get(name, folded) for name in names}).map(_Parts)


def _copied(touches: list[Any]) -> _Part:
    return touches, partial(copy.deepcopy, touches)


@_law("totality", "x a")
def _is_total(r: Reducer, p: Any) -> Iterator[Comparison]:
    """Every touch that the column takes must fold, and every fold must have a state: also that of no touch at all."""
    touch = p.x()
    for term, call in (
        ("identity()", r.identity),
        ("present(identity())", lambda: r.present(r.identity())),
        ("lift(x)", lambda: r.lift(touch)),
        ("merge(identity(), lift(x))", lambda: r.merge(r.identity(), r.lift(touch))),
        ("present(lift(x))", lambda: r.present(r.lift(touch))),
        ("present(a)", lambda: r.present(p.a())),
    ):
        yield Comparison(term, _raised_by(call) or _ANY_VALUE, "any value", _ANY_VALUE, exact=True)


class _AnyValue:
    def __repr__(self) -> str:
        return "any value"


_ANY_VALUE = _AnyValue()


def _raised_by(call: Callable[[], Any]) -> Raised | None:
    try:
        call()
    except Exception as error:  # noqa: BLE001  (totality: whatever it raises)
        return Raised(error)
    return None


@_law("purity", "x a b")
def _is_pure(r: Reducer, p: Any) -> Iterator[Comparison]:
    """Return new accumulators instead of changing an argument, and depend on the arguments alone: no clock, no counter, no
    random number. Accumulators are shared by snapshots, batches and readers.
    """  # noqa: D205  (one sentence of the message)
    touch, a, b = p.x(), p.a(), p.b()
    calls: tuple[tuple[str, Callable[[], Any]], ...] = (
        ("lift(x)", lambda: r.lift(touch)),
        ("merge(a, b)", lambda: r.merge(a, b)),
        ("merge(identity(), b)", lambda: r.merge(r.identity(), b)),
        ("present(a)", lambda: r.present(a)),
        ("invert(a)", lambda: r.invert(a) if r.invertible else None),
    )
    looks: dict[str, Callable[[], Picture]] = {
        "x": lambda: Picture(touch),
        "a": lambda: Picture(a),
        "b": lambda: Picture(b),
        "identity()": lambda: Picture(r.identity()),
    }
    before = {name: look() for name, look in looks.items()}
    for term, call in calls:
        first = Picture(call())
        for name, look in looks.items():
            # An identity that is shared and grows doubles with every further example.
            damaging = name == "identity()"
            yield Comparison(
                f"{name} after {term}", look(), f"{name} before", before[name], exact=True, damaging=damaging
            )
        again = f"{term} the second time", Picture(call()), f"{term} the first time", first
        yield Comparison(*again, exact=True)


@_law("identity", "a")
def _has_identity(r: Reducer, p: Any) -> Iterator[Comparison]:
    """identity() stands for no touch at all: a context's first event, and a snapshot without a tail, merge with it."""
    yield Comparison("merge(identity(), a)", r.merge(r.identity(), p.a()), "a", p.a())
    yield Comparison("merge(a, identity())", r.merge(p.a(), r.identity()), "a", p.a())


@_law("associativity", "a b c")
def _is_associative(r: Reducer, p: Any) -> Iterator[Comparison]:
    """Snapshots and batches put the brackets elsewhere, and would change the state.

    Usually the accumulator has forgotten something: keep what merge needs, and compute the state in present().
    """
    # In every order: three documents that collide just so are rare, and drawing costs more than merging.
    for x, y, z in permutations("abc"):
        a, b, c = (getattr(p, name) for name in (x, y, z))
        left = r.merge(r.merge(a(), b()), c())
        right = r.merge(a(), r.merge(b(), c()))
        yield Comparison(f"merge(merge({x}, {y}), {z})", left, f"merge({x}, merge({y}, {z}))", right)


@_law("homomorphism", "log")
def _is_homomorphic(r: Reducer, p: Any) -> Iterator[Comparison]:
    """A fold may be cut anywhere: a snapshot and its tail, two chunks of a batch, two partitions."""
    touches = p.log()
    whole = _fold(r, touches)
    for cut in range(len(touches) + 1):
        halves = r.merge(_fold(r, touches[:cut]), _fold(r, touches[cut:]))
        term = f"merge(fold(log[:{cut}]), fold(log[{cut}:]))"
        yield Comparison(term, halves, "fold(log)", whole)
        yield Comparison(f"present({term})", r.present(halves), "present(fold(log))", r.present(whole))


@_law("commutativity", "a b", claim="commutative")
def _is_commutative(r: Reducer, p: Any) -> Iterator[Comparison]:
    """Remove commutative = True, or make merge ignore which side came first."""
    yield Comparison("merge(a, b)", r.merge(p.a(), p.b()), "merge(b, a)", r.merge(p.b(), p.a()))


@_law("idempotence", "a", claim="idempotent")
def _is_idempotent(r: Reducer, p: Any) -> Iterator[Comparison]:
    """Remove idempotent = True, or make merging a thing with itself change nothing."""
    yield Comparison("merge(a, a)", r.merge(p.a(), p.a()), "a", p.a())


@_law("invertibility", "x a", claim="invertible")
def _is_invertible(r: Reducer, p: Any) -> Iterator[Comparison]:
    """Remove invertible = True, or make invert() give what merge cancels out."""
    # Behind a touch: an untouched sum of decimals may be the int 0, while 1.5 - 1.5 is a Decimal.
    yield Comparison(
        "merge(merge(lift(x), a), invert(a))",
        r.merge(r.merge(r.lift(p.x()), p.a()), r.invert(p.a())),
        "lift(x)",
        r.lift(p.x()),
    )


@_law("storage", "a")
def _survives_storage(r: Reducer, p: Any) -> Iterator[Comparison]:
    """load(dump(a)) must be a, types included, after a way through JSON: a snapshot is read by a later process."""
    a = p.a()
    text = json.dumps(r.dump(a), allow_nan=False)
    yield Comparison("a after dump(a)", Picture(a), "a before", Picture(p.a()), exact=True)
    yield Comparison("load(json(dump(a)))", r.load(json.loads(text)), "a", p.a())


@_law("settling", "a b")
def _settles(r: Reducer, p: Any) -> Iterator[Comparison]:
    """settled() may only forget what an accumulator would do to touches before it."""
    yield Comparison(
        "present(merge(settled(a), b))",
        r.present(r.merge(r.settled(p.a()), p.b())),
        "present(merge(a, b))",
        r.present(r.merge(p.a(), p.b())),
    )


@_law("assignment", "xs ys")
def _assigns(r: Reducer, p: Any) -> Iterator[Comparison]:
    """touch_between() returns a touch that leads exactly there, or raises NotExpressible.

    It decides what obj.field = value writes.
    """
    if not p.ys():
        return  # nobody assigns the state of a field that was never touched
    for term, wanted in (("fold(ys)", p.ys()), ("fold(xs + ys)", p.xs() + p.ys())):
        before, after = r.present(_fold(r, p.xs())), r.present(_fold(r, wanted))
        try:
            touch = r.touch_between(copy.deepcopy(before), copy.deepcopy(after))
        except NotExpressible:
            continue
        reached = r.present(r.merge(_fold(r, p.xs()), r.lift(touch)))
        yield Comparison(
            f"the state after touch_between(present(fold(xs)), present({term})) == {touch!r}",
            reached,
            f"present({term})",
            after,
        )


@_law("fingerprint", "")
def _has_one_name(r: Reducer, _: Any) -> Iterator[Comparison]:
    """The fingerprint is a text that depends on the reducer's class and parameters alone.

    It decides whether a stored snapshot may be used.
    """
    fingerprint = r.fingerprint()
    yield Comparison("type(fingerprint())", type(fingerprint), "str", str, exact=True)
    r.present(r.identity())
    yield Comparison("fingerprint() later", r.fingerprint(), "fingerprint()", fingerprint, exact=True)
    yield Comparison(
        "fingerprint() of an equal reducer",
        copy.deepcopy(r).fingerprint(),
        "fingerprint()",
        fingerprint,
        exact=True,
    )
