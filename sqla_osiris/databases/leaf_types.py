"""The column types beneath users' own ones, on a dialect or without any."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final, TypeGuard

from sqlalchemy import Dialect, Interval, LargeBinary
from sqlalchemy.dialects import mysql
from sqlalchemy.types import VARBINARY, TypeDecorator, TypeEngine

__all__ = ["BINARIES", "decorates", "leaf_type", "leaf_types", "loaded", "plain_type", "with_impl"]

BINARIES: Final = (LargeBinary, VARBINARY, mysql.TINYBLOB, mysql.MEDIUMBLOB, mysql.LONGBLOB)
"""The types of columns that hold bytes."""


def plain_type(declared: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the column type beneath users' own types, whatever the dialect."""
    while decorates(declared):
        declared = declared.impl_instance
    return declared


def decorates(declared: TypeEngine[Any]) -> TypeGuard[TypeDecorator[Any]]:
    """Whether it is a type over another one. An Interval is plain, for all that it decorates DateTime where it must."""
    if isinstance(declared, Interval):
        return isinstance(declared.impl, Interval)
    return isinstance(declared, TypeDecorator)


def leaf_type(declared: TypeEngine[Any], dialect: Dialect) -> TypeEngine[Any]:
    """Return the column type that they choose for a dialect."""
    (leaf,) = leaf_types(declared, dialect)
    return leaf


def leaf_types(declared: TypeEngine[Any], *dialects: Any) -> Iterator[TypeEngine[Any]]:
    """The types of the columns themselves, beneath users' own types, on each of these dialects."""
    for dialect in dialects:
        leaf = declared
        while True:
            leaf = leaf._variant_mapping.get(dialect.name, leaf)  # noqa: SLF001  (no public way in)
            if not decorates(leaf):
                break
            leaf = loaded(leaf, dialect)
        yield leaf


def loaded(declared: TypeDecorator[Any], dialect: Any) -> TypeEngine[Any]:
    """The type that a user's own one chooses for a dialect."""
    # A type may have no column for a database that its application does not use.
    with suppress(NotImplementedError, LookupError, ValueError):
        return declared.load_dialect_impl(dialect)
    return declared.impl_instance


def with_impl(declared: TypeDecorator[Any], form: TypeEngine[Any]) -> TypeDecorator[Any]:
    """A copy of a user's own type over another one."""
    decorated = declared.copy()
    # A copy remembers what this property gave before.
    vars(decorated).pop("impl_instance", None)
    decorated.impl = form
    return decorated
