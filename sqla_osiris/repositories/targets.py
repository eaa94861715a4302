"""``repository(Model, target)``: which store a target or a URL means."""

import importlib
import sys
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, scoped_session, sessionmaker

from sqla_osiris.errors import OsirisError
from sqla_osiris.repositories.dynamo import DynamoRepository
from sqla_osiris.repositories.dynamo.requests import client_of
from sqla_osiris.repositories.dynamo.target import client_and_prefix
from sqla_osiris.repositories.memory import MemoryRepository
from sqla_osiris.repositories.protocol import Repository
from sqla_osiris.repositories.sql.repository import SQLRepository
from sqla_osiris.repositories.urls import reading_url, scheme_of
from sqla_osiris.schema.checks import refuse_constrained
from sqla_osiris.schema.log import log_of

__all__ = ["driver_errors", "repository"]

ModelT = TypeVar("ModelT")


def repository(model: type[ModelT], target: Any) -> Repository[ModelT]:
    """The model's log in the store that ``target`` means.

    ``target`` is a Session, an Engine, a sessionmaker, a pymongo Database, a boto3 DynamoDB resource or client, or a
    URL: ``sqlite:///hr.db``, ``postgresql+psycopg://…``, ``mariadb+pymysql://…``, ``mongodb://host/database``,
    ``dynamodb://``, ``memory://``. The repository's ``close()``, or ``with``, closes what is opened for a URL.
    Raises OsirisError for anything else; a missing driver names the extra to install.
    """
    if isinstance(target, scoped_session):
        target = target()
    if isinstance(target, Session | Engine | sessionmaker):
        return SQLRepository(model, target)
    if _is_mongo_database(target):
        return _mongo_repository(model, target)
    if client_of(target) is not None:
        return DynamoRepository(model, target)
    if not isinstance(target, str):
        raise OsirisError(
            f"repository({model.__name__}, …) was given a {type(target).__name__}; it takes a Session, an Engine, "
            "a sessionmaker, a pymongo Database, a boto3 DynamoDB resource or a URL. What is awaited has its own class: "
            f"AsyncSQLRepository({model.__name__}, …), AsyncMongoRepository, AsyncDynamoRepository."
        )
    return _by_url(model, target)


def _by_url(model: type[ModelT], url: str) -> Repository[ModelT]:
    scheme = scheme_of(url)
    if scheme == "memory":
        refuse_constrained(log_of(model), "the memory")
        return MemoryRepository(model)
    with reading_url(url):
        if scheme.partition("+")[0] == "mongodb":
            return _mongo_repository(model, url)
        if scheme == "dynamodb":
            client, prefix = client_and_prefix(url)
            return DynamoRepository(model, client, table_prefix=prefix).closed_by(client.close)
        engine = _engine(url)
        return SQLRepository(model, engine).closed_by(engine.dispose)


def driver_errors(url: str) -> tuple[type[Exception], ...]:
    """Return what the driver of a URL's store raises: where the store cannot be reached, and where it refuses."""
    scheme = scheme_of(url).partition("+")[0]
    if scheme == "memory":
        return ()
    with reading_url(url):
        if scheme == "mongodb":
            return (importlib.import_module("pymongo.errors").PyMongoError,)
        if scheme == "dynamodb":
            errors = importlib.import_module("botocore.exceptions")
            return (errors.BotoCoreError, errors.ClientError)
    return (DBAPIError, PoolTimeout)


def _engine(url: str) -> Engine:
    engine = create_engine(make_url(url))
    if engine.dialect.is_async:
        raise OsirisError(
            f"The driver {engine.dialect.driver!r} is asynchronous: use AsyncSQLRepository(Model, url) of sqla_osiris, or a "
            "URL with a blocking driver."
        )
    return engine


def _is_mongo_database(target: Any) -> bool:
    """Whether it is pymongo's, whose owner has imported the driver. Raises OsirisError for an asynchronous one."""
    driver, asynchronous = (
        sys.modules.get(f"pymongo.{name}") for name in ("database", "asynchronous.database")
    )
    if asynchronous is not None and isinstance(target, asynchronous.AsyncDatabase):
        raise OsirisError(
            "An AsyncMongoClient's database is awaited: use AsyncMongoRepository(Model, database) of sqla_osiris."
        )
    return driver is not None and isinstance(target, driver.Database)


def _mongo_repository(model: type[ModelT], target: Any) -> Repository[ModelT]:
    from sqla_osiris.repositories.mongo.repository import (  # noqa: PLC0415  (the driver is an extra)
        MongoRepository,
        database_of,
    )

    refuse_constrained(log_of(model), "MongoDB")
    if not isinstance(target, str):
        return MongoRepository(model, target)
    database = database_of(target)
    return MongoRepository(model, database).closed_by(database.client.close)
