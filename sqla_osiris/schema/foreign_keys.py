"""What a foreign key to a model's own table refers to: the model's heads, which have a row for each stream, for ever.

The table itself is folded and has no rows. So ``ForeignKey("user.id")`` is made into ``ForeignKey("user_snapshot.id")``, of
every table of the metadata: as its constraint joins the table, or once the model is declared after it. Whatever reads keys
from then on, such as ``create_all``, a relationship or Alembic, sees those of an ordinary table.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Final, cast

from sqlalchemy import (
    CHAR,
    VARCHAR,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    MetaData,
    String,
    Table,
    Text,
    Unicode,
    UnicodeText,
    event,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql.naming import _constraint_name_for_table, conv
from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import DeclarationError
from sqla_osiris.schema.options import given_target
from sqla_osiris.schema.tables import TablePlan
from sqla_osiris.types.portable import stored

__all__ = ["MODELS", "name_own_columns", "refer_to_heads", "referred_type", "table_key"]

MODELS: Final = "sqla_osiris.models"
"""In a ``MetaData.info``: the plans of its models, by the key of the table that a model is mapped to."""

_TEXTS: Final = (CHAR, String, Text, Unicode, UnicodeText, VARCHAR)

_HAS_TOKENS: Final = hasattr(ForeignKey, "target_tokens")
"""Whether this SQLAlchemy takes a target as names, a dot in one of them being a dot: from 2.1 on."""


def table_key(name: str, schema: str | None, metadata: MetaData) -> str:
    """Return the key of a table in the metadata's."""
    schema = schema or metadata.schema
    return name if schema is None else f"{schema}.{name}"


def name_own_columns(name: str, schema: str | None, columns: Sequence[Column[Any]]) -> None:
    """Have a key to one of these columns itself, as a class body can have it, name it: its copy is in another table."""
    for column in columns:
        for key in column.foreign_keys:
            target = given_target(key)
            if any(target is own for own in columns):
                _refer(key, (schema, name, target.name))


def referred_type(
    key: ForeignKey, parent: Column[Any], metadata: MetaData, own: tuple[str, Sequence[Column[Any]]]
) -> TypeEngine[Any] | None:
    """Return the type of the column that a model's key refers to, as far as it is declared; ``own`` are the model's."""
    target = given_target(key)
    if isinstance(target, Column):
        return target.type
    schema, name, column = _names(key)
    referred = table_key(name, schema, metadata)
    columns: Iterable[Any] = ()
    if referred in metadata.tables:
        columns = metadata.tables[referred].c
    elif referred == own[0]:
        columns = own[1]
    elif referred in metadata.info.get(MODELS, {}):
        columns = metadata.info[MODELS][referred].columns
    return next((each.type for each in columns if each.name == (column or parent.name)), None)


def refer_to_heads(tables: Iterable[Table]) -> None:
    """Have the keys of these tables, which were declared before a model, refer to its heads. Raises DeclarationError."""
    keyed = [(table, each) for table in tables for each in table.foreign_key_constraints]
    found = [(table, constraint, _targets(constraint, table)) for table, constraint in keyed]
    for table, constraint, targets in found:
        by_convention = (
            targets and isinstance(constraint.name, conv) and constraint.name == _named(constraint)
        )
        for key, target in targets:
            key._remove_from_metadata(table.metadata)  # noqa: SLF001  (SQLAlchemy resolves a key as it joins a table)
            _refer(key, target)
            key._set_table(key.parent, table)  # noqa: SLF001
            _collate(key.parent)
        if by_convention:
            constraint.name = _named(constraint)


@event.listens_for(ForeignKeyConstraint, "before_parent_attach")
def _refer_as_it_joins(constraint: ForeignKeyConstraint, table: Any) -> None:
    """Before a naming convention reads what it refers to."""
    targets = _targets(constraint, table) if isinstance(table, Table) else []
    for place, (key, target) in enumerate(targets):
        _refer(key, target)
        parent: Any = key.parent
        _collate(table.c.get(constraint.column_keys[place]) if parent is None else parent)


def _collate(column: Any) -> None:
    """Give a text that refers to a context its collation, where a database compares those of tables otherwise."""
    if column is None or getattr(column.table, "folds", False):
        return
    type_ = column.type
    if type(type_) in _TEXTS and not type_.collation and not type_._variant_mapping:  # noqa: SLF001
        column.type = stored(type_, key=True)


def _targets(constraint: ForeignKeyConstraint, table: Table) -> list[tuple[ForeignKey, Any]]:
    """Its keys to a model's own table, each with what it is to refer to instead."""
    targets = ((key, _target(key, table)) for key in constraint.elements)
    return [(key, target) for key, target in targets if target is not None]


def _target(key: ForeignKey, table: Table) -> Any:
    given = given_target(key)
    if isinstance(given, Column):
        folded: Any = given.table
        plan = getattr(folded, "plan", None)
        if plan is None:
            return None
        if given.name in folded.heads.c and given.name not in plan.fields:
            return folded.heads.c[given.name]
        return folded.heads.c[_state(plan, given.name, key, table)]
    models = table.metadata.info.get(MODELS)
    if not models:
        return None
    schema, name, column = _names(key)
    plan = models.get(table_key(name, schema, table.metadata))
    if plan is None or not _stands_for_its_table(plan):
        return None
    if column in plan.fields:
        column = _state(plan, str(column), key, table)
    return schema, plan.heads, column


def _stands_for_its_table(plan: TablePlan) -> bool:
    """Whether its heads are there, and no table of the model's own name, which a program may have beside the model."""
    own, heads = (table_key(name, plan.schema, plan.metadata) for name in (plan.name, plan.heads))
    return own not in plan.metadata.tables and heads in plan.metadata.tables


def _state(plan: TablePlan, name: str, key: ForeignKey, table: Table) -> str:
    """Return the head's column that is a field's present state. Raises DeclarationError."""
    reason = plan.hidden(name)
    if reason is not None:
        parent: Any = key.parent
        where = table.name if parent is None else f"{table.name}.{parent.name}"
        raise DeclarationError(
            f"{where}: ForeignKey({plan.name}.{name}) refers to a field that {reason}. Refer to the context, which each "
            "head has as its key."
        )
    return plan.shown(name)


def _names(key: ForeignKey) -> tuple[str | None, str, str | None]:
    """Return the schema, the table and the column that a key to no Column refers to."""
    tokens: Any = key.target_tokens if _HAS_TOKENS else key._column_tokens  # noqa: SLF001  (2.0 has nothing public)
    return tokens[0], tokens[1], tokens[2]


def _refer(key: ForeignKey, target: Any) -> None:
    """Have a key refer to another column than it was made with."""
    if isinstance(target, tuple) and not _HAS_TOKENS:
        target = ".".join(name for name in target if name is not None)
    now = vars(ForeignKey(target))
    kept = vars(key)
    kept.update({name: now[name] for name in ("_colspec", "_given_tokens", "_table_column") if name in now})
    for known in ("_column_tokens", "column"):
        kept.pop(known, None)


def _named(constraint: ForeignKeyConstraint) -> Any:
    """Return the name that the metadata's convention gives to this constraint, if it had none."""
    given, constraint.name = constraint.name, None
    try:
        with suppress(InvalidRequestError):
            # Nothing public names a constraint again.
            return cast(Any, _constraint_name_for_table)(constraint, constraint.parent)
        return None
    finally:
        constraint.name = given
