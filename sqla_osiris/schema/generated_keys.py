"""Keys that the database gives: autoincrement, ``Identity()``, ``Sequence`` and ``server_default`` of a context's column.

They are the head's, an ordinary column with a generator of its own, by SQLAlchemy's rules for a primary key. A stream whose
key was not given gets it from there. A head stays when its stream ends or is erased, so no key is ever given twice.
"""

from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Integer, Sequence, Table
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import DefaultClause

from sqla_osiris.databases.leaf_types import plain_type
from sqla_osiris.errors import DeclarationError

__all__ = ["generates_key", "generator", "refuse_generator"]

_RULES: Final = frozenset({"auto", True, False, "ignore_fk"})


def refuse_generator(where: str, column: Column[Any], *, composite: bool) -> None:
    """Raise DeclarationError for a context's generator that gives no key, or not as all that the library writes needs it."""
    identity, default = column.identity, column.server_default
    if column.autoincrement not in _RULES:
        raise DeclarationError(
            f"{where}: autoincrement={column.autoincrement!r}: True, False or 'auto' was expected."
        )
    refused = {
        "autoincrement=True": column.autoincrement is True,
        "Identity": identity is not None,
        "Sequence": isinstance(column.default, Sequence),
        "server_default": default is not None,
    }
    option = next((option for option, given in refused.items() if given), None)
    if option and composite:
        raise DeclarationError(
            f"{where}: {option} is refused: the database gives the key of a context that is one column, and this one has "
            "several, which an append names together. Leave it out and give the key, or use default= with a function."
        )
    if identity is not None and identity.always:
        raise DeclarationError(
            f"{where}: Identity(always=True) is refused: the database would take no key that is given, and every event "
            "after a stream's first gives one. Write Identity()."
        )
    given = isinstance(default, DefaultClause) and not isinstance(default.arg, str)
    if default is not None and identity is None and not given:
        raise DeclarationError(
            f"{where}: this server_default says no SQL that makes a new key for each stream. Give an expression, as in "
            "server_default=text('gen_random_uuid()'), or use default= with a function."
        )


def generator(context: Column[Any], *, composite: bool) -> tuple[list[Any], dict[str, Any]]:
    """Return what gives the values of a context's column in the database, as arguments of the head's column."""
    default, identity = context.default, context.identity
    if composite or not (default is None or isinstance(default, Sequence)):
        return [], {"autoincrement": False}
    items: list[Any] = [] if default is None else [default._copy()]  # noqa: SLF001  (as Column's own copies do)
    checked = any(isinstance(each, CheckConstraint) for each in context.constraints)
    # MariaDB takes no CHECK of a column that counts, so such a column counts only where it is asked to.
    counts = context.autoincrement is True or (isinstance(plain_type(context.type), Integer) and not checked)
    options: dict[str, Any] = {"autoincrement": counts and context.autoincrement}
    if identity is not None:
        items.append(identity._copy())  # noqa: SLF001
    elif isinstance(context.server_default, DefaultClause):
        options["server_default"] = context.server_default.arg
    return items, options


def generates_key(model: str, heads: Table) -> bool:
    """Whether the database gives the key of a new stream. Raises DeclarationError."""
    key, *others = heads.primary_key
    try:
        counted = key is heads.autoincrement_column
    except ArgumentError as error:
        raise DeclarationError(f"{model}.{key.name}: {error} Leave autoincrement out.") from error
    return not others and (counted or key.default is not None or key.server_default is not None)
