"""The forms that column types take on MySQL and MariaDB, so that values compare and come back as on the other databases.

Text is compared by code point, case and trailing spaces included; floats are doubles, moments keep microseconds, and
what has no length elsewhere has none here.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Final

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Double,
    Enum,
    Float,
    LargeBinary,
    Numeric,
    String,
    Time,
    Uuid,
)
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.capabilities import KEY_WITHIN
from sqla_osiris.databases.leaf_types import with_impl
from sqla_osiris.databases.plan import Key, Plan
from sqla_osiris.errors import DeclarationError, InvalidValue
from sqla_osiris.reducers.exact import in_scale

__all__ = ["KEY_LENGTH", "NAMES", "Types", "collation", "refuse_long_keys"]

NAMES: Final = ("mysql", "mariadb")
"""What SQLAlchemy may call their dialects. Behind a URL of ``mysql`` may stand either, which a connection tells."""

_COLLATIONS: Final = {True: "utf8mb4_nopad_bin", False: "utf8mb4_0900_bin"}
"""Whether a server is MariaDB, and its collation that compares by code point without padding."""

KEY_LENGTH: Final = 255
"""What an index takes of a context that declares no length: characters of text, or bytes."""


def collation(dialect: Any) -> str:
    """Return the collation that compares by code point, without padding."""
    return _COLLATIONS[dialect.is_mariadb]


class AutoIncrement(BigInteger):
    """A number that the database gives; its column needs an index of its own."""


@compiles(AutoIncrement)
def _render_auto_increment(_type: AutoIncrement, _compiler: Any, **_: Any) -> str:
    return "BIGINT AUTO_INCREMENT"


class CodePointText(String):
    """Text that compares by code point, trailing spaces included; LONGTEXT without a length.

    A column with a foreign key must collate as its target does, which may be an application's own column. Of a target that
    stands in a migration by its name alone, nothing is known: it is a model's.
    """


@compiles(CodePointText)
def _render_text(type_: CodePointText, compiler: Any, *, type_expression: Any = None, **kw: Any) -> str:
    name = "LONGTEXT" if type_.length is None else f"VARCHAR({type_.length:d})"
    target = _referenced(type_expression)
    if target is not None:
        found = target.type.dialect_impl(compiler.dialect)
        if not isinstance(found, CodePointText | NullType):
            like: str = compiler.process(found, type_expression=target, **kw)
            return like
    return f"{name} CHARACTER SET utf8mb4 COLLATE {collation(compiler.dialect)}"


class TextAndKey(CodePointText):
    """Long text that brings the key of another column along, within CREATE TABLE: AUTO_INCREMENT takes no later one.

    For a column that may be NULL and has no default, so that nothing follows its type. Neither a constraint nor an option
    would do: Alembic would miss it in other databases, or not write it into a migration. There, with no index known yet,
    the key is named as its column: Alembic takes such for the server's own.
    """

    cache_ok = True

    def __init__(self, keyed: str) -> None:
        super().__init__()
        self.keyed = keyed

    def __repr__(self) -> str:
        return f"TextAndKey({self.keyed!r})"


@compiles(TextAndKey)
def _render_text_and_key(type_: TextAndKey, compiler: Any, *, type_expression: Any = None, **kw: Any) -> str:
    text = _render_text(type_, compiler, **kw)
    table = getattr(type_expression, "table", None)
    if not isinstance(type_expression, Column) or table is None:
        return text
    named = [index.name for index in table.indexes if index.info.get(KEY_WITHIN)]
    quote = compiler.dialect.identifier_preparer.quote
    return f"{text}, KEY {quote(named[0] if named else type_.keyed)} ({quote(type_.keyed)})"


def _referenced(column: Any) -> Column[Any] | None:
    keys = getattr(column, "foreign_keys", None)
    return next(iter(keys)).column if keys else None


def _form(declared: TypeEngine[Any], *, key: bool) -> TypeEngine[Any] | None:
    if isinstance(declared, Enum):
        return None
    if isinstance(declared, String):
        return _text(declared, key=key)
    for kind, form in _FORMS:
        if isinstance(declared, kind):
            return form(declared, key)
    return None


def _text(declared: String, *, key: bool) -> TypeEngine[Any] | None:
    if declared.collation is not None:
        return None
    if declared.length is None and key:
        return CodePointText(KEY_LENGTH)
    return CodePointText(declared.length)


def _number(declared: Any, _key: Any) -> TypeEngine[Any] | None:
    # A DECIMAL without precision would keep no decimal places.
    return Double() if declared.precision is None and not declared.asdecimal else None


def _bytes(declared: Any, key: Any) -> TypeEngine[Any]:
    if key:
        return mysql.VARBINARY(declared.length or KEY_LENGTH)
    return mysql.LONGBLOB()


_FORMS: tuple[tuple[type, Callable[[Any, Any], TypeEngine[Any] | None]], ...] = (
    (Float, lambda declared, _key: Double(asdecimal=declared.asdecimal)),
    (Numeric, _number),
    (DateTime, lambda _declared, _key: mysql.DATETIME(fsp=6)),
    (Time, lambda _declared, _key: mysql.TIME(fsp=6)),
    (LargeBinary, _bytes),
    # Its own UUID refuses those of no version known to it. A key's type is that of what it points to.
    (Uuid, lambda declared, key: None if key else Uuid(as_uuid=declared.as_uuid, native_uuid=False)),
)


def refuse_long_keys(product: str, plan: Plan, keys: Iterable[Key]) -> None:
    """Raise InvalidValue for a context that its column would not hold, having declared no length."""
    unlimited = _unlimited(plan)
    for key in keys if unlimited else ():
        for place in unlimited:
            if len(key[place]) > KEY_LENGTH:
                raise InvalidValue(
                    f"{plan.model}.{plan.context[place]}: a length of {len(key[place])}; {product} keeps {KEY_LENGTH} of a "
                    "context that declares no length. Declare one: Context(String(500))."
                )


@lru_cache(maxsize=256)
def _unlimited(plan: Plan) -> list[int]:
    """The places of a context's parts that declare no length."""
    types: list[Any] = [plan.heads.c[name].type for name in plan.context]
    return [
        place
        for place, type_ in enumerate(types)
        if isinstance(type_, String | LargeBinary) and type_.length is None and not isinstance(type_, Enum)
    ]


