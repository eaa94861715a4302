"""What a field's SQL is made of: accumulators, each a column of the head, and the state that they present.

A reducer's form says which accumulators there are (one but for ``Mean``) and how the state is made of them. An
accumulator says how a writing statement merges an event into it, and how a query folds a tail of events.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.literals import number
from sqla_osiris.errors import DeclarationError
from sqla_osiris.reducers import Reducer
from sqla_osiris.types.portable import computed
from sqla_osiris.types.values import Validator, anything, validator

__all__ = ["Expression", "ReducerForm", "SQLAccumulator", "SQLReducer", "Tail"]

Expression = ColumnElement[Any]


@dataclass(frozen=True)
class Tail:
    """The events of one context beyond its accumulators, seen from one field.

    ``rows(columns)`` selects from them. ``newest`` says to read what is committed now, where a database would otherwise
    read what was when the transaction began. ``earlier`` is the part of them that is archived, on MariaDB: they are not
    in ``rows`` then. Most of them come before, but not all: events are archived by the time that they were given.
    """

    events: Any
    where: tuple[Expression, ...]
    value: Expression
    touched: Expression
    head: Any
    database: Database
    newest: bool = False
    earlier: "Tail | None" = None

    def rows(self, *columns: Any) -> Any:
        rows = select(*columns).select_from(self.events).where(*self.where).correlate(self.head)
        return rows.with_for_update(read=True) if self.newest else rows

    def picked(self, column: Any, order: Any) -> Any:
        """A column of the touch that is the first in an order."""
        first = self.rows(column).where(self.touched).order_by(order).limit(number(1))
        # An OFFSET that is not said is a parameter on SQLite.
        return (first if self.database.folds_flat else first.offset(number(0))).scalar_subquery()


class ReducerForm(ABC):
    """A reducer over a column of a (stored) type. ``picks`` says that its state is one of the touches."""

    picks = False

    def __init__(self, reducer: Reducer, declared: TypeEngine[Any]) -> None:
        self.reducer = reducer
        self.declared = declared
        reason = self.misfit(declared)
        if reason:
            raise DeclarationError(f"{reducer!r} {reason}; the column is {declared!r}")

    def misfit(self, declared: TypeEngine[Any]) -> str | None:
        """Why the reducer cannot fold a column of this type, or None."""
        return None

    def touch_check(self, check: Validator) -> Validator:
        """The check of a touch, given the one of the column's type."""
        return check

    @property
    @abstractmethod
    def state_type(self) -> TypeEngine[Any]: ...

    @property
    def state_check(self) -> Validator:
        """The check of a state that an object was given."""
        return anything

    @abstractmethod
    def accumulators(self, name: str) -> dict[str, "SQLAccumulator"]:
        """By the name of the head's column, for the field of this column name."""

    @abstractmethod
    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        """The state, of the accumulators in their order."""

    def state(self, name: str, accumulators: Any, database: Database) -> Expression:
        """The state, of accumulators by the name of the head's column."""
        return self.present([accumulators[column] for column in self.accumulators(name)], database)

    def signature(self) -> str:
        """A text that changes whenever stored accumulators stop being usable, beside the reducer's own fingerprint."""
        return " ".join(repr(form.accumulator_type) for form in self.accumulators("").values())

    def as_read(self, state: Any) -> Any:
        """A state that Python folded, as the databases give it."""
        return state

    @property
    def stored_state_type(self) -> TypeEngine[Any]:
        """The type of the column that holds the state where Python folds it with ``Inline()``."""
        return self.state_type

    @property
    def kept_state_type(self) -> TypeEngine[Any]:
        """That column's type as the model's own attribute has it."""
        return self.state_type

    def in_python(self, database: Database) -> bool:
        """Whether Python folds it on this database."""
        return False

    def kept_in_python(self) -> bool:
        """Whether Python folds it on any database: with Inline(), a column of its own then holds the state."""
        return False


class SQLAccumulator(ABC):
    """One column of the head. ``correlated`` says that PostgreSQL, too, folds it by ``scalar``."""

    picks = False
    correlated = False
    identity: Any = None

    @property
    @abstractmethod
    def accumulator_type(self) -> TypeEngine[Any]: ...

    @abstractmethod
    def merge(self, left: Expression, right: Expression, database: Database) -> Expression:
        """The merge of two accumulators; either may be NULL where the identity is None."""

    def lift(self, touch: Expression, database: Database) -> Expression:
        """The accumulator of one touch."""
        return touch

    @abstractmethod
    def aggregate(self, tail: Tail) -> Expression:
        """PostgreSQL: over grouped tail rows; the seq of the picked touch where ``picks``."""

    @abstractmethod
    def combine(self, base: Expression | None, folded: Expression, picked: Any) -> Expression:
        """PostgreSQL: the base accumulator merged with ``aggregate``'s result."""

    @abstractmethod
    def scalar(self, base: Expression | None, tail: Tail) -> Expression:
        """SQLite, MariaDB: the base accumulator merged with the tail, by correlated subqueries."""


class SQLReducer(ReducerForm, SQLAccumulator):
    """A reducer of one accumulator."""

    @property
    def accumulator_type(self) -> TypeEngine[Any]:
        return self.declared

    @property
    def state_type(self) -> TypeEngine[Any]:
        return computed(self.accumulator_type)

    @property
    def state_check(self) -> Validator:
        # A sum outgrows its touches' column, and must still fit its own.
        return anything if self.picks else validator(self.accumulator_type)

    def accumulators(self, name: str) -> dict[str, SQLAccumulator]:
        return {name: self}

    def present(self, accumulators: Sequence[Expression], database: Database) -> Expression:
        return accumulators[0]
