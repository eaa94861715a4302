"""Column types that give the same Python value on every database.

SQLite has no decimals and no time zones, MariaDB no time zones; SQLAlchemy's own types therefore return other values
there than on PostgreSQL. ``stored`` replaces just those.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    JSON,
    UUID,
    BigInteger,
    Date,
    DateTime,
    Dialect,
    Double,
    Float,
    Interval,
    Numeric,
    Time,
    Uuid,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.databases.leaf_types import with_impl
from sqla_osiris.databases.mariadb.types import on_mariadb
from sqla_osiris.databases.names import MARIADB, MARIADB_NAMES, POSTGRESQL, SQLITE, is_on
from sqla_osiris.databases.sqlite.types import UTC_TEXT, JSONText, computed
from sqla_osiris.errors import InvalidValue
from sqla_osiris.reducers.exact import in_scale

__all__ = [
    "STORED_BY",
    "UNSCALED_LIMIT",
    "ExactDecimal",
    "ExactInterval",
    "UTCDateTime",
    "keeps_values",
    "stored",
]

STORED_BY: Final = "sqla_osiris_stored_by"
"""The attribute of a user's own type, changed for our databases, that says by which word a migration makes it so."""

_SQLITE_DIGITS = 15
"""The decimal digits that a double keeps for certain (DBL_DIG)."""

_UNSCALED = 10
"""The scale that SQLite uses for a Numeric() without one, as SQLAlchemy does."""


UNSCALED_LIMIT = 922_337_203
"""Up to where SQLite adds decimals without a scale: their ten places and this make 63 bits."""

_MARIADB_DIGITS, _MARIADB_PLACES = 65, 30
"""What MariaDB keeps of a Numeric() without precision and scale: it would keep no decimal places by itself."""


class _Decorated(TypeDecorator[Any]):
    """A decorator that is its plain type too, for tools that ask ``isinstance(column.type, Numeric)``."""

    def adapt(self, cls: type[TypeEngine[Any]], **kw: Any) -> TypeEngine[Any]:  # type: ignore[override]
        """Itself: a dialect's own form of the plain type is not taken in the decorator's place."""
        return self


class UTCDateTime(_Decorated, DateTime):  # type: ignore[misc]  # both are types
    """An aware datetime; stored and returned in UTC."""

    values_repeat = True
    """Many events are written at few moments, so that a batch processes each value once."""

    reads_computed = True
    """It reads what an expression gives as what a column does."""

    impl = DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), *MARIADB_NAMES)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return UTC_TEXT if is_on(dialect, SQLITE) else super().load_dialect_impl(dialect)

    def result_processor(self, dialect: Dialect, coltype: Any) -> Any:
        if is_on(dialect, SQLITE):
            return self.impl_instance.result_processor(dialect, coltype)  # gives UTC already
        return super().result_processor(dialect, coltype)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise InvalidValue(f"{value!r} has no time zone; give an aware datetime")
        in_utc = value if value.tzinfo is UTC else _in_utc(value)
        keeps_zone = is_on(dialect, SQLITE) or is_on(dialect, POSTGRESQL)
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


