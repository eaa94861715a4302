"""The constraints of a declaration, placed on the heads: the database itself holds each stream that lives to them.

With ``Inline()`` a head's accumulators are the present. Those of a stream that ended or was erased are emptied, so that
most of them are NULL there, which no UNIQUE, no foreign key and no EXCLUDE counts. Where one could count it, the index is
partial. A CHECK holds of what lives and is folded up to its seq: what is not is folded before its transaction ends.
A stale head counts with what it holds, until it is folded anew; a fold that the database refuses is not stored.
"""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Connection,
    ForeignKeyConstraint,
    Index,
    Table,
    TextClause,
    UniqueConstraint,
    and_,
    event,
    or_,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.sql import visitors

from sqla_osiris.databases.identifiers import index_name
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import DeclarationError, OsirisError
from sqla_osiris.schema.options import given_target, refuse_actions
from sqla_osiris.schema.tables import TablePlan, index_options

__all__ = ["CONSTRAINTS", "Declared", "constrain_heads", "declared_constraints"]

CONSTRAINTS: Final = (CheckConstraint, ExcludeConstraint, ForeignKeyConstraint, Index, UniqueConstraint)
"""What ``__table_args__`` may hold beside columns and options."""

LIVING_ALONE: Final = "sqla_osiris.living_alone"
"""In the info of an index that counts living streams alone by its condition: a database without one refuses it."""

Declared = tuple[Any, Any]
"""A constraint or an index as it was declared, and its name before a naming convention has made another one of it."""


def declared_constraints(columns: Sequence[Column[Any]], arguments: Sequence[Any]) -> list[Declared]:
    """Return what the declaration's columns and ``__table_args__`` say of the present."""
    of_columns = [check for column in columns for check in column.constraints if not _is_types_own(check)]
    # A part of the context is the whole of it, and unique anyway; head_table makes an index unique by itself.
    unique = (c for c in columns if c.unique and not c.index and not c.primary_key)
    of_columns += [UniqueConstraint(column.name) for column in unique]
    return [(item, item.name) for item in (*of_columns, *arguments)]


def _is_types_own(constraint: Any) -> bool:
    """Whether a type brought it along, as ``Enum(create_constraint=True)`` does: each table's column has its own."""
    return bool(getattr(constraint, "_type_bound", False))


def constrain_heads(model: str, plan: TablePlan, heads: Table, declared: Sequence[Declared]) -> None:
    """Put these, attached to the mapped table by now, on the heads. Raises DeclarationError for what cannot hold there."""
    placing = _Placing(model, plan, heads)
    for item, name in declared:
        placing.place(item, name)
    if any(LIVING_ALONE in index.info for index in heads.indexes):
        event.listen(heads, "before_create", partial(_refuse_whole_indexes, model))


def _refuse_whole_indexes(model: str, heads: Table, connection: Connection, **_: Any) -> None:
    if not database_of(connection.dialect).has_partial_indexes:
        name = next(index.name for index in heads.indexes if LIVING_ALONE in index.info)
        raise OsirisError(
            f"{model}: {name} must count living streams alone, by an index with a condition, and none is here. Have it "
            "include a Latest(...) field, which is NULL where no stream lives, or keep the model on PostgreSQL or SQLite."
        )


