"""Which SQL database notifies of new events, and through which driver its notifications are heard."""

from typing import Final

from sqlalchemy import Engine

from sqla_osiris.databases.registry import database_of
from sqla_osiris.repositories.sql.hints_postgresql import PostgreSQLChannel
from sqla_osiris.repositories.sql.hints_postgresql_async import AsyncpgChannel, AsyncPsycopgChannel
from sqla_osiris.schema.log import Stream
from sqla_osiris.subscriptions.hints import Channel

__all__ = ["notifications"]

_BY_DRIVER: Final = {
    ("psycopg", False): PostgreSQLChannel,
    ("psycopg", True): AsyncPsycopgChannel,
    ("asyncpg", True): AsyncpgChannel,
}


def notifications(engine: Engine, stream: Stream) -> Channel | None:
    """Return the channel of a model that asks for notifications, None where nothing can be heard of them."""
    dialect = engine.dialect
    if not stream.notifies or not database_of(dialect).notifies:
        return None
    channel = _BY_DRIVER.get((dialect.driver, dialect.is_async))
    return None if channel is None else channel(engine, stream)
