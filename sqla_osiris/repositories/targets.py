"""``repository(Model, target)``: which store a target or a URL means."""

from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql import SQLRepository

__all__ = ["repository"]

ModelT = TypeVar("ModelT")

_EXTRAS = {"postgresql": "postgresql", "mysql": "mysql", "mariadb": "mysql"}


def repository(model: type[ModelT], target: Any) -> Repository[ModelT]:
    """The model's log in the store that ``target`` means.

    ``target`` is a Session, an Engine, a sessionmaker, or a URL: ``sqlite:///hr.db``, ``postgresql+psycopg://…``,
    ``mariadb+pymysql://…``, ``memory://``. Raises OsirisError for anything else; a missing driver names the extra to
    install.
    """
    if isinstance(target, scoped_session):
        target = target()
    if isinstance(target, Session | Engine | sessionmaker):
        return SQLRepository(model, target)
    if not isinstance(target, str):
        raise OsirisError(
            f"repository({model.__name__}, …) was given a {type(target).__name__}; it takes a Session, an Engine, "
            "a sessionmaker or a URL."
        )
    return _by_url(model, target)


def _by_url(model: type[ModelT], url: str) -> Repository[ModelT]:
    scheme = url.partition("://")[0]
    if scheme == "memory":
        return MemoryRepository(model)
    try:
        return SQLRepository(model, create_engine(make_url(url)))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(scheme.partition("+")[0], "postgresql")
        raise OsirisError(
            f"The driver {error.name!r} of {scheme}:// is not installed: pip install 'sqla_osiris[{extra}]'."
        ) from error
    except (ArgumentError, NoSuchModuleError) as error:
        # The URL itself stays out of the message: it may hold a password.
        raise OsirisError(
            f"No store is known for a URL that begins with {scheme[:20]!r}; use sqlite:///, postgresql+psycopg://, "
            "mariadb+pymysql:// or memory://."
        ) from error.with_traceback(None)
