"""The MongoDB database that a URL means."""

from typing import Any

from bson.errors import BSONError
from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import ConfigurationError, PyMongoError

from sqla_osiris.errors import OsirisError

__all__ = ["database_of"]


def database_of(url: str) -> Database[Any]:
    """The database that a ``mongodb://`` or ``mongodb+srv://`` URL names. Raises OsirisError.

    Nothing is connected yet: the first call finds a server that is down, and raises pymongo's ServerSelectionTimeoutError.
    """
    client: MongoClient[Any] | None = None
    try:
        client = MongoClient(url, appname="sqla_osiris")
        return client.get_default_database()
    except ConfigurationError as error:
        if client is not None:
            client.close()
            raise OsirisError(
                "The MongoDB URL names no database: put it behind the hosts, mongodb://host:27017/hr."
            ) from None
        raise _unreadable(error) from None
    except (PyMongoError, BSONError, ValueError) as error:
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> OsirisError:
    # The driver's message is left out, as it may quote a part of the URL: a password.
    return OsirisError(
        f"The MongoDB URL cannot be read ({type(error).__name__}). Its form is "
        "mongodb://user:password@host:27017/database?option=value, where user and password are percent-encoded."
    )
