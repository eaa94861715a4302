"""What a row hands over where Python folds: the types that fold it as it is read, and the errors of what SQL cannot do."""

import json
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, NoReturn

from sqlalchemy import JSON, Alias, ColumnClause, ColumnElement, Dialect, Text, cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.expressions import Reader
from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.databases.literals import words
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import FoldUnavailable
from sqla_osiris.forms.form import Expression, SQLReducer
from sqla_osiris.reducers import Append, Merge, Reducer, Union
from sqla_osiris.types.portable import Decorated

__all__ = [
    "FoldedInPython",
    "Same",
    "folded_state",
    "handed",
    "handed_column",
    "kept_state",
    "python_type_of",
    "refuse",
    "unavailable",
]


class Same:
    """Equal to itself alone, however what it holds compares: SQLAlchemy's cache tells any two reducers apart by it."""

    def __init__(self, *held: Any) -> None:
        self._held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self._identities() == other._identities()

    def __hash__(self) -> int:
        return hash(self._identities())

    def _identities(self) -> tuple[int, ...]:
        return tuple(map(id, self._held))


def python_type_of(reducer: Reducer, state_type: TypeEngine[Any]) -> type[Any]:
    """The Python type of a reducer's states, which tools that make schemas ask a column for."""
    for kind, found in _PYTHON_TYPES.items():
        if isinstance(reducer, kind):
            return found
    try:
        return state_type.python_type
    except NotImplementedError:
        return object


_PYTHON_TYPES: dict[type[Reducer], type[Any]] = {Merge: dict, Append: list, Union: set}


