"""Which form a reducer has: a user's in SQL (``register_sql``), a shipped one, or Python's fold."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, case, func, literal, select, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.databases.registry import is_printing, known_databases
from sqla_osiris.errors import DeclarationError
from sqla_osiris.forms.form import Expression, ReducerForm, SQLReducer, Tail
from sqla_osiris.forms.handed import folded_state, kept_state, refuse
from sqla_osiris.forms.python import AccumulatorText, PythonFold
from sqla_osiris.forms.shipped import SHIPPED
from sqla_osiris.reducers import Reducer
from sqla_osiris.types.values import Validator, anything

__all__ = ["SQLForm", "form_of", "register_sql"]

_FormT = TypeVar("_FormT", bound="type[SQLForm]")


class SQLForm(ABC):
    """A reducer's fold in SQL, on one accumulator: derive from it and decorate with :func:`register_sql`.

    The library keeps NULL for the accumulator of no touch and never gives it to these methods. ``self.reducer`` is
    the field's reducer, ``self.touch_type`` its column's type, ``self.dialect`` one of sqlite, postgresql, mariadb, mysql.
    """

    def __init__(self, reducer: Any, touch_type: TypeEngine[Any], dialect: str) -> None:
        self.reducer = reducer
        self.touch_type = touch_type
        self.dialect = dialect

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        """The type of the accumulator's column; the touch's by default."""
        return self.touch_type

    @property
    def state_type(self) -> TypeEngine[Any]:
        """The type of what :meth:`present` gives; the accumulator's by default. The same on every database."""
        return self.accumulator_type

    def lift(self, touch: ColumnElement[Any]) -> ColumnElement[Any]:
        """The accumulator of one touch; the touch itself by default."""
        return touch

    @abstractmethod
    def merge(self, left: ColumnElement[Any], right: ColumnElement[Any]) -> ColumnElement[Any]:
        """The accumulator of ``left``'s touches followed by ``right``'s."""

    @abstractmethod
    def fold(self, touches: ColumnElement[Any], seq: ColumnElement[Any]) -> ColumnElement[Any]:
        """An aggregate: the accumulator of the touches of several events, at least one; ``seq`` says their order."""

    def present(self, accumulator: ColumnElement[Any]) -> ColumnElement[Any]:
        """The state that an accumulator presents; itself by default."""
        return accumulator


_registered: dict[type[Reducer], dict[str, type[SQLForm]]] = {}
_declared: dict[type[Reducer], str] = {}
"""The reducers that a model uses already, and where: their columns cannot change any more."""


def register_sql(reducer: type[Reducer], *, dialect: str | None = None) -> Callable[[_FormT], _FormT]:
    """Decorate a :class:`SQLForm` as ``reducer``'s on one database, or on all of them (``dialect=None``).

    Register it before the first model that uses the reducer is declared. Raises DeclarationError when that is too
    late, for an unknown dialect, and for a reducer that takes None, which SQL's aggregates skip.
    """
    if dialect is not None and dialect not in _names_of_databases():
        raise DeclarationError(
            f"register_sql({reducer.__name__}): no dialect {dialect!r}; "
            f"it is one of {', '.join(_names_of_databases())}, or None."
        )
    if reducer.takes_none:
        raise DeclarationError(
            f"register_sql({reducer.__name__}): it takes None as a touch, which SQL's aggregates skip. "
            "It folds in Python with the right results."
        )
    if reducer in _declared:
        raise DeclarationError(
            f"register_sql({reducer.__name__}) comes too late: {_declared[reducer]} uses it already, and its columns "
            "are made. Register the form before the model is declared."
        )

    def register(form: _FormT) -> _FormT:
        forms = _registered.setdefault(reducer, {})
        for database in (dialect,) if dialect else _names_of_databases():
            # A form for one database comes before the form for all.
            if dialect or database not in forms:
                forms[database] = form
        for relative in _relatives(dialect):
            forms.setdefault(relative, form)
        return form

    return register


def _relatives(dialect: str | None) -> list[str]:
    """Return the databases that a dialect's name may stand for beside its own: its form is theirs, unless they have one."""
    known = known_databases()
    behind = [each.name for each in known if dialect in each.behind]
    return [*behind, *(name for each in known if each.name == dialect for name in each.behind)]


def form_of(
    where: str, reducer: object, declared: TypeEngine[Any], state_type: TypeEngine[Any] | None
) -> ReducerForm:
    """The form of a reducer over a column of this (stored) type, for the attribute ``where``.

    A subclass that folds otherwise than its base does not have its base's form. ``state_type`` is what the field's
    author says of the state. Raises DeclarationError where the two do not fit.
    """
    if not isinstance(reducer, Reducer):
        raise DeclarationError(f"reducer={reducer!r} is no Reducer; give one, such as Sum() or Max()")
    own = type(reducer)
    kinds = [kind for kind in own.__mro__ if issubclass(kind, Reducer) and kind is not Reducer]
    for kind in kinds:
        _declared.setdefault(kind, where)
        if kind in _registered and _folds_as(own, kind):
            return _Registered(reducer, declared, _registered[kind])
    for kind in kinds:
        if kind in SHIPPED and _folds_as(own, kind):
            return SHIPPED[kind](reducer, declared)
    return PythonFold(reducer, declared, state_type)


def _folds_as(reducer: type[Reducer], kind: type[Reducer]) -> bool:
    """Whether a subclass leaves its base's fold as it is, so that the base's form in SQL is its own too."""
    below = takewhile(lambda each: each is not kind, reducer.__mro__)
    overridden = {name for between in below for name in vars(between)}
    # The base's own fold may call private ones. ABC gives every class an _abc_impl of its own.
    private = (name for name in overridden if name.startswith("_") and not name.startswith(("__", "_abc_")))
    return overridden.isdisjoint(_FOLD) and not any(hasattr(kind, name) for name in private)


