"""A moment of the past: how it is said, how a statement carries it, and how an object remembers it."""

from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, BindParameter, bindparam
from sqlalchemy.orm.interfaces import UserDefinedOption
from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.sql.visitors import InternalTraversal

from sqla_osiris.errors import InvalidValue
from sqla_osiris.types.portable import UTCDateTime

__all__ = [
    "AsOf",
    "AsOfOption",
    "Moment",
    "checked_after",
    "checked_moment",
    "in_range",
    "in_utc",
    "moment_bind",
    "moment_carried",
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
        said = self.moment
        return f"as of {said.isoformat()}" if isinstance(said, datetime) else f"as of seq {said}"


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
    inherit_cache = False
    propagate_to_loaders = True

    def __init__(self, as_of: AsOf) -> None:
        super().__init__(as_of)
        self.bind = moment_bind(as_of.moment)

    def _adapt_cached_option_to_uncached_option(self, context: Any, uncached_opt: Any) -> Any:
        # The cached statement is that of another moment.
        return uncached_opt


def moment_carried(statement: Any) -> AsOfOption | None:
    """The option of a statement, if it has one."""
    for option in getattr(statement, "_with_options", ()):
        if isinstance(option, AsOfOption):
            return option
    return None
