"""Single-table inheritance: subclasses of a model share its log, which tells them apart by a field, the discriminator.

A subclass has no table of its own. Its fields become nullable columns of the base's log and heads, before anything was
compiled of them. SQLAlchemy loads each stream as the class that its discriminator says.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from sqla_osiris.errors import DeclarationError
from sqla_osiris.reducers import Last
from sqla_osiris.schema.extending import add_column, forget_compiled, remove_columns
from sqla_osiris.schema.log import Field, Log, log_of

__all__ = ["base_of", "check_identities", "inheriting", "settle_subclass"]

_USED: Final = {"fingerprint", "event_rows", "rows"}
"""What a log has computed as soon as a statement of it was compiled."""


def base_of(cls: type[Any]) -> type[Any] | None:
    """Return the mapped class that a class derives from, if any."""
    return next((base for base in cls.__mro__[1:] if "__mapper__" in base.__dict__), None)


@contextmanager
def inheriting(cls: type[Any], hints: Callable[[], Any]) -> Iterator[None]:
    """Have a class that derives from a model be mapped to its table. Raises DeclarationError where it cannot be."""
    base, own = base_of(cls), vars(cls)
    if base is None or own.get("__abstract__") or own.get("__tablename__") is not None:
        yield
        return
    log = log_of(base)
    _refuse_subclass(cls, base, log)
    cls.__tablename__ = None
    plan = log.folded.plan
    assert plan is not None  # noqa: S101  (a model's table has one)
    log.folded.taking = lambda column: add_column(log, cls.__name__, column, hints())
    try:
        yield
    except BaseException:
        remove_columns(log, plan)
        raise
    finally:
        del log.folded.taking


def _refuse_subclass(cls: type[Any], base: type[Any], log: Log) -> None:
    if inspect(base).polymorphic_on is None:
        raise DeclarationError(
            f"{cls.__name__} derives from the mapped class {base.__name__}: a log cannot be shared by inheritance. "
            "Put what they share into a mixin or an __abstract__ base. Or have one log tell them apart: "
            f"{base.__name__}.__mapper_args__ = "
            '{"polymorphic_on": "<a Latest field>", "polymorphic_identity": …}.'
        )
    if _USED & vars(log).keys():
        raise DeclarationError(
            f"{cls.__name__} derives from {base.__name__}, whose statements were compiled before: its fields come too late. "
            f"Import all subclasses before {base.__name__} is used."
        )


def settle_subclass(cls: type[Any], log: Log, mapper: Mapper[Any]) -> list[Field]:
    """Take over the attributes' names of a subclass's fields, and have the classes of rows show them. Returns its fields."""
    added = []
    for name, field in list(log.fields.items()):
        column = log.folded.c[name]
        if name in cls.Event.__mapper__.columns or column not in mapper._columntoproperty:  # noqa: SLF001
            continue
        key = mapper.get_property_by_column(column).key
        if any(key == other.key for each, other in log.fields.items() if each != name):
            raise DeclarationError(
                f"{cls.__name__}.{key}: another subclass of {log.model} has a field of that name, in another column. Rename "
                "one, or share the column: mapped_column(use_existing_column=True)."
            )
        added.append(replace(field, key=key))
        log.fields[name] = added[-1]
        for record, table in ((cls.Event, log.events), (cls.Snapshot, log.heads)):
            record.__mapper__.add_property(key, table.c[name])
    forget_compiled(log)
    return added


def check_identities(log: Log, mapper: Mapper[Any]) -> None:
    """Have the log refuse what is no identity of a class. Raises DeclarationError for what cannot be a discriminator."""
    column: Any = mapper.polymorphic_on
    field = log.fields.get(getattr(column, "name", None) or "")
    if (
        column is not log.folded.c.get(getattr(column, "name", ""))
        or field is None
        or type(field.reducer) is not Last
    ):
        raise DeclarationError(
            f"{log.model}.__mapper_args__: polymorphic_on={column!s} is refused: an event says the class of its stream, in "
            "a Latest field of the base. Give its name."
        )
    if field.encrypted is not None:
        raise DeclarationError(
            f"{log.model}.__mapper_args__: polymorphic_on={column!s} is encrypted: no query could tell the classes apart."
        )
    check, identities = field.check, mapper.polymorphic_map

    def known(value: Any) -> Any:
        checked = check(value)
        if checked not in identities:
            raise ValueError(f"one of {', '.join(map(repr, identities))} was expected, {value!r} found")
        return checked

    log.fields[field.name] = replace(field, check=known)
    log.discriminator[field.name] = identities
    forget_compiled(log)