_FOLD = frozenset({"identity", "lift", "merge", "present"})


class _Registered(SQLReducer):
    """A user's form, guarded against NULL; on a database that has none, the fold in Python."""

    correlated = True

    def __init__(
        self, reducer: Reducer, declared: TypeEngine[Any], forms: Mapping[str, type[SQLForm]]
    ) -> None:
        super().__init__(reducer, declared)
        self._forms = {name: form(reducer, declared, name) for name, form in forms.items()}
        self._some = next(iter(self._forms.values()))
        self._python = PythonFold(reducer, declared, self._some.state_type)

    @property
    def stored_state_type(self) -> TypeEngine[Any]:
        return _stored(self._some.state_type)

    def in_python(self, database: Database) -> bool:
        return database.name not in self._forms

    def kept_in_python(self) -> bool:
        return any(map(self.in_python, known_databases()))

    def touch_check(self, check: Validator) -> Validator:
        return self._python.touch_check(check)

    @property
    def state_check(self) -> Validator:
        return anything

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        if not self.kept_in_python():
            return _stored(self._some.accumulator_type)
        kept: TypeEngine[Any] = AccumulatorText(self.reducer)
        for database in known_databases():
            if not self.in_python(database):
                type_ = self._forms[database.name].accumulator_type
                kept = kept.with_variant(database.form(type_), *database.names)
        return kept

    @property
    def state_type(self) -> TypeEngine[Any]:
        if not self.kept_in_python():
            return self.stored_state_type
        state: TypeEngine[Any] = _state_where_folded(self.stored_state_type, self._forms)
        for database in known_databases():
            if self.in_python(database):
                folded = folded_state(self.reducer, self.declared)
                state = state.with_variant(folded, *database.names)
        return state

    @property
    def kept_state_type(self) -> TypeEngine[Any]:
        return kept_state(self._python, self.in_python) if self.kept_in_python() else self.state_type

    def signature(self) -> str:
        return " ".join(
            f"{dialect} {type(form).__qualname__} {form.accumulator_type!r}"
            for dialect, form in sorted(self._forms.items())
        )

    def lift(self, touch: Expression, database: Database) -> Expression:
        form = self._forms[database.name]
        return type_coerce(form.lift(type_coerce(touch, self.declared)), form.accumulator_type)

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        form = self._forms[database.name]
        left, right = (type_coerce(side, form.accumulator_type) for side in (left, right))
        merged = case((left.is_(None), right), (right.is_(None), left), else_=form.merge(left, right))
        return type_coerce(merged, form.accumulator_type)

    def aggregate(self, tail: Tail) -> Expression:
        return self._python.aggregate(tail)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return self._python.combine(base, folded, picked)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if self.in_python(tail.database):
            return self._python.scalar(base, tail)
        form = self._forms[tail.database.name]
        touch = type_coerce(tail.value, self.declared)
        seq = tail.events.c.seq
        folded = case((func.count(seq) > number(0), form.fold(touch, seq)))
        some = tail.rows(folded).where(tail.touched).scalar_subquery()
        if base is None:
            return type_coerce(some, form.accumulator_type)
        if tail.database.folds_flat:
            # Nothing borrows a head from within a FROM there.
            return self.merge(base, some, tail.database)
        sides = select(base.label("stored"), some.label("tail")).correlate(tail.head).subquery("sides")
        return select(self.merge(sides.c.stored, sides.c.tail, tail.database)).scalar_subquery()

    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        if self.in_python(database):
            return self._python.present(accumulators, database)
        form = self._forms[database.name]
        accumulator = type_coerce(accumulators[0], form.accumulator_type)
        untouched = self.reducer.present(self.reducer.identity())
        state = form.present(accumulator)
        nothing = literal(untouched, form.state_type)
        return type_coerce(case((accumulator.is_(None), nothing), else_=state), form.state_type)


def _stored(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    for database in known_databases():
        type_ = database.stored(type_, key=False)
    return type_


def _names_of_databases() -> list[str]:
    return list(dict.fromkeys(database.name for database in known_databases()))


class _FoldedBySome(ColumnElement[Any]):
    """A state in an SQL expression: refuses to be compiled for a database that does not fold it."""

    inherit_cache = False

    def __init__(self, state: ColumnElement[Any], type_: TypeEngine[Any], databases: Sequence[str]) -> None:
        self.state = state
        self.type = type_
        self.databases = databases

    @property
    def _from_objects(self) -> Any:
        return self.state._from_objects  # noqa: SLF001  (what SQLAlchemy asks every element for)


@compiles(_FoldedBySome)
def _render(element: _FoldedBySome, compiler: Any, **kw: Any) -> Any:
    if not (compiler.dialect.name in element.databases or is_printing(compiler.dialect)):
        refuse(element.state)
    return compiler.process(element.state, **kw)


def _state_where_folded(declared: TypeEngine[Any], databases: Mapping[str, Any]) -> TypeEngine[Any]:
    """The type of a state that some databases fold, and Python on the others: there, SQL cannot compare it."""
    names = tuple(name for each in known_databases() if each.name in databases for name in each.names)

    class Comparator(TypeDecorator.Comparator[Any]):
        def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
            return op(_FoldedBySome(self.expr, declared, names), *other, **kwargs)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
            return op(other, _FoldedBySome(self.expr, declared, names), **kwargs)

    # A class of this form's own: SQLAlchemy's cache tells it apart by that.
    class StateWhereFolded(TypeDecorator[Any]):
        impl = declared
        cache_ok = True

        @property
        def python_type(self) -> type[Any]:
            return declared.python_type

        comparator_factory: Any = Comparator

    return StateWhereFolded()
