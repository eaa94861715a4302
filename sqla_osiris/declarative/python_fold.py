"""States that Python folds while a row is read: for reducers whose fold no SQL expression can say."""

import json
from typing import Any, NoReturn

from sqlalchemy import Dialect
from sqlalchemy.types import JSON, TypeDecorator

from sqla_osiris.errors import FoldUnavailable
from sqla_osiris.reducers import Merge, Reducer

__all__ = ["FoldedInPython"]


class FoldedInPython(TypeDecorator[Any]):
    """The state of a field as read from ``[stored base or null, [[seq, touch], ...] or null]``."""

    impl = JSON
    cache_ok = False

    class Comparator(TypeDecorator.Comparator[Any]):
        """Refuses every operator: the database holds no state to compare."""

        def operate(self, op: Any, *other: Any, **kwargs: Any) -> NoReturn:
            _refuse(self.expr)

        def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> NoReturn:
            _refuse(self.expr)

    comparator_factory: Any = Comparator

    def __init__(self, reducer: Reducer) -> None:
        super().__init__()
        self.reducer = reducer

    @property
    def python_type(self) -> type[Any]:
        return dict

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        read: list[Any] = json.loads(value) if isinstance(value, str) else value
        document = read[0]
        touches: list[Any] = read[1] or []
        if len(read) > 2 and len(touches) != read[2]:
            _refuse_partial(self.reducer)
        reducer = self.reducer
        state = reducer.absolute(document) if document is not None and isinstance(reducer, Merge) else None
        accumulator = reducer.identity() if state is None else state
        for _, touch in sorted(touches, key=lambda pair: pair[0]):
            accumulator = reducer.merge(accumulator, reducer.lift(touch))
        return reducer.present(accumulator)


def _refuse_partial(reducer: Reducer) -> NoReturn:
    raise FoldUnavailable(
        f"The touches that {reducer!r} folds do not fit MariaDB's group_concat_max_len or max_allowed_packet, so the "
        "database cannot hand them over. Take snapshots more often (Every(n)), or raise both variables."
    )


def _refuse(expression: Any) -> NoReturn:
    raise FoldUnavailable(
        f"{expression} is folded in Python, not by the database, so SQL cannot compare or compute with it. "
        "Query the touches (Model.Event), filter after loading, or keep what you query in a Latest field."
    )
