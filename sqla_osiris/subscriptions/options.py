"""What a subscription may be opened with: a repository that has a feed, a name that every store takes, counts."""

from typing import Any, Final

from sqla_osiris.awaiting import refuse_asynchronous
from sqla_osiris.errors import InvalidValue, OsirisError

__all__ = ["refuse_options"]

_LONGEST_NAME: Final = 100


def refuse_options(repository: Any, name: Any, handler: Any, **counts: Any) -> None:
    """Raise InvalidValue for a name, a handler or a count that is none, OsirisError for a repository without a feed."""
    refuse_asynchronous(repository, "Subscription", "Follow it by AsyncSubscription instead")
    model = repository.model.__name__
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not _is_storable(name):
        raise InvalidValue(
            f"subscription of {model}: a name of 1 to {_LONGEST_NAME} characters was expected, none of them NUL or half "
            f"of a surrogate pair; {name!r} found."
        )
    if handler is not None and not callable(handler):
        raise InvalidValue(
            f"subscription {name!r} of {model}: the handler is called with an event and a session; {handler!r} cannot be "
            "called."
        )
    for option, count in counts.items():
        if type(count) is not int or count < 1:
            raise InvalidValue(
                f"subscription {name!r} of {model}: {option}={count!r}; an int of 1 or more was expected."
            )
    if "feed" not in repository.capabilities:
        raise OsirisError(
            f"subscription {name!r} of {model}: this store has no feed (capability 'feed'). Keep the log on one that has."
        )


def _is_storable(name: str) -> bool:
    return not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in name)
