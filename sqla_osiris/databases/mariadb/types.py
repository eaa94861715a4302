"""The forms that column types take on MariaDB, so that values compare and come back as on the other databases.

Text is compared by code point, case and trailing spaces included; floats are doubles, moments keep microseconds, and
what has no length elsewhere has none here.
"""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    DateTime,
    Numeric,
    String,
    Time,
)
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import DeclarationError, InvalidValue
from sqla_osiris.reducers.exact import in_scale

__all__ = [
    "COMPILER",
    "KEY_LENGTH",
    "NAMES",
    "AutoIncrement",
    "TextAndKey",
    "decimal_type",
    "form_on_mariadb",
    "on_mariadb",
    "refuse_beyond",
    "refuse_long_keys",
    "refuse_variant",
]

NAMES: Final = ("mysql", "mariadb")
"""What SQLAlchemy may call the dialect of a MariaDB: the URL's scheme decides."""

COMPILER: Final = MariaDBDialect()

COLLATION: Final = "utf8mb4_nopad_bin"
KEY_LENGTH: Final = 255
"""What an index takes of a context that declares no length: characters of text, or bytes."""


class AutoIncrement(BigInteger):
    """A number that the database gives; its column needs an index of its own."""


@compiles(AutoIncrement)
def _render_auto_increment(_type: AutoIncrement, _compiler: Any, **_: Any) -> str:
    return "BIGINT AUTO_INCREMENT"


class CodePointText(String):
    """Text that compares by code point, trailing spaces included; LONGTEXT without a length.

    A column with a foreign key must collate as its target does, which may be an application's own column.
    """


@compiles(CodePointText)
def _render_text(type_: CodePointText, compiler: Any, *, type_expression: Any = None, **kw: Any) -> str:
    name = "LONGTEXT" if type_.length is None else f"VARCHAR({type_.length:d})"
    target = _referenced(type_expression)
    if target is not None:
        found = target.type.dialect_impl(compiler.dialect)
        if not isinstance(found, CodePointText):
            like: str = compiler.process(found, type_expression=target, **kw)
            return like
    return f"{name} CHARACTER SET utf8mb4 COLLATE {COLLATION}"


def decimal_type(precision: int | None, scale: int | None) -> TypeEngine[Any]:
    """As :meth:`~sqla_osiris.databases.base.Database.decimal_type`."""
    return Numeric(_DIGITS, _PLACES) if precision is None and scale is None else Numeric(precision, scale)


def refuse_beyond(value: Any) -> None:
    """Raise InvalidValue for a decimal that a column without precision and scale does not hold."""
    exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    _, digits, exponent = in_scale(exact, None).as_tuple()
    if int(exponent) < -_PLACES or len(digits) + int(exponent) > _DIGITS - _PLACES:
        raise InvalidValue(
            f"{value!r} goes beyond {_DIGITS - _PLACES} digits with {_PLACES} decimal places; "
            "MariaDB cannot hold it exactly"
        )


def refuse_variant(where: str, given: TypeEngine[Any]) -> None:
    """As :meth:`~sqla_osiris.databases.base.Database.refuse_variant`."""
    if isinstance(given, DateTime | Time) and (getattr(given, "fsp", None) or 0) < _MICROSECONDS:
        raise DeclarationError(
            f"{where}: {given!r} keeps no microseconds on MariaDB. Leave the variant out, or write "
            "mysql.DATETIME(fsp=6) or mysql.TIME(fsp=6)."
        )


_MICROSECONDS: Final = 6