_DIGITS, _PLACES = 65, 30
"""What they keep of a Numeric() without precision and scale: it would keep no decimal places by itself."""

_MICROSECONDS: Final = 6


class Types(Database):
    """The forms that types take."""

    product: ClassVar[str]
    """What its makers call it."""

    moment_type: ClassVar[TypeEngine[Any] | None] = mysql.DATETIME(fsp=_MICROSECONDS)
    interval_type: ClassVar[TypeEngine[Any] | None] = BigInteger()
    position_type: ClassVar[TypeEngine[Any] | None] = AutoIncrement()
    cleared_type: ClassVar[TypeEngine[Any] | None] = TextAndKey("position")
    brings_keys_along = True

    def decimal_type(self, precision: int | None, scale: int | None) -> TypeEngine[Any]:
        return Numeric(_DIGITS, _PLACES) if precision is None and scale is None else Numeric(precision, scale)

    def decimal_bind(self, value: Any, precision: int | None, scale: int | None) -> Any:
        if precision is None and scale is None:
            _refuse_beyond(self.product, value)
        return value

    def stored(self, declared: TypeEngine[Any], *, key: bool) -> TypeEngine[Any]:
        given = declared._variant_mapping  # noqa: SLF001  (no public way in)
        if self.name in given:
            return self._with_variant(declared, given[self.name], key=key)
        if isinstance(declared, TypeDecorator):
            inner = declared.impl_instance
            form = self.stored(inner, key=key)
            return declared if form is inner else with_impl(declared, form)
        own = self.own_form(declared, key=key)
        return declared if own is None else declared.with_variant(own, self.name)

    def form(self, declared: TypeEngine[Any]) -> TypeEngine[Any]:
        there = self.stored(declared, key=False)
        return there._variant_mapping.get(self.name, there)  # noqa: SLF001  (no public way in)

    def own_form(self, declared: TypeEngine[Any], *, key: bool) -> TypeEngine[Any] | None:
        """Return the form of a type that brings none along; None where it needs none."""
        return _form(declared, key=key)

    def _with_variant(
        self, declared: TypeEngine[Any], found: TypeEngine[Any], *, key: bool
    ) -> TypeEngine[Any]:
        """Return the type whose form there, as it was given, compares and comes back as elsewhere."""
        form = None if isinstance(found, CodePointText | TypeDecorator) else self.own_form(found, key=key)
        if form is None:
            return declared
        kept = declared.copy()
        kept._variant_mapping = declared._variant_mapping.union({self.name: form})  # noqa: SLF001
        return kept

    def refuse_variant(self, where: str, given: TypeEngine[Any]) -> None:
        if isinstance(given, DateTime | Time) and (getattr(given, "fsp", None) or 0) < _MICROSECONDS:
            raise DeclarationError(
                f"{where}: {given!r} keeps no microseconds on {self.product}. Leave the variant out, or write "
                "mysql.DATETIME(fsp=6) or mysql.TIME(fsp=6)."
            )


def _refuse_beyond(product: str, value: Any) -> None:
    """Raise InvalidValue for a decimal that a column without precision and scale does not hold."""
    exact = Decimal(value) if not isinstance(value, float) else Decimal(repr(value))
    _, digits, exponent = in_scale(exact, None).as_tuple()
    if int(exponent) < -_PLACES or len(digits) + int(exponent) > _DIGITS - _PLACES:
        raise InvalidValue(
            f"{value!r} goes beyond {_DIGITS - _PLACES} digits with {_PLACES} decimal places; "
            f"{product} cannot hold it exactly"
        )
