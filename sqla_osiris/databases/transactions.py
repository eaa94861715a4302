"""Refuses a session's connection that commits each statement by itself."""

from sqlalchemy import Connection

from sqla_osiris.databases.registry import database_of
from sqla_osiris.errors import OsirisError

__all__ = ["refuse_autocommit"]


def refuse_autocommit(connection: Connection, model: str) -> None:
    """Raise OsirisError where a session's connection commits each statement by itself."""
    if database_of(connection.dialect).commits_by_itself(connection):
        raise OsirisError(
            f"{model}: this session's connection commits each statement by itself (AUTOCOMMIT), and this call needs a "
            "transaction: it would be left half done. Open the repository on the Engine, where each call begins one, or "
            "the session on an engine without AUTOCOMMIT. Nothing was written."
        )
