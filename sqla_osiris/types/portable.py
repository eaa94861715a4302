"""Column types that give the same Python value on every database.

SQLite has no decimals and no time zones, MariaDB no time zones; SQLAlchemy's own types therefore return other values
there than on PostgreSQL. ``stored`` replaces just those.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar, Final

from sqlalchemy import ARRAY, JSON, UUID, Date, DateTime, Dialect, Float, Interval, Numeric, Time, Uuid
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import with_impl
from sqla_osiris.databases.literals import DIGITS_OF_DOUBLE
from sqla_osiris.databases.registry import database_on, known_databases
from sqla_osiris.errors import InvalidValue
from sqla_osiris.reducers.exact import in_scale

__all__ = [
    "STORED_BY",
    "UNSCALED_LIMIT",
    "Decorated",
    "ExactDecimal",
    "ExactInterval",
    "UTCDateTime",
    "computed",
    "keeps_values",
    "stored",
    "varied",
]

STORED_BY: Final = "sqla_osiris_stored_by"
"""The attribute of a user's own type, changed for our databases, that says by which word a migration makes it so."""

_UNSCALED = 10
"""The scale that SQLite uses for a Numeric() without one, as SQLAlchemy does."""


UNSCALED_LIMIT = 922_337_203
"""Up to where SQLite adds decimals without a scale: their ten places and this make 63 bits."""


class Decorated(TypeDecorator[Any]):
    """A decorator that is its plain type too, and has its name: tools ask for either of them.

    sqladmin and strawberry ask ``isinstance(column.type, Numeric)``, Flask-Admin asks ``type(column.type).__name__``.
    """

    __name__: ClassVar[str]

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        cls.__name__ = cls.__bases__[-1].__name__

    def __repr__(self) -> str:
        qualified = type(self).__qualname__.rpartition(".")[2]
        return super().__repr__().replace(type(self).__name__, qualified, 1)

    def adapt(self, cls: type[TypeEngine[Any]], **kw: Any) -> TypeEngine[Any]:  # type: ignore[override]
        """Return itself: a dialect's own form of the plain type is not taken in the decorator's place."""
        return self


def varied(type_: TypeEngine[Any], attribute: str) -> TypeEngine[Any]:
    """The type with the form of each database that has one of its own, by this attribute."""
    for database in known_databases():
        form = getattr(database, attribute)
        if form is not None:
            type_ = type_.with_variant(form, *database.names)
    return type_


class UTCDateTime(Decorated, DateTime):  # type: ignore[misc]  # both are types
    """An aware datetime; stored and returned in UTC."""

    values_repeat = True
    """Many events are written at few moments, so that a batch processes each value once."""

    reads_computed = True
    """It reads what an expression gives as what a column does."""

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = varied(DateTime(timezone=True), "moment_type")
    cache_ok: bool | None = True

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        database = database_on(dialect)
        if database is not None and database.gives_utc:
            return self.impl_instance.dialect_impl(dialect).result_processor(dialect, coltype)
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidValue(f"{value!r} has no time zone; give an aware datetime")
        in_utc = value if value.tzinfo is UTC else _in_utc(value)
        database = database_on(dialect)
        keeps_zone = database is not None and database.keeps_zones
        return in_utc if keeps_zone else in_utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is UTC:
            return value
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidValue(f"{value!r} is no datetime in UTC; give one that is") from None


