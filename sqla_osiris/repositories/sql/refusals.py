"""Translates what the database or SQLAlchemy refuses into this library's errors."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import StatementError

from sqla_osiris.databases.base import Refusal
from sqla_osiris.databases.registry import refusal_of
from sqla_osiris.errors import InvalidValue, OsirisError
from sqla_osiris.schema.log import Stream
from sqla_osiris.writing.refused_values import unreadable_sum

__all__ = ["translating_refusals"]


@contextmanager
def translating_refusals(
    stream: Stream, asking: Callable[[], AbstractContextManager[Connection]]
) -> Iterator[None]:
    """Raise InvalidValue for a value that its column's type refuses on the way to the driver, not a StatementError.

    So for a sum that outgrew its column, where it is read, and for what outgrows a limit of PostgreSQL's own, such as the
    bytes of a context that its index takes. ``asking`` gives a connection that finds out which sum it was.
    """
    try:
        yield
    except StatementError as error:
        if isinstance(error.orig, OsirisError):
            raise error.orig from None
        if refusal_of(error) is Refusal.LIMIT_EXCEEDED:
            message = str(error.orig).partition("\n")[0]
            raise InvalidValue(
                f"The database has no room for this: {message}. Nothing was written. Shorten the context, or use a hash "
                "of it."
            ) from error
        unreadable = unreadable_sum(stream, error, asking)
        if unreadable is None:
            raise
        raise unreadable from error
