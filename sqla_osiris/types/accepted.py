"""Which column types keep each value the same in every store? Any other is refused when the class is made.

The types of docs/types.md are proven by its test. A database's own type often reads as another value than was written
(BIT, YEAR, INET), and SQL around a value (``bind_expression``) is left out by statements that carry many at once.
"""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    Numeric,
    SmallInteger,
    String,
    Text,
    Time,
    Uuid,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import BINARY, MatchType, TypeDecorator, TypeEngine, UserDefinedType

from sqla_osiris.databases.leaf_types import BINARIES, decorates, loaded
from sqla_osiris.databases.registry import known_databases
from sqla_osiris.errors import DeclarationError

__all__ = ["compares_by_code_point", "refuse_array", "refuse_collation", "refuse_unproven"]

_NEUTRAL: Final = DefaultDialect()
_MICROSECONDS: Final = 6
_CODE_POINTS: Final = frozenset(
    {"binary", "c", "c.utf-8", "c.utf8", "pg_c_utf8", "posix", "ucs_basic"}
    | {"utf8mb4_0900_bin", "utf8mb4_nopad_bin"}
)
"""Collations, in small letters, that tell all texts apart and order them as Python does."""


def refuse_unproven(where: str, declared: TypeEngine[Any]) -> None:
    """Raise DeclarationError for a type that may give another value back, in any database it has a form for."""
    for form in _forms(declared):
        _refuse_sql(where, form)
        if decorates(form):
            continue
        if isinstance(form, ARRAY) and form is not declared:
            raise DeclarationError(f"{where}: an ARRAY is a field's own type, or none. Declare it as JSON.")
        reason = _reason(form)
        if reason is not None:
            raise DeclarationError(f"{where}: {reason}")
    _refuse_mixed(where, declared)


def refuse_collation(where: str, declared: TypeEngine[Any], needs: str) -> None:
    """Raise DeclarationError for text that a column of this type takes for equal, or orders, by other rules than Python."""
    if not compares_by_code_point(declared):
        raise DeclarationError(
            f"{where}: {needs} text by code point, the same in every store, and its collation compares otherwise. Leave "
            "collation= out, and compare by it in queries: column.collate(…)."
        )


def refuse_array(where: str, declared: TypeEngine[Any], reason: str) -> None:
    """Raise DeclarationError for an ARRAY, where none can stand."""
    if any(isinstance(form, ARRAY) for form in _forms(declared)):
        raise DeclarationError(f"{where}: {reason}, and no ARRAY. Declare it as JSON, or of another type.")


def compares_by_code_point(declared: TypeEngine[Any]) -> bool:
    """Whether no form of the type brings a collation of another order."""
    given = {getattr(form, "collation", None) for form in _forms(declared)}
    return all(name is None or name.lower() in _CODE_POINTS for name in given)


def _forms(declared: TypeEngine[Any]) -> Iterator[TypeEngine[Any]]:
    """The type, its variants, and what users' own types are made of on each database."""
    yield declared
    yield from (
        form
        for variant in declared._variant_mapping.values()  # noqa: SLF001  (no public way in)
        for form in _forms(variant)
    )
    if decorates(declared):
        yield from _forms(declared.impl_instance)
        if type(declared).load_dialect_impl is not TypeDecorator.load_dialect_impl:
            for dialect in (*(each.compiler for each in known_databases()), _NEUTRAL):
                yield from _forms(loaded(declared, dialect))


def _refuse_sql(where: str, form: TypeEngine[Any]) -> None:
    for hook, unused in (("bind_expression", _NO_BIND), ("column_expression", _NO_COLUMN)):
        if getattr(type(form), hook) not in unused:
            raise DeclarationError(
                f"{where}: {type(form).__name__} puts SQL around its values ({hook}), which batches and folds cannot. "
                "Convert them in Python (TypeDecorator.process_bind_param), or declare Latest(Encrypted(…))."
            )


_NO_BIND: Final = (TypeEngine.bind_expression, TypeDecorator.bind_expression)
_NO_COLUMN: Final = (TypeEngine.column_expression, TypeDecorator.column_expression)


def _refuse_mixed(where: str, declared: TypeEngine[Any]) -> None:
    if isinstance(declared, TypeDecorator):
        return
    for variant in declared._variant_mapping.values():  # noqa: SLF001  (no public way in)
        if isinstance(variant, JSON) and isinstance(declared, ARRAY) and type(declared.item_type) in _IN_JSON:
            continue
        if isinstance(variant, TypeDecorator) or _kind(variant) is not _kind(declared):
            raise DeclarationError(
                f"{where}: {declared!r} is {variant!r} in another database, whose values are others. Choose types of one "
                "kind, or wrap the type in a TypeDecorator that converts."
            )
    for database in known_databases():
        for name in database.names:
            given = declared._variant_mapping.get(name)  # noqa: SLF001  (no public way in)
            if given is not None:
                database.refuse_variant(where, given)


