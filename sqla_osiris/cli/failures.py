"""How does a command say that it failed? In a sentence with what to do, and an exit code. No password is in it."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from sqla_osiris.repositories.sql.checkpoints import subscription_table
from sqla_osiris.schema.log import log_of

__all__ = ["DIFFERENT", "INTERRUPTED", "UNREACHABLE", "USAGE", "missing_tables", "reason", "without_password"]

DIFFERENT: Final = 1
"""Differences were found, or nothing where something was asked for."""
USAGE: Final = 2
"""The command is wrong, or lacks what it needs: a module, a driver, a table."""
UNREACHABLE: Final = 3
"""The store cannot be reached, or refuses."""
INTERRUPTED: Final = 130
"""Ctrl-C, as shells count it: 128 and the signal's number."""

_LONGEST: Final = 300


def reason(error: BaseException) -> str:
    """Return the first line of what a driver says, without SQLAlchemy's words, which have the statement and its values."""
    said = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = [str(part) for part in said.args] if isinstance(error, DBAPIError) else [str(said)]
    first = next((line.strip() for line in "\n".join(words[-1:]).splitlines() if line.strip()), "")
    return f"{type(said).__name__}: {first[:_LONGEST]}" if first else type(said).__name__


def without_password(text: str, url: str | None) -> str:
    """Return the text without the password of this URL, however it is written."""
    for secret in _secrets(url or ""):
        text = text.replace(secret, "***")
    return text


def _secrets(url: str) -> Iterator[str]:
    user = url.partition("://")[2].rpartition("@")[0]
    written = user.partition(":")[2]
    if written:
        yield written
    try:
        read = make_url(url).password
    except (ArgumentError, ValueError):
        return
    if read:
        yield str(read)


def missing_tables(url: str, model: type[Any], error: Exception, *, subscriptions: bool) -> list[str]:
    """Return the tables and columns of this model that an SQL database lacks, whose driver has raised ``error``.

    Nothing where the database cannot say, and for an error of another store.
    """
    if not isinstance(error, DBAPIError):
        return []
    engine = create_engine(url)
    try:
        inspector = inspect(engine)
        log, missing = log_of(model), []
        tables = [*log.tables, *([subscription_table(log.events.metadata)] if subscriptions else [])]
        for table in tables:
            if not inspector.has_table(table.name, table.schema):
                missing.append(table.fullname)
                continue
            there = {column["name"] for column in inspector.get_columns(table.name, table.schema)}
            missing += [f"{table.fullname}.{c.name}" for c in table.c if c.name not in there]
        return missing
    except SQLAlchemyError:
        return []
    finally:
        engine.dispose()
