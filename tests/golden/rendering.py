"""A statement as it is pinned: its SQL, a clause to a line, and what it binds in the order of the driver's parameters."""

import re
import textwrap
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.mysql.base import MySQLDialect
from sqlalchemy.dialects.mysql.mariadb import MariaDBDialect
from sqlalchemy.dialects.postgresql import psycopg

__all__ = ["DIALECTS", "clauses", "page", "sql"]

DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(paramstyle="named"),
    "postgresql": psycopg.dialect(paramstyle="named"),
    "mariadb": MariaDBDialect(paramstyle="named"),
    "mysql": MySQLDialect(paramstyle="named"),
}
"""Parameters are named, so that a reader sees which is which. No driver is loaded."""

_MARIADB: Any = DIALECTS["mariadb"]
# What it asks a server for when it connects, and each series of SQLAlchemy keeps in another way.
_MARIADB.server_version_info = (11, 8, 3)
_MARIADB.supports_native_uuid = _MARIADB._allows_uuid_binds = True
with suppress(AttributeError):
    _MARIADB._support_float_cast = True

_MYSQL: Any = DIALECTS["mysql"]
_MYSQL.server_version_info, _MYSQL._sql_mode = (9, 7, 4), "STRICT_TRANS_TABLES"
_MYSQL.use_mysql_for_share = _MYSQL.supports_for_update_of = _MYSQL._support_float_cast = True
_MYSQL._requires_alias_for_on_duplicate_key = True

_CLAUSES = (
    "SELECT|FROM|WHERE|SET|VALUES|ORDER BY|GROUP BY|HAVING|RETURNING|ON CONFLICT|ON DUPLICATE KEY|DO UPDATE|"
    "LEFT OUTER JOIN|JOIN|UNION ALL|LIMIT|FOR UPDATE|FOR SHARE|LOCK IN SHARE MODE|WITH|INSERT|UPDATE|DELETE"
)
_BREAK = re.compile(rf"(?<=[ (])(?=(?:{_CLAUSES})\b)(?<!FOR )(?<!DO )(?<!KEY )(?<!BEFORE )(?<!OR )(?<!ON )")
_WIDTH = 118


def sql(statement: Any, dialect: str, **arguments: Any) -> str:
    """The statement's text, and under it its parameters with their types. A text is taken as it is."""
    if isinstance(statement, str):
        return clauses(statement)
    compiled = statement.compile(dialect=DIALECTS[dialect], **arguments)
    # SQLAlchemy 2.0 cannot say it of a table.
    text = clauses(str(compiled).replace(" WITH (fillfactor = 50)", ""))
    binds = getattr(compiled, "binds", {})
    named = _in_order(statement, dialect, arguments) if binds else []
    said = [f"{name} {_type(binds[name].type)}{_given(binds[name])}" for name in named]
    return "\n".join([text, *_wrapped(f"-- binds: {', '.join(said)}", "--   ")]) if said else text


def clauses(text: str) -> str:
    """The text with each clause on a line of its own, long ones wrapped. What is quoted over several lines stays so."""
    if "$osiris" in text:
        return text
    lines = _BREAK.split(" ".join(text.split()))
    return "\n".join(wrapped for line in lines for wrapped in _wrapped(line.strip(), "    "))


def page(pinned: Iterable[tuple[str, str]]) -> str:
    """A file's content."""
    return "".join(f"-- {title}\n{text}\n\n" for title, text in pinned)


def _wrapped(line: str, indent: str) -> list[str]:
    return textwrap.wrap(
        line, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _in_order(statement: Any, dialect: str, arguments: dict[str, Any]) -> list[str]:
    positional: Any = copy(DIALECTS[dialect])
    positional.paramstyle, positional.positional = "qmark", True
    return list(statement.compile(dialect=positional, **arguments).positiontup)


def _type(type_: Any) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(type_))


def _given(bind: Any) -> str:
    return f" = {bind.value!r}" if bind.value is not None and not callable(bind.value) else ""
