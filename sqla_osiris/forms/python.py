"""Fields that Python folds: for reducers whose fold the database cannot say.

The head's column holds the accumulator as JSON text. The folding query hands it over together with the tail's touches,
and they are folded while the row is read. With ``Inline()`` the writer does that, and keeps the state in a column of
its own, which queries read.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from sqlalchemy import (
    JSON,
    Alias,
    BigInteger,
    ColumnClause,
    ColumnElement,
    Dialect,
    Integer,
    String,
    Text,
    case,
    cast,
    func,
    null,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.identifiers import shortened
from sqla_osiris.databases.literals import number, words
from sqla_osiris.databases.names import MARIADB, POSTGRESQL, database_of
from sqla_osiris.databases.wire import Reader, plain_type, reader, written
from sqla_osiris.errors import DeclarationError, FoldUnavailable
from sqla_osiris.forms.flat import handed_tail
from sqla_osiris.forms.form import Expression, SQLReducer, Tail
from sqla_osiris.reducers import Append, Distinct, Merge, Reducer, Union
from sqla_osiris.reducers.collections import in_one_order
from sqla_osiris.reducers.documents import accumulator_text
from sqla_osiris.schema.fold_table import FoldTable
from sqla_osiris.types.portable import stored
from sqla_osiris.types.values import Validator, anything

__all__ = [
    "AccumulatorText",
    "FoldedInPython",
    "PythonFold",
    "SetOfJSON",
    "refuse",
    "unavailable",
]


class _Same:
    """Equal to itself alone, however what it holds compares: SQLAlchemy's cache tells any two reducers apart by it."""

    def __init__(self, *held: Any) -> None:
        self._held = held

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self._identities() == other._identities()

    def __hash__(self) -> int:
        return hash(self._identities())

    def _identities(self) -> tuple[int, ...]:
        return tuple(map(id, self._held))


