"""Adds a subclass's field to the log that was made with its base: nullable columns of the same log and the same heads."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from sqlalchemy import Column, Table
from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import DeclarationError
from sqla_osiris.schema.compiling import check_names, compile_fields, take_state_type
from sqla_osiris.schema.field import DERIVED, Field, resolve_type
from sqla_osiris.schema.fold_table import FOLDS
from sqla_osiris.schema.foreign_keys import MODELS, name_own_columns, refer_to_heads, referred_type, table_key
from sqla_osiris.schema.log import Log
from sqla_osiris.schema.policies import Inline
from sqla_osiris.schema.tables import TablePlan, head_columns, index_head, touch_columns

__all__ = ["add_column", "forget_compiled", "remove_columns"]


def add_column(log: Log, model: str, column: Column[Any], hints: Mapping[str, TypeEngine[Any]]) -> None:
    """Give the log a field of the subclass ``model``. Raises DeclarationError for one that the base alone can have."""
    plan = log.folded.plan
    assert plan is not None  # noqa: S101  (a model's table has one)
    known = [each for each in log.folded.c if each.name != "seq"]
    check_names(model, [*known, column])
    _refuse_of_subclass(f"{model}.{column.key}", log, column)
    _resolve(model, plan, column, hints)
    field = compile_fields(model, plan.name, [column], inline=isinstance(plan.policy, Inline))[column.name]
    if field.required:
        raise DeclarationError(
            f"{model}.{column.key}: a field of a subclass is None in the streams of all other classes. Declare it "
            "Mapped[… | None], or nullable=True."
        )
    extended = replace(plan, columns=[*plan.columns, column], fields={**plan.fields, column.name: field})
    _extend_tables(log, extended, column, field)
    take_state_type(extended, column)
    column.index = column.unique = None
    Table.append_column(log.folded, column)
    refer_to_heads((*plan.metadata.tables.values(), *plan.metadata.info[FOLDS]))
    _replan(log, extended)
    log.fields[column.name] = field


def remove_columns(log: Log, plan: TablePlan) -> None:
    """Take away what was added beyond this plan, where the declaration of a subclass fails."""
    for table in (log.folded, *log.tables):
        for column in [each for each in table.c if _is_of(each.name, log.fields.keys() - plan.fields.keys())]:
            table._columns.remove(column)  # noqa: SLF001  (nothing public removes one)
    for name in log.fields.keys() - plan.fields.keys():
        del log.fields[name]
    _replan(log, plan)
    forget_compiled(log)


def forget_compiled(log: Log) -> None:
    """Have the log compute anew what it says of its fields."""
    for name, value in vars(Log).items():
        if isinstance(value, cached_property):
            vars(log).pop(name, None)


def _is_of(column: str, fields: Any) -> bool:
    return column in fields or any(
        column in {f"osiris_count_{name}", f"osiris_state_{name}"} for name in fields
    )


def _replan(log: Log, plan: TablePlan) -> None:
    log.folded.plan = plan
    plan.metadata.info[MODELS][table_key(plan.name, plan.schema, plan.metadata)] = plan


def _refuse_of_subclass(where: str, log: Log, column: Column[Any]) -> None:
    refused = {
        "CreatedAt() or UpdatedAt()": DERIVED in column.info,
        "default=": column.default is not None,
        "unique=True": column.unique,
        "a constraint": column.constraints,
        "Encrypted(…)": hasattr(column.type, "master_key") and log.keys is None,
    }
    for option, present in refused.items():
        if present:
            raise DeclarationError(
                f"{where}: {option} is refused in a subclass: it would hold of the streams of all classes. Declare it in "
                "the base."
            )


def _resolve(model: str, plan: TablePlan, column: Column[Any], hints: Mapping[str, TypeEngine[Any]]) -> None:
    name_own_columns(plan.name, plan.schema, [column])
    own = table_key(plan.name, plan.schema, plan.metadata), [*plan.columns, column]
    referred = (referred_type(key, column, plan.metadata, own) for key in column.foreign_keys)
    resolve_type(model, column, next(referred, None), hints.get(column.key))


def _extend_tables(log: Log, plan: TablePlan, column: Column[Any], field: Field) -> None:
    for table in log.event_tables:
        for each in touch_columns(plan):
            if each.name not in table.c:
                table.append_column(each)
    for each in head_columns(plan, column):
        log.heads.append_column(each)
    if column.index:
        index_head(log.heads, plan.shown(field.name))
