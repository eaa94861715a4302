"""Fields that Python folds: for reducers whose fold the database cannot say.

The head's column holds the accumulator as JSON text. The folding query hands it over together with the tail's touches,
and they are folded while the row is read. With ``Inline()`` the writer does that, and keeps the state in a column of
its own, which queries read.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import JSON, BigInteger, Dialect, String, Text, cast, func, type_coerce
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.databases.literals import words
from sqla_osiris.errors import DeclarationError
from sqla_osiris.forms.flat import handed_tail
from sqla_osiris.forms.form import Expression, SQLReducer, Tail
from sqla_osiris.forms.handed import FoldedInPython, Same, folded_state, kept_state
from sqla_osiris.reducers import Append, Distinct, Merge, Reducer, Union
from sqla_osiris.reducers.base import accumulator_text
from sqla_osiris.reducers.collections import in_one_order
from sqla_osiris.types.portable import stored
from sqla_osiris.types.values import Validator, anything

__all__ = ["AccumulatorText", "PythonFold", "SetOfJSON"]


class AccumulatorText(TypeDecorator[Any]):
    """An accumulator in the head, as the JSON text that its reducer dumps and loads."""

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = stored(Text())
    cache_ok: bool | None = True

    def __init__(self, reducer: Reducer) -> None:
        super().__init__()
        # The cache's key is made of the attributes that are named as the arguments.
        self.reducer: Final = Same(reducer)
        self._reducer = reducer

    def __repr__(self) -> str:
        return f"AccumulatorText({self._reducer!r})"

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else accumulator_text(self._reducer, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else self._reducer.load(json.loads(value))


class SetOfJSON(TypeDecorator[set[Any]]):
    """A set in a JSON column, as a list in one order."""

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = JSON(none_as_null=True)
    cache_ok: bool | None = True

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
        document = self._document()
        return document[0] if document and not isinstance(plain_type(declared), JSON) else None

    def touch_check(self, check: Validator) -> Validator:
        document = self._document()
        return (lambda touch: check(document[1](touch))) if document else check

    def _document(self) -> tuple[str, Validator] | None:
        return next((each for kind, each in _DOCUMENTS.items() if isinstance(self.reducer, kind)), None)

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
        return folded_state(self.reducer, self.declared)

    @property
    def state_check(self) -> Validator:
        return anything

    def in_python(self, database: Database) -> bool:
        return True

    def kept_in_python(self) -> bool:
        return True

    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        raise DeclarationError(f"{self.reducer!r} folds in Python: no statement can merge it")

    def aggregate(self, tail: Tail) -> Expression:
        pair = func.json_build_array(tail.events.c.seq, tail.database.written(tail.value))
        return cast(func.json_agg(pair).filter(tail.touched), Text)

    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        return self._handed(base, folded)

    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        if tail.database.folds_flat:
            return self._typed(handed_tail(base, tail))
        if tail.database.folds_laterally:
            touches: Expression = self.aggregate(tail)
        else:
            pair = func.json_array(tail.events.c.seq, tail.database.written(tail.value))
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

    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        return type_coerce(accumulators[0], self.state_type)


def _text(value: Expression) -> Expression:
    return type_coerce(value, String)


def _object(touch: Any) -> Any:
    if not isinstance(touch, dict):
        raise ValueError(f"a JSON object (a dict) was expected, {touch!r} found")
    return touch


def _list(touch: Any) -> Any:
    if not isinstance(touch, list | tuple):
        raise ValueError(f"a list was expected, {touch!r} found: [{touch!r}] appends one item")
    return list(touch)


def _set(touch: Any) -> Any:
    if not isinstance(touch, set | frozenset | list | tuple):
        raise ValueError(f"a set or a list was expected, {touch!r} found")
    for item in touch:
        if type(item) is not int and not isinstance(item, str):
            raise ValueError(f"a union's items are str or int, {item!r} found")
    return in_one_order(touch)


_DOCUMENTS: dict[type[Reducer], tuple[str, Validator]] = {
    Merge: ("merges JSON objects and needs a JSON column", _object),
    Append: ("appends to a list and needs a JSON column", _list),
    Union: ("unites sets and needs a JSON column", _set),
}
"""Why the reducer needs a JSON column, and what makes its document of a touch."""


def _state_type(reducer: Reducer) -> TypeEngine[Any] | None:
    if isinstance(reducer, Union):
        return SetOfJSON()
    return BigInteger() if isinstance(reducer, Distinct) else None