class FoldedInPython(TypeDecorator[Any]):
    """A fold, read from ``[stored accumulator or null, [[seq, touch], ...] or null]``: a state, or an accumulator.

    On MariaDB and MySQL, how many touches there are comes third: where the list is null or too short, they did not fit.
    """

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = Text
    cache_ok: bool | None = True

    class Comparator(TypeDecorator.Comparator[Any]):
        """Refuses every operator: the database holds no state to compare."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> NoReturn:
            refuse(self.expr)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> NoReturn:
            refuse(self.expr)

    comparator_factory: Any = Comparator

    def __init__(self, reducer: Reducer, touch_type: TypeEngine[Any], *, presents: bool) -> None:
        super().__init__()
        # The cache's key is made of the attributes that are named as the arguments.
        self.reducer: Final = Same(reducer)
        self.touch_type: Final = Same(touch_type)
        self._reducer, self._touch_type = reducer, touch_type
        self.presents = presents

    @property
    def python_type(self) -> type[Any]:
        return python_type_of(self._reducer, self._touch_type)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        read = database_of(dialect).reader(self._touch_type, dialect)
        reducer, presents = self._reducer, self.presents

        def process(value: Any) -> Any:
            if value is None:
                return None
            accumulator = _accumulator(reducer, read, *json.loads(value))
            return reducer.present(accumulator) if presents else reducer.settled(accumulator)

        return process


class _Document(Decorated, JSON):  # type: ignore[misc]  # both are types
    """A mapped type of lists or dicts."""

    cache_ok: bool | None = True
    should_evaluate_none = False  # pyright: ignore[reportIncompatibleMethodOverride, reportAssignmentType]


class _FoldedDocument(FoldedInPython, _Document):  # type: ignore[misc]  # both are types
    cache_ok: bool | None = True


def _is_document(reducer: Reducer, state_type: TypeEngine[Any]) -> bool:
    return isinstance(plain_type(state_type), JSON) and python_type_of(reducer, state_type) in {list, dict}


def folded_state(reducer: Reducer, touch_type: TypeEngine[Any]) -> FoldedInPython:
    """Return the type of a state that Python folds as it is read."""
    kind = _FoldedDocument if _is_document(reducer, touch_type) else FoldedInPython
    return kind(reducer, touch_type, presents=True)


def _accumulator(reducer: Reducer, read: Reader, document: Any, *tail: Any) -> Any:
    """``tail`` are touches, and on MariaDB and MySQL their count; with an archive those of the other part too."""
    pairs: list[Any] = []
    for touches, count in zip(tail[::2], tail[1::2] or (None,), strict=True):
        pairs += touches or ()
        if count is not None and len(touches or ()) != count:
            raise FoldUnavailable(
                f"The touches that {reducer!r} folds do not fit the server's max_allowed_packet, or MariaDB's "
                "group_concat_max_len, so the database cannot hand them over. Take snapshots more often (Every(n)), or "
                "raise both variables."
            )
    base = reducer.identity() if document is None else reducer.load(document)
    pairs.sort(key=itemgetter(0))
    return reducer.merge(base, _folded(reducer, [read(touch) for _, touch in pairs]))


def _folded(reducer: Reducer, touches: Sequence[Any]) -> Any:
    """Their fold, by halves: merging one touch at a time would copy a growing accumulator for each."""
    if not touches:
        return reducer.identity()
    accumulators = [reducer.lift(touch) for touch in touches]
    while len(accumulators) > 1:
        pairs = zip(accumulators[::2], accumulators[1::2], strict=False)
        odd = accumulators[-1:] if len(accumulators) % 2 else []
        accumulators = [reducer.merge(left, right) for left, right in pairs] + odd
    return accumulators[0]


def refuse(expression: Any) -> NoReturn:
    """Raise FoldUnavailable for a state that SQL was to compute with."""
    raise FoldUnavailable(
        f"{expression} is folded in Python, not by the database, so SQL cannot compare or compute with it. "
        "Declare __snapshot__ = Inline(), which keeps the state in a column of its own, give the reducer a form in SQL "
        "with register_sql(), query the touches (Model.Event), or filter after loading."
    )


def unavailable(
    reason: str, context: Sequence[Expression], state: TypeEngine[Any], database: Database
) -> Expression:
    """An expression of a state's type that is an error of the database as soon as it is computed.

    The text stands in the error, which the context's values follow; MariaDB says the expression of both.
    """
    message = words(reason)
    for part in context:
        message = message.concat(cast(part, Text)).concat(words(" "))
    return database.failing(message, state)


class _Handed(ColumnElement[Any]):
    """A kept state as a SELECT hands it over, where Python folds it."""

    inherit_cache = False

    def __init__(self, column: Any, type_: TypeEngine[Any], in_python: Callable[[Database], bool]) -> None:
        self.column = column
        self.type = type_
        self.in_python = in_python


@compiles(_Handed)
def _render(element: _Handed, compiler: Any, **kw: Any) -> Any:
    column = element.column
    if element.in_python(database_of(compiler.dialect)):
        column = ColumnClause(handed_column(column.name), Text(), _selectable=column.table)
    return compiler.process(column, **kw)


def handed_column(field: str) -> str:
    """The folding query's column from which a SELECT reads a kept state: :func:`handed`, or a stale head's fold."""
    return shortened(f"osiris_handed_{field}")


def handed(state: Expression, database: Database) -> Expression:
    """``[state]``, which differs from what a state is folded from."""
    return database.handed(database.written(state))


def kept_state(form: SQLReducer, in_python: Callable[[Database], bool]) -> TypeEngine[Any]:
    """The type of a state that ``Inline()`` keeps in a column, in the model's own columns.

    SQL compares what is kept. A SELECT of it also folds the states of stale heads, which nothing is kept for.
    """
    reducer, touch_type, state_type = form.reducer, form.declared, form.stored_state_type

    # Classes of this form's own: SQLAlchemy's cache tells them apart by that.
    class Read(TypeDecorator[Any]):
        impl = Text
        cache_ok = True

        def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
            if not in_python(database_of(dialect)):
                return state_type.dialect_impl(dialect).result_processor(dialect, coltype)
            reader = database_of(dialect).reader
            read_touch, read_state = reader(touch_type, dialect), reader(state_type, dialect)

            def process(value: str | None) -> Any:
                if value is None:
                    return None
                handed = json.loads(value)
                if len(handed) == 1:
                    return read_state(handed[0])
                return reducer.present(_accumulator(reducer, read_touch, *handed))

            return process

    kind: Any = _Document if _is_document(reducer, state_type) else TypeDecorator

    class KeptState(kind):  # type: ignore[misc]  # one or the other
        impl = state_type
        cache_ok = True

        @property
        def python_type(self) -> type[Any]:
            return python_type_of(reducer, state_type)

        def coerce_compared_value(self, op: Any, value: Any) -> Any:
            return self.impl_instance.coerce_compared_value(op, value)

        def column_expression(self, column: Any) -> Any:
            table = column.table if isinstance(column, ColumnClause) else None
            source = table.element if isinstance(table, Alias) else table
            # A FoldTable says that it folds. Anything else is an expression or a subquery of the user's: of what is kept.
            return _Handed(column, Read(), in_python) if getattr(source, "folds", False) else column

    return KeptState()
