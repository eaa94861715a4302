"""What a database says of values: which types keep them, and the SQL that folds, hands over and compares them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar, Final

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Enum,
    Executable,
    Float,
    Integer,
    Interval,
    Numeric,
    TableClause,
    Text,
    Time,
    case,
    cast,
    func,
    literal,
    null,
)
from sqlalchemy.types import TypeEngine

from sqla_osiris.databases.capabilities import Capabilities
from sqla_osiris.databases.leaf_types import BINARIES, leaf_type
from sqla_osiris.databases.literals import words

__all__ = ["READERS", "Expressions", "Reader"]

Reader = Callable[[Any], Any]
"""Takes what stands in the JSON text for one touch, and returns the touch."""


READERS: Final[Mapping[Any, Reader]] = {
    Enum: str,
    Boolean: int,
    Integer: int,
    Float: float,
    Numeric: Decimal,
    BINARIES: bytes.fromhex,
    DateTime: datetime.fromisoformat,
    Date: date.fromisoformat,
    Time: time.fromisoformat,
    Interval: int,
}
"""What makes of a text the driver's value, by a column's type: the first that it is one of."""


class Expressions(Capabilities):
    """The common ones; a database's own class has others."""

    readers: ClassVar[Mapping[Any, Reader]] = READERS

    # Types.

    def decimal_type(self, precision: int | None, scale: int | None) -> TypeEngine[Any]:
        """Return what keeps a decimal."""
        return Numeric(precision, scale)

    def decimal_bind(self, value: Any, precision: int | None, scale: int | None) -> Any:
        """Return a decimal as it is kept. Raises InvalidValue for one that would not be kept as it is."""
        return value

    def stored(self, declared: TypeEngine[Any], *, key: bool) -> TypeEngine[Any]:
        """Return the type with its form there added, unless it brings one; ``key`` says that an index must take it."""
        return declared

    def form(self, declared: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return the type that :meth:`stored` gives it there, by itself."""
        return declared

    def computed(self, declared: TypeEngine[Any]) -> TypeEngine[Any]:
        """Return a stored type as it reads what an expression gives there, such as a fold, and not a column."""
        return declared

    def index_options(self, columns: Sequence[Column[Any]]) -> Mapping[str, Any]:
        """Return the options of an index of these columns: it may have to say that it takes of one its beginning alone."""
        return {}

    def refuse_variant(self, where: str, given: TypeEngine[Any]) -> None:
        """Raise DeclarationError for a form of a type there that would change values."""

    # Folds.

    def find(self, text: ColumnElement[Any], part: ColumnElement[str]) -> ColumnElement[Any]:
        """Return where a part stands in a text, from 1; 0 where it does not."""
        return func.instr(text, part)

    def greatest(self, *values: ColumnElement[Any], type_: TypeEngine[Any]) -> ColumnElement[Any]:
        """Return the greatest of these values, none of which is NULL."""
        return func.greatest(*values, type_=type_)

    def extreme(
        self,
        left: Any,
        right: Any,
        type_: TypeEngine[Any],
        *,
        greatest: bool,
        by_code_point: Callable[[Any], Any],
    ) -> ColumnElement[Any]:
        """Return the greater or lesser of two values; where one is NULL, the other.

        ``by_code_point`` has texts compared so that are not by themselves.
        """
        extreme = func.greatest if greatest else func.least
        return extreme(by_code_point(left), right)

    def or_else(self, value: Any, otherwise: Any, type_: TypeEngine[Any]) -> ColumnElement[Any]:
        """Return the value, or where it is NULL this one of Python's, of the same type."""
        return func.coalesce(value, literal(otherwise, type_), type_=type_)

    def failing(self, message: ColumnElement[str], state: TypeEngine[Any]) -> ColumnElement[Any]:
        """Return an expression of this type that is an error as soon as it is computed, which says the message."""
        failing = func.json_extract(words("{}"), message)
        return cast(case((failing.is_(None), null())), state)

    def handed(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the text of a JSON array of this value, as :meth:`written` gives it."""
        return cast(func.json_array(value), Text)

    def gathered(self, texts: ColumnElement[str]) -> ColumnElement[Any]:
        """Return the rows' JSON texts as a JSON array's text, where :attr:`folds_flat`; NULL where they do not fit."""
        raise NotImplementedError

    def part_text(self, part: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a part of a context as text, which no setting of a connection changes."""
        return cast(part, Text)

    # Values that Python folds.

    def written(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a column's value as an SQL expression of its exact text, for a JSON function to quote.

        :meth:`reader` for the column's type reads it.
        """
        raise NotImplementedError

    def reader(self, declared: TypeEngine[Any], dialect: Dialect) -> Reader:
        """Return what reads what :meth:`written` wrote of a column of this type."""
        plain = leaf_type(declared, dialect)
        raw_of = self.raw_reader(plain, dialect)
        process = declared.dialect_impl(dialect).result_processor(dialect, self.driver_type(plain))

        def read(content: Any) -> Any:
            raw = None if content is None else raw_of(content)
            return raw if process is None else process(raw)

        return read

    def raw_reader(self, plain: TypeEngine[Any], dialect: Dialect) -> Reader:
        """Return what makes of a text the value that the driver would give."""
        return next((read for kind, read in self.readers.items() if isinstance(plain, kind)), str)

    def driver_type(self, plain: TypeEngine[Any]) -> Any:
        """Return what the driver would say of a result's type, where a type asks."""
        return None

    # What a migration asks.

    def script(self, trigger: str) -> str | None:
        """Return how a script has a trigger's statement, where the client would take its body apart."""
        return None

    def document(self, text: ColumnElement[str]) -> ColumnElement[Any]:
        """Return a literal's text as what a column of JSON documents takes."""
        return text

    def comparable_document(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return a JSON document as the database compares it."""
        return value

    def row_hash(self, values: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
        """Return a row's hash as a number that can be summed up, where :attr:`hashes_rows`."""
        raise NotImplementedError

    def move_keys_on(self, dialect: Dialect, where: TableClause) -> list[Executable]:
        """Return what has these columns generate keys beyond those that were written into them."""
        return []