class _Placing:
    """Copies constraints from the mapped table to its heads."""

    def __init__(self, model: str, plan: TablePlan, heads: Table) -> None:
        self._model, self._plan, self._heads = model, plan, heads
        lives = heads.c.seq > heads.c.osiris_origin
        # Until its transaction has folded it, a head that a batch began holds no state.
        self._is_present = and_(heads.c.osiris_folded == heads.c.seq, lives)

    def place(self, item: Any, name: Any) -> None:
        where = f"{self._model}: the {type(item).__name__}{f' {name}' if name else ''}"
        if isinstance(item, CheckConstraint):
            self._place_check(where, item, name)
        elif isinstance(item, Index):
            self._place_index(where, item, name)
        elif isinstance(item, ForeignKeyConstraint):
            self._place_key(where, item, name)
        elif isinstance(item, ExcludeConstraint):
            self._place_exclusion(where, item, name)
        else:
            self._place_unique(where, item, name)

    def _put(self, placed: Any, item: Any) -> None:
        placed._ddl_if = item._ddl_if  # noqa: SLF001  (as SQLAlchemy's own copies take it over)
        self._heads.append_constraint(placed)

    def _place_check(self, where: str, item: CheckConstraint, name: Any) -> None:
        heads, condition = self._heads.c, self._condition(where, item.sqltext)
        holds = text(f"({condition.text})") if isinstance(condition, TextClause) else condition
        checked = or_(heads.osiris_folded != heads.seq, heads.seq <= heads.osiris_origin, holds)
        self._put(CheckConstraint(checked, **_options(item, name)), item)

    def _place_unique(self, where: str, item: UniqueConstraint, name: Any) -> None:
        columns = [self._column(where, column.name) for column in item.columns]
        nulls_count = item.dialect_options["postgresql"].get("nulls_not_distinct")
        if any(map(self._is_null_without_a_life, columns)) and not nulls_count:
            options = _options(item, name) | dict(item.dialect_kwargs)
            self._put(UniqueConstraint(*(c.name for c in columns), **options), item)
            return
        if item.deferrable or item.initially:
            raise DeclarationError(
                f"{where} is deferrable, and holds of living streams alone as an index, which none can defer. Leave it out."
            )
        self._index(item, name, columns, dict(item.dialect_kwargs), unique=True)

    def _place_index(self, where: str, item: Index, name: Any) -> None:
        columns = [self._condition(where, each) for each in item.expressions]
        kept = {
            option: self._condition(where, value) if option.endswith("_where") else value
            for option, value in item.dialect_kwargs.items()
        }
        self._index(item, name, columns, kept, unique=bool(item.unique))

    def _index(
        self, item: Any, name: Any, columns: Sequence[Any], options: dict[str, Any], *, unique: bool
    ) -> None:
        nulls_count = options.get("postgresql_nulls_not_distinct")
        living_alone = unique and (nulls_count or not any(map(self._is_null_without_a_life, columns)))
        info = dict(item.info)
        if living_alone:
            for option in ("postgresql_where", "sqlite_where"):
                given = options.get(option)
                options[option] = (
                    self._is_present if given is None else and_(self._is_present, _grouped(given))
                )
            if item._ddl_if is None:  # noqa: SLF001  (else its author says where there is one)
                info[LIVING_ALONE] = True
        if not unique:
            options = index_options(columns) | options
        named = name or index_name(self._heads, "_".join(getattr(c, "name", "expr") for c in columns))
        placed = Index(named, *columns, unique=unique, info=info, _table=self._heads, **options)
        placed._ddl_if = item._ddl_if  # noqa: SLF001

    def _place_key(self, where: str, item: ForeignKeyConstraint, name: Any) -> None:
        for key in item.elements:
            refuse_actions(where, key)
        columns = [self._column(where, name).name for name in item.column_keys]
        options = _options(item, name) | {
            option: getattr(item, option)
            for option in ("ondelete", "onupdate", "use_alter", "link_to_name", "match")
        }
        targets = [given_target(key) for key in item.elements]
        self._put(ForeignKeyConstraint(columns, targets, **options, **item.dialect_kwargs), item)

    def _place_exclusion(self, where: str, item: Any, name: Any) -> None:
        elements = [(self._condition(where, each), op) for each, _, op in item._render_exprs]  # noqa: SLF001
        condition = None if item.where is None else self._condition(where, item.where)
        if not any(self._is_null_without_a_life(each) for each, _ in elements):
            condition = self._is_present if condition is None else and_(self._is_present, _grouped(condition))
        options = {key: getattr(item, key) for key in ("deferrable", "initially", "using", "ops")}
        self._put(ExcludeConstraint(*elements, name=name, where=condition, **options), item)

    def _condition(self, where: str, given: Any) -> Any:
        """An expression of the mapped table's columns as one of the heads'; text is taken as it is."""
        if isinstance(given, str):
            given = text(given)
        if isinstance(given, TextClause):
            for name in self._plan.fields:
                if (
                    re.search(rf"\b{re.escape(name)}\b", given.text)
                    and self._column(where, name).name != name
                ):
                    raise DeclarationError(
                        f"{where}: the column that holds {name} is called {self._plan.shown(name)!r} in the heads. Write "
                        f"that, or an expression of columns instead of text."
                    )
            return given

        def replaced(element: Any, **_: Any) -> Any:
            return self._column(where, element.name) if isinstance(element, Column) else None

        return visitors.replacement_traverse(given, {}, replaced)

    def _column(self, where: str, name: str) -> Column[Any]:
        """Return the head's column that is the state of a field, or a part of the context. Raises DeclarationError."""
        if name not in self._plan.fields and name in self._heads.c:
            return self._heads.c[name]
        reason = self._plan.hidden(name)
        if reason:
            raise DeclarationError(f"{where}: {name} {reason}. Refuse a value by @validates instead.")
        return self._heads.c[self._plan.shown(name)]

    def _is_null_without_a_life(self, column: Any) -> bool:
        """Whether this column of a head, not an expression, is NULL where its stream does not live."""
        if not isinstance(column, Column) or column.primary_key:
            return False
        identities: Mapping[str, Any] = {
            name: form.identity
            for field in self._plan.fields.values()
            for name, form in field.sql.accumulators(field.name).items()
        }
        return identities.get(column.name) is None


def _options(item: Any, name: Any) -> dict[str, Any]:
    options = {option: getattr(item, option) for option in ("deferrable", "initially", "comment", "info")}
    # Who creates it on one database alone says so on the heads' copy, too.
    return {"name": name, **options, "info": dict(options["info"])}


def _grouped(condition: ColumnElement[Any] | TextClause) -> Any:
    return text(f"({condition.text})") if isinstance(condition, TextClause) else condition
