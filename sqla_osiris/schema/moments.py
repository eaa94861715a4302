"""A moment of the past: how it is said, carried by a statement, remembered by objects; how a model stands in FROM then."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from typing import Any, cast

from sqlalchemy import Alias, BigInteger, BindParameter, FromClause, bindparam
from sqlalchemy.orm.interfaces import UserDefinedOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import TypeEngine

from sqla_osiris.errors import InvalidValue, NotExpressible
from sqla_osiris.types.portable import UTCDateTime

__all__ = [
    "AsOf",
    "AsOfOption",
    "Moment",
    "PastAlias",
    "checked_after",
    "checked_moment",
    "in_range",
    "in_utc",
    "moment_bind",
    "moment_carried",
    "moment_of_alias",
    "moment_within",
    "past_alias",
    "reads_as_of",
]

Moment = datetime | int

_GREATEST_SEQ = 2**63 - 1


def checked_moment(at: Any, name: str = "at") -> Moment:
    """``at``: a seq, or a datetime in UTC; of one beyond the calendar there, its end. Raises InvalidValue for else."""
    if isinstance(at, datetime):
        if at.utcoffset() is None:
            raise InvalidValue(f"{name}={at!r} has no time zone: give an aware datetime.")
        return in_utc(at)
    if isinstance(at, int) and not isinstance(at, bool):
        return at
    raise InvalidValue(f"{name}={at!r}: a seq (an int) or an aware datetime was expected.")


@dataclass(frozen=True, slots=True)
class AsOf:
    """The identity token of objects that were loaded as of a moment: they are others than the present ones.

    ``shard`` is the token that a ShardedSession gives to the present ones: the name of their database.
    """

    moment: Moment
    shard: Any = None

    def within(self, token: Any) -> "AsOf":
        """The same moment where this token's objects are."""
        shard = token.shard if isinstance(token, AsOf) else token
        return self if shard == self.shard else AsOf(self.moment, shard)

    def __str__(self) -> str:
        moment = self.moment
        return f"as of {moment.isoformat()}" if isinstance(moment, datetime) else f"as of seq {moment}"


def in_utc(moment: datetime) -> datetime:
    """The same moment in UTC, where moments of one hour that comes twice differ; the calendar's end for one beyond it."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        end = datetime.max if moment.year == MAXYEAR else datetime.min  # noqa: DTZ901  (the zone follows)
        return end.replace(tzinfo=UTC)


def moment_bind(moment: Moment) -> BindParameter[Any]:
    """The moment as a parameter, of a name of its own: one statement's text serves all moments."""
    if isinstance(moment, datetime):
        return bindparam("as_of", moment, type_=UTCDateTime(), unique=True)
    return bindparam("as_of", in_range(moment), type_=BigInteger(), unique=True)


def in_range(moment: Moment) -> Moment:
    """The moment; of a seq that no column holds, the nearest one that means the same."""
    return moment if isinstance(moment, datetime) else min(max(moment, 0), _GREATEST_SEQ)


def checked_after(after: Any) -> int:
    """The seq behind which a history begins, as a number that every store holds. Raises InvalidValue."""
    if isinstance(after, bool) or not isinstance(after, int):
        raise InvalidValue(f"history(after={after!r}): a seq (an int) was expected.")
    return min(max(after, 0), _GREATEST_SEQ)


class AsOfOption(HasCacheKey, UserDefinedOption):
    """Has the statement, and those that load or refresh what belongs to its objects, read the models as of a moment."""

    _is_has_cache_key = True
    _traverse_internals = [("bind", InternalTraversal.dp_clauseelement)]  # noqa: RUF012  (as SQLAlchemy spells it)
    inherit_cache: bool | None = False
    propagate_to_loaders = True

    def __init__(self, as_of: AsOf) -> None:
        super().__init__(as_of)
        self.bind: BindParameter[Any] = moment_bind(as_of.moment)

    def _adapt_cached_option_to_uncached_option(self, context: Any, uncached_opt: Any) -> Any:
        # The cached statement is that of another moment.
        return uncached_opt


def moment_carried(statement: Any) -> AsOfOption | None:
    """The option of a statement, if it has one."""
    for option in getattr(statement, "_with_options", ()):
        if isinstance(option, AsOfOption):
            return option
    return None


_MARK = "sqla_osiris.as_of"


class PastAlias(Alias):
    """A model's table under a name, as of the moment that ``moment`` is bound to."""

    _traverse_internals = [  # noqa: RUF012  (as SQLAlchemy spells it)
        *Alias._traverse_internals,  # noqa: SLF001
        ("moment", InternalTraversal.dp_clauseelement),
    ]
    inherit_cache: bool = False
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