class ExactDecimal(Decorated, Numeric[Decimal]):  # type: ignore[misc]  # both are types
    """A Numeric that is exact on SQLite too, up to 15 digits: sums are taken over scaled integers there."""

    impl: type[TypeEngine[Any]] | TypeEngine[Any] = Numeric
    cache_ok: bool | None = True

    def __init__(self, precision: int | None = None, scale: int | None = None) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    @property
    def effective_scale(self) -> int:
        return _UNSCALED if self.scale is None else self.scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        database = database_on(dialect)
        if database is None:
            return dialect.type_descriptor(Numeric(self.precision, self.scale))
        return dialect.type_descriptor(database.decimal_type(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        database = database_on(dialect)
        if value is None or database is None:
            return value
        return database.decimal_bind(value, self.precision, self.scale)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        exact = value if isinstance(value, Decimal) else self._of_double(float(value))
        return in_scale(exact, self.scale)

    def _of_double(self, value: float) -> Decimal:
        """The decimal that SQLite's double stands for. Raises InvalidValue for a sum of more digits than are certain."""
        exact = Decimal(f"{value:.{DIGITS_OF_DOUBLE}g}")
        if self.scale is not None and abs(value) >= 10.0 ** (DIGITS_OF_DOUBLE - self.scale):
            raise InvalidValue(
                f"{value!r} may be a sum of more than {DIGITS_OF_DOUBLE} digits, which SQLite does not hold exactly. Append "
                "what makes it smaller, or use another database."
            )
        return exact


class ExactInterval(Decorated, Interval):  # type: ignore[misc]  # both are types
    """An interval; whole microseconds on MariaDB, which has no type for it."""

    impl: Any = Interval
    cache_ok: Any = True

    # Those of an Interval count from an epoch.
    bind_processor: Any = TypeDecorator.bind_processor
    result_processor: Any = TypeDecorator.result_processor
    coerce_compared_value: Any = TypeDecorator.coerce_compared_value

    def __init__(self, *args: Any, **kw: Any) -> None:
        super().__init__(*args, **kw)
        self.impl = Interval(*args, **kw)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        database = database_on(dialect)
        if database is not None and database.interval_type is not None:
            return dialect.type_descriptor(database.interval_type)
        return self.impl_instance

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        database = database_on(dialect)
        if value is None or database is None or database.interval_type is None:
            return value
        return value // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        return timedelta(microseconds=value) if isinstance(value, int) else value


def stored(declared: TypeEngine[Any], *, key: bool = False) -> TypeEngine[Any]:
    """The type that an event or an accumulator of this declared type is stored with; ``key``: a context or foreign key."""
    kept = _exact(declared)
    for database in known_databases():
        kept = database.stored(kept, key=key)
    if kept is not declared and type(kept) is type(declared) and isinstance(kept, TypeDecorator):
        vars(kept)[STORED_BY] = "key" if key else "stored"
    return kept


def computed(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type that reads values of this stored type that an expression gives, such as a fold, and not a column."""
    for database in known_databases():
        declared = database.computed(declared)
    return declared


def keeps_values(declared: TypeEngine[Any]) -> bool:
    """Whether the declared type itself reads and compares what :func:`stored` stores."""
    if isinstance(declared, Uuid):
        return False  # MariaDB stores another one
    return _exact(declared) is declared and computed(declared) is declared


def _exact(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(declared, ExactDecimal | ExactInterval | UTCDateTime):
        return declared
    if isinstance(declared, Numeric) and not isinstance(declared, Float) and declared.asdecimal:
        return ExactDecimal(declared.precision, declared.scale)
    if isinstance(declared, DateTime) and declared.timezone:
        return UTCDateTime()
    for kind, build in _EXACT:
        if isinstance(declared, kind):
            return build(declared)
    return declared


def _interval(declared: Any) -> TypeEngine[Any]:
    if isinstance(declared, Interval):
        return ExactInterval(declared.native, declared.second_precision, declared.day_precision)
    return ExactInterval()


def _document(declared: JSON) -> TypeEngine[Any]:
    # None touches a field; it is not the JSON value null.
    document = declared.copy()
    for form in (document, *document._variant_mapping.values()):  # noqa: SLF001  (no public way in)
        if isinstance(form, JSON):
            form.none_as_null = True
    for database in known_databases():
        for name in database.names if database.document_type is not None else ():
            form = document._variant_mapping.get(name, document)  # noqa: SLF001
            if isinstance(form, JSON) and not isinstance(form, database.document_type or ()):
                document._variant_mapping = document._variant_mapping.union(  # noqa: SLF001
                    {name: (database.document_type or JSON)(none_as_null=True)}
                )
    return document


def _exact_decorated(declared: TypeDecorator[Any]) -> TypeEngine[Any]:
    """A user's own type over what keeps the same values on every database; itself, where it is over that already."""
    inner, loads = declared.impl_instance, type(declared).load_dialect_impl
    exact = _exact(inner)
    if exact is inner and loads is TypeDecorator.load_dialect_impl:
        return declared
    decorated = with_impl(declared, exact)
    if loads is not TypeDecorator.load_dialect_impl:
        vars(decorated)["load_dialect_impl"] = partial(_stored_form, declared)
    return decorated


def _stored_form(declared: TypeDecorator[Any], dialect: Dialect) -> TypeEngine[Any]:
    return stored(declared.load_dialect_impl(dialect))


def _unless_varied(declared: TypeEngine[Any], plain: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that every store reads: a database's own one reads what its drivers give."""
    return declared if declared._variant_mapping else plain  # noqa: SLF001  (no public way in)


def _uuid(declared: Any) -> Any:
    for database in known_databases():
        if not database.native_ids and database.names[0] not in declared._variant_mapping:  # noqa: SLF001
            # SQLite takes a column of the type "UUID" for one of numbers, as which it keeps what has digits alone.
            declared = declared.with_variant(
                Uuid(as_uuid=declared.as_uuid, native_uuid=False), *database.names
            )
    return declared


def _array(declared: ARRAY[Any]) -> TypeEngine[Any]:
    """An array; where a variant says JSON, a document as :func:`_document` has it there."""
    documents = {name: form for name, form in declared._variant_mapping.items() if isinstance(form, JSON)}  # noqa: SLF001
    if not documents:
        return declared
    array = declared.copy()
    for name, form in documents.items():
        document: Any = _document(form)
        there = document._variant_mapping.get(name, document).copy()  # noqa: SLF001
        there._variant_mapping = type(document._variant_mapping)()  # noqa: SLF001
        array._variant_mapping = array._variant_mapping.union({name: there})  # noqa: SLF001
    return array


_EXACT: tuple[tuple[Any, Callable[[Any], TypeEngine[Any]]], ...] = (
    (Interval | postgresql.INTERVAL, _interval),
    (TypeDecorator, _exact_decorated),
    (sqlite.DATE, lambda declared: _unless_varied(declared, Date())),
    (sqlite.TIME | mysql.TIME, lambda declared: _unless_varied(declared, Time())),
    (sqlite.DATETIME | mysql.DATETIME, lambda declared: _unless_varied(declared, DateTime())),
    (UUID, _uuid),
    (JSON, _document),
    (ARRAY, _array),
)
