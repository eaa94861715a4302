"""Render types, defaults and keys of a log's tables in a migration by the functions of :mod:`sqla_osiris.alembic.columns`.

Alembic by itself would render what they are on the database that it compares with, and a migration runs on others too.
"""

from collections.abc import Callable
from typing import Any, Final, Literal

from alembic.autogenerate import render_op_text, renderers
from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _render_column, _repr_type
from alembic.operations import ops
from sqlalchemy import ARRAY, JSON, Column, DateTime, Interval, Numeric, PrimaryKeyConstraint
from sqlalchemy.schema import DefaultClause
from sqlalchemy.sql.elements import False_
from sqlalchemy.types import TypeDecorator, TypeEngine

from sqla_osiris.alembic.columns import cleared, event_meta, key, position, stored, transaction_id
from sqla_osiris.databases.elements import StatementTime
from sqla_osiris.types.portable import STORED_BY, ExactDecimal, ExactInterval, UTCDateTime

__all__ = ["ENUMS", "IMPORT", "LogIndex", "column_text", "render_portably"]

IMPORT: Final = "from sqla_osiris import alembic as osiris"

ENUMS: Final = "sqla_osiris.enums"
"""The option of an environment that holds the ``repr`` of each enumeration of its models."""

RenderItem = Callable[[str, Any, AutogenContext], str | Literal[False]]


class _RenderItem:
    """An environment's ``render_item``, which asks the application's own first."""

    def __init__(self, own: RenderItem | None) -> None:
        self.own = own

    def __call__(self, kind: str, item: Any, context: AutogenContext) -> str | Literal[False]:
        own = self.own(kind, item, context) if self.own is not None else False
        if own is not False:
            return _as_stored(own, item, context)
        render = _RENDERERS.get(kind)
        text = render(item, context) if render is not None else None
        if text is None:
            return False
        if "osiris." in text:
            context.imports.add(IMPORT)
        return text


def render_portably(context: AutogenContext) -> None:
    """Have this environment render a log's tables for every database. The application's ``render_item`` is asked first."""
    own = context.opts.get("render_item")
    if not isinstance(own, _RenderItem):
        context.opts["render_item"] = _RenderItem(own)


def column_text(column: Column[Any], context: AutogenContext) -> str:
    """Return a column as an operation's argument: its name and type."""
    return f"sa.Column({column.name!r}, {_repr_type(_as_referred(column, context) or column.type, context)})"


def _as_stored(text: str, item: Any, context: AutogenContext) -> str:
    """Return the text of a user's own type as a column that the library stores its values in."""
    function = getattr(item, STORED_BY, None)
    if function is None:
        return text
    context.imports.add(IMPORT)
    return f"osiris.{function}({text})"


def _column(item: Column[Any], context: AutogenContext) -> str | None:
    type_ = _as_referred(item, context)
    if type_ is None:
        return None
    copied = item._copy()  # noqa: SLF001  (as Alembic makes its own: without its keys)
    copied.type = type_
    return _render_column(copied, context)


def _as_referred(column: Column[Any], context: AutogenContext) -> TypeEngine[Any] | None:
    """Return the declared type of a column that refers to an application's own; None for any other.

    As in ``create_all``, a database must compare both alike. The migration will know the other by its name alone.
    """
    if not column.type._variant_mapping:  # noqa: SLF001  (no public way in)
        return None
    tables = {table.key: table for table in context.sorted_tables}
    targets = (each._resolve_column(raiseerr=False) for each in column.foreign_keys)  # noqa: SLF001
    found = [tables[t.table.key].c[t.name] for t in targets if t is not None and t.table.key in tables]
    if not any(not target.type._variant_mapping for target in found):  # noqa: SLF001
        return None
    return _without_variants(column.type)


def _type(item: TypeEngine[Any], context: AutogenContext) -> str | None:
    if isinstance(item, TypeDecorator) and type(item).__module__.startswith("sqla_osiris."):
        declared = _declared(item)
        if declared is None:
            return _repr_type(item.impl_instance, context)
        return f"osiris.stored({_repr_type(declared, context)})"
    if isinstance(item, TypeDecorator) and STORED_BY in vars(item):
        given = item.copy()
        vars(given).pop(STORED_BY)
        return _as_stored(_repr_type(given, context), item, context)
    own = next((function for function in (position, cleared, event_meta) if _same(item, function())), None)
    if own is not None:
        return f"osiris.{own.__name__}()"
    render = _type_with_variants if item._variant_mapping else _enum  # noqa: SLF001  (no public way in)
    return render(item, context)