class ExactDecimal(_Decorated, Numeric[Decimal]):  # type: ignore[misc]  # both are types
    """A Numeric that is exact on SQLite too, up to 15 digits: sums are taken over scaled integers there."""

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int | None = None, scale: int | None = None) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    @property
    def effective_scale(self) -> int:
        return _UNSCALED if self.scale is None else self.scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if is_on(dialect, SQLITE):
            return dialect.type_descriptor(Double())
        if is_on(dialect, MARIADB) and self._unbounded:
            return dialect.type_descriptor(Numeric(_MARIADB_DIGITS, _MARIADB_PLACES))
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        if is_on(dialect, SQLITE):
            return self._as_double(value)
        if is_on(dialect, MARIADB) and self._unbounded:
            _refuse_beyond_mariadb(value)
        return value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        exact = value if isinstance(value, Decimal) else self._of_double(float(value))
        return in_scale(exact, self.scale)

    def _of_double(self, value: float) -> Decimal:
        """The decimal that SQLite's double stands for. Raises InvalidValue for a sum of more digits than are certain."""
        exact = Decimal(f"{value:.{_SQLITE_DIGITS}g}")
        if self.scale is not None and abs(value) >= 10.0 ** (_SQLITE_DIGITS - self.scale):
            raise InvalidValue(
                f"{value!r} may be a sum of more than {_SQLITE_DIGITS} digits, which SQLite does not hold exactly. Append "
                "what makes it smaller, or use another database."
            )
        return exact

    @property
    def _unbounded(self) -> bool:
        return self.precision is None and self.scale is None

    def _as_double(self, value: Any) -> float:
        exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
        if len(exact.normalize().as_tuple().digits) > _SQLITE_DIGITS:
            raise InvalidValue(
                f"{value!r} has more than {_SQLITE_DIGITS} digits; SQLite cannot hold it exactly"
            )
        double = float(exact)
        if not math.isfinite(double) or Decimal(repr(double)) != exact:
            raise InvalidValue(f"{value!r} is beyond the numbers that SQLite can hold exactly")
        return double


def _refuse_beyond_mariadb(value: Any) -> None:
    exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    _, digits, exponent = in_scale(exact, None).as_tuple()
    if int(exponent) < -_MARIADB_PLACES or len(digits) + int(exponent) > _MARIADB_DIGITS - _MARIADB_PLACES:
        raise InvalidValue(
            f"{value!r} goes beyond {_MARIADB_DIGITS - _MARIADB_PLACES} digits with {_MARIADB_PLACES} decimal places; "
            "MariaDB cannot hold it exactly"
        )


class ExactInterval(TypeDecorator[timedelta]):
    """An interval; whole microseconds on MariaDB, which has no type for it."""

    reads_computed = True

    impl = Interval
    cache_ok = True

    @property
    def python_type(self) -> type[timedelta]:
        return timedelta

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if is_on(dialect, MARIADB):
            return dialect.type_descriptor(BigInteger())
        return self.impl_instance

    def coerce_compared_value(self, op: Any, value: Any) -> TypeEngine[Any]:
        return self if isinstance(value, timedelta) else super().coerce_compared_value(op, value)

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None or not is_on(dialect, MARIADB):
            return value
        return value // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> timedelta | None:
        return timedelta(microseconds=value) if isinstance(value, int) else value


def stored(declared: TypeEngine[Any], *, key: bool = False) -> TypeEngine[Any]:
    """The type that an event or an accumulator of this declared type is stored with; ``key``: a context or foreign key."""
    kept = on_mariadb(_exact(declared), key=key)
    if kept is not declared and type(kept) is type(declared) and isinstance(kept, TypeDecorator):
        vars(kept)[STORED_BY] = "key" if key else "stored"
    return kept


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
    on_sqlite = document._variant_mapping.get("sqlite", document)  # noqa: SLF001
    if isinstance(on_sqlite, JSON) and not isinstance(on_sqlite, JSONText):
        document._variant_mapping = document._variant_mapping.union(  # noqa: SLF001
            {"sqlite": JSONText(none_as_null=True)}
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
    if "sqlite" in declared._variant_mapping:  # noqa: SLF001  (no public way in)
        return declared
    # SQLite takes a column of the type "UUID" for one of numbers, as which it keeps what has digits alone.
    return declared.with_variant(Uuid(as_uuid=declared.as_uuid, native_uuid=False), *SQLITE.names)


_EXACT: tuple[tuple[Any, Callable[[Any], TypeEngine[Any]]], ...] = (
    (UTCDateTime | ExactDecimal | ExactInterval, lambda declared: declared),
    (Interval | postgresql.INTERVAL, _interval),
    (TypeDecorator, _exact_decorated),
    (sqlite.DATE, lambda declared: _unless_varied(declared, Date())),
    (sqlite.TIME | mysql.TIME, lambda declared: _unless_varied(declared, Time())),
    (sqlite.DATETIME | mysql.DATETIME, lambda declared: _unless_varied(declared, DateTime())),
    (UUID, _uuid),
    (JSON, _document),
)
