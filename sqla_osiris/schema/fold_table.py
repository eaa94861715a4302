"""The table that a model is mapped to: it stands in FROM as the query that folds the log.

It is a ``Table`` so that the mapper, ``relationship()`` and foreign keys see ordinary columns, but it belongs to
no application's metadata: ``create_all`` and Alembic see the event and the head table alone.
"""

import sys
from collections import ChainMap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, cast

from sqlalchemy import BindParameter, Column, MetaData, Select, Table, Update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.schema import BLANK_SCHEMA

from sqla_osiris.databases.base import Database
from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import DeclarationError, NotExpressible
from sqla_osiris.schema.locks import (
    join_locked_heads,
    leave_folds_out,
    locking_select,
    locks_one_alone,
    refuse_lock_of_the_past,
    refuse_without_heads,
)
from sqla_osiris.schema.moments import PastAlias, moment_of_alias
from sqla_osiris.schema.tables import TablePlan

__all__ = ["FOLDS", "FoldTable", "fold_table", "tables_undone"]

FOLDS = "sqla_osiris.folds"
"""In an application's ``MetaData.info``: the FoldTables of its models."""


class FoldTable(Table):
    """Renders as ``(SELECT … fold …) AS name``; every write to it raises NotExpressible."""

    inherit_cache: bool | None = False
    # Not "table": the unit of work must not find a table to write to, nor create_all one to create.
    __visit_name__ = "fold_table"
    # A subquery's columns are named by its alias, which no schema_translate_map may prefix.
    _use_schema_map = False
    folds = True
    """What a type in its columns asks of a column's table: see :func:`sqla_osiris.forms.handed.kept_state`."""
    model: str
    heads: Table
    plan: TablePlan | None = None
    """What the tables of a model are built from; a view has none."""
    folding_query: Callable[[Database, bool], Select[Any]]
    locking_query: Callable[[Database, Any], Select[Any]]
    past_query: Callable[[Database, BindParameter[Any], bool], Select[Any]]

    @property
    def implicit_returning(self) -> NoReturn:
        """Read by SQLAlchemy when it compiles an INSERT, UPDATE or DELETE of this table, and then only."""
        refuse(self.model)

    @implicit_returning.setter
    def implicit_returning(self, value: bool) -> None: ...

    @property
    def _autoincrement_column(self) -> Column[int] | None:
        # Where no INSERT returns anything, this is what its compiler reads. Others ask too what a table counts.
        if sys._getframe(1).f_globals["__name__"] == "sqlalchemy.sql.crud":  # noqa: SLF001
            refuse(self.model)
        return super()._autoincrement_column

    taking: Callable[[Column[Any]], None]
    """There while a subclass of the model is declared: it takes each column that the subclass adds."""

    def append_column(self, column: Any, *, replace_existing: bool = False) -> None:
        """Called with a subclass's columns, and where one is assigned to the class: its log is made, and has none for it."""
        if hasattr(self, "taking"):
            self.taking(column)
            return
        raise DeclarationError(
            f"{self.model}.{column.key}: a column was assigned to the class, and its log was made with the class. Declare "
            "it in the class body."
        )


def refuse(model: str) -> NoReturn:
    raise NotExpressible(
        f"{model} is folded from its events, and this statement says none. A session executes update() and delete() of a "
        "model's class itself: not of an alias or a view, and without a list of parameters. To begin streams, add objects "
        "(session.add_all), or use repository(...).append_many."
    )