class AccumulatorText(TypeDecorator[Any]):
    """An accumulator in the head, as the JSON text that its reducer dumps and loads."""

    impl = stored(Text())
    cache_ok = True

    def __init__(self, reducer: Reducer) -> None:
        super().__init__()
        # The cache's key is made of the attributes that are named as the arguments.
        self.reducer = _Same(reducer)
        self._reducer = reducer

    def __repr__(self) -> str:
        return f"AccumulatorText({self._reducer!r})"

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else accumulator_text(self._reducer, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self._reducer.load(json.loads(value))


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

    On MariaDB, how many touches there are comes third: where the list is null or too short, they did not fit.
    """

    impl = Text
    cache_ok = True

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
        self.reducer, self.touch_type = _Same(reducer), _Same(touch_type)
        self._reducer, self._touch_type = reducer, touch_type
        self.presents = presents

    @property
    def python_type(self) -> type[Any]:
        return python_type_of(self._reducer, self._touch_type)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        read = reader(self._touch_type, dialect)
        reducer, presents = self._reducer, self.presents

        def process(value: Any) -> Any:
            if value is None:
                return None
            accumulator = _accumulator(reducer, read, *json.loads(value))
            return reducer.present(accumulator) if presents else reducer.settled(accumulator)

        return process


def _accumulator(
    reducer: Reducer,
    read: Reader,
    document: Any,
    touches: list[Any] | None,
    count: int | None = None,
    *more: Any,
) -> Any:
    """``more`` is a second part of the tail: touches and their count."""
    if count is not None and len(touches or ()) != count:
        _refuse_partial(reducer)
    if more:
        recent, counted = more
        if len(recent or ()) != counted:
            _refuse_partial(reducer)
        touches = [*(touches or ()), *(recent or ())]
    base = reducer.identity() if document is None else reducer.load(document)
    ordered = sorted(touches or (), key=_seq)
    return reducer.merge(base, _folded(reducer, [read(touch) for _, touch in ordered]))


def _seq(pair: list[Any]) -> int:
    return pair[0]  # type: ignore[no-any-return]


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


def _refuse_partial(reducer: Reducer) -> NoReturn:
    raise FoldUnavailable(
        f"The touches that {reducer!r} folds do not fit MariaDB's group_concat_max_len or max_allowed_packet, so the "
        "database cannot hand them over. Take snapshots more often (Every(n)), or raise both variables."
    )


def refuse(expression: Any) -> NoReturn:
    """Raise FoldUnavailable for a state that SQL was to compute with."""
    raise FoldUnavailable(
        f"{expression} is folded in Python, not by the database, so SQL cannot compare or compute with it. "
        "Declare __snapshot__ = Inline(), which keeps the state in a column of its own, give the reducer a form in SQL "
        "with register_sql(), query the touches (Model.Event), or filter after loading."
    )


def unavailable(said: str, context: Sequence[Expression], state: TypeEngine[Any], dialect: str) -> Expression:
    """An expression of a state's type that is an error of the database as soon as it is computed.

    The databases say the text, which the context's values follow; MariaDB says the expression of both.
    """
    message = words(said)
    for part in context:
        message = message.concat(cast(part, Text)).concat(words(" "))
    if dialect == MARIADB:
        overflow = func.char_length(message) + number(2**63 - 1)
        return type_coerce(case((overflow.is_(None), null())), state)
    on_postgresql = dialect == POSTGRESQL
    failing = cast(message, Integer) if on_postgresql else func.json_extract(words("{}"), message)
    return cast(case((failing.is_(None), null())), state)


class _Handed(ColumnElement[Any]):
    """A kept state as a SELECT hands it over, where Python folds it."""

    inherit_cache = False

    def __init__(self, column: Any, type_: TypeEngine[Any], in_python: Callable[[str], bool]) -> None:
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


def handed(state: Expression, dialect: str) -> Expression:
    """``[state]``, which differs from what a state is folded from."""
    value = written(state, dialect)
    if dialect == MARIADB:
        return type_coerce(func.concat(words("["), value, words("]")), Text)
    list_of = func.json_build_array if dialect == POSTGRESQL else func.json_array
    return cast(list_of(value), Text)


def kept_state(form: "PythonFold", in_python: Callable[[str], bool]) -> TypeEngine[Any]:
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
            read_touch, read_state = reader(touch_type, dialect), reader(state_type, dialect)

            def process(value: str | None) -> Any:
                if value is None:
                    return None
                handed = json.loads(value)
                if len(handed) == 1:
                    return read_state(handed[0])
                return reducer.present(_accumulator(reducer, read_touch, *handed))

            return process

    class KeptState(TypeDecorator[Any]):
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
            # Anything else is an expression or a subquery of the user's: of what is kept.
            return _Handed(column, Read(), in_python) if isinstance(source, FoldTable) else column

    return KeptState()


class SetOfJSON(TypeDecorator[set[Any]]):
    """A set in a JSON column, as a list in one order."""

    impl = JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else in_one_order(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> set[Any] | None:
        return None if value is None else set(value)


class PythonFold(SQLReducer):
    """The form of a reducer that has none in SQL. ``declared_state`` is the state's type, if it is not the touches'."""

    def __init__(
        self, reducer: Reducer, declared: TypeEngine[Any], declared_state: TypeEngine[Any] | None = None
    ) -> None:
        super().__init__(reducer, declared)
        self._stored_state_type = declared_state or _state_type(reducer) or declared

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        for kind, reason in _DOCUMENTS:
            if isinstance(self.reducer, kind) and not isinstance(plain_type(declared), JSON):
                return reason
        return None

    def touch_check(self, check: Validator) -> Validator:
        for kind, wrap in _TOUCH_CHECKS:
            if isinstance(self.reducer, kind):
                checked: Validator = wrap(check)
                return checked
        return check

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        return AccumulatorText(self.reducer)

    @property
    def stored_state_type(self) -> TypeEngine[Any]:
        return self._stored_state_type

    @property
    def kept_state_type(self) -> TypeEngine[Any]:
        return kept_state(self, self.in_python)

    @property
    def state_type(self) -> TypeEngine[Any]:
        return FoldedInPython(self.reducer, self.declared, presents=True)

    @property
    def state_check(self) -> Validator:
        return anything

    def in_python(self, dialect: str) -> bool:
        return True

    def kept_in_python(self) -> bool:
        return True

    def merge(self, left: Expression, right: Expression, dialect: str) -> Expression:
        raise DeclarationError(f"{self.reducer!r} folds in Python: no statement can merge it")

    def aggregate(self, tail: Tail) -> Expression:
        pair = func.json_build_array(tail.events.c.seq, written(tail.value, POSTGRESQL))
        return cast(func.json_agg(pair).filter(tail.touched), Text)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return self._handed(base, folded)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if tail.dialect == MARIADB:
            return self._typed(handed_tail(base, tail))
        if tail.dialect == POSTGRESQL:
            touches: Expression = self.aggregate(tail)
        else:
            pair = func.json_array(tail.events.c.seq, written(tail.value, tail.dialect))
            touches = func.json_group_array(pair)
        return self._handed(base, tail.rows(touches).where(tail.touched).scalar_subquery())

    def _handed(self, base: Expression | None, touches: Expression) -> Expression:
        # Text beside text: JSON functions would print the stored numbers anew.
        document = words("null") if base is None else func.coalesce(_text(base), words("null"))
        text = words("[").concat(document).concat(words(","))
        text = text.concat(func.coalesce(_text(touches), words("null"))).concat(words("]"))
        return self._typed(text)

    def _typed(self, handed: Expression) -> Expression:
        return type_coerce(handed, FoldedInPython(self.reducer, self.declared, presents=False))

    def present(self, accumulators: Sequence[Expression], dialect: str) -> Expression:
        return type_coerce(accumulators[0], self.state_type)


def _text(value: Expression) -> Expression:
    return type_coerce(value, String)


def _object_check(check: Validator) -> Validator:
    def check_object(touch: Any) -> Any:
        if not isinstance(touch, dict):
            raise ValueError(f"a JSON object (a dict) was expected, {touch!r} found")
        return check(touch)

    return check_object


def _list_check(check: Validator) -> Validator:
    def check_list(touch: Any) -> Any:
        if not isinstance(touch, list | tuple):
            raise ValueError(f"a list was expected, {touch!r} found: [{touch!r}] appends one item")
        return check(list(touch))

    return check_list


def _set_check(check: Validator) -> Validator:
    def check_set(touch: Any) -> Any:
        if not isinstance(touch, set | frozenset | list | tuple):
            raise ValueError(f"a set or a list was expected, {touch!r} found")
        for item in touch:
            if type(item) is not int and not isinstance(item, str):
                raise ValueError(f"a union's items are str or int, {item!r} found")
        return check(in_one_order(touch))

    return check_set


_DOCUMENTS: tuple[tuple[type[Reducer], str], ...] = (
    (Merge, "merges JSON objects and needs a JSON column"),
    (Append, "appends to a list and needs a JSON column"),
    (Union, "unites sets and needs a JSON column"),
)

_TOUCH_CHECKS: tuple[tuple[type[Reducer], Any], ...] = (
    (Merge, _object_check),
    (Append, _list_check),
    (Union, _set_check),
)


def _state_type(reducer: Reducer) -> TypeEngine[Any] | None:
    if isinstance(reducer, Union):
        return SetOfJSON()
    return BigInteger() if isinstance(reducer, Distinct) else None
