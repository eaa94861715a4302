"""Writes types, defaults and keys of a log's tables into a migration in the words of :mod:`sqla_osiris.alembic.columns`.

Alembic by itself would write what they are on the database that it compares with, and a migration runs on others too.
"""

from collections.abc import Callable
from typing import Any, Final, Literal

from alembic.autogenerate import render_op_text, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _repr_type
from alembic.operations import ops
from sqlalchemy import JSON, Column, DateTime, Interval, Numeric, PrimaryKeyConstraint
from sqlalchemy.schema import DefaultClause
from sqlalchemy.sql.elements import False_
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.alembic.columns import cleared, key, position, stored, transaction_id
from sqla_osiris.schema.tables import StatementTime
from sqla_osiris.types.portable import STORED_BY, ExactDecimal, ExactInterval, UTCDateTime

__all__ = ["ENUMS", "IMPORT", "LogIndex", "column_text", "render_in_our_words"]

IMPORT: Final = "from sqla_osiris import alembic as osiris"

ENUMS: Final = "sqla_osiris.enums"
"""In an environment's options: what the models' types of enumerations are written like."""

RenderItem = Callable[[str, Any, AutogenContext], str | Literal[False]]


class _RenderItem:
    """An environment's ``render_item``: the application's own answers first."""

    def __init__(self, own: RenderItem | None) -> None:
        self.own = own

    def __call__(self, kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
        own = self.own(kind, item, context) if self.own is not None else False
        if own is not False:
            return _in_our_word(own, item, context)
        render = _RENDERERS.get(kind)
        text = render(item, context) if render is not None else None
        if text is None:
            return False
        if "osiris." in text:
            context.imports.add(IMPORT)
        return text


def render_in_our_words(context: AutogenContext) -> None:
    """Have this environment render a log's tables so. The application's ``render_item`` keeps the first word."""
    own = context.opts.get("render_item")
    if not isinstance(own, _RenderItem):
        context.opts["render_item"] = _RenderItem(own)


def column_text(column: Column[Any], context: AutogenContext) -> str:
    """A column as an operation's argument: its name and type."""
    return f"sa.Column({column.name!r}, {_repr_type(column.type, context)})"


def _in_our_word(text: str, item: Any, context: AutogenContext) -> str:
    """The text of a user's own type, so that a migration makes the column that the library stores its values in."""
    word = getattr(item, STORED_BY, None)
    if word is None:
        return text
    context.imports.add(IMPORT)
    return f"osiris.{word}({text})"


def _type(item: TypeEngine[Any], context: AutogenContext) -> str | None:
    if isinstance(item, TypeDecorator) and type(item).__module__.startswith("sqla_osiris."):
        declared = _declared(item)
        if declared is None:
            return _repr_type(item.impl_instance, context)
        return f"osiris.stored({_repr_type(declared, context)})"
    if isinstance(item, TypeDecorator) and STORED_BY in vars(item):
        given = item.copy()
        vars(given).pop(STORED_BY)
        return _in_our_word(_repr_type(given, context), item, context)
    if _same(item, position()):
        return "osiris.position()"
    if _same(item, cleared()):
        return "osiris.cleared()"
    spoken = _type_with_forms if item._variant_mapping else _enum  # noqa: SLF001  (no public way in)
    return spoken(item, context)


def _enum(item: TypeEngine[Any], context: AutogenContext) -> str | None:
    known = context.opts.get(ENUMS, frozenset())
    if repr(item) not in known:
        return None
    context.opts[ENUMS] = known - {repr(item)}  # or it would be asked for this again
    try:
        return f"osiris.stored({_repr_type(item, context)})"
    finally:
        context.opts[ENUMS] = known


def _type_with_forms(item: TypeEngine[Any], context: AutogenContext) -> str | None:
    base = item.copy()
    base._variant_mapping = type(item._variant_mapping)()  # noqa: SLF001
    for word, spoken in (("stored", stored), ("key", key)):
        if _same(spoken(base), item):
            if isinstance(base, JSON):
                base.none_as_null = False
            return f"osiris.{word}({_repr_type(base, context)})"
    return None


def _declared(item: TypeDecorator[Any]) -> TypeEngine[Any] | None:
    if isinstance(item, UTCDateTime):
        return DateTime(timezone=True)
    if isinstance(item, ExactDecimal):
        return Numeric(item.precision, item.scale)
    if isinstance(item, ExactInterval):
        return Interval()
    return None


def _same(left: TypeEngine[Any], right: TypeEngine[Any]) -> bool:
    return bool(_said(left) == _said(right))


def _said(item: TypeEngine[Any]) -> Any:
    variants = item._variant_mapping  # noqa: SLF001  (no public way in)
    forms = {name: (type(form), repr(form)) for name, form in variants.items()}
    return type(item), repr(item), forms


def _server_default(item: Any, _context: AutogenContext) -> str | None:
    said = item.arg if isinstance(item, DefaultClause) else item
    if isinstance(said, StatementTime):
        return "osiris.statement_time()"
    if isinstance(said, type(transaction_id())):
        return "osiris.transaction_id()"
    return None


def _primary_key(item: PrimaryKeyConstraint, _context: AutogenContext) -> str | None:
    include = item.dialect_options["postgresql"].get("include")
    if not include:
        return None
    named = f", name={_name(item.name)}" if item.name else ""
    columns = ", ".join(repr(column.name) for column in item.columns)
    return f"sa.PrimaryKeyConstraint({columns}{named}, postgresql_include={[*include]!r})"


def _name(name: Any) -> str:
    return repr(str(name))


_RENDERERS: Final[dict[str, Callable[[Any, AutogenContext], str | None]]] = {
    "type": _type,
    "server_default": _server_default,
    "primary_key": _primary_key,
}


class LogIndex(ops.CreateIndexOp):
    """An index of a log's. Its text says where it is empty in a way that every database reads."""

    @classmethod
    def of(cls, operation: ops.CreateIndexOp) -> ops.CreateIndexOp:
        """The operation itself, unless its condition would be written in one database's words."""
        if isinstance(operation, cls) or not any(isinstance(v, False_) for v in operation.kw.values()):
            return operation
        return cls(
            operation.index_name,
            operation.table_name,
            operation.columns,
            schema=operation.schema,
            unique=operation.unique,
            if_not_exists=operation.if_not_exists,
            **operation.kw,
        )

    def reverse(self) -> ops.DropIndexOp:
        name: Any = self.index_name  # as it is: a name of a convention's own type may be shortened
        return ops.DropIndexOp(name, self.table_name, schema=self.schema, _reverse=self)


@renderers.dispatch_for(LogIndex)
def _render_index(context: AutogenContext, operation: LogIndex) -> str:
    empty = [name for name, value in operation.kw.items() if isinstance(value, False_)]
    plain = ops.CreateIndexOp(
        operation.index_name,
        operation.table_name,
        operation.columns,
        schema=operation.schema,
        unique=operation.unique,
        **{name: value for name, value in operation.kw.items() if name not in empty},
    )
    text = render_op_text(context, plain)
    return f"{text[:-1]}, {', '.join(f'{name}=sa.false()' for name in empty)})"
