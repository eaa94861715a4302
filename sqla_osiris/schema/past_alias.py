"""How a model stands in FROM as of a moment, and which moment a place in a statement is of."""

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy import Alias, BindParameter, FromClause
from sqlalchemy.sql import visitors
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import NotExpressible
from sqla_osiris.schema.moments import moment_carried

__all__ = ["PastAlias", "moment_of_alias", "moment_within", "past_alias", "reads_as_of"]

_MARK = "sqla_osiris.as_of"


class PastAlias(Alias):
    """A model's table under a name, as of the moment that ``moment`` is bound to."""

    _traverse_internals = [  # noqa: RUF012  (as SQLAlchemy spells it)
        *Alias._traverse_internals,  # noqa: SLF001
        ("moment", InternalTraversal.dp_clauseelement),
    ]
    inherit_cache = False
    moment: BindParameter[Any]
    state_types: Mapping[str, TypeEngine[Any]]

    def _populate_column_collection(self, columns: Any, primary_key: Any, foreign_keys: Any) -> None:
        super()._populate_column_collection(columns, primary_key, foreign_keys)
        for name, type_ in self.state_types.items():
            columns[name].type = type_


def past_alias(
    table: FromClause,
    name: str | None,
    moment: BindParameter[Any],
    state_types: Mapping[str, TypeEngine[Any]],
) -> PastAlias:
    """``state_types`` are those of columns whose type is another one in the past."""
    alias = PastAlias._construct(table, name=name)  # noqa: SLF001  (what every alias is made by)
    alias.moment = moment
    alias.state_types = state_types
    return alias


def moment_within(selectable: Any) -> BindParameter[Any] | None:
    """The moment of all that a FROM element reads, if it reads models as of one."""
    moments = {e.moment.key: e.moment for e in visitors.iterate(selectable) if isinstance(e, PastAlias)}
    if len(moments) > 1:
        raise NotExpressible(
            "An object was to be loaded from a subquery that reads models as of two moments: it would be of neither. "
            "Select columns, or an entity as of one moment."
        )
    return next(iter(moments.values()), None)


def reads_as_of(compile_state: Any, alias: Any, moment: BindParameter[Any]) -> None:
    """Note, while a statement is compiled, that this alias of its reads as of that moment."""
    compile_state.global_attributes[_MARK, alias] = moment


def moment_of_alias(compiler: Any, alias: Any) -> BindParameter[Any] | None:
    """The moment that a model's table is to be read as of, where it stands under this alias, or under none."""
    if isinstance(alias, PastAlias):
        return alias.moment
    marks = getattr(compiler.compile_state, "global_attributes", None) or {}
    if (_MARK, alias) in marks:
        return cast(BindParameter[Any], marks[_MARK, alias])
    carried = moment_carried(compiler.statement)
    return None if carried is None else carried.bind