def fold_table(
    model: str,
    name: str,
    application: MetaData,
    columns: Sequence[Column[Any]],
    constraints: Sequence[Any] = (),
) -> FoldTable:
    """A FoldTable outside ``application`` that resolves its foreign keys within it."""
    # No naming convention: it may ask what a key refers to, before the metadata's tables are there.
    metadata = MetaData(schema=application.schema, info=application.info)
    table = FoldTable(name, metadata, *columns, *constraints, schema=BLANK_SCHEMA)
    table.model = model
    # Foreign keys look their targets up in their own table's metadata, by name and as late as possible.
    # Where the heads have the model's own name, it is theirs.
    own: dict[str, Table] = {} if table.key in application.tables else {table.key: table}
    tables: ChainMap[str, Table] = ChainMap(own, cast(Any, application.tables))
    metadata.tables = tables  # type: ignore[assignment]  # read like the dict that it declares
    application.info.setdefault(FOLDS, []).append(table)
    return table


@contextmanager
def tables_undone(application: MetaData, *before: Table) -> Iterator[None]:
    """Leave no table in the application's metadata where a declaration fails; ``before`` were there before it."""
    folds = application.info.setdefault(FOLDS, [])
    tables, known = set(application.tables.values()) - set(before), len(folds)
    try:
        yield
    except BaseException:
        for table in set(application.tables.values()) - tables:
            application.remove(table)
        folds[:] = [fold for fold in folds[:known] if fold not in before]
        raise


@compiles(FoldTable)
def _render(
    table: FoldTable,
    compiler: Any,
    asfrom: bool = False,
    iscrud: bool = False,
    ashint: bool = False,
    from_linter: Any = None,
    enclosing_alias: Any = None,
    **kw: Any,
) -> str:
    if iscrud or _is_updated(table, compiler):
        refuse(table.model)
    name = compiler.preparer.quote(table.name)
    if ashint or not asfrom:
        return str(name)
    aliased = enclosing_alias is not None and enclosing_alias.element is table
    if from_linter and not aliased:
        from_linter.froms[table] = table.name
    kw.pop("fromhints", None)
    kw.pop("lateral", None)
    kw.pop("enclosing_lateral", None)
    kw.pop("lateral_from_linter", None)
    query, before = _query(table, compiler, enclosing_alias)
    # Its columns must not join the outer statement's result map, nor its binds the outer literals.
    literal = {"literal_binds": True} if kw.get("literal_binds") else {}
    rendered = query._compiler_dispatch(compiler, asfrom=True, **literal)  # noqa: SLF001  (what every @compiles calls)
    return f"{before}({rendered})" if aliased else f"{before}({rendered}) AS {name}"


def _query(table: FoldTable, compiler: Any, alias: Any) -> tuple[Select[Any], str]:
    """Return the query that stands in FROM, and what stands before it there."""
    database = database_of(compiler.dialect)
    moment = moment_of_alias(compiler, alias)
    locking = locking_select(table, compiler)
    if moment is not None:
        if locking is not None:
            refuse_lock_of_the_past(table.model)
        return table.past_query(database, moment, not isinstance(alias, PastAlias)), ""
    if locking is not None:
        refuse_without_heads(table, compiler)
    if locking is None or database.one_writer:
        return table.folding_query(database, _stands_alone(compiler)), ""
    lock = locking._for_update_arg  # noqa: SLF001
    if database.locks_in_folds:
        leave_folds_out(compiler, locking)
    if database.locks_in_folds or locks_one_alone(table, alias, compiler, locking):
        return table.locking_query(database, lock), ""
    return table.folding_query(database, False), join_locked_heads(table, alias, compiler, locking)


def _is_updated(table: FoldTable, compiler: Any) -> bool:
    """MariaDB's compiler renders what an UPDATE changes as it does any FROM."""
    enclosing = compiler.stack[-1]["selectable"] if compiler.stack else None
    return isinstance(enclosing, Update) and enclosing.table is table


def _stands_alone(compiler: Any) -> bool:
    """Whether the SELECT around the fold reads from nothing else, and all of its rows."""
    if not compiler.stack:
        return True
    enclosing = compiler.stack[-1]
    limited = getattr(enclosing["selectable"], "_limit_clause", None) is not None
    return len(enclosing["asfrom_froms"]) == 1 and not limited