def _kind(form: TypeEngine[Any]) -> Any:
    return next((kinds for kinds in _PROVEN if isinstance(form, kinds)), None)


def _reason(form: TypeEngine[Any]) -> str | None:
    for refused, advice in _REFUSED:
        if isinstance(form, refused):
            return advice.replace("TYPE", type(form).__name__)
    if isinstance(form, ARRAY):
        return _reason_of_elements(form)
    if _kind(form) is not None:
        return _reason_of_options(form)
    own = "is a type of its own, whose values are known" if isinstance(form, UserDefinedType) else "is known"
    return (
        f"{type(form).__name__} {own} to one database alone: no other store could keep them the same. Declare one of "
        "docs/types.md (String, Integer, Numeric, JSON, …), or a TypeDecorator over one of them."
    )


def _reason_of_options(form: TypeEngine[Any]) -> str | None:
    if isinstance(form, Time) and form.timezone:
        return "Time(timezone=True): SQLite and MariaDB drop the zone. Declare Time, and the zone as a field of its own."
    if isinstance(form, Float) and form.asdecimal:
        return f"{form!r}: a float has no exact Decimal. Declare Numeric(precision, scale)."
    if isinstance(form, Enum) and any(name != name.rstrip() for name in form.enums):
        return f"{form!r}: MariaDB drops spaces at the end of a member. Leave them out."
    if isinstance(form, postgresql.TIMESTAMP | postgresql.TIME | postgresql.INTERVAL | Interval):
        places = (getattr(form, name, None) for name in ("precision", "second_precision"))
        if any(p is not None and p < _MICROSECONDS for p in places) or getattr(form, "fields", None):
            return f"{form!r} rounds what is written. Leave its precision and fields out."
    if isinstance(form, sqlite.DATE | sqlite.TIME | sqlite.DATETIME) and any(
        map(vars(form).get, ("_storage_format", "_reg"))
    ):
        return f"{form!r} may keep less than is written. Leave storage_format, regexp and truncate_microseconds out."
    return None


def _reason_of_elements(array: ARRAY[Any]) -> str | None:
    kind = type(array.item_type)
    if array.as_tuple:
        return f"{array!r}: events hold lists. Leave as_tuple out."
    if kind not in {*_IN_JSON, *_ELEMENTS} or array.item_type._variant_mapping:  # noqa: SLF001  (no public way in)
        return f"{array!r}: an array of {kind.__name__} is not the same everywhere. Declare it as JSON."
    return _reason(array.item_type)


_IN_JSON: Final = frozenset({Integer, BigInteger, SmallInteger, String, Text, Boolean, Float, Double})
"""The types of elements that a JSON document keeps."""

_ELEMENTS: Final = frozenset({Uuid, Date})
"""Those that an array keeps, too."""

_PROVEN: Final[tuple[Any, ...]] = (
    Boolean,
    Enum,
    Integer,
    Float,
    Numeric,
    String,
    BINARIES,
    DateTime,
    Date,
    Time,
    (Interval, postgresql.INTERVAL),
    Uuid,
    JSON,
    ARRAY,
)
"""The types whose values come back as they were written, and what derives from them, by the kind of their values."""

_REFUSED: Final[tuple[tuple[Any, str], ...]] = (
    (mysql.BIT, "TYPE is read as bytes of its digits. Declare it as BigInteger."),
    (postgresql.BIT, "TYPE is read as another value by each driver. Declare it as BigInteger, or String."),
    (mysql.YEAR, "TYPE takes 70 for 1970. Declare it as SmallInteger."),
    (mysql.SET, "TYPE forgets its order. Declare it as JSON, a set with Union()."),
    (BINARY, "TYPE fills values up with zero bytes. Declare it as LargeBinary."),
    (MatchType, "TYPE is the type of a search's result. Declare it as Boolean."),
    (
        postgresql.CITEXT,
        "TYPE takes texts for equal that differ. Declare it as String, and compare func.lower() of it.",
    ),
    (postgresql.HSTORE, "TYPE exists on PostgreSQL alone. Declare it as JSON, an object with Merge()."),
    (postgresql.MONEY, "TYPE depends on the server's locale. Declare it as Numeric(precision, scale)."),
    (
        (postgresql.INET, postgresql.CIDR, postgresql.MACADDR, postgresql.MACADDR8),
        "TYPE is written in another form than was given, and read as another type by each driver. Declare it as String.",
    ),
    (
        (postgresql.TSVECTOR, postgresql.TSQUERY),
        "TYPE drops the text that it is made of. Declare it as Text, and search func.to_tsvector() of it.",
    ),
    (
        postgresql.ranges.AbstractRange,
        "TYPE exists on PostgreSQL alone. Declare its two ends as fields of their own.",
    ),
    (
        (postgresql.OID, postgresql.REGCLASS, postgresql.REGCONFIG),
        "TYPE means something in one database alone. Declare it as BigInteger or String.",
    ),
)
"""Types that are refused, with what to declare in their place."""