def _enum(item: TypeEngine[Any], context: AutogenContext) -> str | None:
    known = context.opts.get(ENUMS, frozenset())
    if repr(item) not in known:
        return None
    context.opts[ENUMS] = known - {repr(item)}  # or it would be asked for this again
    try:
        return f"osiris.stored({_repr_type(item, context)})"
    finally:
        context.opts[ENUMS] = known


def _type_with_variants(item: TypeEngine[Any], context: AutogenContext) -> str | None:
    if isinstance(item, ARRAY):
        return f"osiris.stored({_array_text(item, context)})"
    base = _without_variants(item)
    for function in (stored, key):
        if _same(function(base), item):
            if isinstance(base, JSON):
                base.none_as_null = False
            return f"osiris.{function.__name__}({_repr_type(base, context)})"
    return None


def _array_text(item: ARRAY[Any], context: AutogenContext) -> str:
    """The array as it was declared: Alembic would render its documents as the database's own."""
    bare = item.copy()
    bare._variant_mapping = type(item._variant_mapping)()  # noqa: SLF001
    documents = "".join(
        f".with_variant({'sa.JSON()' if isinstance(form, JSON) else _repr_type(form, context)}, {name!r})"
        for name, form in item._variant_mapping.items()  # noqa: SLF001
    )
    return f"{_repr_type(bare, context)}{documents}"


def _without_variants(item: TypeEngine[Any]) -> TypeEngine[Any]:
    base = item.copy()
    base._variant_mapping = type(item._variant_mapping)()  # noqa: SLF001
    return base


def _declared(item: TypeDecorator[Any]) -> TypeEngine[Any] | None:
    if isinstance(item, UTCDateTime):
        return DateTime(timezone=True)
    if isinstance(item, ExactDecimal):
        return Numeric(item.precision, item.scale)
    if isinstance(item, ExactInterval):
        return Interval()
    return None


def _same(left: TypeEngine[Any], right: TypeEngine[Any]) -> bool:
    return bool(_comparable(left) == _comparable(right))


def _comparable(item: TypeEngine[Any]) -> Any:
    variants = item._variant_mapping  # noqa: SLF001  (no public way in)
    return type(item), repr(item), {name: (type(each), repr(each)) for name, each in variants.items()}


def _server_default(item: Any, _context: AutogenContext) -> str | None:
    default = item.arg if isinstance(item, DefaultClause) else item
    if isinstance(default, StatementTime):
        return "osiris.statement_time()"
    if isinstance(default, type(transaction_id())):
        return "osiris.transaction_id()"
    return None


def _primary_key(item: PrimaryKeyConstraint, _context: AutogenContext) -> str | None:
    include = item.dialect_options["postgresql"].get("include")
    if not include:
        return None
    named = f", name={str(item.name)!r}" if item.name else ""
    columns = ", ".join(repr(column.name) for column in item.columns)
    return f"sa.PrimaryKeyConstraint({columns}{named}, postgresql_include={[*include]!r})"


_RENDERERS: Final[dict[str, Callable[[Any, AutogenContext], str | None]]] = {
    "column": _column,
    "type": _type,
    "server_default": _server_default,
    "primary_key": _primary_key,
}


class LogIndex(ops.CreateIndexOp):
    """An index of a log's, whose condition that no row meets is rendered for every database."""

    @classmethod
    def of(cls, operation: ops.CreateIndexOp) -> ops.CreateIndexOp:
        """Return the operation itself, unless its condition would be rendered for one database alone."""
        if isinstance(operation, cls) or not any(isinstance(v, False_) for v in operation.kw.values()):
            return operation
        return cls.from_index(operation.to_index())

    def reverse(self) -> ops.DropIndexOp:
        name: Any = self.index_name  # as it is: a name of a convention's own type may be shortened
        return ops.DropIndexOp(name, self.table_name, schema=self.schema, _reverse=self)


@renderers.dispatch_for(LogIndex)
def _render_index(context: AutogenContext, operation: LogIndex) -> str:
    plain = ops.CreateIndexOp.from_index(operation.to_index())
    plain.kw = {name: _NoRow() if isinstance(value, False_) else value for name, value in plain.kw.items()}
    return render_op_text(context, plain)


class _NoRow:
    """A condition whose text in a migration is that of SQLAlchemy's own, and not the compared database's."""

    def __repr__(self) -> str:
        return "sa.false()"
