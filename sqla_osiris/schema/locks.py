"""How ``with_for_update()`` of a model locks: the heads of the rows that are found, whose states are folded under the lock.

A state has no row of its own, and what stands in FROM is the query that folds it. There are two ways, of which a database
has one (:attr:`Capabilities.locks_in_folds`):

Within the fold: the heads are locked where the fold reads them. MariaDB merges such a subquery into the outer one, so that
it locks what that finds, and locking reads of the log see what is committed by then.

Beside the fold: PostgreSQL keeps a subquery that locks apart, and would lock all heads. So the heads stand in FROM once
more, joined by context and seq. A head that another transaction advances while the statement waits for it is locked, and
then no longer at the seq of the state, which was folded as of the statement's beginning: the row is left out. The statement
is therefore sent twice. What the first one found is locked, so that the second one folds it as it now stands. Only one row
that is named by its context is locked within the fold there too.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NoReturn

from sqlalchemy import (
    Alias,
    BinaryExpression,
    BindParameter,
    BooleanClauseList,
    CompoundSelect,
    Join,
    Select,
    Table,
)
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import ForUpdateArg
from sqlalchemy.sql.util import surface_selectables_only

from sqla_osiris.errors import NotExpressible

__all__ = [
    "join_locked_heads",
    "leave_folds_out",
    "locking_select",
    "locks_one_alone",
    "refuse_lock_of_the_past",
    "refuse_without_heads",
]

_MARK: Final = "sqla_osiris.locked"


def locking_select(table: Any, compiler: Any) -> Any:
    """Return the SELECT … FOR UPDATE, as it is being compiled, that locks what it reads of this table or alias; or None.

    Those that read it in their FROM lock it, not those whose conditions ask about it. Raises NotExpressible where one of
    them reads it within a subquery.
    """
    read = table
    for entry in reversed(compiler.stack):
        select = entry.get("selectable")
        if isinstance(select, Select):
            if not any(_reads(source, read) for source in entry["asfrom_froms"]):
                return None
        elif not isinstance(select, CompoundSelect):
            return None
        if _locks(select, read):
            if len(compiler.stack) > 1:
                _refuse_subquery(table.model)
            return select
        state = entry["compile_state"]
        # The ORM compiles another statement than the one that a subquery names.
        read = getattr(state, "select_statement", None)
        if read is None:
            read = state.statement
    return None


def _locks(select: Any, read: Any) -> bool:
    asked = select._for_update_arg  # noqa: SLF001  (what every dialect's compiler reads)
    if asked is None:
        return False
    # Another model of the statement has named heads in the place of what was asked for.
    asked = getattr(asked, "asked", asked)
    named = (surface for each in asked.of or () for surface in surface_selectables_only(each))
    return not asked.of or any(_reads(source, read) for source in named)


def _reads(source: Any, read: Any) -> bool:
    # An annotated copy has its original's hash.
    return any(hash(each) == hash(read) for each in _layers(source))


def _layers(source: Any) -> Iterator[Any]:
    """A FROM and what it is an alias of."""
    while source is not None:
        yield source
        source = getattr(source, "element", None)


def _refuse_subquery(model: str) -> NoReturn:
    raise NotExpressible(
        f"{model} is folded from its events: with_for_update() locks the heads of the rows that a statement itself finds, "
        "not those of a subquery, a UNION or a common table expression. Lock in a statement of its own: "
        f"select({model}).where(...).with_for_update(); or, with of=, the other tables of a join alone."
    )


def refuse_without_heads(table: Any, compiler: Any) -> None:
    """Raise NotExpressible for the lock of a view, which has no heads, and of a statement that no session executes."""
    _heads_of(table)
    if not getattr(compiler.compile_state, "_entities", None):
        raise NotExpressible(
            f"{table.model} is locked through a session alone: session.execute(select({table.model}).with_for_update())."
        )


def _heads_of(table: Any) -> Table:
    heads: Table | None = getattr(table, "heads", None)
    if heads is None:
        raise NotExpressible(
            f"{table.model} is a view: a group is folded from events of many streams, and has no row to lock. Lock the "
            "streams by the model that it is of, in a statement before it; or, with of=, the other tables of a join alone."
        )
    return heads


def refuse_lock_of_the_past(model: str) -> NoReturn:
    """Raise NotExpressible for a lock of what was."""
    raise NotExpressible(
        f"{model} as of a moment has no row to lock: the past does not change. Leave with_for_update() out, or lock the "
        "present."
    )


def locks_one_alone(table: Any, alias: Any, compiler: Any, select: Any) -> bool:
    """Whether the SELECT finds one row at most, by its context, and reads nothing else: the fold itself locks it then.

    PostgreSQL pushes that condition into it, so that one statement is all, unless it finds nothing.
    """
    source = table if alias is None else alias
    froms, state = compiler.stack[-1]["asfrom_froms"], compiler.compile_state
    # An aggregate gives a row where none is found: PostgreSQL refuses to lock by that, as it does beside the fold.
    columns = select._raw_columns  # noqa: SLF001
    grouped = select._distinct or select._group_by_clauses or any(map(_calls, columns))  # noqa: SLF001
    keys = {hash(source.c[column.name]) for column in table.heads.primary_key}
    if grouped or len(froms) > 1 or not keys <= set(_given_by(select._where_criteria)):  # noqa: SLF001
        return False
    _send_twice(state, unless_found=True)
    select._for_update_arg = None  # noqa: SLF001
    return True


def _calls(column: Any) -> bool:
    return any(isinstance(each, FunctionElement) for each in visitors.iterate(column))


def _given_by(criteria: Any) -> Iterator[int]:
    """The hashes of columns that are to be equal to parameters."""
    for each in criteria:
        if isinstance(each, BooleanClauseList) and each.operator is operators.and_:
            yield from _given_by(each.clauses)
        elif isinstance(each, BinaryExpression) and each.operator is operators.eq:
            sides = each.left, each.right
            if any(isinstance(side, BindParameter) for side in sides):
                yield from map(hash, sides)


def join_locked_heads(table: Any, alias: Any, compiler: Any, select: Any) -> str:
    """Return what stands before the fold in FROM: the heads, which the statement joins and locks instead of it.

    The ORM has made this SELECT for this compilation, so its conditions may be added to. Raises NotExpressible where an
    outer join may find no row to lock.
    """
    state, source = compiler.compile_state, table if alias is None else alias
    _send_twice(state)
    froms = compiler.stack[-1]["asfrom_froms"]
    if any(_may_be_null(join, source) for join in froms if isinstance(join, Join)):
        raise NotExpressible(
            f"{table.model} stands on the side of an outer join that may have no row to lock. Join it by an inner one, or "
            "lock the other tables alone: with_for_update(of=...)."
        )
    heads = _locked_heads(state, source)
    names = (*(column.name for column in table.heads.primary_key), "seq")
    select._where_criteria += tuple(heads.c[name] == source.c[name] for name in names)  # noqa: SLF001
    if not hasattr(select._for_update_arg, "asked"):  # noqa: SLF001
        select._for_update_arg = _of_heads(select._for_update_arg, state, froms)  # noqa: SLF001
    return f"{heads._compiler_dispatch(compiler, asfrom=True)} CROSS JOIN "  # noqa: SLF001


def leave_folds_out(compiler: Any, select: Any) -> None:
    """Have FOR UPDATE OF name no fold that locks by itself: MySQL takes one lock of a table. All else it may name."""
    asked = select._for_update_arg  # noqa: SLF001
    # As above: a SELECT of the ORM's alone may be changed.
    if asked.of and not hasattr(asked, "asked") and getattr(compiler.compile_state, "_entities", None):
        surfaces = [surface for each in asked.of for surface in surface_selectables_only(each)]
        others: list[Any] = [each for each in surfaces if not any(map(_folds, _layers(each)))]
        select._for_update_arg = _naming(asked, others or None)  # noqa: SLF001


def _may_be_null(join: Any, source: Any) -> bool:
    nullable = [join.left, join.right] if join.full else [join.right] if join.isouter else []
    return any(_reads(each, source) for side in nullable for each in surface_selectables_only(side))


def _locked_heads(state: Any, source: Any) -> Any:
    found = state.global_attributes
    if (_MARK, source) not in found:
        found[_MARK, source] = next(_heads_of(each) for each in _layers(source) if _folds(each)).alias()
    return found[_MARK, source]


def _of_heads(asked: Any, state: Any, froms: Any) -> Any:
    """What was asked for, of the heads in place of models, and of the other tables as before."""
    named = asked.of or sorted(
        (each for each in froms if isinstance(each, Table | Alias)), key=lambda e: e.name
    )
    surfaces = [surface for each in named for surface in surface_selectables_only(each)]
    of: list[Any] = [
        _locked_heads(state, each) if any(map(_folds, _layers(each))) else each for each in surfaces
    ]
    return _naming(asked, of)


def _naming(asked: Any, of: list[Any] | None) -> Any:
    arguments = {name: getattr(asked, name) for name in ("nowait", "read", "skip_locked", "key_share")}
    named: Any = ForUpdateArg(of=of, **arguments)
    named.asked = asked
    return named


def _folds(source: Any) -> bool:
    return bool(getattr(source, "folds", False))


def _send_twice(state: Any, *, unless_found: bool = False) -> None:
    entities = state._entities  # noqa: SLF001
    if _MARK not in state.global_attributes:
        kind: Any = type(entities[0])
        state.global_attributes[_MARK] = True
        entities[0].__class__ = _sent_twice(kind, unless_found)


@cache
def _sent_twice(kind: Any, unless_found: bool) -> Any:  # noqa: FBT001  (a cache's key)
    """The class of the first entity of a compiled statement, which is asked before any row of a result is read."""

    def row_processor(self: Any, context: Any, result: Any) -> Any:
        if not (unless_found and result.rowcount == 1):
            _send_again(result)
        return kind.row_processor(self, context, result)

    return type(f"{kind.__name__}UnderLock", (kind,), {"__slots__": (), "row_processor": row_processor})


def _send_again(result: Any) -> None:
    execution = result.context
    if execution._is_server_side:  # noqa: SLF001  (nothing public says it)
        raise NotExpressible(
            "with_for_update() of a model needs all rows of the result: leave stream_results and yield_per out."
        )
    again = execution.root_connection.exec_driver_sql(execution.statement, execution.parameters[0])
    result.cursor, again.cursor = again.cursor, result.cursor
    result.cursor_strategy, again.cursor_strategy = again.cursor_strategy, result.cursor_strategy
    again.close()
